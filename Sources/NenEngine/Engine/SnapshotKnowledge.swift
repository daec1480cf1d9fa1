// SnapshotKnowledge: a view's indexes, sampled values and degrees, for the planner and for SHOW.

import NQLPlan
import NenCore

/// Reads what a view tells of its values.
struct SnapshotKnowledge: GraphKnowledge, @unchecked Sendable {
    // Sendable: the planner runs on the thread of the view.
    let graph: GraphView

    /// nil also for an index that is damaged: whoever reads it for the statement says so.
    func estimate(_ index: IndexDescriptor) -> IndexEstimate? {
        guard let tree = graph.indexTree(index.id),
            var estimate = try? IndexSample.estimate(tree, properties: index.properties.count)
        else { return nil }
        if index.isUnique {
            estimate.distinctCounts[index.properties.count - 1] = estimate.entryCount
        }
        return estimate
    }

    /// nil also where the column is damaged.
    func estimate(_ owner: PropertyOwner) -> PropertyEstimate? {
        (try? graph.context.estimates.estimate(owner, in: graph)) ?? nil
    }

    /// nil also where some adjacency is damaged.
    func degrees(atHand: Bool) -> DegreeStatistics? {
        let known = graph.context.estimates.knownDegrees(in: graph)
        let isSmall = graph.nodeChunkCount <= SnapshotKnowledge.smallChunkCount
        if known != nil || (atHand && !isSmall) { return known }
        return try? graph.context.estimates.degrees(in: graph)
    }

    /// Node chunks that are looked through in a moment.
    private static let smallChunkCount = 16
}
