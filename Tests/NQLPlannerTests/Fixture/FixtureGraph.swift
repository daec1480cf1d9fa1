// FixtureGraph: catalog and statistics of an imagined social network, and short ways to plan texts.

import NQLSyntax
import NenCore

@testable import NQLPlan
@testable import NQLPlanner

/// A graph of 10,000 people, 200 cities, 20 countries and 100,000 posts.
enum FixtureGraph {
    static let labels = ["Person", "City", "Country", "Post", "Tag", "Nobody"]
    static let types = ["KNOWS", "LIVES_IN", "PART_OF", "WROTE", "HAS_TAG", "NEVER"]
    static let keys = ["name", "age", "text", "id"]

    static var catalog: Catalog {
        Catalog(
            labels: labels, types: types, keys: keys,
            labelSets: [[], [0], [1], [2], [3], [4]],
            indexes: [
                IndexDescriptor(
                    id: 0, name: "person_name", kind: .range, entity: .node, labelOrType: 0,
                    properties: [0], isUnique: false),
                IndexDescriptor(
                    id: 1, name: "person_id", kind: .range, entity: .node, labelOrType: 0,
                    properties: [3], isUnique: true),
            ])
    }

    static var statistics: GraphStatistics {
        GraphStatistics(
            nodesPerLabelSet: [0, 10_000, 200, 20, 100_000, 500],
            relationshipsPerType: [200_000, 10_000, 200, 100_000, 300_000, 0],
            selfLoopsPerType: [0, 0, 0, 0, 0, 0],
            relationshipsPerGroup: [
                RelationshipGroup(sourceSet: 1, type: 0, targetSet: 1): 200_000,
                RelationshipGroup(sourceSet: 1, type: 1, targetSet: 2): 10_000,
                RelationshipGroup(sourceSet: 2, type: 2, targetSet: 3): 200,
                RelationshipGroup(sourceSet: 1, type: 3, targetSet: 4): 100_000,
                RelationshipGroup(sourceSet: 4, type: 4, targetSet: 5): 300_000,
            ],
            properties: [
                PropertyOwner(entity: .node, labelOrType: 0, key: 0): PropertyEstimate(
                    distinctCount: 5_000, nullFraction: 0),
                PropertyOwner(entity: .node, labelOrType: 0, key: 1): PropertyEstimate(
                    distinctCount: 100, nullFraction: 0, minimum: .integer(0),
                    maximum: .integer(100)),
            ])
    }

    static func context(
        disabling rules: Set<String> = [], forcing candidate: PlanCandidate? = nil,
        trace: Bool = false
    ) -> PlannerContext {
        PlannerContext(
            catalog: catalog, statistics: statistics, functions: FixtureFunctions(),
            evaluator: FixtureEvaluator(),
            options: PlannerOptions(
                disabledRules: rules, forcedCandidate: candidate, keepsTrace: trace))
    }
}

/// Evaluates integer arithmetic and comparisons: enough to see folding at work.
struct FixtureEvaluator: ConstantEvaluator {
    func evaluate(
        _ expression: PlanExpression, parameters: [String: Value]
    ) throws(NQLError) -> Value {
        switch expression.kind {
        case .constant(let value): return value
        case .list(let items):
            var values: [Value] = []
            for item in items { values.append(try evaluate(item, parameters: parameters)) }
            return .list(values)
        case .binary(let op, let left, let right):
            let a = try evaluate(left, parameters: parameters)
            let b = try evaluate(right, parameters: parameters)
            guard case .integer(let x) = a, case .integer(let y) = b else { break }
            switch op {
            case .add: return .integer(x + y)
            case .multiply: return .integer(x * y)
            case .equal: return .boolean(x == y)
            case .less: return .boolean(x < y)
            case .divide where y != 0: return .integer(x / y)
            default: break
            }
        default: break
        }
        throw .runtime(.arithmetic, "NotEvaluated", "not evaluated")
    }
}

/// Parses and plans one query.
func plan(
    _ text: String, disabling rules: Set<String> = [], forcing candidate: PlanCandidate? = nil,
    parameters: [String: Value]? = nil
) throws -> PhysicalPlan {
    let statement = try parseStatement(text)
    guard case .query(let query) = statement.kind else {
        throw PlanFault(description: "no query: \(text)")
    }
    let plan = try planQuery(
        query, context: FixtureGraph.context(disabling: rules, forcing: candidate),
        parameters: parameters)
    try verify(plan)
    return plan
}

/// The operators of a plan as lines `title details`, the left input below, right ones indented.
func outline(_ plan: PhysicalPlan) -> String {
    let printer = PlanPrinter(slots: plan.slots)
    var lines: [String] = []
    func add(_ node: PhysicalOperator, _ depth: Int) {
        let indent = String(repeating: "  ", count: depth)
        let details = printer.details(node.kind)
        lines.append(indent + node.kind.title + (details.isEmpty ? "" : " " + details))
        for input in node.inputs.dropFirst().reversed() { add(input, depth + 1) }
        if let left = node.inputs.first { add(left, depth) }
    }
    add(plan.root, 0)
    return lines.joined(separator: "\n")
}

/// The outline of the plan of `text`.
func outline(
    _ text: String, disabling rules: Set<String> = [], forcing candidate: PlanCandidate? = nil
) throws -> String {
    outline(try plan(text, disabling: rules, forcing: candidate))
}
