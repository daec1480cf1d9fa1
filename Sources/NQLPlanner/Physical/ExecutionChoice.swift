// ExecutionChoice: how an operator is carried out, once all below it is decided: by how many
// threads, with an array addressed by node or a hash table, with which tests left out.

import NQLPlan
import NQLSyntax
import NenCore

/// Chooses for the operators of one plan.
final class ExecutionChoice {
    private let session: PlanningSession
    private let cardinality: CardinalityModel
    private let failure: FailureModel
    /// Plans, by number, that only find rows.
    private var findingPlans: Set<Int> = []

    init(_ planner: PhysicalPlanner) {
        session = planner.session
        cardinality = planner.cardinality
        failure = planner.failure
    }

    /// - Parameters:
    ///   - rows: rows that come out.
    ///   - isRepeated: the operator runs for the rows of another one, over and over.
    ///   - mayEndEarly: a limit above may leave rows unread.
    func execution(
        _ kind: OperatorKind, _ inputs: [PhysicalOperator], rows: Double, isRepeated: Bool,
        mayEndEarly: Bool
    ) -> OperatorExecution {
        var result = OperatorExecution()
        if !isRepeated, let input = gathered(kind, inputs, rows: rows, mayEndEarly: mayEndEarly),
            isParallel(input)
        {
            result.threads = max(1, session.context.options.threads)
        }
        switch kind {
        case .aggregate(let keys, _):
            if keys.count == 1, keys[0].expression.type == .node {
                result.isNodeAddressed = !isRepeated && isDense(rows)
            }
        case .distinct(let slots):
            if slots.count == 1, session.slots[slots[0]].type == .node {
                result.isNodeAddressed = !isRepeated && isDense(rows)
            }
        case .hashJoin(_, let keys):
            if keys.count == 1, session.slots[keys[0].right].type == .node {
                result.isNodeAddressed = !isRepeated && isDense(inputs[1].estimate.rows)
            }
            result.mayLeaveLeft = !keys.contains { failure.mayFail($0.left) }
                && onlyFindsRows(inputs[0])
        case .cartesianProduct: result.mayLeaveLeft = onlyFindsRows(inputs[0])
        case .filter(let predicates):
            let readsNoRow = predicates.contains { $0.freeSlots.isEmpty }
            result.mayLeaveLeft = readsNoRow && onlyFindsRows(inputs[0])
        case .relationshipScan(let spec):
            result.provesLabels = (spec.fromLabels ?? spec.toLabels) != nil
                && isUnlabelledOrProven(spec.toLabels, spec, rows)
                && isUnlabelledOrProven(spec.fromLabels, spec.reversed, rows)
        case .expand(let spec): result.provesLabels = provesLabels(spec.toLabels, [spec], rows)
        case .intersect(let spec):
            result.provesLabels = provesLabels(spec.labels, spec.steps, rows)
        case .weightAggregate, .weightScan:
            if !session.isWriting, cardinality.nodeCount >= ExecutionChoice.weightNodesMin {
                result.threads = max(1, session.context.options.threads)
            }
        default: break
        }
        return result
    }

    // MARK: Arrays by node

    /// Nodes up to which an array is worth its memory whatever it holds.
    private static let smallNodeCount = 262_144.0
    /// At least one node in so many must have an entry: to clear the array for fewer takes longer
    /// than to hash them (measured: 0.5 ns for each node, 25 ns for each row).
    private static let smallSparseness = 64.0
    /// The same of a larger graph, where memory counts.
    private static let sparseness = 8.0

    private func isDense(_ rows: Double) -> Bool {
        let nodes = cardinality.nodeCount
        let isSmall = nodes <= ExecutionChoice.smallNodeCount
        let entries = isSmall ? ExecutionChoice.smallSparseness : ExecutionChoice.sparseness
        return rows * entries > nodes
    }

    // MARK: Labels

    /// Rows below which it does not pay to ask the statistics about labels.
    private static let provingRowCount = 1_024.0

    private func isUnlabelledOrProven(
        _ labels: PlanLabels?, _ step: ExpandSpec, _ rows: Double
    ) -> Bool {
        labels == nil || provesLabels(labels, [step], rows)
    }

