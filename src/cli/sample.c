// The sample newsroom: loaded through the operations that editors use, so that it is what editors would have made.
#include "cli.h"

#include <stdio.h>
#include <string.h>

struct loading {
    struct arena *arena;
    const struct api_contract *contract;
    struct db_session *session, *owner;
    struct auth_caller writer, editor, chief;
    json_t *ids; // of the articles, by the slugs that they were made with
};

static bool sample_fail(struct error *error, const char *what, const char *why)
{
    return error_set(error, "the sample's %.100s: %.700s", what, why);
}

// A session of the dev account with this role, to work under.
static bool log_in(struct loading *loading, const char *role, struct auth_caller *caller, struct error *error)
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
    if (!db_session_run(loading->session, loading->arena, &(struct db_step){&open, values}, 1, &answer, error))
        return sample_fail(error, role, error->detail);
    caller->account = db_answer_at(&answer, 0, 0);
    caller->epoch = db_answer_at(&answer, 0, 1);
    return caller->account.ptr || sample_fail(error, role, "there is no account with this role");
}

static bool make_all(struct loading *loading, const json_t *list, struct str operation, struct error *error)
{
    size_t i;
    const json_t *item;
    struct str made;
    json_array_foreach ((json_t *)list, i, item) {
        if (!api_perform(loading->contract, loading->session, loading->arena, operation, STR_NONE, item,
                         &loading->chief, &made, error))
            return sample_fail(error, json_string_value(json_object_get(item, "name")), error->detail);
    }
    return true;
}

// `(article:slug)` of a Markdown body names an article of the sample that was made before; the API wants its id.
static bool lead_links(struct loading *loading, json_t *article, struct error *error)
{
    struct buf body = buf_in(loading->arena);
    struct str mark = STR("(article:"), rest = json_member_text(article, "body_markdown");
    if (!rest.ptr)
        return true;
    while (rest.len) {
        if (!str_starts(rest, mark)) {
            buf_put_char(&body, *rest.ptr);
            rest = (struct str){rest.ptr + 1, rest.len - 1};
            continue;
        }
        struct str slug = str_cut((struct str){rest.ptr + mark.len, rest.len - mark.len}, ')', &rest);
        const json_t *id = json_object_getn(loading->ids, slug.ptr, slug.len);
        if (!id)
            return sample_fail(error, arena_printf(loading->arena, "%.*s", STR_FMT(slug)).ptr,
                               "a link leads to it, and no file before has it");
        buf_put(&body, mark);
        buf_put(&body, json_text(id));
        buf_put_char(&body, ')');
    }
    struct str led = buf_str(&body);
    json_object_set_new(article, "body_markdown", json_stringn(led.ptr, led.len));
    return true;
}

// Backdates a publication: what was just made public is moved to the moment that was so many days ago, or is to come,
// as its owner only can: the range that readers are in begins there, and the one before it ends there.
static bool backdate(struct loading *loading, struct str id, const json_t *days, struct error *error)
{
    struct str moment = arena_printf(loading->arena, "(now() - interval '1 day' * %f)", json_number_value(days)),
               script = arena_printf(loading->arena,
                                     "update publications set during = tstzrange(lower(during), %.*s)"
                                     " where article_id = '%.*s' and past;"
                                     "update publications set during = tstzrange(%.*s, null), published_at ="
                                     " case when published_at = lower(during) then %.*s else published_at end"
                                     " where article_id = '%.*s' and not past",
                                     STR_FMT(moment), STR_FMT(id), STR_FMT(moment), STR_FMT(moment), STR_FMT(id));
    return db_session_script(loading->owner, script, error) || sample_fail(error, "dates", error->detail);
}

static bool act(struct loading *loading, const char *operation, struct str id, const json_t *body,
                const struct auth_caller *caller, struct error *error)
{
    struct str answer;
    const json_t *said = body ? body : json_own(loading->arena, json_object());
    return api_perform(loading->contract, loading->session, loading->arena, str_of(operation), id, said, caller,
                       &answer, error);
}

