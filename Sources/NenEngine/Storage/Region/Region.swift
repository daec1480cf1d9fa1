// Region: the one span of virtual addresses in which a store lives. Page p stands at base + 4096 p.
//
// A file is mapped once, shared and read-only, over the whole span, far beyond its end: when it
// grows, by whichever process, its new pages are simply there. Without a file the span is private
// zeros that become memory when written.
import CNenKernels
import Glibc
import NenCore

/// Owns the span; unmaps it when the last reference goes.
final class Region: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let byteCount: Int
    /// False: the span mirrors a file and must not be written.
    let isWritable: Bool
    private let guardNumber: Int32

    /// Span asked for first; halved until the system grants it.
    static let preferredByteCount = Int(nen_span_max())
    /// Span of a store in memory: a power of two from twice the machine's memory on, so that many
    /// such stores fit one process.
    static let memoryByteCount: Int = {
        let memory = max(1 << 30, sysconf(Int32(_SC_PHYS_PAGES)) &* sysconf(Int32(_SC_PAGESIZE)))
        var span = 1 << 31
        while span < memory &* 2, span < preferredByteCount { span &*= 2 }
        return span
    }()
    /// Smallest span that is still of use.
    static let leastByteCount = 1 << 24

    /// Maps the file, or private zeros where there is none, over the largest span granted.
    init(mapping file: (any File)?) throws {
        let writes = file == nil
        // A file must fit with room to grow, whatever share of the addresses that is.
        let length = try file.map { try $0.byteCount() } ?? 0
        var span = AddressSpace.spanByteCount(
            preferred: writes ? Region.memoryByteCount : Region.preferredByteCount,
            least: max(Region.leastByteCount, length + length / 4))
        while true {
            let granted =
                if let file { try file.map(byteCount: span, isWritable: false) } else {
                    nen_map(-1, span, true)
                }
            if let granted {
                base = granted
                break
            }
            span /= 2
            if span < max(Region.leastByteCount, length) {
                throw NQLError.runtime(
                    .database, "AddressSpace",
                    "the system refused \(span * 2) bytes of address space for a store of "
                        + "\(length) bytes",
                    hint: "raise the limit of virtual memory (ulimit -v)")
            }
        }
        byteCount = span
        isWritable = writes
        guardNumber = writes ? -1 : nen_guard_add(base, span, false)
    }

    deinit {
        nen_guard_remove(guardNumber)
        munmap(base, byteCount)
    }

    /// Pages that could not be read from the file and were replaced by zeros.
    var faultCount: UInt64 { nen_guard_faults(guardNumber) }
    /// Offset of the last of them.
    var lastFaultOffset: UInt64 { nen_guard_last_offset(guardNumber) }
}
