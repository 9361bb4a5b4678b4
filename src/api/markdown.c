// An article as one text of Markdown: front matter with its fields by their names in the contract, or by those that
// other programs use, and the body behind it. In: into the object that JSON would have been. Out: from the object that
// is answered, what can be sent back.
#include "steps.h"

#include <assert.h>
#include <string.h>

enum shape { SHAPE_TEXT, SHAPE_LIST, SHAPE_VALUE, SHAPE_IMAGE, SHAPE_DESCRIPTION, SHAPE_DATE, SHAPE_DRAFT };

// Keys of front matter, and the member that each becomes.
static const struct key {
    const char *name, *member;
    enum shape shape;
} keys[] = {
    {"title", "title", SHAPE_TEXT},
    {"slug", "slug", SHAPE_TEXT},
    {"lang", "lang", SHAPE_TEXT},
    {"kicker", "kicker", SHAPE_TEXT},
    {"standfirst", "standfirst", SHAPE_TEXT},
    {"teaser", "teaser", SHAPE_TEXT},
    {"image", "image", SHAPE_IMAGE},
    {"sections", "sections", SHAPE_LIST},
    {"categories", "sections", SHAPE_LIST},
    {"category", "sections", SHAPE_LIST},
    {"tags", "tags", SHAPE_LIST},
    {"authors", "authors", SHAPE_LIST},
    {"author", "authors", SHAPE_LIST},
    {"related", "related", SHAPE_LIST},
    {"seo", "seo", SHAPE_VALUE},
    {"description", "seo", SHAPE_DESCRIPTION},
    {"no_sponsorship", "no_sponsorship", SHAPE_VALUE},
    {"assignee", "assignee", SHAPE_TEXT},
    {"notes", "notes", SHAPE_TEXT},
    {"date", "date", SHAPE_DATE},
    {"draft", NULL, SHAPE_DRAFT},
};

static const struct key *key_find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (str_eq(str_of(keys[i].name), name))
            return &keys[i];
    return NULL;
}

bool markdown_is(struct str media_type)
{
    return str_eq_nocase(media_type, STR("text/markdown"));
}

// --------------------------------------------------------------------------------------------------------------- in

static void keep(struct api_call *call, const struct fault *fault)
{
    bool kept = !faults_enough(&call->faults);
    fault_add(&call->faults, fault->pointer, "%.*s", STR_FMT(fault->detail));
    if (kept)
        call->faults.last->place = fault->place;
}

// A fault, or a loss where the reading is lenient.
static void tell(struct api_call *call, const struct content_front *value, const char *what)
{
    if (call->lenient)
        loss_add(call, value->place.line, "key", arena_printf(call->arena, "%.*s: %s", STR_FMT(value->key), what));
    else
        fault_add_at_line(&call->faults, arena_printf(call->arena, "/%.*s", STR_FMT(value->key)), value->place, "%s",
                          what);
}

static size_t digits_at(struct str text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    return end - at;
}

// A time as RFC 3339 has it, of what others write: a day alone, a space for the T, no seconds, no zone, `+0100`. What
// is anything else stays as it is, and is no time.
static struct str time_of(struct arena *arena, struct str text)
{
    enum { DAY = 10, HOUR = 5, ZONE = 4 };
    struct buf out = buf_in(arena);
    if (text.len < DAY || digits_at(text, 0) != 4)
        return text;
    buf_put(&out, (struct str){text.ptr, DAY});
    struct str rest = str_trim((struct str){text.ptr + DAY, text.len - DAY});
    if (rest.len && (rest.ptr[0] | ' ') == 't')
        rest = (struct str){rest.ptr + 1, rest.len - 1};
    if (rest.len == 0)
        rest = STR("00:00:00Z");
    size_t end = 0;
    while (end < rest.len &&
           ((rest.ptr[end] >= '0' && rest.ptr[end] <= '9') || rest.ptr[end] == ':' || rest.ptr[end] == '.'))
        end++;
    struct str zone = str_trim((struct str){rest.ptr + end, rest.len - end});
    buf_printf(&out, "T%.*s%s", (int)end, rest.ptr, end == HOUR ? ":00" : "");
    if (zone.len == ZONE + 1 && digits_at(zone, 1) == ZONE)
        buf_printf(&out, "%.*s:%.*s", 3, zone.ptr, 2, zone.ptr + 3);
    else
        buf_put(&out, zone.len ? zone : STR("Z"));
    return buf_str(&out);
}

