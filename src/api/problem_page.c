// Problems as pages for people: what the `type` of a problem document points at, and the list of all of them.
#include "refusal.h"

static void put_character(struct buf *page, char c)
{
    switch (c) {
    case '<':
        buf_put_lit(page, "&lt;");
        break;
    case '>':
        buf_put_lit(page, "&gt;");
        break;
    case '&':
        buf_put_lit(page, "&amp;");
        break;
    default:
        buf_put_char(page, c);
    }
}

// A sentence, in which `words` are code.
static void put_sentence(struct buf *page, const char *sentence)
{
    bool code = false;
    for (const char *c = sentence; *c; c++) {
        if (*c != '`') {
            put_character(page, *c);
            continue;
        }
        buf_put(page, code ? STR("</code>") : STR("<code>"));
        code = !code;
    }
}

static struct buf page_begun(struct arena *arena, const char *title)
{
    struct buf page = buf_in(arena);
    buf_printf(&page,
               "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s – marbre</title>\n"
               "<link rel=\"stylesheet\" href=\"/docs/page.css\">\n<link rel=\"icon\" href=\"/docs/icon.svg\">\n"
               "</head>\n<body>\n<main>\n<h1>%s</h1>\n",
               title, title);
    return page;
}

static struct str page_ended(struct buf *page, const char *links)
{
    buf_printf(page, "</main>\n<nav aria-label=\"Further\">%s</nav>\n</body>\n</html>\n", links);
    return buf_str(page);
}

static struct str page_of(struct arena *arena, const struct problem *problem)
{
    struct buf page = page_begun(arena, problem->title);
    buf_printf(&page, "<p>Status <strong>%d</strong>, <code>/problems/%s</code></p>\n<h2>What happened</h2>\n<p>",
               problem->status, problem->slug);
    put_sentence(&page, problem->happened);
    buf_put_lit(&page, "</p>\n<h2>What to do</h2>\n<p>");
    put_sentence(&page, problem->advice);
    buf_put_lit(&page, "</p>\n");
    return page_ended(&page, "<a href=\"/problems\">All kinds of problems</a> "
                             "<a href=\"/docs\">What this server does</a>");
}

struct str api_problem_page(struct arena *arena, struct str slug)
{
    const struct problem *problem;
    for (size_t i = 0; (problem = problem_row(i)); i++)
        if (str_eq(str_of(problem->slug), slug))
            return page_of(arena, problem);
    return STR_NONE;
}

struct str api_problem_index(struct arena *arena)
{
    const struct problem *problem;
    struct buf page = page_begun(arena, "Problems");
    buf_put_lit(&page, "<p>Whatever cannot be done is answered by a problem document (RFC 9457). Its <code>type</code> "
                       "is the address of one of these pages.</p>\n<table>\n<thead><tr><th scope=\"col\">Status</th>"
                       "<th scope=\"col\">Kind</th><th scope=\"col\">What happened</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; (problem = problem_row(i)); i++) {
        buf_printf(&page, "<tr><td>%d</td><th scope=\"row\"><a href=\"/problems/%s\">%s</a></th><td>", problem->status,
                   problem->slug, problem->title);
        put_sentence(&page, problem->happened);
        buf_put_lit(&page, "</td></tr>\n");
    }
    buf_put_lit(&page, "</tbody>\n</table>\n");
    return page_ended(&page, "<a href=\"/docs\">What this server does</a>");
}
