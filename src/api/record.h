// Metrics and access log, of a request that is over.
#pragma once

#include "call.h"

// `operation` is NULL where none was found.
void metrics_count(const struct api *api, const struct operation *operation, const struct http_exchange *exchange,
                   int64_t took_us);
// `call` is NULL where a request never became one.
void access_log(const struct api_call *call, const struct http_exchange *exchange, int64_t took_us);
