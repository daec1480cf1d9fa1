// LabelTest: a label (or type) expression over names as a table label set → yes or no, filled on
// demand. Rows then cost one look-up; rows of a pure chunk cost none.

import NQLPlan
import NenCore

/// A label expression without dynamic names, for nodes or relationships.
final class LabelTest {
    private let labels: PlanLabels
    /// Label set → 0 unknown, 1 no, 2 yes.
    private var verdicts: [UInt8] = []
    private var typeVerdicts: [UInt8] = []
    private var labelCount = -1

    init(_ labels: PlanLabels) { self.labels = labels }

    /// Whether nodes of a label set satisfy the expression.
    func accepts(labelSet: UInt32, _ graph: GraphView) -> Bool {
        let index = Int(labelSet)
        if index < verdicts.count, verdicts[index] != 0 { return verdicts[index] == 2 }
        let catalog = graph.catalog
        if catalog.labels.count != labelCount {
            // A new name may be one that this expression asks for.
            verdicts.removeAll(keepingCapacity: true)
            labelCount = catalog.labels.count
        }
        if index >= verdicts.count {
            let missing = max(index + 1, catalog.labelSets.count) - verdicts.count
            verdicts.append(contentsOf: repeatElement(0, count: missing))
        }
        let set = index < catalog.labelSets.count ? catalog.labelSets[index] : []
        let verdict = LabelTest.holds(labels, isAny: !set.isEmpty) { name in
            guard let label = catalog.label(name) else { return false }
            return set.contains(label)
        }
        verdicts[index] = verdict ? 2 : 1
        return verdict
    }

    /// Whether relationships of a type satisfy the expression.
    func accepts(type: NameID, _ graph: GraphView) -> Bool {
        let index = Int(type)
        if index < typeVerdicts.count, typeVerdicts[index] != 0 { return typeVerdicts[index] == 2 }
        let catalog = graph.catalog
        if index >= typeVerdicts.count {
            let missing = index + 1 - typeVerdicts.count
            typeVerdicts.append(contentsOf: repeatElement(0, count: missing))
        }
        let verdict = LabelTest.holds(labels, isAny: true) { catalog.type($0) == type }
        typeVerdicts[index] = verdict ? 2 : 1
        return verdict
    }

    /// Evaluates the expression with `has` answering for names.
    static func holds(_ labels: PlanLabels, isAny: Bool, _ has: (String) -> Bool) -> Bool {
        switch labels {
        case .name(let name): has(name)
        case .wildcard: isAny
        case .dynamic, .dynamicAny: false
        case .not(let inner): !holds(inner, isAny: isAny, has)
        case .and(let left, let right):
            holds(left, isAny: isAny, has) && holds(right, isAny: isAny, has)
        case .or(let left, let right):
            holds(left, isAny: isAny, has) || holds(right, isAny: isAny, has)
        }
    }
}

/// Looks up label sets of nodes, chunk by chunk.
struct LabelSetReader {
    private let graph: GraphView
    private let isWriting: Bool
    private var chunk: Int = -1
    private var constant: UInt32 = 0
    private var column: UnsafePointer<UInt32>?

    init(_ context: ExecutionContext) {
        graph = context.graph
        isWriting = context.transaction != nil
    }

    /// The label set of a node.
    @inline(__always)
    mutating func labelSet(_ node: UInt32) throws(NQLError) -> UInt32 {
        if isWriting { return try storage { try graph.labelSet(ofNode: node) } }
        let number = Int(node &>> 11)
        if number != chunk { try load(number) }
        guard let column else { return constant }
        return column[Int(node & 2_047)]
    }

    @inline(never)
    private mutating func load(_ number: Int) throws(NQLError) {
        let set = graph.chunkLabelSets[number]
        column = nil
        constant = set
        if set == .max {
            let graph = graph
            let handle = try storage { try graph.nodeChunk(number) }
            constant = handle.set
            column = handle.labelSets
        }
        chunk = number
    }
}
