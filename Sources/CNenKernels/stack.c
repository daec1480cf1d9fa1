// Where the running thread's stack ends is asked of the system once for each thread.
#include "CNenStack.h"

#include <pthread.h>
#include <stdint.h>

/// Addresses below this one count as used up; 0: not known yet.
static __thread uintptr_t limit;

static uintptr_t measure(size_t least) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 1;
    void *low = NULL;
    size_t size = 0, guard = 0;
    int failed = pthread_attr_getstack(&attributes, &low, &size);
    if (pthread_attr_getguardsize(&attributes, &guard) != 0) guard = 0;
    pthread_attr_destroy(&attributes);
    if (failed != 0) return 1;
    return (uintptr_t)low + guard + (least < size / 2 ? least : size / 2);
}

bool nen_stack_is_low(size_t least) {
    if (limit == 0) limit = measure(least);
    return (uintptr_t)__builtin_frame_address(0) < limit;
}
