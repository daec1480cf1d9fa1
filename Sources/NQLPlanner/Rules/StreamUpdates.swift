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
        stream(plan, isReadBehind: false, context.session)
    }

    private static func stream(
        _ plan: LogicalPlan, isReadBehind: Bool, _ session: PlanningSession
    ) -> LogicalPlan {
        let spine = plan.spine
        // Whether anything behind each step of the spine reads or changes the graph.
        var behind = [isReadBehind]
        for node in spine { behind.append(behind[behind.count - 1] || touchesGraph(node, session)) }
        var result: LogicalPlan?
        for (node, isReadBehind) in zip(spine, behind).reversed() {
            let rights = node.inputs.dropFirst().map { right in
                // What runs inside a right side runs again for the next row.
                stream(right, isReadBehind: !node.isForeach, session)
            }
            var streamed = result.map { node.over([$0] + rights) } ?? node
            if !isReadBehind, case .update(let update, _) = node.kind, !node.isForeach,
                isIndependent(update, of: node.inputs[0])
            {
                streamed = LogicalPlan(.update(update, isBlocking: false), streamed.inputs)
            }
            result = streamed
        }
        return result ?? plan
    }

    /// Whether the step reads or changes the graph.
    private static func touchesGraph(_ node: LogicalPlan, _ session: PlanningSession) -> Bool {
        switch node.kind {
        case .argument, .empty, .unit: return false
        case .match, .update: return true
        case .results(let columns):
            return columns.contains { session.slots[$0.slot].type.refersToGraph }
        // A limit behind a streaming update would leave the rest of the changes undone.
        case .call, .slice(_, .some): return true
        default:
            var reads = false
            node.kind.forEachExpression { if $0.readsGraph { reads = true } }
            return reads || node.inputs.dropFirst().contains { touchesAny($0, session) }
        }
    }

    private static func touchesAny(_ node: LogicalPlan, _ session: PlanningSession) -> Bool {
        node.contains { touchesGraph($0, session) }
    }

    /// Whether the plan that feeds an update reads nothing that the update changes.
    private static func isIndependent(
        _ update: LogicalUpdate, of input: LogicalPlan
    ) -> Bool {
        var changes = GraphChanges()
        changes.collect(update)
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

    mutating func collect(_ update: LogicalUpdate) {
        switch update {
        case .create(let spec): collect(spec)
        case .merge(let spec):
            collect(spec.create)
            for item in spec.onCreate + spec.onMatch { collect(item) }
        case .set(let items):
            for item in items { collect(item) }
        case .delete, .foreach: isUnknown = true
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
        case .match(let graph): return isUnknown || mayAffect(graph)
        case .update, .call: return true
        default:
            var affected = false
            plan.kind.forEachExpression { if mayAffect($0) { affected = true } }
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
            case .nested, .subquery: return true
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
            case .hasLabels, .nested, .subquery: true
            case .call(_, let arguments): arguments.contains { $0.type.refersToGraph }
            default: false
            }
        }
    }
}

extension LogicalPlan {
    fileprivate var isForeach: Bool {
        if case .update(.foreach, _) = kind { return true }
        return false
    }
}
