// PlanVerifier: what must hold for every plan, whatever rules made it. Run on every plan in every
// build.

import NenCore

/// A broken invariant of a plan.
public struct PlanFault: Error, Sendable, CustomStringConvertible {
    public var description: String
    public init(description: String) { self.description = description }
}

/// Checks a finished plan: every operator reads only slots that are produced below it or that the
/// row around it has, hands on only what is there, and has as many inputs as its kind asks for;
/// operator numbers are unique, nested plans included. Throws the first fault found.
public func verify(_ plan: PhysicalPlan) throws(PlanFault) {
    var verifier = PlanVerifier(slotCount: plan.slots.count)
    try verifier.verify(plan.root, around: [])
}

private struct PlanVerifier {
    let slotCount: Int
    var numbers: Set<Int> = []

    init(slotCount: Int) { self.slotCount = slotCount }

    mutating func verify(
        _ root: PhysicalOperator, around: Set<Slot>
    ) throws(PlanFault) {
        for node in root.spine { try verifyOne(node, around: around) }
    }

    private mutating func verifyOne(
        _ node: PhysicalOperator, around: Set<Slot>
    ) throws(PlanFault) {
        let title = "\(node.kind.title) #\(node.id)"
        if !numbers.insert(node.id).inserted {
            throw PlanFault(description: "\(title): number used twice")
        }
        if !node.kind.inputCounts.contains(node.inputs.count) {
            throw PlanFault(description: "\(title): \(node.inputs.count) inputs")
        }
        try verifyInputs(node, around)
        try verifySlots(node, around, title)
        try verifyNested(node, around)
    }

    private mutating func verifyInputs(
        _ node: PhysicalOperator, _ around: Set<Slot>
    ) throws(PlanFault) {
        for (position, input) in node.inputs.enumerated().dropFirst() {
            var visible = around
            if position == 1, node.kind.passesArgument {
                visible.formUnion(node.inputs[0].output)
                if case .foreach(_, let element, _) = node.kind { visible.insert(element) }
            }
            try verify(input, around: visible)
        }
    }

    private func verifySlots(
        _ node: PhysicalOperator, _ around: Set<Slot>, _ title: String
    ) throws(PlanFault) {
        let below = Set(node.inputs.first?.output ?? [])
        var readable = below
        if node.inputs.isEmpty { readable = around }
        let reads = node.kind.reads
        if !reads.isSubset(of: readable) {
            throw PlanFault(
                description: "\(title): reads \(reads.subtracting(readable).sorted()),"
                    + " has \(readable.sorted())")
        }
        var available = node.kind.produced
        if !node.kind.dropsInput { available.formUnion(below) }
        if case .distinct = node.kind { available = below }
        if case .argument = node.kind { available = around }
        if node.kind.exposesRight { available.formUnion(node.inputs[1].output) }
        if !Set(node.output).isSubset(of: available) {
            throw PlanFault(
                description: "\(title): hands on"
                    + " \(Set(node.output).subtracting(available).sorted())")
        }
        if node.output != node.output.sorted() || Set(node.output).count != node.output.count {
            throw PlanFault(description: "\(title): output not ascending")
        }
        if let wrong = node.output.first(where: { $0 < 0 || $0 >= slotCount }) {
            throw PlanFault(description: "\(title): no slot \(wrong)")
        }
        try verifySides(node, title)
    }

    private func verifySides(_ node: PhysicalOperator, _ title: String) throws(PlanFault) {
        switch node.kind {
        case .hashJoin(_, let keys):
            let right = Set(node.inputs[1].output)
            if !right.isSuperset(of: keys.map(\.right)) {
                throw PlanFault(description: "\(title): key is not in the right input")
            }
        case .unionAll(let targets, let sources):
            for (input, slots) in zip(node.inputs, sources) {
                let isComplete = slots.count == targets.count
                if !isComplete || !Set(input.output).isSuperset(of: slots) {
                    throw PlanFault(description: "\(title): columns \(slots) missing")
                }
            }
            if sources.count != node.inputs.count {
                throw PlanFault(description: "\(title): \(sources.count) sources")
            }
        case .apply(.collect(_, let value), _):
            if !node.inputs[1].output.contains(value) {
                throw PlanFault(description: "\(title): slot \(value) is not collected")
            }
        default: break
        }
    }

    private mutating func verifyNested(
        _ node: PhysicalOperator, _ around: Set<Slot>
    ) throws(PlanFault) {
        var nested: [(NestedPlan, Set<Slot>)] = []
        var isUnplanned = false
        let visible = Set(node.inputs.first?.output ?? []).union(around)
        func visit(_ expression: PlanExpression, _ locals: Set<Slot>) {
            var inner = locals
            switch expression.kind {
            case .nested(let plan): nested.append((plan, locals))
            case .subquery: isUnplanned = true
            case .listComprehension(let element, _, _, _), .quantifier(_, let element, _, _):
                inner.insert(element)
            case .reduce(let accumulator, _, let element, _, _):
                inner.formUnion([accumulator, element])
            default: break
            }
            expression.forEachChild { visit($0, inner) }
        }
        node.kind.forEachExpression { visit($0, visible) }
        if isUnplanned {
            throw PlanFault(description: "\(node.kind.title) #\(node.id): a subquery has no plan")
        }
        for (plan, locals) in nested {
            // The same nested plan may stand at several places of one expression.
            if numbers.contains(plan.root.id) { continue }
            let around = locals.union(node.kind.produced).union(node.kind.localSlots)
            try verify(plan.root, around: around)
        }
    }
}

extension OperatorKind {
    /// How many inputs an operator of this kind may have.
    package var inputCounts: ClosedRange<Int> {
        switch self {
        case .singleRow, .argument, .nodeScan, .indexSeek, .relationshipScan, .entityByID,
            .weightAggregate, .weightScan:
            0...0
        case .hashJoin, .cartesianProduct, .apply, .merge, .foreach: 2...2
        case .unionAll: 2...Int(Int32.max)
        default: 1...1
        }
    }
}
