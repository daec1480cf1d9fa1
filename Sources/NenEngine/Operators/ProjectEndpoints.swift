// ProjectEndpoints: the two ends of a relationship that is bound, in the direction of the pattern:
// of an undirected one both ways, of a loop once. Relationships of other types, and those whose
// ends do not satisfy the step, are dropped.

import NQLPlan
import NQLSyntax
import NenCore

/// From relationships to their ends.
final class ProjectEndpoints: Operator {
    private let spec: ExpandSpec
    private let carried: [Slot]
    private let check: StepCheck
    private var types: Set<NameID>?
    private var isInBatch = false
    private var row = 0
    /// The row before `row` is handed out backward, too.
    private var isBackward = false

    init(_ scope: OperatorScope, _ input: Operator, _ spec: ExpandSpec) {
        self.spec = spec
        carried = scope.live.filter { $0 != spec.from && $0 != spec.to }
        check = StepCheck(toLabels: spec.toLabels, differentFrom: spec.differentFrom)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        isInBatch = false
        isBackward = false
        types = nil
        if !spec.types.isEmpty {
            let catalog = context.graph.catalog
            types = Set(spec.types.compactMap { catalog.type($0) })
        }
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if !isInBatch {
                guard try input.pull() else { return false }
                isInBatch = true
                row = 0
            }
            let isMore = try emit()
            if row >= input.batch.count && !isBackward { isInBatch = false }
            if isMore { return true }
            try context.checkInterrupt()
        } while true
    }

    private func emit() throws(NQLError) -> Bool {
        guard let slot = spec.relationship else { return false }
        beginOutput()
        let rows = input.batch.rows
        let capacity = min(2 &* rows.count, Batch.rowCapacity)
        let sources = try arena.allocate(UInt32.self, count: capacity)
        var output = StepOutput(
            neighbours: try arena.allocate(UInt32.self, count: capacity),
            relationships: try arena.allocate(UInt32.self, count: capacity),
            rows: try arena.allocate(UInt16.self, count: capacity), count: 0)
        while output.count < capacity && (row < rows.count || isBackward) {
            if isBackward { row -= 1 }
            let cell = rows.cell(slot, row: row)
            row += 1
            guard cell.tag == .relationship else { continue }
            let graph = context.graph
            let ends = try storage { try graph.endpoints(ofRelationship: cell.entity) }
            guard types?.contains(ends.type) ?? true else { continue }
            let isSecond = isBackward || spec.direction == .incoming
            output.relationships[output.count] = cell.entity
            output.neighbours[output.count] = isSecond ? ends.source : ends.target
            output.rows[output.count] = UInt16(truncatingIfNeeded: row - 1)
            output.count += 1
            isBackward = spec.direction == .both && !isBackward && ends.source != ends.target
        }
        try check.apply(&output, rows, context, arena)
        if output.count == 0 { return false }
        let positions = try arena.allocate(UInt16.self, count: output.count)
        for index in 0 ..< output.count {
            let graph = context.graph
            let ends = try storage {
                try graph.endpoints(ofRelationship: output.relationships[index])
            }
            let isTarget = output.neighbours[index] == ends.target
            sources[index] = isTarget ? ends.source : ends.target
            positions[index] = UInt16(
                truncatingIfNeeded: rows.position(Int(output.rows[index])))
        }
        try batch.carry(input.batch, carried, at: positions, count: output.count, arena)
        batch.vectors[spec.from] = Vector(.node, sources)
        batch.vectors[spec.to] = Vector(.node, output.neighbours)
        return true
    }
}
