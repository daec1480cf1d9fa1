// StoredEstimates: the estimates that are kept in the file, from imports, maintenance and ANALYZE.

import NenCore

/// Estimates of a whole graph.
struct StoredEstimates: Sendable {
    var properties: [PropertyOwner: PropertyEstimate] = [:]
    var degrees: DegreeStatistics?
    /// What the graph's clock of changes showed when they were made.
    var clock: UInt64 = 0
    /// What is remembered of the runs of statements.
    var feedback: [StatementFeedback] = []

    /// Whether nothing is known of the graph.
    var isEmpty: Bool { properties.isEmpty && degrees == nil }

    /// Those that imports and maintenance store: exact degrees, properties from samples. Of what is
    /// damaged there are none: who reads it is told, and the rest has its estimates.
    /// O(nodes), not O(relationships) or O(values).
    /// - Throws: errors of reading other than damage; interruptions.
    static func sampled(from view: GraphView) throws -> StoredEstimates {
        var estimates = StoredEstimates()
        estimates.clock = view.counter.changeClock
        estimates.degrees = try undamaged { try DegreeAnalysis.run(view) }
        for owner in try undamaged({ try view.propertyOwners() }) ?? [] {
            try Interruption.check()
            estimates.properties[owner] = try undamaged {
                try PropertySample.estimate(
                    owner, in: view, rowsMax: PropertySample.plannedRowsMax)
            } ?? nil
        }
        return estimates
    }

    /// What `body` finds; nil where it meets damage.
    private static func undamaged<R>(_ body: () throws -> R) throws -> R? {
        do {
            return try body()
        } catch let error as NQLError where error.code == .corruption {
            return nil
        }
    }
}

extension GraphView {
    /// Every label and every type with each key that one of its entities may have.
    func propertyOwners() throws -> Set<PropertyOwner> {
        var found: Set<PropertyOwner> = []
        var keysOfSet: [UInt32: Set<NameID>] = [:]
        for number in 0 ..< nodeChunkCount {
            try Interruption.check()
            let chunk = try nodeChunk(number)
            guard chunk.liveCount > 0 else { continue }
            var sets: Set<UInt32> = [chunk.set]
            if chunk.labelSets != nil {
                sets = []
                for row in 0 ..< chunk.rowCount where chunk.isLive(row) {
                    sets.insert(chunk.labelSet(row))
                }
            }
            for set in sets { chunk.forEachKey { keysOfSet[set, default: []].insert($0) } }
        }
        for (set, keys) in keysOfSet where Int(set) < catalog.labelSets.count {
            for label in catalog.labelSets[Int(set)] {
                for key in keys {
                    found.insert(PropertyOwner(entity: .node, labelOrType: label, key: key))
                }
            }
        }
        for number in 0 ..< relationshipChunkCount {
            try Interruption.check()
            let chunk = try relationshipChunk(number)
            guard chunk.liveCount > 0 else { continue }
            chunk.forEachKey { key in
                found.insert(
                    PropertyOwner(entity: .relationship, labelOrType: chunk.set, key: key))
            }
        }
        return found
    }
}