static json_t *value_of(struct api_call *call, const struct content_front *value, enum shape shape)
{
    bool is_text = value->kind == CONTENT_FRONT_SCALAR;
    json_t *json = content_front_json(call->arena, value, shape == SHAPE_TEXT || shape == SHAPE_LIST);
    if (shape == SHAPE_DATE && is_text && value->text.len && !json_is_null(json)) {
        struct str time = time_of(call->arena, value->text);
        json_decref(json);
        return json_stringn(time.ptr, time.len);
    }
    if (shape == SHAPE_LIST && !json_is_array(json))
        return json_is_null(json) ? json_pack("[]") : json_pack("[o]", json);
    if (shape == SHAPE_IMAGE && is_text && json_is_string(json))
        return json_pack("{so}", "url", json);
    return json;
}

// A description for lists of search results goes with what else they are told.
static bool put_description(struct api_call *call, json_t *body, const struct content_front *value)
{
    json_t *seo = json_object_get(body, "seo");
    if (seo && (!json_is_object(seo) || json_object_get(seo, "description")))
        return false;
    if (!seo) {
        seo = json_object();
        json_object_set_new(body, "seo", seo);
    }
    json_object_set_new(seo, "description", content_front_json(call->arena, value, true));
    return true;
}

static bool is_draft(struct api_call *call, const struct content_front *value)
{
    json_t *draft = json_own(call->arena, content_front_json(call->arena, value, false));
    return json_is_boolean(draft) || json_is_null(draft);
}

static void put_key(struct api_call *call, json_t *body, const struct content_front *value)
{
    const struct key *key = key_find(value->key);
    if (!key)
        tell(call, value, "An article has no such field.");
    else if (key->shape == SHAPE_DRAFT && !is_draft(call, value))
        tell(call, value, "This is true or false, and publishes nothing.");
    else if (key->shape == SHAPE_DRAFT)
        return;
    else if (key->shape == SHAPE_DESCRIPTION ? !put_description(call, body, value)
                                             : json_object_get(body, key->member) != NULL)
        tell(call, value, arena_printf(call->arena, "Another key says the same (%s).", key->member).ptr);
    else if (key->shape != SHAPE_DESCRIPTION)
        json_object_set_new(body, key->member, value_of(call, value, key->shape));
}

json_t *markdown_read(struct api_call *call, struct str text)
{
    struct str markdown;
    json_t *body = json_own(call->arena, json_object());
    call->preference_applied = call->lenient;
    const struct fault *wrong = content_front_read(call->arena, text, STR("/front_matter"), &call->front, &markdown);
    for (; wrong; wrong = wrong->next)
        keep(call, wrong);
    if (call->faults.count)
        return NULL;
    // `seo` goes before `description`, which becomes a part of it.
    for (const struct content_front *value = call->front ? call->front->first : NULL; value; value = value->next)
        if (!str_eq(value->key, STR("description")))
            put_key(call, body, value);
    for (const struct content_front *value = call->front ? call->front->first : NULL; value; value = value->next)
        if (str_eq(value->key, STR("description")))
            put_key(call, body, value);
    if (!call->front || !text_is_blank(markdown)) // fields alone leave a body as it is
        json_object_set_new(body, "body_markdown", json_stringn(markdown.ptr, markdown.len));
    return body;
}

// The value that a pointer leads to, or the last on the way that is there; NULL where not even its member is.
static const struct content_front *front_at(const struct api_call *call, struct str pointer)
{
    const struct content_front *value = NULL;
    struct str rest, name;
    if (!call->front || !str_starts(pointer, STR("/")))
        return NULL;
    name = str_cut((struct str){pointer.ptr + 1, pointer.len - 1}, '/', &rest);
    for (const struct content_front *member = call->front->first; member && !value; member = member->next) {
        const struct key *key = key_find(member->key);
        if (key && key->member && str_eq(str_of(key->member), name))
            value = member;
    }
    while (value && rest.ptr && value->first) {
        uint64_t index = 0, at = 0;
        name = str_cut(rest, '/', &rest);
        const struct content_front *inside = value->first;
        bool is_list = value->kind == CONTENT_FRONT_LIST && str_to_u64(name, INT32_MAX, &index);
        while (inside && (is_list ? at++ < index : !str_eq(inside->key, name)))
            inside = inside->next;
        if (!inside)
            break;
        value = inside;
    }
    return value;
}

