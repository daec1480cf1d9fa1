// Builds paths from the nodes and relationships of a pattern. A variable-length part is a list of
// relationships, walked from the node before it.

import NenCore

/// `p = (a)-[r]->(b)…`: alternating nodes and relationships (or lists of them).
final class PathEvaluation: Evaluator {
    private let elements: [Evaluator]

    init(_ elements: [Evaluator], span: SourceSpan) {
        self.elements = elements
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        var columns: [UnsafePointer<Cell>] = []
        for element in elements { columns.append(try element.cells(rows, context)) }
        let out = try context.arena.allocate(Cell.self, count: max(1, rows.count))
        var numbers: [UInt32] = []
        for row in 0 ..< rows.count {
            numbers.removeAll(keepingCapacity: true)
            guard try collect(columns, row, into: &numbers, context) else {
                out[row] = .null
                continue
            }
            let builder = context.builder
            let steps = numbers.count / 2
            let memory = try context.arena.allocate(UInt32.self, count: numbers.count)
            for (index, number) in numbers.enumerated() { memory[index] = number }
            out[row] = try builder.path(memory, relationshipCount: steps)
        }
        return Vector(.cell, out)
    }

    /// The numbers of one row's path; false when an element is null.
    private func collect(
        _ columns: [UnsafePointer<Cell>], _ row: Int, into numbers: inout [UInt32],
        _ context: ExecutionContext
    ) throws(NQLError) -> Bool {
        for column in columns {
            let cell = column[row]
            switch cell.tag {
            case .null: return false
            case .node:
                // Behind a relationship the end node is already known.
                if numbers.count & 1 == 0 { numbers.append(cell.entity) }
            case .relationship: try step(cell.entity, &numbers, context)
            case .list:
                let items = context.base.cells(cell)
                for index in 0 ..< cell.count {
                    guard items[index].tag == .relationship else { return false }
                    try step(items[index].entity, &numbers, context)
                }
            default: return false
            }
        }
        return !numbers.isEmpty
    }

    /// Appends a relationship and the node at its other end.
    private func step(
        _ relationship: UInt32, _ numbers: inout [UInt32], _ context: ExecutionContext
    ) throws(NQLError) {
        let graph = context.graph
        let ends = try storage { try graph.endpoints(ofRelationship: relationship) }
        let from = numbers.last ?? ends.source
        numbers.append(relationship)
        numbers.append(ends.source == from ? ends.target : ends.source)
    }
}
