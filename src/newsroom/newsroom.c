// The table of what statements alone cannot serve. A resource that needs C has a row here; most have none.
#include "newsroom_internal.h"

const struct api_handler newsroom_handlers[] = {
    {"log_in", sessions_log_in, sessions_login_transactions, sessions_login_symbols},
    {"refresh_session", sessions_refresh, sessions_refresh_transactions, sessions_refresh_symbols},
    {"change_my_password", sessions_change_password, sessions_password_transactions, sessions_password_symbols},
    {"read_front_page", service_read_front_page, NULL, NULL},
    {"read_contract", service_read_contract, NULL, NULL},
    {"read_contract_as_yaml", service_read_contract_as_yaml, NULL, NULL},
    {"read_docs", service_read_docs, NULL, NULL},
    {"read_docs_as_plain_page", service_read_plain_docs, NULL, NULL},
    {"read_docs_file", service_read_docs_file, NULL, NULL},
    {"list_problems", service_list_problems, NULL, NULL},
    {"read_problem", service_read_problem, NULL, NULL},
#ifdef MARBRE_BENCH
    {"read_bench_asset", read_bench_asset, NULL, NULL},
#endif
    {NULL, NULL, NULL, NULL},
};

// Periodic jobs. Nothing waits for any of these: what is too old counts no more, whether it is still there or not.
enum { ROWS_MOST = 1000 }; // at a time, so that nobody waits long for what a job has locked
const struct api_job newsroom_jobs[] = {
    {"erase_old_inquiries", 3600, ROWS_MOST},
    {"forget_networks", 3600, ROWS_MOST},
    {"delete_form_tokens", 600, ROWS_MOST},
    {"delete_idempotency_records", 600, ROWS_MOST},
    {"delete_login_attempts", 3600, ROWS_MOST},
    {"delete_sessions", 3600, ROWS_MOST},
    {NULL, 0, 0},
};
