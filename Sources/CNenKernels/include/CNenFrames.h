// Decoding of framed arrays; see ColumnFrame.swift.
#ifndef NEN_FRAMES_H
#define NEN_FRAMES_H

#include <stddef.h>
#include <stdint.h>

/// Writes `count` numbers, each an offset plus `base` (modulo 2^64).
void nen_unframe_u8(const uint8_t *offsets, size_t count, int64_t base, int64_t *values);
void nen_unframe_u16(const uint16_t *offsets, size_t count, int64_t base, int64_t *values);
void nen_unframe_u32(const uint32_t *offsets, size_t count, int64_t base, int64_t *values);

/// Writes `count` cells of two words: `head`, and an offset plus `base`.
void nen_unframe_cells_u8(
    const uint8_t *offsets, size_t count, int64_t base, uint64_t head, uint64_t *cells);
void nen_unframe_cells_u16(
    const uint16_t *offsets, size_t count, int64_t base, uint64_t head, uint64_t *cells);
void nen_unframe_cells_u32(
    const uint32_t *offsets, size_t count, int64_t base, uint64_t head, uint64_t *cells);

#endif
