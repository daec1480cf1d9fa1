// `n:Label`, `r:TYPE` and label expressions as predicates.

import NQLPlan
import NenCore

/// Whether the operand has the labels (nodes) or the type (relationships); null of null.
final class LabelEvaluation: Evaluator {
    private let operand: Evaluator
    private let test: LabelTest

    init(_ operand: Evaluator, _ labels: PlanLabels, span: SourceSpan) {
        self.operand = operand
        test = LabelTest(labels)
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let vector = try operand.evaluate(rows, context)
        let count = rows.count
        let out = try context.arena.allocate(UInt8.self, count: max(1, count))
        if vector.kind == .node, !vector.isConstant, vector.validity == nil,
            !context.hasDeleted
        {
            let nodes = vector.entities
            var reader = LabelSetReader(context)
            var row = 0
            while row < count {
                let set = try reader.labelSet(nodes[row])
                out[row] = Comparison.byte(test.accepts(labelSet: set, context.graph))
                row &+= 1
            }
            return Vector(.boolean, out)
        }
        for row in 0 ..< count {
            out[row] = try verdict(vector.cell(at: row), context)
        }
        return try Logic.boolean(ternary: out, count, context.arena)
    }

    private func verdict(
        _ cell: Cell, _ context: ExecutionContext
    ) throws(NQLError) -> Comparison.Ternary {
        switch cell.tag {
        case .null: return 2
        case .node:
            do { try context.checkNotDeleted(cell) } catch { throw error.located(span) }
            let graph = context.graph
            let set = try storage { try graph.labelSet(ofNode: cell.entity) }
            return Comparison.byte(test.accepts(labelSet: set, graph))
        case .relationship:
            let graph = context.graph
            let ends = try storage { try graph.endpoints(ofRelationship: cell.entity) }
            return Comparison.byte(test.accepts(type: ends.type, graph))
        default:
            throw .runtime(
                .type, "InvalidArgumentType",
                "Labels are tested on nodes and relationships, not on \(cell.tag.typeName).",
                at: span)
        }
    }
}

/// The same with names computed from the row: `n:$(expression)`, `n:$any(expression)`.
final class DynamicLabelEvaluation: Evaluator {
    /// PlanLabels with its expressions compiled.
    indirect enum Pattern {
        case name(String)
        case dynamic(Evaluator)
        case dynamicAny(Evaluator)
        case wildcard
        case not(Pattern)
        case and(Pattern, Pattern)
        case or(Pattern, Pattern)
    }

    private let operand: Evaluator
    private let pattern: Pattern

    init(_ operand: Evaluator, _ pattern: Pattern, span: SourceSpan) {
        self.operand = operand
        self.pattern = pattern
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let entities = try operand.cells(rows, context)
        let out = try context.arena.allocate(UInt8.self, count: max(1, rows.count))
        for row in 0 ..< rows.count {
            let cell = entities[row]
            guard !cell.isNull else {
                out[row] = 2
                continue
            }
            let names = try names(of: cell, context)
            out[row] = try Comparison.byte(holds(pattern, names, rows, row, context))
        }
        return try Logic.boolean(ternary: out, rows.count, context.arena)
    }

    private func names(
        of cell: Cell, _ context: ExecutionContext
    ) throws(NQLError) -> [String] {
        let graph = context.graph
        switch cell.tag {
        case .node:
            try context.checkNotDeleted(cell)
            let set = try storage { try graph.labelSet(ofNode: cell.entity) }
            let catalog = graph.catalog
            return catalog.labelSets[Int(set)].map { catalog.labels[Int($0)] }
        case .relationship:
            let ends = try storage { try graph.endpoints(ofRelationship: cell.entity) }
            return [graph.catalog.types[Int(ends.type)]]
        default:
            throw .runtime(
                .type, "InvalidArgumentType",
                "Labels are tested on nodes and relationships, not on \(cell.tag.typeName).",
                at: span)
        }
    }

    private func wanted(
        _ evaluator: Evaluator, _ rows: RowSet, _ row: Int, _ context: ExecutionContext
    ) throws(NQLError) -> [String] {
        let cell = try evaluator.cell(rows, row: row, context)
        return try DynamicNames.strings(cell, context.base, evaluator.span)
    }

    private func holds(
        _ pattern: Pattern, _ names: [String], _ rows: RowSet, _ row: Int,
        _ context: ExecutionContext
    ) throws(NQLError) -> Bool {
        switch pattern {
        case .name(let name): return names.contains(name)
        case .wildcard: return !names.isEmpty
        case .dynamic(let evaluator):
            for name in try wanted(evaluator, rows, row, context) where !names.contains(name) {
                return false
            }
            return true
        case .dynamicAny(let evaluator):
            for name in try wanted(evaluator, rows, row, context) where names.contains(name) {
                return true
            }
            return false
        case .not(let inner): return try !holds(inner, names, rows, row, context)
        case .and(let left, let right):
            if try !holds(left, names, rows, row, context) { return false }
            return try holds(right, names, rows, row, context)
        case .or(let left, let right):
            if try holds(left, names, rows, row, context) { return true }
            return try holds(right, names, rows, row, context)
        }
    }
}

/// Names that come from values: `$(expression)` is a string or a list of strings.
enum DynamicNames {
    static func strings(
        _ cell: Cell, _ base: HeapBase, _ span: SourceSpan
    ) throws(NQLError) -> [String] {
        switch cell.tag {
        case .string: return [base.string(cell)]
        case .list:
            var names: [String] = []
            let elements = base.cells(cell)
            for index in 0 ..< cell.count {
                guard elements[index].tag == .string else {
                    throw .runtime(
                        .type, "InvalidArgumentType",
                        "Computed labels and types must be Strings; this list holds a value of "
                            + "type \(elements[index].tag.typeName).", at: span)
                }
                names.append(base.string(elements[index]))
            }
            return names
        default: break
        }
        throw .runtime(
            .type, "InvalidArgumentType",
            "A computed label or type must be a String or a list of Strings, not "
                + "\(cell.tag.typeName).", at: span)
    }
}
