// The table of what statements alone cannot serve. A resource that needs C has a row here; most have none.
#include "newsroom_internal.h"

static void read_contract(struct api_call *call)
{
    api_reply_asset(call, api_contract_asset(call));
}

static void read_problem(struct api_call *call)
{
    struct str page = api_problem_page(api_arena(call), api_parameter(call, STR("path_slug")));
    struct api_asset asset = api_asset_of(api_arena(call), STR("text/html; charset=utf-8"), page);
    if (page.ptr)
        api_reply_asset(call, &asset);
    else
        api_problem(call, 404, "There is no such kind of problem.");
}

const struct api_handler newsroom_handlers[] = {
    {"log_in", sessions_log_in},
    {"refresh_session", sessions_refresh},
    {"change_my_password", sessions_change_password},
    {"read_contract", read_contract},
    {"read_problem", read_problem},
#ifdef MARBRE_BENCH
    {"read_bench_asset", read_bench_asset},
#endif
    {NULL, NULL},
};
