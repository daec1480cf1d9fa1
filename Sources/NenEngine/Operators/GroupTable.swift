// GroupTable: numbers distinct key rows in the order of their first appearance. Open addressing
// with linear probing over 8-byte slots (32 bits of hash, 32 bits of group); keys lie row-major
// beside it. A single key of nodes is looked up in an array addressed by node number instead, and
// one of whole numbers that lie close together in one before the hash (NearKeys.swift).

import CNenKernels
import NenCore

/// Distinct keys → 0, 1, 2, …
final class GroupTable {
    let width: Int
    private let base: HeapBase
    private let arena: Arena
    private let keeper: CellKeeper
    /// hash >> 32 << 32 | group + 1; 0 is empty.
    private let slots: PooledArray<UInt64>
    /// Row-major key cells, `width` per group.
    private let keys: PooledArray<Cell>
    private let hashes: PooledArray<UInt64>
    /// Node → group + 1; empty when not in use.
    private let direct: PooledArray<UInt32>
    private let directCapacity: Int
    private let near: NearKeys?
    private(set) var count = 0

    /// - Parameter directCapacity: node numbers below this are looked up in an array; 0: never.
    init(width: Int, _ context: ExecutionContext, directCapacity: Int = 0) {
        self.width = width
        base = context.base
        let arena = Arena(pool: context.pool)
        self.arena = arena
        keeper = context.keeper(arena)
        slots = PooledArray(pool: context.pool)
        keys = PooledArray(pool: context.pool)
        hashes = PooledArray(pool: context.pool)
        direct = PooledArray(pool: context.pool)
        self.directCapacity = width == 1 ? directCapacity : 0
        near = width == 1 ? NearKeys(pool: context.pool) : nil
    }

    /// Bytes held.
    var byteCount: Int {
        let table = slots.capacity * 8 + keys.capacity * 16
        return table + hashes.capacity * 8 + direct.capacity * 4 + arena.byteCount
            + (near?.byteCount ?? 0)
    }

    /// Forgets all groups.
    func removeAll() {
        count = 0
        keys.removeAll()
        hashes.removeAll()
        direct.removeAll()
        near?.removeAll()
        if slots.count > 0 { slots.pointer.update(repeating: 0, count: slots.count) }
        arena.reset()
    }

    /// Forgets all groups and gives the memory back.
    func release() {
        count = 0
        keys.release()
        hashes.release()
        direct.release()
        near?.removeAll()
        near?.groups.release()
        slots.release()
        arena.reset()
    }

    /// The key cell of a group.
    @inline(__always)
    func key(_ group: Int, _ column: Int) -> Cell { keys.pointer[group &* width &+ column] }

    /// Finds or makes the group of every row.
    ///
    /// - Parameters:
    ///   - vectors: `width` dense vectors.
    ///   - groups: gets the group of each row.
    ///   - isNew: when given, gets 1 where the row made its group, else 0.
    func find(
        _ vectors: [Vector], _ count: Int, _ scratch: Arena,
        into groups: UnsafeMutablePointer<UInt32>, isNew: UnsafeMutablePointer<UInt8>? = nil
    ) throws(NQLError) {
        if directCapacity > 0, width == 1, vectors[0].kind == .node, !vectors[0].isConstant,
            vectors[0].validity == nil
        {
            return try findNodes(vectors[0].entities, count, into: groups, isNew)
        }
        if count > 1, width > 0, vectors.allSatisfy(\.isConstant) {
            try find(vectors, 1, scratch, into: groups, isNew: isNew)
            (groups + 1).update(repeating: groups[0], count: count - 1)
            if let isNew { (isNew + 1).update(repeating: 0, count: count - 1) }
            return
        }
        if let near, try near.covers(vectors[0], count) {
            return try findNear(near, vectors[0], count, into: groups, isNew)
        }
        let hash = try scratch.allocate(UInt64.self, count: max(1, count))
        if width == 0 { hash.update(repeating: 1, count: count) }
        var columns: [UnsafePointer<Cell>] = []
        for (index, vector) in vectors.enumerated() {
            Hashing.hash(vector, count, base, isFirst: index == 0, into: hash)
            columns.append(try Gather.cells(vector, count, scratch))
        }
        try reserve(count)
        let row = try scratch.allocate(Cell.self, count: max(1, width))
        let isLarge = slots.count > 1 << 15
        let mask = slots.count &- 1
        var index = 0
        while index < count {
            if isLarge, index &+ 16 < count {
                nen_prefetch(slots.pointer + Int(truncatingIfNeeded: hash[index &+ 16]) & mask)
            }
            var column = 0
            while column < width {
                row[column] = columns[column][index]
                column &+= 1
            }
            let before = self.count
            groups[index] = try findOne(row, hash[index])
            if let isNew { isNew[index] = self.count == before ? 0 : 1 }
            index &+= 1
        }
    }

