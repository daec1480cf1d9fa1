// How much of its stack the running thread has left.
#ifndef NEN_STACK_H
#define NEN_STACK_H

#include <stdbool.h>
#include <stddef.h>

/// Whether less than `least` bytes of the running thread's stack are left, or less than half of a
/// stack that is smaller than twice that. False where the system does not say where it ends.
/// `least` is the same in every call.
bool nen_stack_is_low(size_t least);

#endif
