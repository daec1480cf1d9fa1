// Kernels over framed arrays: narrow unsigned numbers that a base is added to. Plain loops that the
// compiler vectorises, in versions for what the processor has.
#include "CNenFrames.h"

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define FRAME_KERNEL                                                                              \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FRAME_KERNEL
#endif

#define DEFINE_FRAMES(type, name)                                                                 \
    FRAME_KERNEL void nen_unframe_##name(                                                         \
        const type *offsets, size_t count, int64_t base, int64_t *values) {                       \
        for (size_t i = 0; i < count; i++)                                                        \
            values[i] = (int64_t)((uint64_t)base + offsets[i]);                                   \
    }                                                                                             \
    FRAME_KERNEL void nen_unframe_cells_##name(                                                   \
        const type *offsets, size_t count, int64_t base, uint64_t head, uint64_t *cells) {        \
        for (size_t i = 0; i < count; i++) {                                                      \
            cells[2 * i] = head;                                                                  \
            cells[2 * i + 1] = (uint64_t)base + offsets[i];                                       \
        }                                                                                         \
    }

DEFINE_FRAMES(uint8_t, u8)
DEFINE_FRAMES(uint16_t, u16)
DEFINE_FRAMES(uint32_t, u32)
