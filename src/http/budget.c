// The room that bodies may take in a worker. Exchanges may outlive the listener, and so does what they are counted in:
// the last one out frees it.
#include "http_internal.h"

#include <stdlib.h>

struct budget {
    uint64_t left;
    size_t users;
};

struct budget *budget_new(uint64_t bytes)
{
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        fatal("out of memory for a budget");
    *budget = (struct budget){bytes, 1};
    return budget;
}

struct budget *budget_join(struct budget *budget)
{
    budget->users++;
    return budget;
}

void budget_leave(struct budget *budget, uint64_t held)
{
    budget->left += held;
    if (--budget->users == 0)
        free(budget);
}

bool budget_has(const struct budget *budget, uint64_t bytes)
{
    return bytes <= budget->left;
}

bool budget_take(struct budget *budget, uint64_t bytes)
{
    bool has = budget_has(budget, bytes);
    if (has)
        budget->left -= bytes;
    return has;
}