    /// Whether the exact counts show that one of the steps leads to nodes with the labels only. The
    /// plan is then made anew as soon as relationships lead elsewhere, too.
    private func provesLabels(
        _ labels: PlanLabels?, _ steps: [ExpandSpec], _ rows: Double
    ) -> Bool {
        guard let labels, rows >= ExecutionChoice.provingRowCount, !session.isWriting,
            steps.contains(where: {
                cardinality.alwaysLeads(to: labels, types: $0.types, $0.direction)
            })
        else { return false }
        session.isSnapshotBound = true
        return true
    }

    // MARK: Left inputs that may be left out

    /// Whether running the plan neither changes anything nor may fail, so that it can be left out
    /// when nobody asks for its rows.
    private func onlyFindsRows(_ plan: PhysicalOperator) -> Bool {
        var waiting = [plan]
        while let node = waiting.popLast() {
            if findingPlans.contains(node.id) { continue }
            guard node.matchesPatterns, !node.mayFailItself(failure) else { return false }
            waiting.append(contentsOf: node.inputs)
        }
        findingPlans.insert(plan.id)
        return true
    }

    // MARK: Threads

    /// Operators of a pipeline, which are asked by recursion.
    private static let depthMax = 128
    /// Rows below which a second thread does not pay.
    private static let rowCountMin = 16_384.0
    /// Rows that top-k keeps for each task, of those that it reads, beyond which it is as a sort.
    private static let keptShare = 64.0
    /// Nodes below which weights are summed by one thread.
    private static let weightNodesMin = 16_384.0

    private var isForced: Bool { session.context.options.forcedCandidate == .threads }

    /// The input that an operator reads to its end before it hands out a row, if it may be read by
    /// several threads and what they gather be made one.
    private func gathered(
        _ kind: OperatorKind, _ inputs: [PhysicalOperator], rows: Double, mayEndEarly: Bool
    ) -> PhysicalOperator? {
        let functions = session.context.functions
        switch kind {
        case .aggregate(let keys, let aggregates):
            let isSafe = keys.allSatisfy { $0.expression.isParallelSafe(functions) }
                && aggregates.allSatisfy { call in
                    call.arguments.allSatisfy { $0.isParallelSafe(functions) }
                        && (!call.isDistinct || call.arguments.count == 1)
                }
            return isSafe ? inputs[0] : nil
        case .distinct: return mayEndEarly ? nil : inputs[0]
        case .sort: return inputs[0]
        case .topK:
            let share = rows * ExecutionChoice.keptShare
            return isForced || share <= inputs[0].pipelineEstimate ? inputs[0] : nil
        case .hashJoin, .cartesianProduct: return inputs[1]
        default: return nil
        }
    }

    /// Whether the rows of `input` are worth more than one thread, and the same by any number.
    private func isParallel(_ input: PhysicalOperator) -> Bool {
        session.context.options.threads > 1 && !session.isWriting
            && input.depth < ExecutionChoice.depthMax
            && (isForced || input.pipelineEstimate >= ExecutionChoice.rowCountMin)
            && input.isParallelPipeline(session.context.functions)
    }
}

extension CardinalityModel {
    /// Whether the exact statistics prove that every relationship of the types (empty: of all)
    /// leads, walked in the direction, to a node with the labels.
    func alwaysLeads(
        to labels: PlanLabels, types names: [String], _ direction: PatternDirection
    ) -> Bool {
        if labels.isDynamic { return false }
        let matches = matchingSets([labels])
        return statistics.endsAreAccepted(
            types: names.isEmpty ? nil : Set(names.compactMap { catalog.type($0) }),
            targets: direction != .incoming, sources: direction != .outgoing
        ) { Int($0) < matches.count && matches[Int($0)] }
    }
}

extension PhysicalOperator {
    /// Whether the operator matches patterns; its inputs are not asked.
    fileprivate var matchesPatterns: Bool {
        switch kind {
        case .singleRow, .argument, .nodeScan, .indexSeek, .relationshipScan, .entityByID,
            .filter, .project, .expand, .expandInto, .intersect, .projectEndpoints,
            .semiExpandInto, .variableLengthExpand, .shortestPath, .pathSearch, .unwind,
            .distinct, .hashJoin, .cartesianProduct:
            true
        default: false
        }
    }

