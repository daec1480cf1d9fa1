// Delete: `DELETE` and `DETACH DELETE` of nodes, relationships and paths. Deleting again is no
// error. Relationships of a deleted node leave the graph with it; whether the statement has deleted
// them too is judged at its end (`WriteTransaction+Severing`).

import NQLPlan
import NenCore

/// `[DETACH] DELETE`
final class Delete: UpdateOperator {
    private let expressions: [Evaluator]
    /// Where each expression stands in the text.
    private let places: [SourceSpan]
    private let isDetaching: Bool

    init(
        _ scope: OperatorScope, _ input: Operator, _ expressions: [Evaluator],
        places: [SourceSpan], isDetaching: Bool, isBlocking: Bool
    ) throws(NQLError) {
        self.expressions = expressions
        self.places = places
        self.isDetaching = isDetaching
        try super.init(scope, input, isBlocking: isBlocking)
    }

    override func process() throws(NQLError) {
        let rows = RowSet(vectors: work.vectors, selection: nil, count: work.count)
        for row in 0 ..< work.count {
            let one = try rows.single(row, context.arena)
            for (index, expression) in expressions.enumerated() {
                let cell = try expression.evaluate(one, context).cell(element: 0)
                try delete(cell, places[index])
            }
        }
        try output.append(work)
    }

    private func delete(_ cell: Cell, _ span: SourceSpan) throws(NQLError) {
        transaction.place = span
        switch cell.tag {
        case .null: return
        case .relationship: try deleteRelationship(cell.entity)
        case .node: try deleteNode(cell.entity)
        case .path:
            let numbers = context.base.pathElements(cell)
            for step in 0 ..< cell.count { try deleteRelationship(numbers[2 * step + 1]) }
            for step in 0 ... cell.count { try deleteNode(numbers[2 * step]) }
        default:
            throw .runtime(
                .type, "InvalidArgumentType",
                "DELETE expects a Node, Relationship or Path, found \(cell.tag.typeName).",
                at: span)
        }
    }

    private func deleteRelationship(_ id: UInt32) throws(NQLError) {
        let transaction = transaction
        if transaction.isDeleted(relationship: id) {
            if transaction.settle(id) { context.counters.relationshipsDeleted += 1 }
            return
        }
        try storage { try transaction.deleteRelationship(id) }
        context.counters.relationshipsDeleted += 1
        context.hasDeleted = true
        context.noteChange()
    }

    private func deleteNode(_ id: UInt32) throws(NQLError) {
        if transaction.isDeleted(node: id) { return }
        let transaction = transaction
        if isDetaching {
            let mine = try storage { try transaction.relationships(ofNode: id) }
            for relationship in mine { try deleteRelationship(relationship) }
            context.counters.relationshipsDeleted += transaction.settle(relationshipsOf: id)
        }
        try storage { try transaction.deleteNode(id) }
        context.counters.nodesDeleted += 1
        context.hasDeleted = true
        context.noteChange()
    }
}
