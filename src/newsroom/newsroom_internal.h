// Handlers of the newsroom's resources, shared by its files.
#pragma once

#include "marbre/newsroom.h"

extern const struct api_transaction sessions_login_transactions[], sessions_refresh_transactions[],
    sessions_password_transactions[];
extern const char *const sessions_login_symbols[], *const sessions_refresh_symbols[],
                                                       *const sessions_password_symbols[];
void sessions_log_in(struct api_call *call);
void sessions_refresh(struct api_call *call);
void sessions_change_password(struct api_call *call);
void service_read_front_page(struct api_call *call);
void service_read_contract(struct api_call *call);
void service_read_contract_as_yaml(struct api_call *call);
void service_read_docs(struct api_call *call);
void service_read_plain_docs(struct api_call *call);
void service_read_docs_file(struct api_call *call);
void service_list_problems(struct api_call *call);
void service_read_problem(struct api_call *call);
#ifdef MARBRE_BENCH
void read_bench_asset(struct api_call *call); // tests/bench/asset.c
#endif
