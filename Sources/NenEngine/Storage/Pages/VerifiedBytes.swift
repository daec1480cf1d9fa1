// VerifiedBytes: the bytes of an extent, which were compared with their checksum. What lies in the
// file is reached through such a value only: an `ExtentDescriptor` is a claim, found in other
// stored bytes; a `VerifiedBytes` is the proof. What the bytes mean is checked by who decodes them.
import CNenKernels
import NenCore

/// Bytes that match their checksum. They live as long as the store; only the store makes them.
struct VerifiedBytes {
    let start: UnsafeRawPointer
    let byteCount: Int

    fileprivate init(start: UnsafeRawPointer, byteCount: Int) {
        self.start = start
        self.byteCount = byteCount
    }

    var buffer: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start, count: byteCount)
    }
}

extension PageStore {
    /// The extent's bytes; their checksum is verified at the first touch since open.
    /// - Throws: `CorruptionError` naming the place; `IOError` when the disk refused the read.
    @inline(__always)
    func verified(_ extent: ExtentDescriptor) throws -> VerifiedBytes {
        if !verifiedPages.contains(extent) { try verify(extent) }
        return VerifiedBytes(
            start: base + Int(extent.page) &* pageByteCount, byteCount: Int(extent.byteCount))
    }

    /// Fetches what `verified` looks at and the first bytes of an extent, which may be any.
    @inline(__always)
    func prefetch(_ extent: ExtentDescriptor) {
        verifiedPages.prefetch(extent)
        nen_prefetch(base + Int(extent.page) &* pageByteCount)
    }

    @inline(never)
    private func verify(_ extent: ExtentDescriptor) throws {
        let end = Int(extent.page) + extent.pageCount
        guard isInRegion(extent), end * pageByteCount <= readableByteCount else {
            throw NQLError.runtime(
                .corruption, "ExtentOutOfFile",
                "an extent of \(extent.byteCount) bytes at page \(extent.page) lies outside the "
                    + "data file", hint: "restore a backup, or open with recovery of the last "
                    + "valid state")
        }
        let address = base + Int(extent.page) * pageByteCount
        let faults = region.faultCount
        let checksum = nen_crc32c(0, address, Int(extent.byteCount))
        if region.faultCount != faults { throw ioFault() }
        guard checksum == extent.checksum else {
            throw NQLError.runtime(
                .corruption, "Checksum",
                "the \(extent.byteCount) bytes at page \(extent.page) (offset "
                    + "\(Int(extent.page) * pageByteCount)), written by transaction "
                    + "\(extent.birth), do not match their checksum",
                hint: "restore a backup, or open with recovery of the last valid state")
        }
        verifiedPages.insert(extent)
    }

    /// Bytes of the region that may be read now.
    private var readableByteCount: Int {
        guard let disk else { return region.byteCount }
        return (try? disk.data.byteCount()) ?? 0
    }

    /// Whether an extent has bytes and lies behind the superblocks, within the address space. Only
    /// such a one may be read or released, whatever the file says.
    func isInRegion(_ extent: ExtentDescriptor) -> Bool {
        extent.page >= 4 && extent.byteCount > 0
            && (Int(extent.page) + extent.pageCount) * pageByteCount <= region.byteCount
    }

    /// Whether `extent` may hang under `parent`: it lies in the region and is not younger, since
    /// whoever writes a thing anew writes anew what refers to it.
    func isPlausible(_ extent: ExtentDescriptor, under parent: ExtentDescriptor) -> Bool {
        isInRegion(extent) && extent.birth <= parent.birth
    }

    /// This process has just made these bytes and their checksum.
    func noteWritten(_ extent: ExtentDescriptor) { verifiedPages.insert(extent) }
}
