// Counted memory: Linux calls and the thread's account.
#include "CNenMemory.h"
#include <malloc.h>
#include <sys/mman.h>

void *nen_map_resize(void *start, size_t count, size_t larger) {
    void *moved = mremap(start, count, larger, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}

void nen_share_heap(void) { mallopt(M_ARENA_MAX, 1); }

static _Thread_local void *writer_account;

void *nen_writer_account(void) { return writer_account; }
void nen_set_writer_account(void *account) { writer_account = account; }
