// PropertySample: estimates of one property from some of its values. Chunks are chosen evenly
// spread over the graph, and within them one row of every few, so that a planner may ask at any
// time: small columns are read as a whole, of large ones no more rows than the caller allows. Which
// one of the few is as good as chance: data is often periodic, and every fourth row may have the
// same value. The same graph gives the same sample.
//
// The number of distinct values is that of the sample for a whole column; else it is estimated from
// how many values the sample has once only (Haas, Stokes: "Estimating the Number of Classes in a
// Finite Population", JASA 1998; the estimator Duj1, as PostgreSQL uses it).

import NenCore

/// Reads some values of one property.
struct PropertySample {
    /// Rows that are read for a plan, and chunks they come from.
    static let plannedRowsMax = 16_384
    private static let chunksMax = 32
    /// Rows that are read when the estimates are stored.
    static let storedRowsMax = 100_000

    private let view: GraphView
    private let owner: PropertyOwner
    private var rows = 0
    private var values: [Cell] = []

    /// The estimate for `owner`; nil when there is no entity.
    ///
    /// - Parameter rowsMax: entities that are read at most, by and large.
    /// - Throws: errors of reading; interruptions.
    static func estimate(
        _ owner: PropertyOwner, in view: GraphView, rowsMax: Int
    ) throws -> PropertyEstimate? {
        let total = view.entityCount(of: owner)
        guard total > 0 else { return nil }
        var sample = PropertySample(view: view, owner: owner)
        let chunks = try sample.chunks(rowsMax: rowsMax)
        for chunk in chunks {
            try Interruption.check()
            try sample.read(chunk, rowsMax: max(64, rowsMax / chunks.count))
        }
        guard sample.rows > 0 else { return nil }
        return SampledValues(
            sample.values, rowCount: sample.rows, entityCount: Double(total), base: view.base
        ).estimate()
    }

    private init(view: GraphView, owner: PropertyOwner) {
        self.view = view
        self.owner = owner
    }

    /// Chunks that may hold the owner's entities, thinned out where there are many.
    private func chunks(rowsMax: Int) throws -> [Int] {
        var found: [Int] = []
        if owner.entity == .relationship {
            for chunk in 0 ..< view.relationshipChunkCount {
                let type = try view.relationshipChunkType(chunk)
                if type != .max, isOurs(set: type) { found.append(chunk) }
            }
        } else {
            let sets = view.chunkLabelSets
            for chunk in 0 ..< view.nodeChunkCount
            where sets[chunk] == .max || isOurs(set: sets[chunk]) { found.append(chunk) }
        }
        let most = max(PropertySample.chunksMax, rowsMax / ChunkFormat.rowsPerChunk)
        if found.count <= most { return found }
        return (0 ..< most).map { found[$0 * found.count / most] }
    }

    /// Whether entities of a label set, or of a type, are the owner's.
    private func isOurs(set: UInt32) -> Bool {
        if owner.labelOrType == PropertyOwner.anyName { return true }
        if owner.entity == .relationship { return set == owner.labelOrType }
        let sets = view.catalog.labelSets
        return Int(set) < sets.count && sets[Int(set)].contains(owner.labelOrType)
    }

    private mutating func read(_ number: Int, rowsMax: Int) throws {
        let isNode = owner.entity == .node
        let chunk = isNode ? try view.nodeChunk(number) : try view.relationshipChunk(number)
        guard chunk.liveCount > 0 else { return }
        let column = try chunk.column(owner.key)
        let isMixed = chunk.labelSets != nil && owner.labelOrType != PropertyOwner.anyName
        let step = max(1, (chunk.liveCount + rowsMax - 1) / rowsMax)
        var ours: [UInt32: Bool] = [:]
        for start in stride(from: 0, to: chunk.rowCount, by: step) {
            let row = start + Int(truncatingIfNeeded: mixed(number, start) % UInt64(step))
            guard row < chunk.rowCount, chunk.isLive(row) else { continue }
            if isMixed {
                let set = chunk.labelSet(row)
                let isOne = ours[set] ?? isOurs(set: set)
                ours[set] = isOne
                if !isOne { continue }
            }
            rows += 1
            guard let cell = column?.cell(row), !cell.isNull else { continue }
            values.append(cell)
        }
    }

    /// Bits without a pattern for a place in the graph (the finalizer of SplitMix64; Steele, Lea,
    /// Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
    private func mixed(_ chunk: Int, _ row: Int) -> UInt64 {
        let place = UInt64(truncatingIfNeeded: chunk &* ChunkFormat.rowsPerChunk &+ row)
        var bits = (place &+ 1) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

extension GraphView {
    /// Entities of an owner's label or type.
    func entityCount(of owner: PropertyOwner) -> UInt64 {
        let statistics = statistics
        let number = owner.labelOrType
        if owner.entity == .relationship {
            if number == PropertyOwner.anyName { return statistics.relationshipCount }
            let counts = statistics.relationshipsPerType
            return Int(number) < counts.count ? counts[Int(number)] : 0
        }
        if number == PropertyOwner.anyName { return statistics.nodeCount }
        var sum: UInt64 = 0
        for (set, count) in statistics.nodesPerLabelSet.enumerated() where count > 0 {
            if set < catalog.labelSets.count, catalog.labelSets[set].contains(number) {
                sum += count
            }
        }
        return sum
    }
}
