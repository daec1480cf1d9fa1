// WeightScan: the nodes that one variable of a pattern stands for, with how often each is matched
// as the rows' multiplicity (`WeightRun`). Chunk by chunk, so that properties are read in place.

import NQLPlan
import NenCore

/// Nodes in the order of their numbers, each once.
final class WeightScan: Operator {
    private let slot: Slot
    private let coefficients: [Int128]
    private let weights: WeightRun
    private var roots: [WeightTable] = []
    private var isWide = false
    private var chunk = 0
    /// Matches handed out. As long as they fit 64 bits, no sum of 64-bit numbers over them
    /// overflows 128.
    private var total: Int64 = 0

    init(
        _ scope: OperatorScope, _ program: WeightProgram, _ compiler: PlanCompiler, threads: Int
    ) {
        slot = program.slot
        coefficients = program.terms.map { Int128($0.coefficient) }
        weights = WeightRun(program, compiler, threads: threads)
        super.init(scope, inputs: [])
    }

    override var stateByteCount: Int {
        weights.heldBytes + roots.reduce(0) { $0 + $1.byteCount }
    }

    override func open() throws(NQLError) {
        roots = []
        chunk = 0
        total = 0
    }

    override func next() throws(NQLError) -> Bool {
        if roots.isEmpty { (roots, isWide) = try weights.roots() }
        let chunkCount = roots.first?.chunkCount ?? 0
        while chunk < chunkCount {
            let number = chunk
            chunk += 1
            if !roots.contains(where: { $0.chunks[number] != nil }) { continue }
            try context.checkInterrupt()
            let isFound = isWide
                ? try emit(number, UInt128.self) : try emit(number, UInt64.self)
            if isFound { return true }
        }
        return false
    }

    /// The rows of a chunk; false when none is matched.
    private func emit<Weight: WeightInteger>(
        _ number: Int, _ type: Weight.Type
    ) throws(NQLError) -> Bool {
        beginOutput()
        let count = ChunkFormat.rowsPerChunk
        let times = try arena.allocate(Int64.self, count: count)
        let ids = try arena.allocate(UInt32.self, count: count)
        let chosen = try arena.allocate(UInt16.self, count: count + 1)
        let first = UInt32(truncatingIfNeeded: number &<< 11)
        var found = 0
        for row in 0 ..< count {
            ids[row] = first &+ UInt32(truncatingIfNeeded: row)
            times[row] = try matches(number, row, type)
            chosen[found] = UInt16(truncatingIfNeeded: row)
            found += times[row] > 0 ? 1 : 0
            let (sum, isOver) = total.addingReportingOverflow(times[row])
            if isOver { throw WeightRun.overflow }
            total = sum
        }
        if found == 0 { return false }
        var vector = Vector(.node, ids)
        vector.sequence = first
        batch.vectors[slot] = vector
        batch.selection = UnsafePointer(chosen)
        batch.multiplicity = UnsafePointer(times)
        batch.count = found
        return true
    }

    /// How often a node is matched.
    @inline(__always)
    private func matches<Weight: WeightInteger>(
        _ number: Int, _ row: Int, _ type: Weight.Type
    ) throws(NQLError) -> Int64 {
        var total: Int128 = 0
        for (index, root) in roots.enumerated() {
            guard let weights = root.chunks[number] else { continue }
            let weight = weights.assumingMemoryBound(to: Weight.self)[row]
            guard let signed = Int128(exactly: weight) else { throw WeightRun.overflow }
            let (product, isOver) = signed.multipliedReportingOverflow(by: coefficients[index])
            let (sum, isOut) = total.addingReportingOverflow(product)
            if isOver || isOut { throw WeightRun.overflow }
            total = sum
        }
        guard let count = Int64(exactly: total) else { throw WeightRun.overflow }
        return count
    }
}
