// Severed relationships: `DELETE` of a node that still has relationships is judged at the end of
// the statement, since later clauses may delete them. Until then nothing may match them any more: a
// relationship without one of its ends would be found or not as the plan happens to reach it. So
// they leave the graph together with the node, and what remains to be asked is kept here: has the
// statement deleted each of them by name, or by `DETACH DELETE` of its other end?

import NenCore

/// A relationship that went because one of its ends was deleted.
struct SeveredRelationship {
    let source: UInt32
    let target: UInt32
    /// The deleted node.
    let node: UInt32
    /// The DELETE that took the node.
    let place: SourceSpan
}

extension WriteTransaction {
    /// All relationships of a node, loops twice.
    func relationships(ofNode node: UInt32) throws -> [UInt32] {
        var found: [UInt32] = []
        try nodeChunk(GraphView.chunk(of: node)).forEachAdjacency { group in
            group.forEachRun(GraphView.row(of: node)) { run in
                for index in 0 ..< run.count { found.append(run.relationships[index]) }
            }
        }
        return found
    }

    /// Takes a relationship out of the graph because `node`, one of its ends, is being deleted.
    func sever(_ id: UInt32, from node: UInt32) throws {
        if isDeleted(relationship: id) { return }
        let ends = try endpoints(ofRelationship: id)
        try deleteRelationship(id)
        severed[id] = SeveredRelationship(
            source: ends.source, target: ends.target, node: node, place: place)
    }

    /// Notes that the statement deletes relationship `id`; whether it had been severed only.
    func settle(_ id: UInt32) -> Bool {
        !severed.isEmpty && severed.removeValue(forKey: id) != nil
    }

    /// Notes that the statement deletes all relationships of `node`: how many had been severed.
    func settle(relationshipsOf node: UInt32) -> Int {
        if severed.isEmpty { return 0 }
        let mine = severed.filter { $0.value.source == node || $0.value.target == node }
        for id in mine.keys { severed[id] = nil }
        return mine.count
    }

    /// End of a statement: no deleted node has left relationships behind.
    /// - Throws: `ConstraintVerificationFailed(DeleteConnectedNode)`.
    func checkDeletedNodes() throws {
        let first = severed.min {
            ($0.value.place.start, $0.value.node, $0.key)
                < ($1.value.place.start, $1.value.node, $1.key)
        }
        guard let first = first?.value else { return }
        throw NQLError.runtime(
            .constraintVerificationFailed, "DeleteConnectedNode",
            "the node with id \(first.node) cannot be deleted: it still has relationships",
            hint: "delete them first, or use DETACH DELETE", at: first.place)
    }
}
