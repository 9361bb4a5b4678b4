// Logging in, trading refresh tokens, and another password: the operations in which something has to happen between
// statements. Each is a chain of steps; a step ends by starting the next or by answering.
#include "../newsroom_internal.h"

enum { REFRESH_BYTES = 32, REST_SECONDS = 60 };

static struct str hex_hash(struct api_call *call, struct str token)
{
    unsigned char hash[HASH_BYTES];
    secret_hash(token, hash);
    return secret_hex(api_arena(call), hash, sizeof hash);
}

// A new refresh token for the client; statements get its hash.
static struct str make_refresh_token(struct api_call *call)
{
    unsigned char bytes[REFRESH_BYTES];
    secret_random(bytes, sizeof bytes);
    return secret_base64(api_arena(call), bytes, sizeof bytes);
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

// ------------------------------------------------------------------------------------------------------------- log_in

enum { LOGIN_FIND, LOGIN_OPEN };
const struct api_transaction sessions_login_transactions[] = {
    [LOGIN_FIND] = {{"sessions/find_account"}},
    [LOGIN_OPEN] = {{"sessions/open"}},
    {{NULL}},
};

enum { LOGIN_EMAIL, ACCOUNT_ID, ACCOUNT_EPOCH, SESSION_ID, REHASHED, LOGIN_CHECKED_HASH, LOGIN_REFRESH_HASH };
const char *const sessions_login_symbols[] = {
    [LOGIN_EMAIL] = "login_email",
    [ACCOUNT_ID] = "account_id",
    [ACCOUNT_EPOCH] = "account_epoch",
    [SESSION_ID] = "session_id",
    [REHASHED] = "rehashed",
    [LOGIN_CHECKED_HASH] = "checked_hash",
    [LOGIN_REFRESH_HASH] = "refresh_hash",
    NULL,
};

// State of a login, carried from step to step.
struct login {
    struct db_answer account; // of sessions/find_account
    struct str session, refresh_token;
};

static bool is_true(const struct db_answer *answer, const char *column)
{
    return str_eq(db_answer_text(answer, column), STR("t"));
}

// Throttling of an address with too many wrong passwords.
static void login_throttle(struct api_call *call)
{
    api_problem_later(call, 429, REST_SECONDS, "Too many wrong passwords for this address: it rests for a minute.");
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
    api_set(call, ACCOUNT_ID, db_answer_text(&login->account, "id"));
    api_set(call, ACCOUNT_EPOCH, db_answer_text(&login->account, "epoch"));
    api_set(call, SESSION_ID, login->session);
    api_set(call, REHASHED, rehashed);
    api_set(call, LOGIN_CHECKED_HASH, db_answer_text(&login->account, "password_hash"));
    login->refresh_token = make_refresh_token(call);
    api_set(call, LOGIN_REFRESH_HASH, hex_hash(call, login->refresh_token));
    api_run(call, LOGIN_OPEN, login_opened);
}

static void login_found(struct api_call *call, const struct db_answer *answer)
{
    struct login *login = ARENA_NEW(api_arena(call), struct login);
    login->account = *answer;
    api_carry(call, login);
    if (is_true(answer, "resting"))
        login_throttle(call);
    else
        api_check_password(call, api_body_text(call, "password"), db_answer_text(answer, "password_hash"),
                           login_checked);
}

void sessions_log_in(struct api_call *call)
{
    api_set(call, LOGIN_EMAIL, api_body_text(call, "email"));
    api_locks(call, api_body_text(call, "email"));
    api_run(call, LOGIN_FIND, login_found);
}

// ---------------------------------------------------------------------------------------------------- refresh_session

enum { REFRESH_TRADE };
const struct api_transaction sessions_refresh_transactions[] = {[REFRESH_TRADE] = {{"sessions/refresh"}}, {{NULL}}};

enum { OLD_HASH, REFRESH_HASH };
const char *const sessions_refresh_symbols[] = {[OLD_HASH] = "old_hash", [REFRESH_HASH] = "refresh_hash", NULL};

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
    struct str *refresh_token = ARENA_NEW(api_arena(call), struct str);
    *refresh_token = make_refresh_token(call);
    api_set(call, OLD_HASH, hex_hash(call, api_body_text(call, "refresh_token")));
    api_set(call, REFRESH_HASH, hex_hash(call, *refresh_token));
    api_carry(call, refresh_token);
    api_run(call, REFRESH_TRADE, refresh_traded);
}

// ------------------------------------------------------------------------------------------------- change_my_password

enum { PASSWORD_FIND, PASSWORD_CHANGE };
const struct api_transaction sessions_password_transactions[] = {
    [PASSWORD_FIND] = {{"sessions/check_session", "accounts/find_own_hash"}},
    [PASSWORD_CHANGE] = {{"accounts/change_own_password", "audit/record"}},
    {{NULL}},
};

enum { PASSWORD_HASH, CHECKED_HASH };
const char *const sessions_password_symbols[] = {
    [PASSWORD_HASH] = "password_hash",
    [CHECKED_HASH] = "checked_hash",
    NULL,
};

static void password_changed(struct api_call *call, const struct db_answer *answer)
{
    (void)answer;
    api_reply_nothing(call);
}

static void password_hashed(struct api_call *call, struct str phc)
{
    api_set(call, PASSWORD_HASH, phc);
    api_run(call, PASSWORD_CHANGE, password_changed);
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
    if (is_true(answer, "resting")) {
        login_throttle(call);
        return;
    }
    struct str hash = db_answer_text(answer, "password_hash");
    api_set(call, CHECKED_HASH, hash);
    api_check_password(call, api_body_text(call, "current_password"), hash, password_checked);
}

void sessions_change_password(struct api_call *call)
{
    api_run(call, PASSWORD_FIND, password_found);
}
