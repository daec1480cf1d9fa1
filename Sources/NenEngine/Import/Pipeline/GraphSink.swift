// GraphSink: where an import delivers finished chunks. The storage's bulk builder is one; tests use
// a model in memory.

import NenCore

/// Values of one property over the rows of one chunk.
struct SinkColumn {
    var key: NameID
    var kind: BlockColumnKind
    /// One value per row; strings and lists in cells are complete (offsets from the sink's base).
    var values: UnsafeRawPointer
    /// A bit per row that has a value. Cells without one are null.
    var validity: UnsafePointer<UInt64>
    var validCount: Int
}

/// Direction of an adjacency list.
enum SinkDirection: Sendable {
    case outgoing
    case incoming
}

/// Takes a graph in chunks. Interning and `finish` are called by one thread at a time, the writing
/// methods by any, each chunk (and chunk, type, direction) once.
protocol GraphSink: AnyObject, Sendable {
    /// Where offsets in cells start.
    var base: HeapBase { get }

    func internLabelSet(_ labels: [String]) throws -> UInt32
    func internType(_ name: String) throws -> NameID
    func internKey(_ name: String) throws -> NameID

    /// The columns of a node chunk of 1 ... 2,048 rows. `labelSets` is nil when all rows have
    /// `labelSet`, else one number per row.
    func writeNodeChunk(
        _ chunk: Int, rowCount: Int, labelSet: UInt32, labelSets: UnsafePointer<UInt32>?,
        columns: [SinkColumn]) throws

    /// A chunk of relationships of one type.
    func writeRelationshipChunk(
        _ chunk: Int, type: NameID, rowCount: Int, sources: UnsafePointer<UInt32>,
        targets: UnsafePointer<UInt32>, columns: [SinkColumn]) throws

    /// The lists of one node chunk: `offsets` has `rowCount` + 1 entries, neighbours ascend within
    /// a row, equal ones by relationship.
    func writeAdjacency(
        nodeChunk: Int, type: NameID, direction: SinkDirection, rowCount: Int,
        offsets: UnsafePointer<UInt32>, neighbours: UnsafePointer<UInt32>,
        relationships: UnsafePointer<UInt32>) throws

    /// Publishes everything at once.
    func finish(_ statistics: GraphStatistics) throws
}