// Workflow acts that bring an article from a draft to its state. Only submitting is the writer's own act.
static const struct way {
    const char *state, *acts[3]; // acts ends with NULL
} ways[] = {
    {"draft", {NULL}},
    {"in_review", {"submit_article"}},
    {"approved", {"submit_article", "approve_article"}},
    {"published", {"publish_article"}},
    {"unpublished", {"publish_article", "unpublish_article"}},
};

static const struct way *way_to(struct str state)
{
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (str_eq(state, str_of(ways[i].state)))
            return &ways[i];
    return NULL;
}

static bool bring_to_state(struct loading *loading, const json_t *item, struct str id, struct error *error)
{
    const struct way *way = way_to(json_member_text(item, "state"));
    const json_t *days = json_object_get(item, "days_ago");
    if (!way)
        return sample_fail(error, "state", "there is no such state");
    for (const char *const *operation = way->acts; *operation; operation++) {
        bool by_writer = strcmp(*operation, "submit_article") == 0, opens = strcmp(*operation, "publish_article") == 0;
        if (!act(loading, *operation, id, NULL, by_writer ? &loading->writer : &loading->editor, error) ||
            (opens && days && !backdate(loading, id, days, error)))
            return false;
    }
    return true;
}

// Later versions of a published article: `revised` is what readers see since, `being_written` what they do not see yet.
static bool carry_on(struct loading *loading, const json_t *item, struct str id, struct error *error)
{
    const json_t *revised = json_object_get(item, "revised"), *written = json_object_get(item, "being_written");
    if (revised && (!act(loading, "patch_article", id, json_object_get(revised, "article"), &loading->editor, error) ||
                    !act(loading, "publish_article", id, NULL, &loading->editor, error) ||
                    !backdate(loading, id, json_object_get(revised, "days_ago"), error)))
        return false;
    return !written || act(loading, "patch_article", id, written, &loading->editor, error);
}

static bool make_article(struct loading *loading, const json_t *item, struct error *error)
{
    json_t *article = json_object_get(item, "article");
    const char *title = json_string_value(json_object_get(article, "title"));
    struct str state = json_member_text(item, "state"), made;
    bool by_editor = str_eq(state, STR("published")) || str_eq(state, STR("unpublished"));
    struct json_fault broken;
    if (!lead_links(loading, article, error))
        return false;
    if (!api_perform(loading->contract, loading->session, loading->arena, STR("create_article"), STR_NONE, article,
                     by_editor ? &loading->editor : &loading->writer, &made, error))
        return sample_fail(error, title, error->detail);
    const json_t *answer = json_read(loading->arena, made, &broken);
    struct str id = json_member_text(answer, "id");
    json_object_set(loading->ids, json_string_value(json_object_get(answer, "slug")), json_object_get(answer, "id"));
    if (!bring_to_state(loading, item, id, error) || !carry_on(loading, item, id, error))
        return sample_fail(error, title, error->detail);
    return true;
}

static bool make_articles(struct loading *loading, const json_t *list, struct error *error)
{
    size_t i;
    const json_t *item;
    json_array_foreach ((json_t *)list, i, item)
        if (!make_article(loading, item, error))
            return false;
    return true;
}

bool sample_load(struct arena *arena, const struct api_contract *contract, struct db_session *session,
                 struct db_session *owner, struct error *error)
{
    struct loading loading = {.arena = arena,
                              .contract = contract,
                              .session = session,
                              .owner = owner,
                              .ids = json_own(arena, json_object())};
    struct json_fault broken;
    const json_t *sample = json_read(arena, (struct str){embedded_sample[0].bytes, embedded_sample[0].size}, &broken);
    return log_in(&loading, "contributor", &loading.writer, error) &&
           log_in(&loading, "editor", &loading.editor, error) && log_in(&loading, "chief", &loading.chief, error) &&
           make_all(&loading, json_object_get(sample, "sections"), STR("create_section"), error) &&
           make_all(&loading, json_object_get(sample, "tags"), STR("create_tag"), error) &&
           make_all(&loading, json_object_get(sample, "authors"), STR("create_author"), error) &&
           make_articles(&loading, json_object_get(sample, "articles"), error);
}
