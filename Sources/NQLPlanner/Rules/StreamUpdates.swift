// StreamUpdates: an update clause reads its whole input before its first change and hands on rows
// after its last, so that no clause sees another's half-done work. Where nobody could tell the
// difference it may work row by row instead.
//
// Before: Create(blocking) ─ Unwind    After: Create(streaming) ─ Unwind
//
// The condition: nothing behind the clause reads the graph or changes it, and nothing that feeds it
// reads what it changes.

import NQLPlan
import NQLSyntax
import NenCore

enum StreamUpdates: OptimizerRule {
    static let name = "stream-updates"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        stream(plan, isReadBehind: false, context.binder)
    }

    private static func stream(
        _ plan: LogicalPlan, isReadBehind: Bool, _ binder: Binder
    ) -> LogicalPlan {
        let spine = plan.spine
        // Whether anything behind each step of the spine reads or changes the graph.
        var behind = [isReadBehind]
        for node in spine { behind.append(behind[behind.count - 1] || touchesGraph(node, binder)) }
        var result: LogicalPlan?
        for (node, isReadBehind) in zip(spine, behind).reversed() {
            let rights = node.inputs.dropFirst().map { right in
                // What runs inside a right side runs again for the next row.
                stream(right, isReadBehind: node.step?.isForeach != true, binder)
            }
            var streamed = result.map { node.over([$0] + rights) } ?? node
            if !isReadBehind, let step = node.step, step.isUpdate, !step.isForeach,
                isIndependent(step, of: node.inputs[0])
            {
                streamed = LogicalPlan(step.streaming, streamed.inputs)
            }
            result = streamed
        }
        return result ?? plan
    }

    /// Whether the step reads or changes the graph.
    private static func touchesGraph(_ node: LogicalPlan, _ binder: Binder) -> Bool {
        switch node.kind {
        case .argument, .empty: return false
        case .match: return true
        case .step(let step):
            if step.isUpdate { return true }
            switch step {
            case .produceResults(let columns):
                return columns.contains { binder.slots[$0.slot].type.refersToGraph }
            // A limit behind a streaming update would leave the rest of the changes undone.
            case .procedureCall, .limit: return true
            case .sort(let keys), .topK(let keys, _):
                // Ordering entities compares identities only.
                return keys.isEmpty
            default:
                var reads = false
                step.forEachExpression { if $0.readsGraph { reads = true } }
                return reads || node.inputs.dropFirst().contains { touchesAny($0, binder) }
            }
        }
    }

    private static func touchesAny(_ node: LogicalPlan, _ binder: Binder) -> Bool {
        node.contains { touchesGraph($0, binder) }
    }

    /// Whether the plan that feeds an update reads nothing that the update changes.
    private static func isIndependent(_ step: OperatorKind, of input: LogicalPlan) -> Bool {
        var changes = GraphChanges()
        changes.collect(step)
        return !changes.mayAffect(input)
    }
}

/// What an update may change.
struct GraphChanges {
    var labels: Set<String> = []
    var types: Set<String> = []
    var keys: Set<String> = []
    var createsNodes = false
    /// Something that cannot be told before the statement runs.
    var isUnknown = false

    mutating func collect(_ step: OperatorKind) {
        switch step {
        case .create(let spec, _): collect(spec)
        case .merge(let spec, _):
            collect(spec.create)
            for item in spec.onCreate + spec.onMatch { collect(item) }
        case .set(let items, _):
            for item in items { collect(item) }
        default: isUnknown = true
        }
    }

    private mutating func collect(_ spec: CreateSpec) {
        for element in spec.elements {
            switch element {
            case .node(let node):
                createsNodes = true
                // A node without labels is seen by every pattern without labels only.
                for label in node.labels {
                    if case .fixed(let name) = label { labels.insert(name) } else {
                        isUnknown = true
                    }
                }
            case .relationship(let relationship):
                if case .fixed(let name) = relationship.type { types.insert(name) } else {
                    isUnknown = true
                }
            }
        }
    }

    private mutating func collect(_ item: SetOperation) {
        if case .property(_, let key, _) = item { keys.insert(key) } else { isUnknown = true }
    }

    /// Whether some step of `plan` could read what is changed.
    func mayAffect(_ plan: LogicalPlan) -> Bool { plan.contains(where: affectsStep) }

    private func affectsStep(_ plan: LogicalPlan) -> Bool {
        switch plan.kind {
        case .argument, .empty: return false
        case .match(let graph): return isUnknown || mayAffect(graph)
        case .step(let step):
            if step.isUpdate { return true }
            if case .procedureCall = step { return true }
            var affected = false
            step.forEachExpression { if mayAffect($0) { affected = true } }
            return affected
        }
    }

    private func mayAffect(_ graph: QueryGraph) -> Bool {
        for node in graph.nodes {
            // An unlabelled node of the pattern may still be held by a relationship's type.
            let isHeld = graph.relationships.contains {
                ($0.from == node.slot || $0.to == node.slot) && $0.length == nil
            }
            if isHeld || !createsNodes { continue }
            let isDisjoint = node.labels.contains { label in
                if case .name(let name) = label { return !labels.contains(name) }
                return false
            }
            if !isDisjoint { return true }
        }
        if !types.isEmpty {
            for relationship in graph.relationships {
                if relationship.types.isEmpty { return true }
                if !types.isDisjoint(with: relationship.types) { return true }
            }
        }
        for relationship in graph.relationships {
            if relationship.innerPredicates.contains(where: { mayAffect($0) }) { return true }
        }
        return graph.predicates.contains { mayAffect($0) }
    }

    /// Whether evaluating the expression could see a change.
    private func mayAffect(_ expression: PlanExpression) -> Bool {
        expression.contains { part in
            switch part.kind {
            case .property(let base, let key):
                guard base.type.refersToGraph else { return false }
                return isUnknown || keys.contains(key)
            case .subscripted(let base, _):
                return base.type.refersToGraph && (isUnknown || !keys.isEmpty)
            case .hasLabels: return isUnknown
            case .call(_, let arguments):
                let reads = arguments.contains { $0.type.refersToGraph }
                return reads && (isUnknown || !keys.isEmpty)
            case .nested: return true
            default: return false
            }
        }
    }
}

extension PlanExpression {
    /// Whether evaluating the expression looks into the graph.
    var readsGraph: Bool {
        contains { part in
            switch part.kind {
            case .property(let base, _), .subscripted(let base, _): base.type.refersToGraph
            case .hasLabels, .nested: true
            case .call(_, let arguments): arguments.contains { $0.type.refersToGraph }
            default: false
            }
        }
    }
}

extension OperatorKind {
    var isForeach: Bool {
        if case .foreach = self { return true }
        return false
    }

    /// The same update, row by row.
    var streaming: OperatorKind {
        switch self {
        case .create(let spec, _): .create(spec, isBlocking: false)
        case .merge(let spec, _): .merge(spec, isBlocking: false)
        case .set(let items, _): .set(items, isBlocking: false)
        case .delete(let items, let detach, _):
            .delete(items, detach: detach, isBlocking: false)
        case .foreach(let list, let element, _):
            .foreach(list: list, element: element, isBlocking: false)
        default: self
        }
    }
}
