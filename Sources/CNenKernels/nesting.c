// The innermost frame of what this thread does on behalf of its caller.
#include "CNenNesting.h"
#include <stddef.h>

static _Thread_local const void *frame;

const void *nen_nesting_frame(void) { return frame; }
void nen_set_nesting_frame(const void *new_frame) { frame = new_frame; }
