// The table of what statements alone cannot serve. A resource that needs C has a row here; most have none.
#include "newsroom_internal.h"

static void read_contract(struct api_call *call)
{
    api_reply_asset(call, api_contract_asset(call));
}

const struct api_handler newsroom_handlers[] = {
    {"log_in", sessions_log_in},
    {"refresh_session", sessions_refresh},
    {"read_contract", read_contract},
#ifdef MARBRE_BENCH
    {"read_bench_asset", read_bench_asset},
#endif
    {NULL, NULL},
};
