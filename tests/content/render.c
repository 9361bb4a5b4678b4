// The content room as a filter, for tests that make many bodies: a line of JSON in (`{"body": […]}` or
// `{"body_markdown": "…", "lenient": true, "base_url": "…"}`), a line out with all that comes of it and what was lost,
// or its faults with their places.
#include "marbre/content.h"

#include <stdio.h>
#include <stdlib.h>

static void put_member(struct buf *out, const char *name, struct str text, bool is_json)
{
    buf_printf(out, "%c\"%s\":", out->len ? ',' : '{', name);
    if (is_json)
        buf_put(out, text);
    else
        buf_put_json(out, text);
}

static void put_faults(struct buf *out, const struct fault *fault)
{
    buf_put_lit(out, "{\"faults\":[");
    const struct fault *first = fault;
    for (; fault; fault = fault->next) {
        buf_put_char(out, '[');
        buf_put_json(out, fault->pointer);
        buf_put_char(out, ',');
        buf_put_json(out, fault->detail);
        buf_put(out, fault->next ? STR("],") : STR("]"));
    }
    buf_put_lit(out, "],\"places\":[");
    for (fault = first; fault; fault = fault->next)
        buf_printf(out, "[%zu,%zu]%s", fault->place.line, fault->place.column, fault->next ? "," : "");
    buf_put_lit(out, "]}");
}

static void put_losses(struct buf *out, const struct content_loss *loss)
{
    buf_put_lit(out, ",\"losses\":[");
    for (; loss; loss = loss->next) {
        buf_printf(out, "{\"line\":%zu,\"kind\":\"%s\",\"detail\":", loss->line, loss->kind);
        buf_put_json(out, loss->detail);
        buf_put(out, loss->next ? STR("},") : STR("}"));
    }
    buf_put_char(out, ']');
}

static void put_body(struct buf *out, const struct content_body *body, const struct content_lenience *lenience,
                     int64_t took_us)
{
    put_member(out, "body", body->blocks, true);
    put_member(out, "html", body->html, false);
    put_member(out, "text", body->text, false);
    put_member(out, "markdown", body->markdown, false);
    put_member(out, "keys", body->keys, false);
    put_member(out, "excerpt", body->excerpt, false);
    put_member(out, "outline", body->outline, true);
    put_losses(out, lenience->losses);
    buf_printf(out, ",\"words\":%zu,\"minutes\":%zu,\"took_us\":%lld}", body->words, body->reading_minutes,
               (long long)took_us);
}

static void answer(struct arena *arena, struct str line)
{
    struct json_fault unread;
    struct content_site site = {STR("https://gazette.example"), STR("fr")};
    struct content_body body = {0};
    struct buf out = buf_in(arena);
    json_t *given = json_read(arena, line, &unread);
    struct str markdown = json_member_text(given, "body_markdown");
    struct content_lenience lenience = {.arena = arena, .base_url = json_member_text(given, "base_url")};
    bool lenient = json_is_true(json_object_get(given, "lenient"));
    int64_t began = clock_mono_us();
    struct fault *fault =
        markdown.ptr
            ? content_markdown_read(arena, markdown, STR("/body_markdown"), &site, lenient ? &lenience : NULL, &body)
            : content_body_read(arena, json_object_get(given, "body"), STR("/body"), &site, &body);
    if (fault)
        put_faults(&out, fault);
    else
        put_body(&out, &body, &lenience, clock_mono_us() - began);
    buf_put_char(&out, '\n');
    fwrite(out.ptr, 1, out.len, stdout);
    fflush(stdout);
}

int main(void)
{
    secret_init();
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        struct arena *arena = arena_new();
        answer(arena, (struct str){line, (size_t)length - 1});
        arena_free(arena);
    }
    free(line);
    return 0;
}
