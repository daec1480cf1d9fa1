// CNenKernels: what Swift cannot express well: prefetch, 64x64->128 mixing, memmem, CRC32C,
// Linux calls hidden behind _GNU_SOURCE. Inline parts carry no CPU feature above the baseline.
#ifndef NEN_KERNELS_H
#define NEN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CNenFrames.h"
#include "CNenMemory.h"
#include "CNenNesting.h"
#include "CNenStack.h"
#include "CNenStorage.h"
#include "CNenWork.h"

/// Fetches the cache line at `address` for reading; any address is allowed.
static inline void nen_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Multiplies two words to 128 bits and folds the halves: the mixing step of all hashes.
static inline uint64_t nen_mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/// CRC32C (Castagnoli, reflected polynomial 0x82F63B78) of `count` bytes, continuing from `seed`
/// (0 for a new sum). Hardware instruction where the processor has it, tables elsewhere.
uint32_t nen_crc32c(uint32_t seed, const void *bytes, size_t count);

#endif
