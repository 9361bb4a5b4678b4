// What the fuzzer and the replay of its finds share.
#pragma once

#include <stddef.h>
#include <stdint.h>

// At how many places each input is split in two: a few while fuzzing, all of them in a replay.
extern size_t fuzz_splits;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
