// Connection counts by client address. A household or a rented machine is given a whole /64 of IPv6, so that is what
// counts as one address there.
#include "http_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct address_counter {
    struct address_counter *next; // in its bucket
    struct http_ip ip;
    unsigned connections;
};

enum { V6_PREFIX = 8 };

static bool is_v4(const struct http_ip *ip)
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    return memcmp(ip->bytes, mapped, sizeof mapped) == 0;
}

static struct http_ip origin(struct http_ip ip)
{
    if (!is_v4(&ip))
        memset(ip.bytes + V6_PREFIX, 0, sizeof ip.bytes - V6_PREFIX);
    return ip;
}

// The bucket of an address, by a keyed hash: nobody outside knows the seed, so nobody can choose addresses that meet in
// one.
static struct address_counter **bucket(struct address_counters *counters, const struct http_ip *ip)
{
    uint64_t halves[2];
    memcpy(halves, ip->bytes, sizeof halves);
    uint64_t mixed = (halves[0] ^ counters->seed[0]) * UINT64_C(0x9E3779B97F4A7C15);
    mixed = ((mixed ^ mixed >> 32) + (halves[1] ^ counters->seed[1])) * UINT64_C(0xD6E8FEB86659FD93);
    return &counters->buckets[(mixed ^ mixed >> 32) % ADDRESS_BUCKETS];
}

void address_counters_init(struct address_counters *counters)
{
    secret_random(counters->seed, sizeof counters->seed);
}

bool address_counter_take(struct address_counters *counters, struct http_ip ip, unsigned most,
                          struct address_counter **taken)
{
    struct http_ip from = origin(ip);
    struct address_counter **first = bucket(counters, &from), *counter = *first;
    while (counter && memcmp(&counter->ip, &from, sizeof from) != 0)
        counter = counter->next;
    if (counter && counter->connections >= most)
        return false;
    if (!counter) {
        counter = allocated(calloc(1, sizeof *counter), "an address");
        *counter = (struct address_counter){.next = *first, .ip = from};
        *first = counter;
    }
    counter->connections++;
    *taken = counter;
    return true;
}

void address_counter_release(struct address_counters *counters, struct address_counter *counter)
{
    assert(!counter || counter->connections > 0);
    if (!counter || --counter->connections > 0)
        return;
    struct address_counter **at = bucket(counters, &counter->ip);
    while (*at != counter)
        at = &(*at)->next;
    *at = counter->next;
    free(counter);
}
