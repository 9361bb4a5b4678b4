// The table of what statements alone cannot serve. A resource that needs C has a row here; most have none.
#include "newsroom_internal.h"

const struct api_handler newsroom_handlers[] = {
    {"log_in", sessions_log_in},
    {"refresh_session", sessions_refresh},
    {"change_my_password", sessions_change_password},
    {"read_front_page", service_read_front_page},
    {"read_contract", service_read_contract},
    {"read_contract_as_yaml", service_read_contract_as_yaml},
    {"read_docs", service_read_docs},
    {"read_docs_as_plain_page", service_read_plain_docs},
    {"read_docs_file", service_read_docs_file},
    {"list_problems", service_list_problems},
    {"read_problem", service_read_problem},
#ifdef MARBRE_BENCH
    {"read_bench_asset", read_bench_asset},
#endif
    {NULL, NULL},
};

// Nothing waits for any of these: what is too old counts no more, whether it is still there or not.
const struct newsroom_job newsroom_jobs[] = {
    {"erase_old_inquiries", 3600},
    {"forget_networks", 3600},
    {"delete_form_tokens", 600},
    {"delete_idempotency_records", 600},
    {"delete_login_attempts", 3600},
    {"delete_sessions", 3600},
    {NULL, 0},
};
