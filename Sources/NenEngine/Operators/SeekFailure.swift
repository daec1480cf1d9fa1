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
    /// Whether some node carries a label, or some relationship is of a type.
    func hasEntities(of index: IndexDescriptor) -> Bool {
        let statistics = statistics
        let number = Int(index.labelOrType)
        if index.entity == .relationship {
            let counts = statistics.relationshipsPerType
            return number < counts.count && counts[number] > 0
        }
        return zip(catalog.labelSets, statistics.nodesPerLabelSet).contains { labels, count in
            count > 0 && labels.contains(index.labelOrType)
        }
    }

    /// Whether there is any node, or any relationship.
    func hasEntities(_ entity: EntityKind) -> Bool {
        let statistics = statistics
        let counts = entity == .node
            ? statistics.nodesPerLabelSet : statistics.relationshipsPerType
        return counts.contains { $0 > 0 }
    }
}
