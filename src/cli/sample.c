// The sample newsroom: loaded through the operations that editors use, so that it is what editors would have made.
#include "cli.h"

#include <stdio.h>

struct loading {
    struct arena *arena;
    const struct api_contract *contract;
    struct db_session *session, *owner;
    struct auth_caller writer, editor, chief;
};

static bool fail(struct api_fault *fault, const char *what, const char *why)
{
    snprintf(fault->detail, sizeof fault->detail, "the sample's %.100s: %.700s", what, why);
    return false;
}

// A session of the dev account with this role, to work under.
static bool log_in(struct loading *loading, const char *role, struct auth_caller *caller, struct api_fault *fault)
{
    struct db_statement open =
        db_statement_read(loading->arena, STR("sample/open"),
                          STR("insert into sessions (id, account_id, expires_at)"
                              " select :session::uuid, id, clock_timestamp() + interval '10 minutes' from accounts"
                              " where role = :role and active order by created_at limit 1"
                              " returning account_id, (select epoch from accounts where id = account_id)"));
    caller->session = arena_copy(loading->arena, str_of(uuid_new().text));
    struct str values[] = {caller->session, str_of(role)};
    struct db_answer answer;
    struct db_fault broken;
    if (!db_session_run(loading->session, loading->arena, &(struct db_step){&open, values}, 1, &answer, &broken))
        return fail(fault, role, broken.detail);
    caller->account = db_answer_at(&answer, 0, 0);
    caller->epoch = db_answer_at(&answer, 0, 1);
    return caller->account.ptr || fail(fault, role, "there is no account with this role");
}

static bool make_all(struct loading *loading, const json_t *list, struct str operation, struct api_fault *fault)
{
    size_t i;
    const json_t *item;
    struct str made;
    json_array_foreach ((json_t *)list, i, item) {
        struct api_fault why;
        if (!api_perform(loading->contract, loading->session, loading->arena, operation, STR_NONE, item,
                         &loading->chief, &made, &why))
            return fail(fault, json_string_value(json_object_get(item, "name")), why.detail);
    }
    return true;
}

// A published article's range is moved into the past, as its owner only can.
static bool backdate(struct loading *loading, struct str id, json_int_t days, struct api_fault *fault)
{
    struct db_fault broken;
    struct str script = arena_printf(loading->arena,
                                     "update publications set during = tstzrange(now() - interval '%lld days', null),"
                                     " published_at = now() - interval '%lld days' where article_id = '%.*s'",
                                     (long long)days, (long long)days, STR_FMT(id));
    return db_session_script(loading->owner, script, &broken) || fail(fault, "dates", broken.detail);
}

static bool make_article(struct loading *loading, const json_t *item, struct api_fault *fault)
{
    const json_t *article = json_object_get(item, "article");
    const char *title = json_string_value(json_object_get(article, "title"));
    struct str state = json_member_text(item, "state"), made;
    struct json_fault broken;
    struct api_fault why;
    bool published = str_eq(state, STR("published"));
    const struct auth_caller *caller = published ? &loading->editor : &loading->writer;
    if (!api_perform(loading->contract, loading->session, loading->arena, STR("create_article"), STR_NONE, article,
                     caller, &made, &why))
        return fail(fault, title, why.detail);
    struct str id = json_member_text(json_read(loading->arena, made, &broken), "id");
    struct str next = published ? STR("publish_article") : STR("submit_article");
    if (str_eq(state, STR("draft")))
        return true;
    json_t *nothing = json_object();
    bool done =
        api_perform(loading->contract, loading->session, loading->arena, next, id, nothing, caller, &made, &why);
    json_decref(nothing);
    if (!done)
        return fail(fault, title, why.detail);
    return !published || backdate(loading, id, json_integer_value(json_object_get(item, "days_ago")), fault);
}

bool sample_load(struct arena *arena, const struct api_contract *contract, struct db_session *session,
                 struct db_session *owner, struct api_fault *fault)
{
    struct loading loading = {.arena = arena, .contract = contract, .session = session, .owner = owner};
    struct json_fault broken;
    const json_t *sample = json_read(arena, (struct str){embedded_sample[0].bytes, embedded_sample[0].size}, &broken);
    if (!log_in(&loading, "contributor", &loading.writer, fault) ||
        !log_in(&loading, "editor", &loading.editor, fault) || !log_in(&loading, "chief", &loading.chief, fault) ||
        !make_all(&loading, json_object_get(sample, "sections"), STR("create_section"), fault) ||
        !make_all(&loading, json_object_get(sample, "tags"), STR("create_tag"), fault) ||
        !make_all(&loading, json_object_get(sample, "authors"), STR("create_author"), fault))
        return false;
    size_t i;
    const json_t *item;
    json_array_foreach (json_object_get(sample, "articles"), i, item)
        if (!make_article(&loading, item, fault))
            return false;
    return true;
}