    /// Makes a group of every row, whether or not there is one of its key.
    func list(
        _ vectors: [Vector], _ count: Int, _ scratch: Arena,
        into groups: UnsafeMutablePointer<UInt32>
    ) throws(NQLError) {
        let start = self.count
        try checkRoom(count)
        try keys.resizeUninitialized((start &+ count) &* width)
        try hashes.resizeUninitialized(start &+ count)
        for (column, vector) in vectors.enumerated() {
            Hashing.hash(vector, count, base, isFirst: column == 0, into: hashes.pointer + start)
            let cells = try Gather.cells(vector, count, scratch)
            let target = keys.pointer + (start &* width &+ column)
            var row = 0
            while row < count {
                target[row &* width] = try keeper.keep(cells[row])
                row &+= 1
            }
        }
        for row in 0 ..< count { groups[row] = UInt32(truncatingIfNeeded: start &+ row) }
        self.count = start &+ count
    }

    /// Finds or makes the groups of `count` keys of another table, which hashed them already.
    ///
    /// - Parameters:
    ///   - sources: numbers of the other table's groups.
    ///   - targets: gets the group of each.
    func merge(
        _ other: GroupTable, _ sources: UnsafePointer<UInt32>, _ count: Int,
        into targets: UnsafeMutablePointer<UInt32>
    ) throws(NQLError) {
        try reserve(count)
        let known = UnsafePointer(other.keys.pointer)
        let hash = UnsafePointer(other.hashes.pointer)
        let isLarge = slots.count > 1 << 15
        let mask = slots.count &- 1
        var index = 0
        while index < count {
            if isLarge, index &+ 16 < count {
                let ahead = hash[Int(sources[index &+ 16])]
                nen_prefetch(slots.pointer + Int(truncatingIfNeeded: ahead) & mask)
            }
            let source = Int(sources[index])
            let key = known + source &* width
            // Nodes that are addressed directly were not hashed.
            let isNode = other.directCapacity > 0 && key[0].rawTag == CellTag.node.rawValue
            targets[index] = try findOne(
                key, isNode ? CellOrder.hash(key[0], base) : hash[source])
            index &+= 1
        }
    }

    /// The hash of each group's key; not to be used while there is no group.
    var keyHashes: UnsafePointer<UInt64> { UnsafePointer(hashes.pointer) }

    /// The key cells, `width` for each group; not to be used while there is no group.
    var keyCells: UnsafePointer<Cell> { UnsafePointer(keys.pointer) }

    private func checkRoom(_ more: Int) throws(NQLError) {
        guard count + more < Int(UInt32.max) else {
            throw .runtime(.memory, "RowLimitExceeded", "A table holds at most 2^32 - 2 keys.")
        }
    }

