// What the storage layer needs from Linux and cannot get through Swift's view of glibc: atomics on
// shared memory, locks of open file descriptions, the SIGBUS guard of mapped regions, fork notice.
#ifndef NEN_STORAGE_H
#define NEN_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Sequentially consistent load of an aligned word, also in memory shared with other processes.
static inline uint64_t nen_load64(const void *word) {
    return __atomic_load_n((const uint64_t *)word, __ATOMIC_SEQ_CST);
}

/// Sequentially consistent store (a full fence on x86: later loads are not moved before it).
static inline void nen_store64(void *word, uint64_t value) {
    __atomic_store_n((uint64_t *)word, value, __ATOMIC_SEQ_CST);
}

/// Stores `value` if the word still is `expected`; says whether it did.
static inline bool nen_swap64(void *word, uint64_t expected, uint64_t value) {
    return __atomic_compare_exchange_n((uint64_t *)word, &expected, value, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/// Sets bits and returns the word before.
static inline uint64_t nen_or64(void *word, uint64_t bits) {
    return __atomic_fetch_or((uint64_t *)word, bits, __ATOMIC_SEQ_CST);
}

/// Adds and returns the sum.
static inline uint64_t nen_add64(void *word, uint64_t amount) {
    return __atomic_add_fetch((uint64_t *)word, amount, __ATOMIC_SEQ_CST);
}

/// Tries to set the lock of this open file description on the byte at `offset`, without waiting.
/// kind: 0 none, 1 shared, 2 exclusive. Returns 0 or a negative errno (-EAGAIN: held elsewhere).
int nen_ofd_lock(int file, int64_t offset, int kind);

/// 1 when another open file description holds a lock on the byte, 0 when none does, else -errno.
int nen_ofd_is_held(int file, int64_t offset);

/// fallocate without keeping the size; returns 0 or a negative errno.
int nen_allocate(int file, int64_t offset, int64_t count);

/// Offset of the first bytes at or behind `offset` that are not a hole, or a negative errno
/// (-ENXIO: there are none).
int64_t nen_next_data(int file, int64_t offset);

/// A new memory-backed file that closes on exec; a descriptor or a negative errno.
int nen_memory_file(const char *name);

/// Most bytes that one span may have: a terabyte, or 16 GiB under ThreadSanitizer, which has some
/// 1.5 TiB of addresses for all mappings together and ends the process when they are used up.
size_t nen_span_max(void);

/// Maps `count` bytes: a file's (`file` >= 0, shared) or zeros (`file` == -1, private); without
/// reserving memory. NULL when refused.
void *nen_map(int file, size_t count, bool isWritable);

/// Lets the system take back the pages of an anonymous span; they read as zeros afterwards.
void nen_forget(void *start, size_t count);

/// Watches the mapped span: SIGBUS inside it maps a zero page instead of ending the process and
/// counts a fault; the page can be written when the span can. Returns a guard's number, or -1 when
/// all guards are taken.
int nen_guard_add(void *start, size_t count, bool isWritable);
void nen_guard_remove(int guard);
/// How many pages of the guarded span could not be read so far.
uint64_t nen_guard_faults(int guard);
/// Where in the span the last of them was.
uint64_t nen_guard_last_offset(int guard);

/// Grows by one in a forked child; compare with the number noted before.
uint64_t nen_fork_generation(void);

/// Nanoseconds since boot: the same clock in every process.
uint64_t nen_monotonic_nanoseconds(void);

/// The flags of a descriptor (FD_CLOEXEC), or a negative errno.
int nen_descriptor_flags(int file);

/// Fills the bytes with random ones; returns 0 or a negative errno.
int nen_random(void *bytes, size_t count);

#endif
