// Create: makes the nodes and relationships of a pattern for every row, in the order of the text.

import NQLPlan
import NenCore

/// The pattern of a CREATE or MERGE, compiled.
final class CreatePattern {
    /// One element with what it needs.
    enum Element {
        case node(
            slot: Slot, labels: NameResolver, properties: PropertyWriter, place: SourceSpan)
        case relationship(
            slot: Slot, type: NameResolver, source: Slot, target: Slot,
            properties: PropertyWriter, place: SourceSpan)
    }

    let elements: [Element]
    let paths: [(slot: Slot, evaluator: Evaluator)]
    /// Property values do not depend on what the clause makes: evaluated batch by batch.
    let isStable: Bool
    let span: SourceSpan
    /// The pattern in a form that is made for many rows at once.
    private(set) var together: CreateRows?

    init(
        elements: [Element], paths: [(slot: Slot, evaluator: Evaluator)], isStable: Bool,
        span: SourceSpan
    ) {
        self.elements = elements
        self.paths = paths
        self.isStable = isStable
        self.span = span
        together = CreateRows(self)
    }

    private var writers: [PropertyWriter] {
        elements.map {
            switch $0 {
            case .node(_, _, let properties, _): properties
            case .relationship(_, _, _, _, let properties, _): properties
            }
        }
    }

    /// Makes the pattern for all rows of `work`, whose slots it fills.
    func create(
        _ work: Batch, _ transaction: WriteTransaction, _ context: ExecutionContext
    ) throws(NQLError) {
        let count = work.count
        let rows = RowSet(vectors: work.vectors, selection: nil, count: count)
        var columns: [[UnsafePointer<Cell>]?] = Array(repeating: nil, count: elements.count)
        if isStable {
            for (index, writer) in writers.enumerated() {
                var list: [UnsafePointer<Cell>] = []
                for evaluator in writer.evaluators {
                    list.append(try evaluator.cells(rows, context))
                }
                columns[index] = list
            }
        }
        var made: [UnsafeMutablePointer<UInt32>] = []
        for element in elements {
            let ids = try context.arena.allocate(UInt32.self, count: max(1, count))
            ids.update(repeating: 0, count: count)
            made.append(ids)
            switch element {
            case .node(let slot, _, _, _): work.vectors[slot] = Vector(.node, ids)
            case .relationship(let slot, _, _, _, _, _):
                work.vectors[slot] = Vector(.relationship, ids)
            }
        }
        var first = 0
        if count >= CreateRows.countMin, let together, let values = columns[0] {
            first = try together.create(rows, values, into: made[0], transaction, context)
        }
        for row in first ..< count {
            for (index, element) in elements.enumerated() {
                made[index][row] = try make(
                    element, columns[index], rows, row, transaction, context)
            }
        }
        for path in paths {
            work.vectors[path.slot] = try path.evaluator.evaluate(rows, context)
        }
    }

    private func make(
        _ element: Element, _ columns: [UnsafePointer<Cell>]?, _ rows: RowSet, _ row: Int,
        _ transaction: WriteTransaction, _ context: ExecutionContext
    ) throws(NQLError) -> UInt32 {
        let id: UInt32
        switch element {
        case .node(_, let labels, let writer, let place):
            transaction.place = place
            let names = try labels.resolve(rows, row, transaction, context)
            let properties = try writer.properties(columns, rows, row, transaction, context)
            id = try storage {
                try transaction.createNode(labels: names, properties: properties)
            }
            context.counters.nodesCreated += 1
            context.counters.labelsAdded += Set(names).count
            context.counters.propertiesSet += properties.count
        case .relationship(_, let type, let source, let target, let writer, let place):
            transaction.place = place
            let properties = try writer.properties(columns, rows, row, transaction, context)
            let names = try type.resolve(rows, row, transaction, context)
            guard names.count == 1 else {
                throw .runtime(
                    .argument, "InvalidArgumentType",
                    "A relationship has exactly one type, not \(names.count).", at: type.span)
            }
            let from = try end(rows.cell(source, row: row), context)
            let to = try end(rows.cell(target, row: row), context)
            id = try storage {
                try transaction.createRelationship(
                    type: names[0], source: from, target: to, properties: properties)
            }
            context.counters.relationshipsCreated += 1
            context.counters.propertiesSet += properties.count
        }
        context.noteChange()
        return id
    }

    private func end(_ cell: Cell, _ context: ExecutionContext) throws(NQLError) -> UInt32 {
        guard cell.tag == .node else {
            throw .runtime(
                .semantic, "InvalidArgumentType",
                "A relationship needs a node at each end, found \(cell.tag.typeName).",
                at: span)
        }
        try context.checkNotDeleted(cell)
        return cell.entity
    }

    /// Whether a property that the pattern asks for is null.
    func hasNullProperty(
        _ rows: RowSet, _ row: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Bool {
        for writer in writers where try writer.hasNull(rows, row, context) { return true }
        return false
    }
}

/// `CREATE`
final class Create: UpdateOperator {
    private let pattern: CreatePattern

    init(
        _ scope: OperatorScope, _ input: Operator, _ pattern: CreatePattern, isBlocking: Bool
    ) throws(NQLError) {
        self.pattern = pattern
        try super.init(scope, input, isBlocking: isBlocking)
    }

    override func process() throws(NQLError) {
        try pattern.create(work, transaction, context)
        try output.append(work)
    }
}