    /// The group of one key row, made if it is new. Room was reserved.
    @inline(__always)
    private func findOne(
        _ row: UnsafePointer<Cell>, _ hash: UInt64
    ) throws(NQLError) -> UInt32 {
        if directCapacity > 0, row[0].rawTag == CellTag.node.rawValue {
            return try findNode(row[0].entity)
        }
        let mask = slots.count &- 1
        let table = slots.pointer
        let tag = hash & 0xFFFF_FFFF_0000_0000
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = table[place]
            if slot == 0 {
                let group = try append(row, hash)
                table[place] = tag | UInt64(group &+ 1)
                return group
            }
            if slot & 0xFFFF_FFFF_0000_0000 == tag {
                let group = UInt32(truncatingIfNeeded: slot) &- 1
                if isKey(Int(group), row) { return group }
            }
            place = (place &+ 1) & mask
        }
    }

    @inline(__always)
    private func isKey(_ group: Int, _ row: UnsafePointer<Cell>) -> Bool {
        let known = keys.pointer + group &* width
        var column = 0
        while column < width {
            if !Hashing.areEquivalent(known[column], row[column], base) { return false }
            column &+= 1
        }
        return true
    }

    private func append(
        _ row: UnsafePointer<Cell>, _ hash: UInt64
    ) throws(NQLError) -> UInt32 {
        try checkRoom(1)
        for column in 0 ..< width { try keys.append(try keeper.keep(row[column])) }
        try hashes.append(hash)
        count &+= 1
        return UInt32(truncatingIfNeeded: count &- 1)
    }

    /// Makes room for `more` new groups at a load of one half.
    func reserve(_ more: Int) throws(NQLError) {
        let needed = (count &+ more) &* 2
        if needed <= slots.count { return }
        var size = max(64, slots.count)
        while size < needed { size &*= 2 }
        slots.removeAll()
        try slots.resize(size, filling: 0)
        let table = slots.pointer
        let mask = size &- 1
        for group in 0 ..< count {
            let hash = hashes[group]
            if directCapacity > 0, key(group, 0).rawTag == CellTag.node.rawValue { continue }
            var place = Int(truncatingIfNeeded: hash) & mask
            while table[place] != 0 { place = (place &+ 1) & mask }
            table[place] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(group &+ 1)
        }
    }

    /// Finds the group of every row without making any; `.max` where there is none.
    func lookUp(
        _ vectors: [Vector], _ count: Int, _ scratch: Arena,
        into groups: UnsafeMutablePointer<UInt32>
    ) throws(NQLError) {
        if directCapacity > 0, vectors[0].kind == .node, !vectors[0].isConstant {
            let nodes = vectors[0].entities
            let limit = UInt32(truncatingIfNeeded: direct.count)
            for row in 0 ..< count {
                let node = nodes[row]
                groups[row] = node < limit ? direct.pointer[Int(node)] &- 1 : .max
            }
            return
        }
        let hash = try scratch.allocate(UInt64.self, count: max(1, count))
        if width == 0 { hash.update(repeating: 1, count: count) }
        for (index, vector) in vectors.enumerated() {
            Hashing.hash(vector, count, base, isFirst: index == 0, into: hash)
        }
        if width == 2, GroupTable.isPlainNode(vectors[0]), GroupTable.isPlainNode(vectors[1]) {
            return lookUpPairs(
                vectors[0].entities, vectors[1].entities, hash, count, into: groups)
        }
        var columns: [UnsafePointer<Cell>] = []
        for vector in vectors { columns.append(try Gather.cells(vector, count, scratch)) }
        let row = try scratch.allocate(Cell.self, count: max(1, width))
        let isLarge = slots.count > 1 << 15
        let mask = slots.count &- 1
        var index = 0
        while index < count {
            if isLarge, index &+ 16 < count {
                nen_prefetch(slots.pointer + Int(truncatingIfNeeded: hash[index &+ 16]) & mask)
            }
            var column = 0
            while column < width {
                row[column] = columns[column][index]
                column &+= 1
            }
            groups[index] = lookUpOne(row, hash[index])
            index &+= 1
        }
    }

    /// The same for any dense vectors, constants and nulls among them.
    func lookUpAny(
        _ vectors: [Vector], _ count: Int, _ scratch: Arena,
        into groups: UnsafeMutablePointer<UInt32>
    ) throws(NQLError) {
        var plain: [Vector] = []
        for vector in vectors {
            let isPlain = !vector.isConstant && vector.validity == nil
            plain.append(
                isPlain ? vector : Vector(.cell, try Gather.cells(vector, count, scratch)))
        }
        try lookUp(plain, count, scratch, into: groups)
    }

    private static func isPlainNode(_ vector: Vector) -> Bool {
        vector.kind == .node && !vector.isConstant && vector.validity == nil
    }

    /// Pairs of nodes, compared as words.
    private func lookUpPairs(
        _ left: UnsafePointer<UInt32>, _ right: UnsafePointer<UInt32>,
        _ hash: UnsafePointer<UInt64>, _ count: Int,
        into groups: UnsafeMutablePointer<UInt32>
    ) {
        if slots.count == 0 {
            groups.update(repeating: .max, count: count)
            return
        }
        let mask = slots.count &- 1
        let table = slots.pointer
        let known = UnsafePointer(keys.pointer)
        let head = Cell(node: 0).head
        let isLarge = slots.count > 1 << 15
        var index = 0
        while index < count {
            if isLarge, index &+ 16 < count {
                nen_prefetch(table + Int(truncatingIfNeeded: hash[index &+ 16]) & mask)
            }
            let word = hash[index]
            let tag = word & 0xFFFF_FFFF_0000_0000
            var place = Int(truncatingIfNeeded: word) & mask
            var found = UInt32.max
            while true {
                let slot = table[place]
                if slot == 0 { break }
                if slot & 0xFFFF_FFFF_0000_0000 == tag {
                    let group = UInt32(truncatingIfNeeded: slot) &- 1
                    let key = known + 2 &* Int(group)
                    if key[0].payload == UInt64(left[index]), key[0].head == head,
                        key[1].payload == UInt64(right[index]), key[1].head == head
                    {
                        found = group
                        break
                    }
                }
                place = (place &+ 1) & mask
            }
            groups[index] = found
            index &+= 1
        }
    }

    @inline(__always)
    private func lookUpOne(_ row: UnsafePointer<Cell>, _ hash: UInt64) -> UInt32 {
        if directCapacity > 0, row[0].rawTag == CellTag.node.rawValue {
            let node = Int(row[0].entity)
            return node < direct.count ? direct.pointer[node] &- 1 : .max
        }
        if slots.count == 0 { return .max }
        let mask = slots.count &- 1
        let table = slots.pointer
        let tag = hash & 0xFFFF_FFFF_0000_0000
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = table[place]
            if slot == 0 { return .max }
            if slot & 0xFFFF_FFFF_0000_0000 == tag {
                let group = UInt32(truncatingIfNeeded: slot) &- 1
                if isKey(Int(group), row) { return group }
            }
            place = (place &+ 1) & mask
        }
    }

    // MARK: whole numbers close together

    private func findNear(
        _ near: NearKeys, _ vector: Vector, _ count: Int,
        into groups: UnsafeMutablePointer<UInt32>, _ isNew: UnsafeMutablePointer<UInt8>?
    ) throws(NQLError) {
        let values = vector.integers
        let known = near.groups.pointer
        let first = near.first
        isNew?.update(repeating: 0, count: count)
        var index = 0
        while index < count {
            let place = Int(values[index] &- first)
            let group = known[place]
            if group != 0 {
                groups[index] = group &- 1
            } else {
                let before = self.count
                groups[index] = try findOne(vector.cell(at: index))
                known[place] = groups[index] &+ 1
                if let isNew { isNew[index] = self.count == before ? 0 : 1 }
            }
            index &+= 1
        }
    }

    /// The group of one key cell.
    @inline(never)
    private func findOne(_ cell: Cell) throws(NQLError) -> UInt32 {
        try reserve(1)
        var key = cell
        return try findOne(&key, CellOrder.hash(cell, base))
    }

    // MARK: nodes

    /// Hash of groups that only the direct array knows.
    private static let directMark: UInt64 = 0

    private func findNodes(
        _ nodes: UnsafePointer<UInt32>, _ count: Int,
        into groups: UnsafeMutablePointer<UInt32>, _ isNew: UnsafeMutablePointer<UInt8>?
    ) throws(NQLError) {
        var index = 0
        while index < count {
            let before = self.count
            groups[index] = try findNode(nodes[index])
            if let isNew { isNew[index] = self.count == before ? 0 : 1 }
            index &+= 1
        }
    }

    @inline(__always)
    private func findNode(_ node: UInt32) throws(NQLError) -> UInt32 {
        let place = Int(node)
        if place < direct.count {
            let group = direct.pointer[place]
            if group != 0 { return group &- 1 }
        }
        return try addNode(node)
    }

    @inline(never)
    private func addNode(_ node: UInt32) throws(NQLError) -> UInt32 {
        if Int(node) >= direct.count {
            try direct.resize(max(directCapacity, Int(node) + 1), filling: 0)
        }
        try keys.append(Cell(node: node))
        try hashes.append(GroupTable.directMark)
        count &+= 1
        direct[Int(node)] = UInt32(truncatingIfNeeded: count)
        return UInt32(truncatingIfNeeded: count &- 1)
    }

    /// `count` cells of keys as a flat vector, typed when uniform.
    @inline(__always)
    static func vector(
        _ count: Int, _ arena: Arena, _ cell: (Int) -> Cell
    ) throws(NQLError) -> Vector {
        let out = try arena.allocate(Cell.self, count: max(1, count))
        let first = count > 0 ? cell(0).rawTag : CellTag.null.rawValue
        var isUniform = true
        for index in 0 ..< count {
            out[index] = cell(index)
            isUniform = isUniform && out[index].rawTag == first
        }
        let room = max(1, count)
        let kind: VectorKind = isUniform ? VectorKind(of: CellTag.of(first)) : .cell
        switch kind {
        case .node, .relationship:
            let values = try arena.allocate(UInt32.self, count: room)
            for index in 0 ..< count { values[index] = out[index].entity }
            return Vector(kind, values)
        case .integer, .float, .date, .localTime:
            let values = try arena.allocate(UInt64.self, count: room)
            for index in 0 ..< count { values[index] = out[index].payload }
            return Vector(kind, values)
        case .boolean:
            let values = try arena.allocate(UInt8.self, count: room)
            for index in 0 ..< count {
                values[index] = UInt8(truncatingIfNeeded: out[index].payload)
            }
            return Vector(kind, values)
        case .time, .localDateTime, .dateTime, .cell: return Vector(kind, out)
        }
    }
}
