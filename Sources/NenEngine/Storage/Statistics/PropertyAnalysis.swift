// PropertyAnalysis: what ANALYZE computes: for every label and key, and every type and key,
// distinct values, share of nulls, least and greatest value from one pass over all columns, and
// frequent values, quantiles and widths from a sample; beside them the degrees.

import NenCore

/// Estimates of a view's properties.
struct PropertyAnalysis {
    /// What is known of one owner so far.
    private struct Tally {
        var sketch = DistinctSketch()
        var present: UInt64 = 0
        var least: Cell = .null
        var greatest: Cell = .null
        /// Values of several types: no bounds.
        var isMixed = false
    }

    /// A tally with its sketch and its place in the table.
    private static let tallyBytes = 4_400

    private let view: GraphView
    private let account: MemoryAccount
    private var tallies: [PropertyOwner: Tally] = [:]

    /// Reads all properties. O(size of the database).
    ///
    /// - Parameter account: is charged with some 4 KiB for each label or type with each of its
    ///   keys.
    /// - Throws: `MemoryLimitExceeded`; errors of reading.
    static func run(
        _ view: GraphView, account: MemoryAccount = MemoryAccount(.statement)
    ) throws -> StoredEstimates {
        var analysis = PropertyAnalysis(view, account)
        defer { account.release(analysis.tallies.count * tallyBytes) }
        for chunk in 0 ..< view.nodeChunkCount {
            try Interruption.check()
            try analysis.readNodes(chunk)
        }
        for chunk in 0 ..< view.relationshipChunkCount {
            try Interruption.check()
            try analysis.readRelationships(chunk)
        }
        return StoredEstimates(
            properties: try analysis.estimates(), degrees: try DegreeAnalysis.run(view),
            clock: view.counter.changeClock)
    }

    private init(_ view: GraphView, _ account: MemoryAccount) {
        self.view = view
        self.account = account
    }

    private mutating func readNodes(_ chunk: Int) throws {
        let handle = try view.nodeChunk(chunk)
        guard handle.liveCount > 0 else { return }
        try handle.forEachColumn { column in
            if handle.labelSets == nil {
                guard Int(handle.set) < view.catalog.labelSets.count else { return }
                for label in view.catalog.labelSets[Int(handle.set)] {
                    let owner = PropertyOwner(entity: .node, labelOrType: label, key: column.key)
                    try read(column, handle, owner) { _ in true }
                }
                return
            }
            var labels: Set<NameID> = []
            for row in 0 ..< handle.rowCount where handle.isLive(row) {
                labels.formUnion(view.catalog.labelSets[Int(handle.labelSet(row))])
            }
            let sets = view.catalog.labelSets
            for label in labels {
                let owner = PropertyOwner(entity: .node, labelOrType: label, key: column.key)
                try read(column, handle, owner) {
                    sets[Int(handle.labelSet($0))].contains(label)
                }
            }
        }
    }

    private mutating func readRelationships(_ chunk: Int) throws {
        let handle = try view.relationshipChunk(chunk)
        guard handle.liveCount > 0 else { return }
        try handle.forEachColumn { column in
            let owner = PropertyOwner(
                entity: .relationship, labelOrType: handle.set, key: column.key)
            try read(column, handle, owner) { _ in true }
        }
    }

    private mutating func read(
        _ column: ColumnHandle, _ handle: ChunkHandle, _ owner: PropertyOwner,
        _ belongs: (Int) -> Bool
    ) throws {
        if tallies[owner] == nil {
            try account.charge(PropertyAnalysis.tallyBytes, for: .analysis)
        }
        var tally = tallies.removeValue(forKey: owner) ?? Tally()
        for row in 0 ..< handle.rowCount where handle.isLive(row) && belongs(row) {
            let cell = column.cell(row)
            if !cell.isNull { note(cell, &tally) }
        }
        tallies[owner] = tally
    }

    private func note(_ cell: Cell, _ tally: inout Tally) {
        tally.present += 1
        tally.sketch.insert(CellOrder.hash(cell, view.base))
        if tally.present == 1 {
            tally.least = cell
            tally.greatest = cell
            return
        }
        if tally.isMixed { return }
        if CellOrder.rank(cell.tag) != CellOrder.rank(tally.least.tag) {
            tally.isMixed = true
            return
        }
        if CellOrder.compare(cell, tally.least, view.base) < 0 { tally.least = cell }
        if CellOrder.compare(cell, tally.greatest, view.base) > 0 { tally.greatest = cell }
    }

    /// What the tallies tell exactly, and from samples what they do not.
    private func estimates() throws -> [PropertyOwner: PropertyEstimate] {
        var result: [PropertyOwner: PropertyEstimate] = [:]
        for (owner, tally) in tallies {
            guard var estimate = try PropertySample.estimate(
                owner, in: view, rowsMax: PropertySample.storedRowsMax)
            else { continue }
            let share = Double(tally.present) / max(1, estimate.entityCount)
            estimate.nullFraction = max(0, min(1, 1 - share))
            if estimate.entityCount > Double(PropertySample.storedRowsMax) {
                estimate.distinctCount = max(
                    1, min(tally.sketch.estimate, Double(tally.present)))
            }
            if !tally.isMixed {
                estimate.minimum = SampledValues.value(tally.least, view.base)
                estimate.maximum = SampledValues.value(tally.greatest, view.base)
            }
            result[owner] = estimate
        }
        return result
    }
}
