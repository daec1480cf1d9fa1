// PropertyGather: brings the properties of sorted relationships together: a chunk's rows come from
// anywhere in the bucket's blocks.

import NenCore

/// The properties of one bucket.
final class PropertyGather: @unchecked Sendable {
    // Sendable: only read after it was made.

    /// One block's column of a key.
    fileprivate struct Source {
        var values: UnsafeRawPointer?
        var column: BlockColumn?
        var heap: UnsafeRawPointer
    }

    fileprivate struct Key {
        var key: NameID
        var kind: BlockColumnKind
        /// One per block.
        var sources: [Source]
    }

    fileprivate let keys: [Key]
    fileprivate let firstIndexes: [UInt32]
    fileprivate let base: HeapBase
    private let bucket: TypeBucket

    init(_ bucket: TypeBucket, base: HeapBase) {
        self.bucket = bucket
        self.base = base
        firstIndexes = bucket.entries.map { UInt32(truncatingIfNeeded: $0.firstIndex) }
        keys = bucket.keys.map { key in
            var kinds: Set<BlockColumnKind> = []
            let sources = bucket.entries.map { entry -> Source in
                guard let place = entry.keys.firstIndex(of: key) else {
                    return Source(values: nil, column: nil, heap: entry.block.heapStart)
                }
                let column = entry.block.columns[place]
                kinds.insert(column.kind)
                return Source(
                    values: UnsafeRawPointer(column.values), column: column,
                    heap: entry.block.heapStart)
            }
            let kind = kinds.count == 1 ? kinds.first ?? .cell : .cell
            return Key(key: key, kind: kind, sources: sources)
        }
    }

    /// Working memory for one worker.
    func makeWorker() -> Worker { Worker(self) }

    /// Gathers chunk after chunk into its own columns.
    final class Worker {
        private let gather: PropertyGather
        private var values: [UnsafeMutableRawPointer] = []
        private var validities: [UnsafeMutablePointer<UInt64>] = []
        private let blocks = UnsafeMutablePointer<Int>.allocate(capacity: 2048)
        private let rows = UnsafeMutablePointer<Int>.allocate(capacity: 2048)
        private let arena: Arena

        init(_ gather: PropertyGather) {
            self.gather = gather
            arena = Arena(pool: PagePool(limitBytes: Int.max / 2))
            for key in gather.keys {
                values.append(.allocate(byteCount: 2048 * key.kind.width, alignment: 64))
                validities.append(.allocate(capacity: 32))
            }
        }

        deinit {
            for pointer in values { pointer.deallocate() }
            for pointer in validities { pointer.deallocate() }
            blocks.deallocate()
            rows.deallocate()
        }

        /// The columns of relationships with these numbers in the bucket; valid until the next
        /// call.
        func columns(_ order: UnsafePointer<UInt32>, _ count: Int) throws -> [SinkColumn] {
            guard !gather.keys.isEmpty else { return [] }
            arena.reset()
            locate(order, count)
            var columns: [SinkColumn] = []
            for (index, key) in gather.keys.enumerated() {
                let valid = try fill(key, index, count)
                guard valid > 0 else { continue }
                columns.append(
                    SinkColumn(
                        key: key.key, kind: key.kind, values: UnsafeRawPointer(values[index]),
                        validity: UnsafePointer(validities[index]), validCount: valid))
            }
            return columns
        }

        /// Finds block and row of each relationship.
        private func locate(_ order: UnsafePointer<UInt32>, _ count: Int) {
            gather.firstIndexes.withUnsafeBufferPointer { firsts in
                for index in 0..<count {
                    let number = order[index]
                    var low = 0
                    var high = firsts.count
                    while high - low > 1 {
                        let middle = (low + high) / 2
                        if firsts[middle] <= number { low = middle } else { high = middle }
                    }
                    blocks[index] = low
                    rows[index] = Int(number - firsts[low])
                }
            }
        }

        private func fill(_ key: Key, _ index: Int, _ count: Int) throws -> Int {
            let target = values[index]
            let validity = validities[index]
            validity.initialize(repeating: 0, count: 32)
            var valid = 0
            for place in 0..<count {
                let source = key.sources[blocks[place]]
                let row = rows[place]
                guard let column = source.column, column.isValid(row) else {
                    if key.kind == .cell {
                        target.storeBytes(of: .null, toByteOffset: place * 16, as: Cell.self)
                    } else {
                        clear(target, key.kind.width, place)
                    }
                    continue
                }
                if key.kind == .cell {
                    let cell = try column.cell(row).copied(
                        from: source.heap, to: arena, gather.base)
                    target.storeBytes(of: cell, toByteOffset: place * 16, as: Cell.self)
                } else {
                    let width = key.kind.width
                    (target + place * width).copyMemory(
                        from: column.values + row * width, byteCount: width)
                }
                validity[place >> 6] |= 1 << UInt64(place & 63)
                valid += 1
            }
            return valid
        }

        private func clear(_ target: UnsafeMutableRawPointer, _ width: Int, _ place: Int) {
            for byte in 0..<width {
                target.storeBytes(of: 0, toByteOffset: place * width + byte, as: UInt8.self)
            }
        }
    }
}
