// Gather: copies chosen elements of vectors into dense ones, and vectors into cells.

import NenCore

/// Copying kernels.
enum Gather {
    /// `source[indices[i]]` for i below `count`.
    @inline(__always)
    static func copy<T: BitwiseCopyable>(
        _ source: UnsafePointer<T>, _ indices: UnsafePointer<UInt16>, _ count: Int,
        into target: UnsafeMutablePointer<T>
    ) {
        var i = 0
        while i < count {
            target[i] = source[Int(indices[i])]
            i &+= 1
        }
    }

    /// A flat vector of the elements `indices` of `vector`, which is not constant.
    static func gather(
        _ vector: Vector, _ indices: UnsafePointer<UInt16>, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        let room = max(1, count)
        var validity: UnsafePointer<UInt64>?
        if let old = vector.validity { validity = try Bitmap.gather(old, indices, count, arena) }
        switch vector.kind {
        case .boolean:
            let data = try arena.allocate(UInt8.self, count: room)
            copy(vector.booleans, indices, count, into: data)
            return Vector(.boolean, data, validity: validity)
        case .integer, .float, .date, .localTime:
            let data = try arena.allocate(Int64.self, count: room)
            copy(vector.integers, indices, count, into: data)
            return Vector(vector.kind, data, validity: validity)
        case .node, .relationship:
            let data = try arena.allocate(UInt32.self, count: room)
            copy(vector.entities, indices, count, into: data)
            return Vector(vector.kind, data, validity: validity)
        case .time, .localDateTime, .dateTime, .cell:
            let data = try arena.allocate(Cell.self, count: room)
            copy(vector.cells, indices, count, into: data)
            return Vector(vector.kind, data, validity: validity)
        }
    }

    /// A dense vector as `count` cells (constants are repeated).
    static func cells(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> UnsafePointer<Cell> {
        let isCells = vector.kind.stride == 16 && (vector.kind == .cell || vector.validity == nil)
        if isCells && !vector.isConstant { return vector.cells }
        let cells = try arena.allocate(Cell.self, count: max(1, count))
        if vector.isConstant {
            cells.update(repeating: vector.cell(element: 0), count: count)
        } else {
            convert(vector, count, into: cells)
        }
        return UnsafePointer(cells)
    }

    /// Elements 0 ..< `count` of a flat vector as cells.
    static func convert(
        _ vector: Vector, _ count: Int, into cells: UnsafeMutablePointer<Cell>
    ) {
        let head = Cell(vector.kind.tag, payload: 0).head
        var i = 0
        switch vector.kind {
        case .boolean:
            let source = vector.booleans
            while i < count {
                cells[i] = Cell(head: head, payload: UInt64(source[i]))
                i &+= 1
            }
        case .integer, .float, .date, .localTime:
            let source = vector.data.assumingMemoryBound(to: UInt64.self)
            while i < count {
                cells[i] = Cell(head: head, payload: source[i])
                i &+= 1
            }
        case .node, .relationship:
            let source = vector.entities
            while i < count {
                cells[i] = Cell(head: head, payload: UInt64(source[i]))
                i &+= 1
            }
        case .time, .localDateTime, .dateTime, .cell:
            cells.update(from: vector.cells, count: count)
        }
        guard vector.kind != .cell, let validity = vector.validity else { return }
        i = 0
        while i < count {
            if !Bitmap.isSet(validity, i) { cells[i] = .null }
            i &+= 1
        }
    }

    /// A flat vector of `count` rows from a constant one; others are returned as they are.
    static func expanded(
        _ vector: Vector, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        guard vector.isConstant else { return vector }
        let room = max(1, count)
        var validity: UnsafePointer<UInt64>?
        if vector.kind != .cell, !vector.isPresent(element: 0) {
            validity = UnsafePointer(try Bitmap.make(room, value: false, arena))
        }
        let stride = vector.kind.stride
        let memory = try arena.allocate(room &* stride)
        switch stride {
        case 1: memory.initializeMemory(as: UInt8.self, repeating: vector.booleans[0], count: room)
        case 4: memory.initializeMemory(as: UInt32.self, repeating: vector.entities[0], count: room)
        case 8: memory.initializeMemory(as: Int64.self, repeating: vector.integers[0], count: room)
        default: memory.initializeMemory(as: Cell.self, repeating: vector.cells[0], count: room)
        }
        return Vector(vector.kind, memory, validity: validity)
    }
}
