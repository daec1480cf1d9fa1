// Linux calls of the storage layer. The SIGBUS guard: a table of mapped spans; the handler looks
// the address up, maps one zero page over it and counts the fault, and hands any other address to
// the handler that was there before. Only async-signal-safe calls (mmap, sigaction) are made.
#include "CNenStorage.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

int nen_ofd_lock(int file, int64_t offset, int kind) {
    struct flock lock;
    memset(&lock, 0, sizeof lock);
    lock.l_type = kind == 2 ? F_WRLCK : kind == 1 ? F_RDLCK : F_UNLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = offset;
    lock.l_len = 1;
    while (fcntl(file, F_OFD_SETLK, &lock) != 0) {
        if (errno == EINTR) continue;
        return errno == EACCES ? -EAGAIN : -errno;
    }
    return 0;
}

int nen_ofd_is_held(int file, int64_t offset) {
    struct flock lock;
    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = offset;
    lock.l_len = 1;
    while (fcntl(file, F_OFD_GETLK, &lock) != 0)
        if (errno != EINTR) return -errno;
    return lock.l_type == F_UNLCK ? 0 : 1;
}

int nen_allocate(int file, int64_t offset, int64_t count) {
    while (fallocate(file, 0, offset, count) != 0)
        if (errno != EINTR) return -errno;
    return 0;
}

int64_t nen_next_data(int file, int64_t offset) {
    off_t found = lseek(file, (off_t)offset, SEEK_DATA);
    return found < 0 ? -errno : (int64_t)found;
}

int nen_memory_file(const char *name) {
    int file = memfd_create(name, MFD_CLOEXEC);
    return file < 0 ? -errno : file;
}

size_t nen_span_max(void) {
#if __has_feature(thread_sanitizer)
    return (size_t)1 << 34;
#else
    return (size_t)1 << 40;
#endif
}

void *nen_map(int file, size_t count, bool isWritable) {
    int protection = isWritable ? PROT_READ | PROT_WRITE : PROT_READ;
    int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *start = mmap(NULL, count, protection, flags | MAP_NORESERVE, file, 0);
    return start == MAP_FAILED ? NULL : start;
}

void nen_forget(void *start, size_t count) { madvise(start, count, MADV_DONTNEED); }

#define GUARDS 4096
static struct {
    uintptr_t start, end;
    int protection;
    uint64_t faults;
    uint64_t last_offset;
} guards[GUARDS];
static int guards_used;
static struct sigaction previous_action;
static pthread_mutex_t guard_lock = PTHREAD_MUTEX_INITIALIZER;
static bool handler_installed;

static void pass_on(int signal_number, siginfo_t *info, void *context) {
    if (previous_action.sa_flags & SA_SIGINFO) {
        previous_action.sa_sigaction(signal_number, info, context);
    } else if (previous_action.sa_handler == SIG_DFL || previous_action.sa_handler == SIG_IGN) {
        signal(signal_number, SIG_DFL);  // the access is repeated and ends the process
    } else {
        previous_action.sa_handler(signal_number);
    }
}

static void on_bus_error(int signal_number, siginfo_t *info, void *context) {
    int saved = errno;
    uintptr_t address = (uintptr_t)info->si_addr;
    int used = __atomic_load_n(&guards_used, __ATOMIC_SEQ_CST);
    for (int n = 0; n < used; n++) {
        uintptr_t start = __atomic_load_n(&guards[n].start, __ATOMIC_SEQ_CST);
        uintptr_t end = __atomic_load_n(&guards[n].end, __ATOMIC_SEQ_CST);
        // The slot may be given to another span between the two loads.
        if (start != __atomic_load_n(&guards[n].start, __ATOMIC_SEQ_CST)) continue;
        if (start == 0 || address < start || address >= end) continue;
        void *page = (void *)(address & ~(uintptr_t)4095);
        int protection = __atomic_load_n(&guards[n].protection, __ATOMIC_SEQ_CST);
        void *zero = mmap(page, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        __atomic_store_n(&guards[n].last_offset, (uint64_t)(address - start), __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&guards[n].faults, 1, __ATOMIC_SEQ_CST);
        errno = saved;
        if (zero != MAP_FAILED) return;
        break;
    }
    pass_on(signal_number, info, context);
}

static void install_handler(void) {
    if (handler_installed) return;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    handler_installed = sigaction(SIGBUS, &action, &previous_action) == 0;
}

int nen_guard_add(void *start, size_t count, bool isWritable) {
    int guard = -1;
    pthread_mutex_lock(&guard_lock);
    install_handler();
    for (int n = 0; n < GUARDS && guard < 0; n++)
        if (guards[n].start == 0) guard = n;
    if (guard >= 0) {
        guards[guard].faults = 0;
        __atomic_store_n(&guards[guard].protection,
                         isWritable ? PROT_READ | PROT_WRITE : PROT_READ, __ATOMIC_SEQ_CST);
        __atomic_store_n(&guards[guard].end, (uintptr_t)start + count, __ATOMIC_SEQ_CST);
        __atomic_store_n(&guards[guard].start, (uintptr_t)start, __ATOMIC_SEQ_CST);
        if (guard >= guards_used) __atomic_store_n(&guards_used, guard + 1, __ATOMIC_SEQ_CST);
    }
    pthread_mutex_unlock(&guard_lock);
    return guard;
}

void nen_guard_remove(int guard) {
    if (guard < 0) return;
    pthread_mutex_lock(&guard_lock);
    __atomic_store_n(&guards[guard].start, 0, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&guard_lock);
}

uint64_t nen_guard_faults(int guard) {
    return guard < 0 ? 0 : __atomic_load_n(&guards[guard].faults, __ATOMIC_SEQ_CST);
}

uint64_t nen_guard_last_offset(int guard) {
    return guard < 0 ? 0 : __atomic_load_n(&guards[guard].last_offset, __ATOMIC_SEQ_CST);
}

static uint64_t forks;
static void count_fork(void) { forks++; }
__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, count_fork);
}
uint64_t nen_fork_generation(void) { return __atomic_load_n(&forks, __ATOMIC_RELAXED); }

uint64_t nen_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int nen_random(void *bytes, size_t count) {
    uint8_t *next = bytes;
    while (count > 0) {
        ssize_t taken = getrandom(next, count, 0);
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0) return -errno;
        next += taken;
        count -= (size_t)taken;
    }
    return 0;
}

int nen_descriptor_flags(int file) {
    int flags = fcntl(file, F_GETFD);
    return flags < 0 ? -errno : flags;
}
