// DegreeAnalysis: computes `DegreeStatistics` from the adjacency of the nodes' chunks. Degrees are
// differences of offsets, so that a pass costs by nodes and not by relationships. Of very large
// graphs some chunks are read, evenly spread.

import NenCore

/// One pass over the adjacency of a view.
struct DegreeAnalysis {
    private let view: GraphView
    private var result = DegreeStatistics()
    /// Ends of which some pairs are kept, by their place: both ends of the most frequent type come
    /// first.
    private let pairedEnds: [DegreeEnd: Int]
    private let ends: [DegreeEnd]

    /// The degrees of `view`.
    ///
    /// - Parameter chunksMax: chunks of nodes that are read at most.
    /// - Throws: errors of reading; interruptions.
    static func run(_ view: GraphView, chunksMax: Int = .max) throws -> DegreeStatistics {
        var analysis = DegreeAnalysis(view)
        let count = view.nodeChunkCount
        let read = max(1, min(count, chunksMax))
        for place in 0 ..< min(count, read) {
            try Interruption.check()
            try analysis.read(try view.nodeChunk(place * count / read))
        }
        if read < count { analysis.scale(by: Double(count) / Double(read)) }
        return analysis.result
    }

    private init(_ view: GraphView) {
        self.view = view
        let counts = view.statistics.relationshipsPerType
        let frequent = counts.indices.filter { counts[$0] > 0 }
            .sorted { counts[$0] == counts[$1] ? $0 < $1 : counts[$0] > counts[$1] }
            .prefix(DegreeStatistics.chainedTypesMax)
        ends = frequent.flatMap { type in
            [false, true].map { DegreeEnd(type: NameID(type), isIncoming: $0) }
        }
        var places: [DegreeEnd: Int] = [:]
        for (place, end) in ends.enumerated() { places[end] = place }
        pairedEnds = places
        result.relationshipCount = Double(view.statistics.relationshipCount)
    }

    /// The label sets of a chunk's rows under which they are counted.
    private struct RowSets {
        var sets: [UInt32]
        /// Per row a place in `sets`; nil when all rows are of the first.
        var placeOfRow: [UInt16]?
    }

    private func rowSets(_ chunk: ChunkHandle) -> RowSets {
        guard chunk.labelSets != nil else {
            return RowSets(sets: [view.counter.counted(chunk.set)], placeOfRow: nil)
        }
        var result = RowSets(sets: [], placeOfRow: Array(repeating: 0, count: chunk.rowCount))
        var places: [UInt32: UInt16] = [:]
        for row in 0 ..< chunk.rowCount where chunk.isLive(row) {
            let set = view.counter.counted(chunk.labelSet(row))
            let place: UInt16
            if let known = places[set] {
                place = known
            } else {
                place = UInt16(result.sets.count)
                places[set] = place
                result.sets.append(set)
            }
            result.placeOfRow?[row] = place
        }
        if result.sets.isEmpty { result.sets = [GraphStatistics.foldedSet] }
        return result
    }

    private mutating func read(_ chunk: ChunkHandle) throws {
        guard chunk.liveCount > 0 else { return }
        let rows = rowSets(chunk)
        var paired: [(end: Int, degrees: [UInt32])] = []
        try chunk.forEachAdjacency { group in
            let end = DegreeEnd(type: group.type, isIncoming: group.direction == .incoming)
            let place = pairedEnds[end]
            var degrees: [UInt32] = []
            if place != nil { degrees = Array(repeating: 0, count: chunk.rowCount) }
            var moments = Array(repeating: DegreeMoments(), count: rows.sets.count)
            group.forEachSource(below: chunk.rowCount) { row, degree in
                moments[rows.placeOfRow.map { Int($0[row]) } ?? 0].add(degree: Double(degree))
                if place != nil { degrees[row] = UInt32(truncatingIfNeeded: degree) }
            }
            for (set, moments) in zip(rows.sets, moments) where moments.nodeCount > 0 {
                result.moments[end, default: [:]][set, default: DegreeMoments()].add(moments)
            }
            if let place { paired.append((place, degrees)) }
        }
        for (position, first) in paired.enumerated() {
            for second in paired[position...] where isKept(first.end, second.end) {
                let sums = DegreeAnalysis.products(first.degrees, second.degrees, rows)
                let pair = DegreePair(ends[first.end], ends[second.end])
                for (set, sum) in zip(rows.sets, sums) where sum > 0 {
                    result.products[pair, default: [:]][set, default: 0] += sum
                }
            }
        }
    }

    /// Whether sums over both ends are kept: those of the most frequent types, and of others those
    /// of both ends of one type.
    private func isKept(_ first: Int, _ second: Int) -> Bool {
        let (one, other) = (first / 2, second / 2)
        let most = DegreeStatistics.pairedTypesMax
        return one < most && other < most || (one == other && first != second)
    }

    /// Sums of d₁·d₂ per label set.
    private static func products(
        _ first: [UInt32], _ second: [UInt32], _ rows: RowSets
    ) -> [Double] {
        guard let places = rows.placeOfRow else { return [product(first, second)] }
        var sums = Array(repeating: 0.0, count: rows.sets.count)
        for (row, place) in places.enumerated() where first[row] != 0 && second[row] != 0 {
            sums[Int(place)] += Double(first[row]) * Double(second[row])
        }
        return sums
    }

    private static func product(_ first: [UInt32], _ second: [UInt32]) -> Double {
        let count = min(first.count, second.count)
        return first.withUnsafeBufferPointer { a in
            second.withUnsafeBufferPointer { b in
                var sum: UInt64 = 0
                var row = 0
                while row < count {
                    sum &+= UInt64(a[row]) &* UInt64(b[row])
                    row &+= 1
                }
                return Double(sum)
            }
        }
    }

    /// What was read stands for the whole.
    private mutating func scale(by factor: Double) {
        result.share = 1 / factor
        for (end, sets) in result.moments {
            result.moments[end] = sets.mapValues { $0.scaled(by: factor) }
        }
        for (pair, sets) in result.products {
            result.products[pair] = sets.mapValues { $0 * factor }
        }
    }
}

extension AdjacencyHandle {
    /// Calls `body` with every row that has neighbours, and how many; ascending.
    func forEachSource(below rowCount: Int, _ body: (_ row: Int, _ degree: Int) -> Void) {
        if deltaCount == 0, form == .sparse {
            for place in 0 ..< sourceCount {
                let degree = Int(offsets[place &+ 1] &- offsets[place])
                if degree > 0 { body(Int(sourceRows[place]), degree) }
            }
            return
        }
        if form == .dense {
            for row in 0 ..< rowCount {
                let degree = degree(row)
                if degree > 0 { body(row, degree) }
            }
            return
        }
        // The rows of the base and those of the delta, both ascending.
        var base = 0
        var delta = 0
        let baseCount = form == .sparse ? sourceCount : 0
        while base < baseCount || delta < deltaCount {
            let first = base < baseCount ? Int(sourceRows[base]) : .max
            let second = delta < deltaCount ? Int(deltaRows[delta] & 0x7FFF) : .max
            let row = min(first, second)
            if first == row { base &+= 1 }
            while delta < deltaCount, Int(deltaRows[delta] & 0x7FFF) == row { delta &+= 1 }
            let degree = degree(row)
            if degree > 0 { body(row, degree) }
        }
    }
}
