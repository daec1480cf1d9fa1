// Counted memory: growing mapped blocks, and the account of the writer on this thread.
#ifndef NEN_MEMORY_H
#define NEN_MEMORY_H

#include <stddef.h>

/// Makes an anonymous span of `count` bytes `larger` bytes long, moving it where it must; its pages
/// move without being copied. NULL when refused; then it is as it was.
void *nen_map_resize(void *start, size_t count, size_t larger);

/// Lets all threads share one heap, where each of its own would take 64 MiB of addresses.
void nen_share_heap(void);

/// What this thread's write transaction charges its private memory to; NULL without one. The
/// pointer is not owned.
void *nen_writer_account(void);
void nen_set_writer_account(void *account);

#endif
