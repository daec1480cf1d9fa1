// OperatorKind+Slots: which slots an operator reads from its left input and which it adds.

import NenCore

extension PlanProperties {
    package var expressions: [PlanExpression] {
        switch self {
        case .entries(_, let values): values
        case .map(let expression): [expression]
        }
    }

    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> PlanProperties {
        switch self {
        case .entries(let keys, let values): .entries(keys: keys, values: values.map(map))
        case .map(let expression): .map(map(expression))
        }
    }
}

extension PlanLabelName {
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> PlanLabelName {
        switch self {
        case .fixed: self
        case .dynamic(let expression): .dynamic(map(expression))
        }
    }
}

extension CreateSpec {
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> CreateSpec {
        let mapped = elements.map { element -> CreateElement in
            switch element {
            case .node(var node):
                node.labels = node.labels.map { $0.mapExpressions(map) }
                node.properties = node.properties.mapExpressions(map)
                return .node(node)
            case .relationship(var relationship):
                relationship.type = relationship.type.mapExpressions(map)
                relationship.properties = relationship.properties.mapExpressions(map)
                return .relationship(relationship)
            }
        }
        return CreateSpec(
            elements: mapped,
            paths: paths.map {
                SlotAssignment(slot: $0.slot, expression: map($0.expression))
            })
    }

    /// Slots of the elements and paths that are made.
    package var createdSlots: [Slot] {
        elements.map(\.slot) + paths.map(\.slot)
    }

    /// Ends of relationships, whether made here or bound before.
    package var endSlots: [Slot] {
        elements.flatMap { element -> [Slot] in
            guard case .relationship(let relationship) = element else { return [] }
            return [relationship.source, relationship.target]
        }
    }
}

extension SetOperation {
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> SetOperation {
        switch self {
        case .property(let entity, let key, let value):
            .property(entity: map(entity), key: key, value: map(value))
        case .dynamicProperty(let entity, let key, let value):
            .dynamicProperty(entity: map(entity), key: map(key), value: map(value))
        case .replaceProperties(let entity, let value):
            .replaceProperties(entity: map(entity), value: map(value))
        case .addProperties(let entity, let value):
            .addProperties(entity: map(entity), value: map(value))
        case .addLabels(let entity, let labels):
            .addLabels(entity: map(entity), labels: labels.map { $0.mapExpressions(map) })
        case .removeLabels(let entity, let labels):
            .removeLabels(entity: map(entity), labels: labels.map { $0.mapExpressions(map) })
        }
    }
}

extension ExpandSpec {
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> ExpandSpec {
        var result = self
        result.fromLabels = fromLabels.map { $0.mapExpressions(map) }
        result.toLabels = toLabels.map { $0.mapExpressions(map) }
        return result
    }
}

extension VariableLengthSpec {
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> VariableLengthSpec {
        var result = self
        result.step = step.mapExpressions(map)
        result.predicate = predicate.map(map)
        result.body = body?.mapExpressions(map)
        result.endPredicates = endPredicates.map(map)
        return result
    }
}

extension OperatorKind {
    /// The same operator with each of its expressions replaced. Weight programs stay as they are.
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> OperatorKind {
        func mapAssignments(_ items: [SlotAssignment]) -> [SlotAssignment] {
            items.map { SlotAssignment(slot: $0.slot, expression: map($0.expression)) }
        }
        switch self {
        case .singleRow, .argument, .distinct, .sort, .partialSort, .eager, .transactions,
            .cartesianProduct, .apply, .unionAll, .produceResults, .storedCount, .weightAggregate,
            .weightScan:
            return self
        case .hashJoin(let kind, let keys):
            return .hashJoin(
                kind, keys: keys.map { JoinKey(left: map($0.left), right: $0.right) })
        case .nodeScan(let node, let labels):
            return .nodeScan(node: node, labels: labels.map { $0.mapExpressions(map) })
        case .indexSeek(let seek): return .indexSeek(seek.mapExpressions(map))
        case .relationshipScan(let spec): return .relationshipScan(spec.mapExpressions(map))
        case .entityByID(let seek): return .entityByID(seek.mapExpressions(map))
        case .filter(let predicates): return .filter(predicates.map(map))
        case .project(let items): return .project(mapAssignments(items))
        case .expand(let spec): return .expand(spec.mapExpressions(map))
        case .expandInto(let spec): return .expandInto(spec.mapExpressions(map))
        case .intersect(let spec):
            return .intersect(
                IntersectSpec(steps: spec.steps, labels: spec.labels?.mapExpressions(map)))
        case .projectEndpoints(let spec): return .projectEndpoints(spec.mapExpressions(map))
        case .semiExpandInto(let spec, let isAnti):
            return .semiExpandInto(spec.mapExpressions(map), isAnti: isAnti)
        case .variableLengthExpand(let spec):
            return .variableLengthExpand(spec.mapExpressions(map))
        case .shortestPath(let spec):
            return .shortestPath(
                ShortestPathSpec(
                    expand: spec.expand.mapExpressions(map), all: spec.all,
                    stepCount: spec.stepCount))
        case .pathSearch(let spec): return .pathSearch(spec.mapExpressions(map))
        case .unwind(let list, let element): return .unwind(list: map(list), element: element)
        case .aggregate(let keys, let aggregates):
            return .aggregate(
                keys: mapAssignments(keys),
                aggregates: aggregates.map { call in
                    var copy = call
                    copy.arguments = call.arguments.map(map)
                    return copy
                })
        case .topK(let keys, let count): return .topK(keys, count: map(count))
        case .skip(let count): return .skip(map(count))
        case .limit(let count): return .limit(map(count))
        case .create, .merge, .set, .delete, .foreach, .procedureCall, .loadCSV:
            return mapWriteExpressions(map)
        }
    }

