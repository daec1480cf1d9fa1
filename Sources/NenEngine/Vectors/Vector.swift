// Vector: one column of a batch: a plain handle to values that somebody else owns (a chunk of the
// store, an arena, a constant). Positions are 0 ..< Batch.rowCapacity.
//
// Three forms. *Flat*: value i at data[i]. *Constant*: data[0] for every position. *Indexed*: value
// i at data[indices[i]]; filters and expands produce it instead of copying. Nulls: a validity
// bitmap (bit set = present; nil = no nulls) for typed kinds, null cells for `cell`. Times with a
// date or an offset are cells, too, as they are stored, but all of one type, and what is absent
// is told by the bitmap; they refer to nothing, so nobody has to keep what they refer to.

import NenCore

/// What the elements of a vector are.
enum VectorKind: UInt8, Sendable {
    /// One byte, 0 or 1.
    case boolean
    /// `Int64`
    case integer
    /// `Double`
    case float
    /// `UInt32` node number
    case node
    /// `UInt32` relationship number
    case relationship
    /// `Int64` days since 1970-01-01
    case date
    /// `Int64` nanosecond of the day
    case localTime
    /// `Cell`, all of this type where present
    case time
    /// `Cell`, all of this type where present
    case localDateTime
    /// `Cell`, all of this type where present
    case dateTime
    /// `Cell`: anything, nulls inside
    case cell

    /// The kind of values with this tag; `cell` where there is none of their own.
    @inline(__always)
    init(of tag: CellTag) {
        switch tag {
        case .boolean: self = .boolean
        case .integer: self = .integer
        case .float: self = .float
        case .node: self = .node
        case .relationship: self = .relationship
        case .date: self = .date
        case .localTime: self = .localTime
        case .time: self = .time
        case .localDateTime: self = .localDateTime
        case .dateTime: self = .dateTime
        default: self = .cell
        }
    }

    /// The tag of the values; `null` for `cell`.
    @inline(__always)
    var tag: CellTag {
        switch self {
        case .boolean: .boolean
        case .integer: .integer
        case .float: .float
        case .node: .node
        case .relationship: .relationship
        case .date: .date
        case .localTime: .localTime
        case .time: .time
        case .localDateTime: .localDateTime
        case .dateTime: .dateTime
        case .cell: .null
        }
    }

    /// Bytes per element.
    @inline(__always)
    var stride: Int {
        switch self {
        case .boolean: 1
        case .integer, .float, .date, .localTime: 8
        case .node, .relationship: 4
        case .time, .localDateTime, .dateTime, .cell: 16
        }
    }
}

/// Handle to a column; see the head of this file. Valid as long as the memory behind it.
struct Vector {
    var kind: VectorKind
    var isConstant: Bool
    /// Nodes or relationships: number of the first element when data[i] = sequence + i over one
    /// chunk of the store and `sequence` is the chunk's first number; `.max` otherwise.
    var sequence: UInt32
    var data: UnsafeRawPointer
    /// Bit per element of `data`; nil when none is null.
    var validity: UnsafePointer<UInt64>?
    /// Position → element; nil for flat and constant vectors.
    var indices: UnsafePointer<UInt16>?

    static let noSequence: UInt32 = .max

    /// A flat or constant vector.
    @inline(__always)
    init(
        _ kind: VectorKind, _ data: UnsafeRawPointer, validity: UnsafePointer<UInt64>? = nil,
        isConstant: Bool = false
    ) {
        self.kind = kind
        self.isConstant = isConstant
        sequence = Vector.noSequence
        self.data = data
        self.validity = validity
        indices = nil
    }

    @inline(__always)
    var booleans: UnsafePointer<UInt8> { data.assumingMemoryBound(to: UInt8.self) }
    @inline(__always)
    var integers: UnsafePointer<Int64> { data.assumingMemoryBound(to: Int64.self) }
    @inline(__always)
    var floats: UnsafePointer<Double> { data.assumingMemoryBound(to: Double.self) }
    @inline(__always)
    var entities: UnsafePointer<UInt32> { data.assumingMemoryBound(to: UInt32.self) }
    @inline(__always)
    var cells: UnsafePointer<Cell> { data.assumingMemoryBound(to: Cell.self) }

    /// Whether positions are elements: neither constant nor indexed.
    @inline(__always)
    var isFlat: Bool { !isConstant && indices == nil }

    /// The element that stands at `position`.
    @inline(__always)
    func element(_ position: Int) -> Int {
        if isConstant { return 0 }
        if let indices { return Int(indices[position]) }
        return position
    }

    /// Whether element `index` (not position) is present; null cells count as absent.
    @inline(__always)
    func isPresent(element index: Int) -> Bool {
        if kind == .cell { return !cells[index].isNull }
        guard let validity else { return true }
        return Bitmap.isSet(validity, index)
    }

    /// Element `index` (not position) as a cell.
    @inline(__always)
    func cell(element index: Int) -> Cell {
        if kind == .cell { return cells[index] }
        if let validity, !Bitmap.isSet(validity, index) { return .null }
        switch kind {
        case .boolean: return Cell(boolean: booleans[index] != 0)
        case .integer: return Cell(integer: integers[index])
        case .float: return Cell(float: floats[index])
        case .date: return Cell(.date, payload: UInt64(bitPattern: integers[index]))
        case .localTime: return Cell(.localTime, payload: UInt64(bitPattern: integers[index]))
        case .node: return Cell(node: entities[index])
        case .relationship: return Cell(relationship: entities[index])
        case .time, .localDateTime, .dateTime, .cell: return cells[index]
        }
    }

    /// The value at `position` as a cell.
    @inline(__always)
    func cell(at position: Int) -> Cell { cell(element: element(position)) }

    /// Whether the vector is a constant null.
    var isConstantNull: Bool { isConstant && !isPresent(element: 0) }
}

extension VectorKind {
    /// Writes a value of a type that elements of this kind hold.
    @inline(__always)
    func store(_ cell: Cell, _ element: UnsafeMutableRawPointer) {
        switch self {
        case .boolean: element.storeBytes(of: cell.boolean ? 1 : 0, as: UInt8.self)
        case .node, .relationship: element.storeBytes(of: cell.entity, as: UInt32.self)
        case .integer, .float, .date, .localTime:
            element.storeBytes(of: cell.payload, as: UInt64.self)
        case .time, .localDateTime, .dateTime, .cell: element.storeBytes(of: cell, as: Cell.self)
        }
    }
}

extension Arena {
    /// A constant vector of one cell, typed when the value allows it.
    func constant(_ cell: Cell) throws(NQLError) -> Vector {
        let kind = VectorKind(of: cell.tag)
        let data = try allocate(kind.stride)
        kind.store(cell, data)
        return Vector(kind, data, isConstant: true)
    }
}
