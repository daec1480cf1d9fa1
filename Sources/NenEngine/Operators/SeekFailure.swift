// SeekFailure: what becomes of a look-up whose key cannot be computed (`{id: toInteger([])}`). A
// seek stands for a scan with a filter, which fails on the first row it meets and says nothing
// where there is none. So the statement fails if the scan would have had a candidate; else the
// outer row gives nothing.

import NenCore

extension NQLError {
    /// Whether the error is about a value of a row, not about the statement, memory or disk.
    var isOfValue: Bool {
        switch code {
        case .memory, .interrupted, .io, .corruption, .capacity, .busy, .database, .transaction,
            .protocolViolation:
            false
        default: true
        }
    }
}

extension GraphView {
    /// Whether some node carries an index's label, or some relationship is of its type.
    func hasEntities(of index: IndexDescriptor) -> Bool { entityCount(of: index) > 0 }

    /// Whether there is any node, or any relationship.
    func hasEntities(_ entity: EntityKind) -> Bool {
        let statistics = statistics
        let counts = entity == .node
            ? statistics.nodesPerLabelSet : statistics.relationshipsPerType
        return counts.contains { $0 > 0 }
    }
}
