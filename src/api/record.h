// What is written down of a request once it is over: numbers, and a line of the log.
#pragma once

#include "call.h"

// `operation` is NULL where none was found.
void metrics_count(const struct api *api, const struct operation *operation, const struct http_exchange *exchange,
                   int64_t took_us);
// `call` is NULL where a request never became one.
void access_log(const struct api_call *call, const struct http_exchange *exchange, int64_t took_us);
