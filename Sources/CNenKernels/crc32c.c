// CRC32C with run-time dispatch. Hardware path: three interleaved streams of 1,360 bytes whose
// sums are joined by multiplying with x^(8n) mod P through precomputed shift tables, after
// Mark Adler's public description of the method. Software path: one table per byte position.
#include "CNenKernels.h"
#include <string.h>

#define POLYNOMIAL 0x82F63B78u
#define STREAM 1360

static uint32_t byte_table[8][256];
static uint32_t shift_table[4][256];

/// Multiplies the 32x32 bit matrix `matrix` with `vector` over GF(2).
static uint32_t matrix_times(const uint32_t *matrix, uint32_t vector) {
    uint32_t sum = 0;
    while (vector) {
        if (vector & 1) sum ^= *matrix;
        vector >>= 1;
        matrix++;
    }
    return sum;
}

static void matrix_square(uint32_t *square, const uint32_t *matrix) {
    for (int n = 0; n < 32; n++) square[n] = matrix_times(matrix, matrix[n]);
}

/// Fills `result` with the operator that appends `count` zero bytes to a sum.
static void zeros_operator(uint32_t *result, size_t count) {
    uint32_t odd[32], even[32], power[32];
    odd[0] = POLYNOMIAL;
    for (int n = 1; n < 32; n++) odd[n] = 1u << (n - 1);
    matrix_square(even, odd);
    matrix_square(odd, even);
    matrix_square(power, odd);  // one zero byte
    for (int n = 0; n < 32; n++) result[n] = 1u << n;
    while (count) {
        if (count & 1) {
            uint32_t next[32];
            for (int n = 0; n < 32; n++) next[n] = matrix_times(power, result[n]);
            memcpy(result, next, sizeof next);
        }
        uint32_t square[32];
        matrix_square(square, power);
        memcpy(power, square, sizeof square);
        count >>= 1;
    }
}

__attribute__((constructor)) static void build_tables(void) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = n;
        for (int k = 0; k < 8; k++) crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
        byte_table[0][n] = crc;
    }
    for (uint32_t n = 0; n < 256; n++)
        for (int k = 1; k < 8; k++)
            byte_table[k][n] =
                (byte_table[k - 1][n] >> 8) ^ byte_table[0][byte_table[k - 1][n] & 0xff];
    uint32_t operator[32];
    zeros_operator(operator, STREAM);
    for (int k = 0; k < 4; k++)
        for (uint32_t n = 0; n < 256; n++)
            shift_table[k][n] = matrix_times(operator, n << (8 * k));
}

static inline uint32_t shift_stream(uint32_t crc) {
    return shift_table[0][crc & 0xff] ^ shift_table[1][(crc >> 8) & 0xff] ^
           shift_table[2][(crc >> 16) & 0xff] ^ shift_table[3][crc >> 24];
}

static inline uint64_t load64(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

static uint32_t crc_software(uint32_t crc, const uint8_t *p, size_t count) {
    while (count >= 8) {
        uint64_t word = load64(p) ^ crc;
        crc = byte_table[7][word & 0xff] ^ byte_table[6][(word >> 8) & 0xff] ^
              byte_table[5][(word >> 16) & 0xff] ^ byte_table[4][(word >> 24) & 0xff] ^
              byte_table[3][(word >> 32) & 0xff] ^ byte_table[2][(word >> 40) & 0xff] ^
              byte_table[1][(word >> 48) & 0xff] ^ byte_table[0][word >> 56];
        p += 8;
        count -= 8;
    }
    while (count--) crc = (crc >> 8) ^ byte_table[0][(crc ^ *p++) & 0xff];
    return crc;
}

#if defined(__x86_64__)
#define CRC_TARGET __attribute__((target("sse4.2")))
#define CRC64(sum, word) __builtin_ia32_crc32di(sum, word)
#define CRC8(sum, byte) __builtin_ia32_crc32qi((uint32_t)(sum), byte)
CRC_TARGET static uint32_t crc_hardware(uint32_t seed, const uint8_t *p, size_t count) {
    uint64_t a = seed;
    while (count >= 3 * STREAM) {
        uint64_t b = 0, c = 0;
        for (size_t i = 0; i < STREAM; i += 8) {
            a = CRC64(a, load64(p + i));
            b = CRC64(b, load64(p + STREAM + i));
            c = CRC64(c, load64(p + 2 * STREAM + i));
        }
        a = shift_stream((uint32_t)a) ^ b;
        a = shift_stream((uint32_t)a) ^ c;
        p += 3 * STREAM;
        count -= 3 * STREAM;
    }
    for (; count >= 8; count -= 8, p += 8) a = CRC64(a, load64(p));
    for (; count; count--, p++) a = CRC8(a, *p);
    return (uint32_t)a;
}
#endif

uint32_t nen_crc32c(uint32_t seed, const void *bytes, size_t count) {
    uint32_t crc = ~seed;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~crc_hardware(crc, bytes, count);
#endif
    return ~crc_software(crc, bytes, count);
}
