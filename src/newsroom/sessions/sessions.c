// Logging in, trading refresh tokens, and another password: the operations in which something has to happen between
// statements. Each is a chain of steps; a step ends by starting the next or by answering.
#include "../newsroom_internal.h"

enum { REFRESH_BYTES = 32, REST_SECONDS = 60 };

// A new refresh token for the client, and its hash for the statement.
static struct str make_refresh_token(struct api_call *call)
{
    unsigned char bytes[REFRESH_BYTES], hash[HASH_BYTES];
    secret_random(bytes, sizeof bytes);
    struct str token = secret_base64(api_arena(call), bytes, sizeof bytes);
    secret_hash(token, hash);
    api_set(call, STR("refresh_hash"), secret_hex(api_arena(call), hash, sizeof hash));
    return token;
}

static void grant_put_member(struct buf *text, const char *before, struct str value)
{
    buf_put(text, str_of(before));
    buf_put_json(text, value);
}

// The words of RFC 6749 §5.1, and whose session it is.
static void reply_grant(struct api_call *call, const struct db_answer *account, struct str session,
                        struct str refresh_token)
{
    struct auth_caller caller = {
        .account = db_answer_text(account, "id"), .session = session, .epoch = db_answer_text(account, "epoch")};
    struct buf text = buf_in(api_arena(call));
    grant_put_member(&text, "{\"access_token\":", auth_token_make(api_arena(call), api_keys(call), &caller));
    buf_printf(&text, ",\"token_type\":\"Bearer\",\"expires_in\":%d", AUTH_ACCESS_SECONDS);
    grant_put_member(&text, ",\"refresh_token\":", refresh_token);
    grant_put_member(&text, ",\"account\":{\"id\":", caller.account);
    grant_put_member(&text, ",\"email\":", db_answer_text(account, "email"));
    grant_put_member(&text, ",\"name\":", db_answer_text(account, "name"));
    grant_put_member(&text, ",\"role\":", db_answer_text(account, "role"));
    buf_put_lit(&text, "}}");
    api_reply_json(call, 200, buf_str(&text));
}

// State of a login, carried from step to step.
struct login {
    struct db_answer account; // of sessions/find_account
    struct str session, refresh_token;
};

static bool is_true(const struct db_answer *answer, const char *column)
{
    return str_eq(db_answer_text(answer, column), STR("t"));
}

// Throttling of an address with too many wrong passwords: true when it has to wait, and the call is answered.
static bool login_is_throttled(struct api_call *call, const struct db_answer *answer)
{
    if (!is_true(answer, "resting"))
        return false;
    api_retry_after(call, REST_SECONDS);
    api_problem(call, 429, "Too many wrong passwords for this address: it rests for a minute.");
    return true;
}

static void login_refused(struct api_call *call)
{
    api_problem(call, 401, "The address or the password is wrong.");
}

static void login_opened(struct api_call *call, const struct db_answer *answer)
{
    struct login *login = api_carried(call);
    if (db_answer_rows(answer) == 0) // disabled, or given another password, while this one was being checked
        login_refused(call);
    else
        reply_grant(call, &login->account, login->session, login->refresh_token);
}

static void login_checked(struct api_call *call, bool fits, struct str rehashed)
{
    struct login *login = api_carried(call);
    if (!fits || !is_true(&login->account, "active")) {
        login_refused(call);
        return;
    }
    login->session = arena_copy(api_arena(call), str_of(uuid_new().text));
    api_set(call, STR("account_id"), db_answer_text(&login->account, "id"));
    api_set(call, STR("account_epoch"), db_answer_text(&login->account, "epoch"));
    api_set(call, STR("session_id"), login->session);
    api_set(call, STR("rehashed"), rehashed);
    api_set(call, STR("checked_hash"), db_answer_text(&login->account, "password_hash"));
    login->refresh_token = make_refresh_token(call);
    api_run(call, (const char *const[]){"sessions/open", NULL}, login_opened);
}

static void login_found(struct api_call *call, const struct db_answer *answer)
{
    struct login *login = ARENA_NEW(api_arena(call), struct login);
    login->account = *answer;
    api_carry(call, login);
    if (login_is_throttled(call, answer))
        return;
    api_check_password(call, api_body_text(call, "password"), db_answer_text(answer, "password_hash"), login_checked);
}

void sessions_log_in(struct api_call *call)
{
    api_set(call, STR("login_email"), api_body_text(call, "email"));
    api_locks(call, api_body_text(call, "email"));
    api_run(call, (const char *const[]){"sessions/find_account", NULL}, login_found);
}

static void refresh_traded(struct api_call *call, const struct db_answer *answer)
{
    struct str *refresh_token = api_carried(call);
    if (is_true(answer, "traded"))
        reply_grant(call, answer, db_answer_text(answer, "session"), *refresh_token);
    else
        api_problem(call, 401, "This refresh token is not good, or no longer: log in again.");
}

void sessions_refresh(struct api_call *call)
{
    unsigned char hash[HASH_BYTES];
    secret_hash(api_body_text(call, "refresh_token"), hash);
    api_set(call, STR("old_hash"), secret_hex(api_arena(call), hash, sizeof hash));
    struct str *refresh_token = ARENA_NEW(api_arena(call), struct str);
    *refresh_token = make_refresh_token(call);
    api_carry(call, refresh_token);
    api_run(call, (const char *const[]){"sessions/refresh", NULL}, refresh_traded);
}

static void password_changed(struct api_call *call, const struct db_answer *answer)
{
    (void)answer;
    api_reply_nothing(call);
}

static void password_hashed(struct api_call *call, struct str phc)
{
    api_set(call, STR("password_hash"), phc);
    api_run(call, (const char *const[]){"accounts/change_own_password", "audit/record", NULL}, password_changed);
}

static void password_checked(struct api_call *call, bool fits, struct str rehashed)
{
    (void)rehashed; // there will be another one
    if (fits)
        api_hash_password(call, api_body_text(call, "password"), password_hashed);
    else
        api_reply_fault(call, STR("/current_password"), "This is not the password of your account.");
}

static void password_found(struct api_call *call, const struct db_answer *answer)
{
    if (login_is_throttled(call, answer))
        return;
    struct str hash = db_answer_text(answer, "password_hash");
    api_set(call, STR("checked_hash"), hash);
    api_check_password(call, api_body_text(call, "current_password"), hash, password_checked);
}

void sessions_change_password(struct api_call *call)
{
    api_run(call, (const char *const[]){"sessions/check_session", "accounts/find_own_hash", NULL}, password_found);
}
