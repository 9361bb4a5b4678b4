// The table of what statements alone cannot serve. A resource that needs C has a row here; most have none.
#include "newsroom_internal.h"

static void read_contract(struct api_call *call)
{
    api_reply_cached(call, api_contract_text(call));
}

const struct api_handler newsroom_handlers[] = {
    {"log_in", sessions_log_in},
    {"refresh_session", sessions_refresh},
    {"read_contract", read_contract},
    {NULL, NULL},
};
