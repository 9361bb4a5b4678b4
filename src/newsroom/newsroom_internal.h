// What the files of the newsroom share: the handlers of its resources.
#pragma once

#include "marbre/newsroom.h"

void sessions_log_in(struct api_call *call);
void sessions_refresh(struct api_call *call);
void sessions_change_password(struct api_call *call);
#ifdef MARBRE_BENCH
void read_bench_asset(struct api_call *call); // tests/bench/asset.c
#endif
