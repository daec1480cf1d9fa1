// What ThreadSanitizer does not see by itself; empty in every other build. Swift's `Mutex` locks
// and unlocks in code that is inlined, and so instrumented, as long as nobody waits; where somebody
// does, it calls functions of libswiftSynchronization, which is not instrumented and leaves the
// rest to the kernel: ThreadSanitizer then takes what the lock protects for a race. These
// definitions stand before the library's, call them, and say what they do.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>

#if __has_feature(thread_sanitizer)

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void nen_mutex_lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK_SLOW);
SWIFT bool nen_mutex_try_lock_slow(SELF void *mutex) __asm__(TRY_LOCK_SLOW);
SWIFT void nen_mutex_unlock_slow(SELF void *mutex) __asm__(UNLOCK_SLOW);

static void *the_librarys(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) abort();
    return found;
}

SWIFT void nen_mutex_lock_slow(uint32_t thread, SELF void *mutex) {
    ((SWIFT void (*)(uint32_t, SELF void *))the_librarys(LOCK_SLOW))(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT bool nen_mutex_try_lock_slow(SELF void *mutex) {
    bool isLocked = ((SWIFT bool (*)(SELF void *))the_librarys(TRY_LOCK_SLOW))(mutex);
    if (isLocked) __tsan_acquire(mutex);
    return isLocked;
}

SWIFT void nen_mutex_unlock_slow(SELF void *mutex) {
    __tsan_release(mutex);
    ((SWIFT void (*)(SELF void *))the_librarys(UNLOCK_SLOW))(mutex);
}

#endif
