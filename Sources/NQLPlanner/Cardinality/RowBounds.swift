// RowBounds: no operator of a plan hands out more rows than this, whatever the estimates say: by
// exact counts, constant limits, unique keys and largest degrees. One pass over the finished draft,
// from the leaf up; `runs` is how often at most a tree runs that hangs on the rows of another, so
// that bounds are of all runs together.
//
// What an update of the same statement may have changed has no bound.

import NQLPlan
import NQLSyntax
import NenCore

/// Bounds for the drafts of one plan.
struct RowBounds {
    let catalog: Catalog
    let cardinality: CardinalityModel
    let facts: SlotFacts
    let slots: [SlotInfo]

    /// Nanoseconds for one operator, by and large.
    private static let workUnits = 300
    /// Longer walks are not added up.
    private static let hopsMax = 16

    init(_ planner: PhysicalPlanner) {
        catalog = planner.context.catalog
        cardinality = planner.cardinality
        facts = planner.facts
        slots = planner.session.slots
    }

    /// Writes the bounds of `root` and of all below it into the drafts.
    func assign(_ root: PlanDraft, runs: Double = 1, isStable: Bool = true) {
        for node in root.spine.reversed() {
            if Interruption.isOver(after: RowBounds.workUnits) { return }
            assignRights(node, runs, isStable)
            let isCounted = isStable && !(node.inputs.first?.writes ?? false)
            let bound = bound(node, runs, isCounted)
            node.bound = bound.isNaN ? .infinity : max(0, bound)
        }
    }

    private func assignRights(_ node: PlanDraft, _ runs: Double, _ isStable: Bool) {
        let isStable = isStable && !(node.inputs.first?.writes ?? false)
        for right in node.inputs.dropFirst() {
            switch node.kind {
            case .apply: assign(right, runs: node.inputs[0].bound, isStable: isStable)
            case .merge, .foreach: assign(right, runs: .infinity, isStable: false)
            default: assign(right, runs: runs, isStable: isStable)
            }
        }
    }

    private func bound(_ node: PlanDraft, _ runs: Double, _ isCounted: Bool) -> Double {
        let left = node.inputs.first?.bound ?? runs
        let right = node.inputs.count > 1 ? node.inputs[1].bound : 0
        switch node.kind {
        case .argument, .singleRow, .storedCount, .weightAggregate: return runs
        case .nodeScan, .indexSeek, .relationshipScan, .entityByID:
            return isCounted ? left * leaf(node.kind) : .infinity
        case .filter, .project, .semiExpandInto, .sort, .partialSort, .skip, .eager, .transactions,
            .produceResults, .create, .set, .delete, .foreach:
            return left
        case .expand, .expandInto, .intersect, .variableLengthExpand:
            return isCounted ? left * ways(node.kind) : .infinity
        case .projectEndpoints(let spec): return left * (spec.direction == .both ? 2 : 1)
        case .shortestPath(let spec): return spec.all ? .infinity : left
        case .unwind(let list, _): return left * length(list)
        case .aggregate(let keys, _):
            return keys.isEmpty ? runs : grouped(left, runs, keys.map(\.expression), isCounted)
        case .distinct(let slots):
            let keys = slots.map { PlanExpression(.slot($0), type: self.slots[$0].type) }
            return grouped(left, runs, keys, isCounted)
        case .topK(_, let count), .limit(let count):
            return min(left, runs * (count.count ?? .infinity))
        case .hashJoin(let kind, _):
            let pairs = runs > 0 ? left * right / runs : 0
            switch kind {
            case .inner: return pairs
            case .leftOuter: return max(left, pairs)
            case .semi, .anti: return left
            }
        case .cartesianProduct: return runs > 0 ? left * right / runs : 0
        case .apply(let kind, _):
            switch kind {
            case .inner: return right
            case .optional: return left + right
            case .semi, .anti, .mark, .count, .collect, .effect: return left
            }
        case .unionAll: return node.inputs.reduce(0) { $0 + $1.bound }
        case .procedureCall(let call): return call.isVoid ? left : .infinity
        case .pathSearch, .merge, .loadCSV, .weightScan: return .infinity
        }
    }

    // MARK: Leaves

    /// What one look into the graph finds.
    private func leaf(_ kind: OperatorKind) -> Double {
        switch kind {
        case .nodeScan(_, let labels): return cardinality.nodes(labels.map { [$0] } ?? [])
        case .relationshipScan(let spec):
            return cardinality.steps(spec.types, spec.direction, from: [], to: [])
        case .indexSeek(let seek):
            let all = cardinality.owners(seek.index)
            let isWhole = seek.equals.count == seek.index.properties.count
            guard seek.index.isUnique, isWhole, !seek.includesUnindexed else { return all }
            return min(all, seek.isList ? length(seek.equals[seek.equals.count - 1]) : 1)
        case .entityByID(let seek): return seek.isList ? length(seek.value) : 1
        default: return .infinity
        }
    }

    // MARK: Walks

    /// The most rows that one row becomes.
    private func ways(_ kind: OperatorKind) -> Double {
        switch kind {
        case .expand(let spec): return degree(spec, from: spec.from)
        case .expandInto(let spec):
            return min(degree(spec, from: spec.from), degree(spec.reversed, from: spec.to))
        case .intersect(let spec):
            // No more nodes than from the one side, and at each the relationships of the others.
            let all = spec.steps.map { degree($0, from: $0.from) }
            return all.reduce(1, *)
        case .variableLengthExpand(let spec): return paths(spec)
        default: return .infinity
        }
    }

    private func degree(_ spec: ExpandSpec, from slot: Slot?) -> Double {
        let labels = slot.map { facts.labels(of: $0) } ?? []
        let all = cardinality.steps(spec.types, spec.direction, from: [], to: [])
        let most = cardinality.largestDegreeAtHand(spec.types, spec.direction, from: labels)
        return min(all, most ?? all)
    }

    private func paths(_ spec: VariableLengthSpec) -> Double {
        switch spec.reach {
        case .anyEnd: return 1
        case .allEnds: return spec.isInto ? 1 : max(1, cardinality.nodeCount)
        case nil: break
        }
        guard let maximum = spec.maximum, maximum <= RowBounds.hopsMax, spec.body == nil else {
            return .infinity
        }
        var sum = spec.minimum == 0 ? 1.0 : 0
        var ways = 1.0
        for hop in 1 ..< max(1, maximum) + 1 where hop <= maximum {
            ways *= degree(spec.step, from: hop == 1 ? spec.step.from : nil)
            if hop >= spec.minimum { sum += ways }
        }
        return sum
    }

    // MARK: Lists and groups

    private func length(_ list: PlanExpression) -> Double {
        switch list.kind {
        case .list(let items): return Double(items.count)
        case .constant(.list(let items)): return Double(items.count)
        case .constant(.null): return 0
        case .call("range", let bounds) where bounds.count == 2:
            guard case .integer(let first) = bounds[0].constantValue,
                case .integer(let last) = bounds[1].constantValue
            else { return .infinity }
            return max(0, Double(last) - Double(first) + 1)
        default: return .infinity
        }
    }

    /// Groups by nodes are no more than there are nodes.
    private func grouped(
        _ rows: Double, _ runs: Double, _ keys: [PlanExpression], _ isCounted: Bool
    ) -> Double {
        guard isCounted else { return rows }
        var combinations = 1.0
        for key in keys {
            guard key.type == .node, let slot = key.plainSlot else { return rows }
            // One more where the node may be null.
            combinations *= cardinality.nodes(facts.labels(of: slot)) + 1
        }
        return min(rows, runs * combinations)
    }
}
