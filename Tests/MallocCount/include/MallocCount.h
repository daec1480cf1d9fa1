// MallocCount: how often a thread has asked the heap for memory, for tests that say "never".
//
// The functions of the heap are put in place of glibc's for the whole test process. Under a
// sanitizer, which does that itself, nothing is counted.
#ifndef MALLOC_COUNT_H
#define MALLOC_COUNT_H

#include <stdbool.h>
#include <stddef.h>

/// Whether calls are counted.
bool malloc_is_counted(void);

/// Calls of malloc and its kin by this thread so far.
long malloc_count(void);

/// Counts from now on only calls of this thread for at least so many bytes.
void malloc_count_from(size_t bytes);

#endif
