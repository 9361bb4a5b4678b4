// How many connections each address has. A household or a rented machine is given a whole /64 of IPv6, so that is what
// counts as one address there.
#include "http_internal.h"

#include <stdlib.h>
#include <string.h>

struct source {
    struct source *next; // in its bucket
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

// Nobody outside knows the seed, so nobody can choose addresses that meet in one bucket.
static struct source **bucket(struct sources *sources, const struct http_ip *ip)
{
    uint64_t halves[2];
    memcpy(halves, ip->bytes, sizeof halves);
    uint64_t mixed = (halves[0] ^ sources->seed[0]) * UINT64_C(0x9E3779B97F4A7C15);
    mixed = ((mixed ^ mixed >> 32) + (halves[1] ^ sources->seed[1])) * UINT64_C(0xD6E8FEB86659FD93);
    return &sources->buckets[(mixed ^ mixed >> 32) % SOURCE_BUCKETS];
}

void sources_init(struct sources *sources)
{
    secret_random(sources->seed, sizeof sources->seed);
}

bool source_take(struct sources *sources, struct http_ip ip, unsigned most, struct source **taken)
{
    struct http_ip from = origin(ip);
    struct source **first = bucket(sources, &from), *source = *first;
    while (source && memcmp(&source->ip, &from, sizeof from) != 0)
        source = source->next;
    if (source && source->connections >= most)
        return false;
    if (!source) {
        source = calloc(1, sizeof *source);
        if (!source)
            fatal("out of memory for an address");
        *source = (struct source){.next = *first, .ip = from};
        *first = source;
    }
    source->connections++;
    *taken = source;
    return true;
}

void source_give(struct sources *sources, struct source *source)
{
    if (!source || --source->connections > 0)
        return;
    struct source **at = bucket(sources, &source->ip);
    while (*at != source)
        at = &(*at)->next;
    *at = source->next;
    free(source);
}
