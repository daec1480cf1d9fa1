// Morsel: what one task of a pipeline reads: consecutive chunks of a scan, or consecutive blocks of
// an aggregate's groups. Where there are few chunks of nodes they are cut into rows: what hangs on
// one node may be much.

import NQLPlan
import NenCore

/// Chunks to scan, and which rows of each.
struct ChunkRange {
    var chunks: Range<Int>
    var rows = 0 ..< ChunkFormat.rowsPerChunk
}

/// A leaf of a pipeline that may be limited to a morsel.
class MorselSource: Operator {
    /// Only these chunks, or rows of them; nil for all.
    final var range: ChunkRange?
}

extension ChunkRange {
    /// Cuts what the leaf of a pipeline reads, so that every task gets about as many chunks that it
    /// does not skip; nil when there is not enough for two.
    ///
    /// - Parameter tasks: most pieces.
    static func cut(
        _ leaf: OperatorKind, _ graph: GraphView, tasks: Int
    ) -> [ChunkRange]? {
        var matching: [Int] = []
        let chunkCount: Int
        switch leaf {
        case .nodeScan(_, let labels):
            chunkCount = graph.nodeChunkCount
            let test = labels.map { LabelTest($0) }
            let sets = graph.chunkLabelSets
            for chunk in 0 ..< chunkCount {
                let set = sets[chunk]
                if set == .max || test?.accepts(labelSet: set, graph) ?? true {
                    matching.append(chunk)
                }
            }
            if matching.count * 2 <= tasks { return slices(matching, graph, tasks: tasks) }
        case .relationshipScan(let spec):
            chunkCount = graph.relationshipChunkCount
            let types = spec.types.compactMap { graph.catalog.type($0) }
            for chunk in 0 ..< chunkCount {
                let type = (try? graph.relationshipChunkType(chunk)) ?? .max
                if spec.types.isEmpty || types.contains(type) { matching.append(chunk) }
            }
        default: return nil
        }
        return cut(matching, of: chunkCount, tasks: tasks)
    }

    /// Cuts groups into blocks of a batch each.
    static func cut(groupCount: Int, tasks: Int) -> [ChunkRange]? {
        let blocks = (groupCount + Batch.rowCapacity - 1) / Batch.rowCapacity
        return cut(Array(0 ..< blocks), of: blocks, tasks: tasks)
    }

    private static func cut(
        _ matching: [Int], of chunkCount: Int, tasks: Int
    ) -> [ChunkRange]? {
        let count = min(matching.count, tasks)
        guard count > 1 else { return nil }
        let bounds = (0 ... count).map { task in
            if task == 0 { return 0 }
            return task == count ? chunkCount : matching[matching.count * task / count]
        }
        return (0 ..< count).map { ChunkRange(chunks: bounds[$0] ..< bounds[$0 + 1]) }
    }

    /// Cuts each of a few chunks of nodes into as many slices of rows; nil when there are not
    /// enough rows for two.
    private static func slices(
        _ chunks: [Int], _ graph: GraphView, tasks: Int
    ) -> [ChunkRange]? {
        var result: [ChunkRange] = []
        for chunk in chunks {
            // A chunk that cannot be read fails in the task that gets it.
            let rowCount = (try? graph.nodeChunk(chunk).rowCount) ?? 1
            let count = max(1, min(rowCount, tasks / chunks.count))
            for slice in 0 ..< count {
                let rows = rowCount * slice / count ..< rowCount * (slice + 1) / count
                result.append(ChunkRange(chunks: chunk ..< chunk + 1, rows: rows))
            }
        }
        return result.count > 1 ? result : nil
    }
}
