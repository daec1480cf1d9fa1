// Checking: reads everything the newest root reaches and compares it with checksums and free map.
import CNenKernels
import NenCore

extension PageStore {
    /// What is wrong on the level of pages, in sentences; empty when nothing is. Reads the whole
    /// database; writers wait meanwhile unless the store is open for reading only.
    func checkPages() throws -> [String] {
        if options.isReadOnly {
            let pin = try pin()
            return try walk(pin.root).flaws
        }
        let transaction = try beginWrite()
        defer { transaction.abort() }
        var (flaws, seen) = try walk(transaction.root)
        state.withLock {
            // Only this thread commits now; the tip's own pages are all in the free map then.
            allocator.fold(upTo: tip.transaction)
            let base = allocator.base
            guard base.pageCount <= seen.pageCount else {
                flaws.append(
                    "the file has \(seen.pageCount) pages where \(base.pageCount) are in use")
                return
            }
            let both = PageBitmap()
            both.grow(to: seen.pageCount)
            base.forEachRun(used: true) { both.insert($0) }
            seen.subtracting(both).forEachRun(used: true) { run in
                flaws.append("\(run.count) pages at \(run.start) are in use and marked free")
            }
            both.subtracting(seen).forEachRun(used: true) { run in
                flaws.append("\(run.count) pages at \(run.start) are marked used and lost")
            }
        }
        return flaws
    }

    /// Visits every extent of a root; returns what is wrong and the pages seen.
    private func walk(_ root: ExtentDescriptor) throws -> (flaws: [String], seen: PageBitmap) {
        var flaws: [String] = []
        let seen = PageBitmap()
        seen.grow(to: try pageCountNow())
        try owner.forEachExtent(of: root, in: self) { extent in
            guard FreeMapLayout.admits(extent, pageCount: seen.pageCount) else {
                flaws.append("the extent at page \(extent.page) lies outside the file")
                return
            }
            let run = PageRun(start: extent.page, count: UInt32(extent.pageCount))
            if seen.insert(run) != Int(run.count) {
                flaws.append("\(run.count) pages at \(run.start) are in use twice")
            }
            let bytes = base + Int(extent.page) * pageByteCount
            if nen_crc32c(0, bytes, Int(extent.byteCount)) != extent.checksum {
                flaws.append("the \(extent.byteCount) bytes at page \(extent.page) are damaged")
            }
        }
        if let fault { throw fault }
        return (flaws, seen)
    }

    private func pageCountNow() throws -> Int {
        guard let disk else { return state.withLock { allocator.used.pageCount } }
        do { return try disk.dataPageCount() } catch let failure as IOFailure {
            throw failure.error
        }
    }
}
