// GraphUnderTest: the same random graph twice: as a model and in a database. Every query runs in
// several ways over it; statements that change it are rolled back.

import NQLSyntax
import NenCore
import NenDB

/// One way to run a query.
struct Variant: Sendable {
    var name: String
    var disabledRules: Set<String> = []
    var forcedCandidate: String?
    var threads = 1

    /// As users run it.
    static let optimised = Variant(name: "optimised")

    /// All rules, none of them, several threads wherever they can work, some with one rule less or
    /// one rule only, and one kind of step forced.
    static func some(_ dice: inout Dice) -> [Variant] {
        let names = Set(OptimizerRules.names)
        let (without, only) = (dice.pick(names.sorted()), dice.pick(names.sorted()))
        let forced = dice.pick(OptimizerRules.candidates)
        return [
            optimised,
            Variant(name: "forcing \(forced)", forcedCandidate: forced),
            Variant(name: "2 threads", forcedCandidate: "threads", threads: 2),
            Variant(name: "7 threads", forcedCandidate: "threads", threads: 7),
            Variant(name: "no rules", disabledRules: names),
            Variant(name: "without \(without)", disabledRules: [without]),
            Variant(name: "only \(only)", disabledRules: names.subtracting([only]), threads: 2),
        ]
    }
}

/// What the engine gave.
enum EngineOutcome {
    /// With the graph behind the statement, when it may have changed it.
    case rows([Row], columns: [String], state: [Value]?)
    case failed(NQLError)
}

final class GraphUnderTest {
    let model: ModelGraph
    /// Statements before and behind the graph itself.
    let schema: [String]
    let afterwards: [String]
    let numbers: EntityNumbers
    private let session: Session

    init(_ model: ModelGraph, schema: [String], afterwards: [String]) throws {
        self.model = model
        self.schema = schema
        self.afterwards = afterwards
        var options = DatabaseOptions()
        options.capacityBytes = 64 << 20
        options.limits.timeoutMilliseconds = 3_000
        session = try Database.inMemory(options: options).session()
        for statement in schema { try session.run(statement) }
        var numbers = EntityNumbers()
        if let create = model.createStatement {
            var names = model.nodes.indices.map { "n\($0)" }
            names += model.relationships.indices.map { "r\($0)" }
            let text = create + " RETURN " + names.joined(separator: ", ")
            for (index, value) in try session.run(text).rows()[0].values.enumerated() {
                if case .node(let node) = value { numbers.nodes[node.id] = index }
                if case .relationship(let relationship) = value {
                    numbers.relationships[relationship.id] = index - model.nodes.count
                }
            }
        }
        self.numbers = numbers
        for statement in afterwards { try session.run(statement) }
    }

    /// Parameters of every query, for the engine and for the reference.
    static let parameters: [String: Value] = [
        "one": .integer(1), "text": .string("a"), "map": .map(["i": .integer(1)]),
        "type": .string("T"),
    ]
    static let modelParameters: [String: ModelValue] = [
        "one": .integer(1), "text": .string("a"), "map": .map(["i": .integer(1)]),
        "type": .string("T"),
    ]

    /// Runs a statement in one way; the graph is the same behind it.
    func run(_ text: String, _ variant: Variant, isUpdate: Bool) -> EngineOutcome {
        session.limits.disabledRules = variant.disabledRules
        session.limits.forcedCandidate = variant.forcedCandidate
        session.limits.threadCount = variant.threads
        do {
            if !isUpdate {
                let result = try session.run(text, Self.parameters)
                let columns = result.columns
                return .rows(try result.rows(), columns: columns, state: nil)
            }
            try session.run("BEGIN")
            defer { _ = try? session.run("ROLLBACK") }
            let result = try session.run(text, Self.parameters)
            let columns = result.columns
            let rows = try result.rows()
            var state: [Value] = []
            for dump in ["MATCH (n) RETURN n AS x", "MATCH ()-[r]->() RETURN r AS x"] {
                state += try session.run(dump).rows().map { $0.values[0] }
            }
            return .rows(rows, columns: columns, state: state)
        } catch let error as NQLError {
            return .failed(error)
        } catch {
            return .failed(.runtime(.database, nil, "\(error)"))
        }
    }
}

extension Query {
    /// Whether some clause changes the graph.
    var changesGraph: Bool { updates }
}