    private func mapWriteExpressions(
        _ map: (PlanExpression) -> PlanExpression
    ) -> OperatorKind {
        switch self {
        case .create(let spec, let isBlocking):
            return .create(spec.mapExpressions(map), isBlocking: isBlocking)
        case .merge(let spec, let isBlocking):
            return .merge(
                MergeSpec(
                    create: spec.create.mapExpressions(map),
                    onCreate: spec.onCreate.map { $0.mapExpressions(map) },
                    onMatch: spec.onMatch.map { $0.mapExpressions(map) }),
                isBlocking: isBlocking)
        case .set(let items, let isBlocking):
            return .set(items.map { $0.mapExpressions(map) }, isBlocking: isBlocking)
        case .delete(let items, let detach, let isBlocking):
            return .delete(items.map(map), detach: detach, isBlocking: isBlocking)
        case .foreach(let list, let element, let isBlocking):
            return .foreach(list: map(list), element: element, isBlocking: isBlocking)
        case .procedureCall(var call):
            call.arguments = call.arguments.map(map)
            return .procedureCall(call)
        case .loadCSV(var spec):
            spec.source = map(spec.source)
            return .loadCSV(spec)
        default: return self
        }
    }

    /// Every expression of this operator.
    package func forEachExpression(_ visit: (PlanExpression) -> Void) {
        _ = mapExpressions { expression in
            visit(expression)
            return expression
        }
    }

    /// Slots this operator reads, in expressions and otherwise, from its left input (leaves: from
    /// the enclosing argument). Sides of a join and of a union are asked for separately.
    package var reads: Set<Slot> {
        var slots: Set<Slot> = []
        forEachExpression { $0.collectFreeSlots(into: &slots) }
        switch self {
        case .expand(let spec):
            slots.insert(spec.from)
            slots.formUnion(spec.differentFrom)
        case .expandInto(let spec), .semiExpandInto(let spec, _):
            slots.insert(spec.from)
            slots.insert(spec.to)
            slots.formUnion(spec.differentFrom)
        case .intersect(let spec):
            slots.formUnion(spec.steps.map(\.from))
            slots.formUnion(spec.differentFrom)
        case .relationshipScan(let spec): slots.formUnion(spec.differentFrom)
        case .projectEndpoints(let spec):
            if let relationship = spec.relationship { slots.insert(relationship) }
            slots.formUnion(spec.differentFrom)
        case .variableLengthExpand(let spec): spec.collectReads(into: &slots)
        case .shortestPath(let spec): spec.expand.collectReads(into: &slots)
        case .pathSearch(let spec): spec.collectReads(into: &slots)
        case .distinct(let distinct): slots.formUnion(distinct)
        case .sort(let keys), .topK(let keys, _), .partialSort(let keys, _):
            slots.formUnion(keys.map(\.slot))
        case .create(let spec, _):
            slots.formUnion(spec.endSlots)
            slots.subtract(spec.createdSlots)
        case .merge(let spec, _):
            slots.formUnion(spec.create.endSlots)
            slots.subtract(spec.create.createdSlots)
        case .produceResults(let columns): slots.formUnion(columns.map(\.slot))
        default: break
        }
        return slots
    }

    /// Slots that are bound behind this operator and were not before (right inputs not counted).
    package var produced: Set<Slot> {
        switch self {
        case .nodeScan(let node, _): [node]
        case .indexSeek(let seek): [seek.slot]
        case .entityByID(let seek): [seek.slot]
        case .projectEndpoints(let spec): [spec.from, spec.to]
        case .relationshipScan(let spec):
            Set([spec.from, spec.to] + (spec.relationship.map { [$0] } ?? []))
        case .project(let items): Set(items.map(\.slot))
        case .expand(let spec): Set([spec.to] + (spec.relationship.map { [$0] } ?? []))
        case .expandInto(let spec): Set(spec.relationship.map { [$0] } ?? [])
        case .intersect(let spec): Set([spec.to] + spec.relationships)
        case .variableLengthExpand(let spec): spec.produced
        case .shortestPath(let spec):
            spec.expand.produced.union(spec.stepCount.map { [$0] } ?? [])
        case .pathSearch(let spec): spec.produced
        case .unwind(_, let element): [element]
        case .aggregate(let keys, let aggregates):
            Set(keys.map(\.slot) + aggregates.map(\.slot))
        case .unionAll(let targets, _): Set(targets)
        case .create(let spec, _): Set(spec.createdSlots)
        case .merge(let spec, _): Set(spec.create.createdSlots)
        case .procedureCall(let call): Set(call.yields.map(\.slot))
        case .loadCSV(let spec): [spec.slot, spec.fileSlot, spec.lineSlot]
        case .storedCount(_, let slot): [slot]
        case .weightAggregate(let program), .weightScan(let program): [program.slot]
        case .apply(.mark(let slot), _), .apply(.count(let slot), _),
            .apply(.collect(let slot, _), _):
            [slot]
        case .singleRow, .argument, .filter, .semiExpandInto, .distinct, .sort, .topK,
            .partialSort, .skip, .limit, .eager, .transactions, .hashJoin, .cartesianProduct,
            .apply, .set, .delete, .foreach, .produceResults:
            []
        }
    }