size_t markdown_line(const struct api_call *call, struct str pointer)
{
    const struct content_front *value = front_at(call, pointer);
    return value ? value->place.line : 0;
}

// A member that cannot be taken goes, where the reading is lenient, and its fault is a loss. What a body needs stays
// missing.
static bool lose(struct api_call *call, const struct fault *fault)
{
    struct str rest, name = STR_NONE;
    if (str_starts(fault->pointer, STR("/")))
        name = str_cut((struct str){fault->pointer.ptr + 1, fault->pointer.len - 1}, '/', &rest);
    size_t line = markdown_line(call, fault->pointer);
    if (!call->lenient || !line || str_eq(name, STR("title")))
        return false;
    json_object_deln(call->body, name.ptr, name.len);
    loss_add(call, line, "key", arena_printf(call->arena, "%.*s: %.*s", STR_FMT(name), STR_FMT(fault->detail)));
    return true;
}

void markdown_place_faults(struct api_call *call)
{
    struct faults all = call->faults;
    call->faults = faults_beside(&all);
    for (struct fault *fault = all.first; fault; fault = fault->next) {
        if (lose(call, fault))
            continue;
        const struct content_front *value = fault->place.line ? NULL : front_at(call, fault->pointer);
        if (value)
            fault_add_at_line(&call->faults, fault->pointer, value->place, "%.*s", STR_FMT(fault->detail));
        else
            keep(call, fault);
    }
}

// ------------------------------------------------------------------------------------------------------- references

// A reference of front matter may be a name: statements look for a slug first.
static json_t *named(const json_t *reference)
{
    json_t *name = json_is_object(reference) ? json_object_get(reference, "name") : NULL;
    if (json_is_string(reference))
        return json_pack("{sO}", "named", reference);
    json_t *copy = json_copy((json_t *)reference);
    if (name && !json_object_get(reference, "id") && !json_object_get(reference, "slug"))
        json_object_set(copy, "named", name);
    return copy;
}

void markdown_name_references(json_t *body)
{
    static const char *const members[] = {"sections", "tags", "authors"};
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const json_t *list = json_object_get(body, members[i]);
        size_t n;
        json_t *reference, *all = json_array();
        json_array_foreach ((json_t *)list, n, reference)
            json_array_append_new(all, named(reference));
        if (list)
            json_object_set_new(body, members[i], all);
        else
            json_decref(all);
    }
}

static json_t *errors_of(const struct api_call *call, struct str members, json_t **object)
{
    struct json_fault fault;
    *object = members.len ? json_read(call->arena, members, &fault) : NULL;
    return json_object_get(*object, "errors");
}

struct str markdown_told(const struct api_call *call, struct str members)
{
    json_t *object, *errors = errors_of(call, members, &object), *told;
    size_t i;
    json_array_foreach (errors, i, told) {
        size_t line = markdown_line(call, json_member_text(told, "pointer"));
        struct str detail = json_member_text(told, "detail");
        if (!line)
            continue;
        detail = arena_printf(call->arena, "line %zu: %.*s", line, STR_FMT(detail));
        json_object_set_new(told, "line", json_integer((json_int_t)line));
        json_object_set_new(told, "detail", json_stringn(detail.ptr, detail.len));
    }
    return errors ? json_write(call->arena, object) : members;
}

// Whether what a pointer leads to can be left out, and where it stands: a member, or the item of one.
static json_t *lost_at(const struct api_call *call, struct str pointer, struct str *name, uint64_t *index)
{
    struct str rest;
    *name = str_cut((struct str){pointer.ptr + 1, pointer.len - 1}, '/', &rest);
    *index = UINT32_MAX;
    json_t *member = json_object_getn(call->body, name->ptr, name->len);
    bool is_item = json_is_array(member) && rest.ptr && str_to_u64(rest, json_array_size(member), index);
    return markdown_line(call, pointer) && !str_eq(*name, STR("title")) && (is_item || member) ? member : NULL;
}

