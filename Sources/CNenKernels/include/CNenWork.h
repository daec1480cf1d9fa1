// How much work a thread may still do before it looks whether its statement was interrupted: one
// subtraction for each piece of work, so that loops over single values can afford to count.
#ifndef NEN_WORK_H
#define NEN_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What one thread knows of the statement that it works for.
struct nen_work {
    /// The statement's interruption; NULL outside of statements. Not owned: whoever sets it keeps
    /// it alive until it is set back.
    const void *interruption;
    /// Units of work (about a nanosecond each) until the next look.
    int64_t credit;
};

extern _Thread_local struct nen_work nen_work_of_thread;

/// Counts `units` of work; true when it is time to look.
static inline bool nen_work_spend(int64_t units) {
    return (nen_work_of_thread.credit -= units) < 0;
}

/// Sets the units until the next look.
static inline void nen_work_grant(int64_t units) { nen_work_of_thread.credit = units; }

/// The interruption of this thread's statement.
static inline const void *nen_work_interruption(void) { return nen_work_of_thread.interruption; }

/// Puts another one in its place; the next piece of work looks at it.
static inline void nen_work_enter(const void *interruption) {
    nen_work_of_thread.interruption = interruption;
    nen_work_of_thread.credit = 0;
}

#endif
