// Thread-local: within which closures of a program this thread runs (NenEngine/Engine/Nesting).
#ifndef CNEN_NESTING_H
#define CNEN_NESTING_H

/// The innermost frame of the thread; NULL without one. The pointer is not owned.
const void *nen_nesting_frame(void);
void nen_set_nesting_frame(const void *new_frame);

#endif
