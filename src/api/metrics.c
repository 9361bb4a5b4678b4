// Metrics of each operation: what it answered and how long it took, counted by its worker alone and read by whoever
// sums.
#include "record.h"

// In the order in which they are looked for: the usual ones first.
const unsigned short api_statuses[API_STATUSES] = {200, 304, 201, 404, 204, 409, 412, 422, 401, 429, 503, 400,
                                                   403, 308, 202, 206, 301, 302, 303, 405, 406, 408, 410, 411,
                                                   413, 414, 415, 417, 428, 431, 500, 501, 505, 0};

static size_t slot_of(int status)
{
    size_t slot = 0;
    while (slot < API_STATUSES - 1 && api_statuses[slot] != status)
        slot++;
    return slot;
}

size_t api_metrics_count(const struct api_contract *contract)
{
    return contract->operation_count + 1;
}

struct str api_metrics_name(const struct api_contract *contract, size_t number)
{
    return number < contract->operation_count ? contract->operations[number].id : STR("none");
}

const struct api_operation_metrics *api_metrics(const struct api *api)
{
    return api->metrics;
}

void metrics_count(const struct api *api, const struct operation *operation, const struct http_exchange *exchange,
                   int64_t took_us)
{
    size_t number = operation ? (size_t)(operation - api->contract->operations) : api->contract->operation_count;
    struct api_operation_metrics *metrics = &api->metrics[number];
    counter_add(&metrics->replies[slot_of(exchange->status)], 1);
    counter_add(&metrics->cut, exchange->cut);
    durations_add(&metrics->took, took_us);
}
