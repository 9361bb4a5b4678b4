// Counting how long things take.
#include "marbre/base.h"

// Bounds of the histograms: from what a read takes that is answered at once to what a statement may take at most.
const unsigned duration_bounds_us[DURATION_BOUNDS] = {500,   1000,   2500,   5000,    10000,   25000,
                                                      50000, 100000, 250000, 1000000, 2500000, 10000000};

void durations_add(struct durations *durations, int64_t us)
{
    size_t bound = 0;
    while (bound < DURATION_BOUNDS && us > duration_bounds_us[bound])
        bound++;
    counter_add(&durations->within[bound], 1);
    counter_add(&durations->total_us, us > 0 ? (uint64_t)us : 0);
}
