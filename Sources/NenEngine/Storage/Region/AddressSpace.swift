// AddressSpace: how many addresses the process may use (`ulimit -v`), where that is bounded. A
// store reserves a terabyte of them, of which nothing is memory; where a bound exists it takes a
// share of what is left, and the accounts of memory keep to the rest, so that they refuse before
// the system does.

import CNenKernels
import Glibc

/// The process's limit of virtual memory.
enum AddressSpace {
    /// Bytes of addresses that are left; nil where there is no bound.
    static var freeBytes: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
            limit.rlim_cur < UInt64(Int.max)
        else { return nil }
        return max(0, Int(limit.rlim_cur) - usedBytes)
    }

    /// Bytes of addresses in use.
    private static var usedBytes: Int {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        if file < 0 { return 0 }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = read(file, &text, text.count)
        let digits = text.prefix(max(0, count)).prefix { $0 != 0x20 }
        let pages = Int(String(decoding: digits, as: UTF8.self)) ?? 0
        return pages * max(4_096, sysconf(Int32(_SC_PAGESIZE)))
    }

    /// What is kept for stacks, buffers and what the runtime takes for itself.
    private static let marginBytes = 24 << 20

    /// Bytes that accounts of memory may hand out; `.max` where there is no bound. To be asked when
    /// the store has its span.
    static var grantableBytes: Int {
        freeBytes.map { max(4 << 20, $0 - marginBytes) } ?? .max
    }

    /// Bytes of a store's span. Where there is a bound, threads share a heap from then on.
    static func spanByteCount(preferred: Int, least: Int) -> Int {
        guard let free = freeBytes else { return preferred }
        nen_share_heap()
        var span = preferred
        while span > free / 4, span / 2 >= least { span /= 2 }
        return span
    }

    /// Whether there is room for helper threads with their stacks and heaps.
    static var allowsHelperThreads: Bool { freeBytes.map { $0 > 1 << 30 } ?? true }
}
