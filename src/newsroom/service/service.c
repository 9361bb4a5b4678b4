// The server about itself: in development a front page; its contract, also for people; what each kind of problem means.
#include "../newsroom_internal.h"

// Content-Security-Policy of Swagger UI, and not a bit more than it needs: its own scripts and styles, the contract and
// the API at this address, pictures that stand in its style sheet. Its highlighter and its resizers write styles into
// elements.
#define SWAGGER_POLICY                                                                                                 \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "              \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// The newspaper of `marbre dev`: its own script and style, the API at this address, and pictures that it draws itself.
#define FRONT_POLICY                                                                                                   \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "                    \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static void reply_file(struct api_call *call, struct str name)
{
    const struct api_asset *file = api_file(call, name);
    if (file)
        api_reply_asset(call, file);
    else
        api_problem(call, 404, "There is no such file.");
}

static void reply_page(struct api_call *call, struct str page)
{
    struct api_asset asset = api_asset_of(api_arena(call), STR("text/html; charset=utf-8"), page);
    api_reply_asset(call, &asset);
}

// Only `marbre dev` brings this file along.
void service_read_front_page(struct api_call *call)
{
    const struct api_asset *front = api_file(call, STR("front.html"));
    if (!front) {
        api_problem(call, 404,
                    "There is nothing under this address but in `marbre dev`; /openapi.json lists what there is.");
        return;
    }
    struct api_asset page = *front;
    page.policy = STR(FRONT_POLICY);
    api_reply_asset(call, &page);
}

void service_read_contract(struct api_call *call)
{
    api_reply_asset(call, api_contract_asset(call));
}

void service_read_contract_as_yaml(struct api_call *call)
{
    reply_file(call, STR("openapi.yaml"));
}

// Swagger UI, where the build could fetch it.
void service_read_docs(struct api_call *call)
{
    const struct api_asset *swagger = api_file(call, STR("docs.html"));
    if (!swagger) {
        service_read_plain_docs(call);
        return;
    }
    struct api_asset page = *swagger;
    page.policy = STR(SWAGGER_POLICY);
    api_reply_asset(call, &page);
}

void service_read_plain_docs(struct api_call *call)
{
    reply_file(call, STR("plain.html"));
}

void service_read_docs_file(struct api_call *call)
{
    reply_file(call, arena_printf(api_arena(call), "docs/%.*s", STR_FMT(api_path_end(call))));
}

void service_list_problems(struct api_call *call)
{
    reply_page(call, api_problem_index(api_arena(call)));
}

void service_read_problem(struct api_call *call)
{
    struct str page = api_problem_page(api_arena(call), api_path_end(call));
    if (page.ptr)
        reply_page(call, page);
    else
        api_problem(call, 404, "There is no such kind of problem; /problems lists them.");
}