// What statements have refused goes, last first, so that the places of those before it stay.
bool markdown_lose_told(struct api_call *call, struct str members)
{
    json_t *object, *errors = errors_of(call, members, &object), *member;
    struct str name;
    uint64_t index;
    if (!call->lenient || call->retried_leniently || json_array_size(errors) == 0)
        return false;
    for (size_t i = 0; i < json_array_size(errors); i++)
        if (!lost_at(call, json_member_text(json_array_get(errors, i), "pointer"), &name, &index))
            return false;
    for (size_t i = json_array_size(errors); i-- > 0;) {
        const json_t *told = json_array_get(errors, i);
        struct str pointer = json_member_text(told, "pointer"), detail = json_member_text(told, "detail");
        size_t line = markdown_line(call, pointer);
        member = lost_at(call, pointer, &name, &index);
        loss_add(call, line, "key", arena_printf(call->arena, "%.*s: %.*s", STR_FMT(name), STR_FMT(detail)));
        if (index < UINT32_MAX)
            json_array_remove(member, index);
        else if (member)
            json_object_deln(call->body, name.ptr, name.len);
    }
    return call->retried_leniently = true;
}

// -------------------------------------------------------------------------------------------------------------- out

static void put_texts(json_t *out, const json_t *article, const char *const *names)
{
    for (; *names; names++)
        if (json_is_string(json_object_get(article, *names)))
            json_object_set(out, *names, json_object_get(article, *names));
}

// What is there of an object: no nulls, and no `false`.
static void put_object(json_t *out, const json_t *article, const char *name)
{
    const char *member;
    json_t *value, *said = json_object();
    json_object_foreach (json_object_get(article, name), member, value)
        if (!json_is_null(value) && !json_is_false(value))
            json_object_set(said, member, value);
    if (json_object_size(said))
        json_object_set(out, name, said);
    json_decref(said);
}

// What refers to something else, by its slug; an author with the part and the words that are not everybody's.
static json_t *reference_of(const json_t *thing)
{
    const json_t *slug = json_object_get(thing, "slug");
    struct str role = json_member_text(thing, "role");
    json_t *bio = json_object_get(thing, "bio");
    bool plain = !json_is_string(bio) && (!role.ptr || str_eq(role, STR("by")));
    if (!json_is_string(slug)) // of an article that one may not know of
        slug = json_object_get(thing, "id");
    if (plain)
        return json_incref((json_t *)slug);
    json_t *reference = json_pack("{sO}", "slug", slug);
    if (!str_eq(role, STR("by")))
        json_object_set(reference, "role", json_object_get(thing, "role"));
    if (json_is_string(bio))
        json_object_set(reference, "bio", bio);
    return reference;
}

static void put_references(json_t *out, const json_t *article, const char *name)
{
    size_t i;
    json_t *thing, *list = json_array();
    json_array_foreach (json_object_get(article, name), i, thing)
        json_array_append_new(list, reference_of(thing));
    if (json_array_size(list))
        json_object_set(out, name, list);
    json_decref(list);
}

// Readers get a standfirst for a teaser, and of what is related only what is public: neither is written down.
static json_t *fields_of(const struct api_call *call, const json_t *article)
{
    static const char *const first[] = {"title", "slug", "lang", "kicker", "standfirst", NULL};
    static const char *const teaser[] = {"teaser", NULL}, *const last[] = {"notes", NULL};
    bool at_desk = !call->operation->is_public;
    json_t *out = json_own(call->arena, json_object());
    json_t *assignee = json_object_get(json_object_get(article, "assignee"), "id");
    put_texts(out, article, first);
    if (at_desk || !str_eq(json_member_text(article, "teaser"), json_member_text(article, "standfirst")))
        put_texts(out, article, teaser);
    put_object(out, article, "image");
    put_references(out, article, "sections");
    put_references(out, article, "tags");
    put_references(out, article, "authors");
    put_object(out, article, "seo");
    if (at_desk)
        put_references(out, article, "related");
    if (json_is_true(json_object_get(article, "no_sponsorship")))
        json_object_set(out, "no_sponsorship", json_object_get(article, "no_sponsorship"));
    if (assignee)
        json_object_set(out, "assignee", assignee);
    put_texts(out, article, last);
    const json_t *date = json_object_get(article, "published_at");
    date = json_is_string(date) ? date : json_object_get(article, "date");
    if (json_is_string(date))
        json_object_set(out, "date", (json_t *)date);
    return out;
}

struct str markdown_write(const struct api_call *call, struct str json)
{
    struct json_fault fault;
    const json_t *article = json_read(call->arena, json, &fault);
    if (!article)
        fatal("an article of the database is no JSON");
    struct buf out = buf_in(call->arena);
    struct str body = json_member_text(article, "body_markdown");
    content_front_write(&out, fields_of(call, article));
    buf_put(&out, body.len ? STR("\n") : STR(""));
    buf_put(&out, body);
    return buf_str(&out);
}