    /// Slots that have a value only while the operator's own predicates are evaluated.
    package var localSlots: Set<Slot> {
        switch self {
        case .variableLengthExpand(let spec):
            var slots = spec.body?.innerSlots ?? []
            if let local = spec.predicateRelationship { slots.insert(local) }
            return slots
        case .pathSearch(let spec):
            var slots = spec.innerOutputs
            for piece in spec.pieces { slots.formUnion(piece.innerSlots) }
            if let trace = spec.trace { slots.insert(trace) }
            return slots
        default: return []
        }
    }

    /// Whether the right input is read before the left one.
    package var readsRightFirst: Bool {
        switch self {
        case .hashJoin, .cartesianProduct: true
        default: false
        }
    }

    /// Whether slots of the right input are bound behind this operator.
    package var exposesRight: Bool {
        switch self {
        case .hashJoin(let kind, _): kind == .inner || kind == .leftOuter
        case .cartesianProduct: true
        case .apply(.inner, _), .apply(.optional, _): true
        default: false
        }
    }

    /// Whether the operator changes the graph itself.
    package var isUpdate: Bool {
        switch self {
        case .create, .merge, .set, .delete, .foreach: true
        default: false
        }
    }

    /// Whether only the slots in `produced` (for `distinct`: its list) survive.
    package var dropsInput: Bool {
        switch self {
        case .aggregate, .unionAll, .weightAggregate, .distinct: true
        default: false
        }
    }

    /// Whether the right input's `argument` leaf stands for rows of the left input.
    package var passesArgument: Bool {
        switch self {
        case .apply, .merge, .foreach: true
        default: false
        }
    }
}

extension IndexSeek {
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> IndexSeek {
        var result = self
        result.equals = equals.map(map)
        result.lower = lower.map { IndexBound(value: map($0.value), isInclusive: $0.isInclusive) }
        result.upper = upper.map { IndexBound(value: map($0.value), isInclusive: $0.isInclusive) }
        result.prefix = prefix.map(map)
        return result
    }
}

extension VariableLengthSpec {
    package func collectReads(into slots: inout Set<Slot>) {
        if let local = predicateRelationship { slots.remove(local) }
        if let body { slots.subtract(body.innerSlots) }
        slots.remove(step.to)
        slots.insert(step.from)
        if isInto { slots.insert(step.to) }
        slots.formUnion(step.differentFrom)
    }

    /// Slots that are bound behind the operator and were not before.
    public var produced: Set<Slot> {
        var slots: Set<Slot> = []
        if !isInto { slots.insert(step.to) }
        if let relationship = step.relationship { slots.insert(relationship) }
        if let body { slots.formUnion(body.outputs) }
        return slots
    }
}

extension OperatorKind {
    /// Slots that are bound behind this operator over `inputs`.
    package func available(_ inputs: [PhysicalOperator], _ output: [Slot]) -> BitSet {
        if case .distinct(let slots) = self { return BitSet(slots) }
        if case .argument = self { return BitSet(output) }
        if dropsInput { return BitSet(produced) }
        var slots = inputs.first?.available ?? []
        if exposesRight, inputs.count > 1 { slots.formUnion(inputs[1].available) }
        if case .merge = self, inputs.count > 1 { slots.formUnion(inputs[1].kind.produced) }
        slots.formUnion(produced)
        return slots
    }

    /// Slots that this operator over `inputs` reads from the row or rows around it.
    package func free(_ inputs: [PhysicalOperator], _ output: [Slot]) -> BitSet {
        if case .argument = self { return BitSet(output) }
        switch self {
        case .unionAll, .hashJoin, .cartesianProduct:
            return inputs.reduce(into: BitSet()) { $0.formUnion($1.free) }
        default: break
        }
        guard let left = inputs.first else { return BitSet(reads) }
        var slots = left.free
        for slot in reads where !left.available.contains(slot) { slots.insert(slot) }
        if passesArgument, inputs.count > 1 {
            var inner = inputs[1].free.subtracting(left.available)
            if case .foreach(_, let element, _) = self { inner.remove(element) }
            slots.formUnion(inner)
        }
        return slots
    }
}

extension PhysicalOperator {
    /// Slots that this plan reads from the row or rows around it.
    package var freeSlots: Set<Slot> { Set(free.elements) }
}