    /// Whether the operators down to the source work row by row, or beside rows that all workers
    /// share, and give the same on any thread.
    fileprivate func isParallelPipeline(_ functions: any FunctionLibrary) -> Bool {
        switch kind {
        case .nodeScan(_, let labels): return labels.map { !$0.isDynamic } ?? true
        case .relationshipScan(let spec):
            return [spec.fromLabels, spec.toLabels].allSatisfy { !($0?.isDynamic ?? false) }
        case .aggregate(_, let aggregates):
            // Its groups are the source; results are asked for by several threads.
            return aggregates.allSatisfy {
                functions.function(named: $0.function)?.category == .aggregating
            }
        case .distinct: return execution.threads > 1
        case .filter, .project, .unwind, .expand, .expandInto, .intersect, .semiExpandInto,
            .hashJoin, .cartesianProduct:
            guard let input = inputs.first else { return false }
            return worksAlike(functions) && input.isParallelPipeline(functions)
        case .apply(let kind, let isPerRow):
            if case .effect = kind { return false }
            return !isPerRow && inputs[1].isParallelSubplan(functions)
                && inputs[0].isParallelPipeline(functions)
        default: return false
        }
    }

    /// Whether the right side of an apply in a parallel pipeline works row by row and gives the
    /// same on any thread.
    private func isParallelSubplan(_ functions: any FunctionLibrary) -> Bool {
        switch kind {
        case .argument: return true
        case .filter, .project, .expand, .expandInto, .intersect, .semiExpandInto:
            return worksAlike(functions) && inputs[0].isParallelSubplan(functions)
        default: return false
        }
    }

    /// Whether the operator's own expressions give the same on any thread.
    private func worksAlike(_ functions: any FunctionLibrary) -> Bool {
        switch kind {
        case .filter(let predicates):
            return predicates.allSatisfy { $0.isParallelSafe(functions) }
        case .project(let assignments):
            return assignments.allSatisfy { $0.expression.isParallelSafe(functions) }
        case .unwind(let list, _): return list.isParallelSafe(functions)
        case .hashJoin(_, let keys):
            return keys.allSatisfy { $0.left.isParallelSafe(functions) }
        default: return true
        }
    }

    /// The largest number of rows expected between this operator and the source of its pipeline.
    fileprivate var pipelineEstimate: Double {
        var largest = 0.0
        for node in spine {
            largest = max(largest, node.estimate.rows)
            switch node.kind {
            case .aggregate, .distinct: return largest
            default: break
            }
        }
        return largest
    }
}

extension PlanExpression {
    /// Whether evaluation on another thread gives the same: nothing volatile, no nested plan.
    fileprivate func isParallelSafe(_ functions: any FunctionLibrary) -> Bool {
        switch kind {
        case .nested: return false
        case .call(let name, let arguments):
            guard let signature = functions.function(named: name) else { return false }
            return !signature.isVolatile
                && arguments.allSatisfy { $0.isParallelSafe(functions) }
        case .constant, .parameter, .slot: return true
        case .property(let base, _): return base.isParallelSafe(functions)
        case .list(let items): return items.allSatisfy { $0.isParallelSafe(functions) }
        case .map(_, let items): return items.allSatisfy { $0.isParallelSafe(functions) }
        case .not(let operand), .negate(let operand), .plus(let operand),
            .isNull(let operand, _), .hasLabels(let operand, _),
            .isTyped(let operand, _, _, _):
            return operand.isParallelSafe(functions)
        case .binary(_, let left, let right), .subscripted(let left, let right):
            return left.isParallelSafe(functions) && right.isParallelSafe(functions)
        case .chain(let first, let links):
            return first.isParallelSafe(functions)
                && links.allSatisfy { $0.operand?.isParallelSafe(functions) ?? true }
        case .caseWhen(let operand, let branches, let otherwise):
            return [operand, otherwise].allSatisfy { $0?.isParallelSafe(functions) ?? true }
                && branches.allSatisfy { branch in
                    branch.conditions.allSatisfy { $0.isParallelSafe(functions) }
                        && branch.result.isParallelSafe(functions)
                }
        default: return false
        }
    }
}
