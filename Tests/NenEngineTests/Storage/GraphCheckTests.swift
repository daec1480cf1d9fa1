// Goal: the check is silent on a sound graph and speaks up about planted contradictions; ANALYZE's
// estimates are close to the truth. Method: a random graph with a printed seed; private
// interfaces plant wrong counts and half a relationship.

import NenCore
import Testing

@testable import NenEngine

@Suite struct GraphCheckTests {
    /// A graph of 3,000 nodes with labels, values of several types, relationships and loops.
    static func build(_ store: GraphStore, _ random: inout SeededGenerator) throws {
        let transaction = try store.beginWrite()
        let labels = try ["A", "B", "C"].map { try transaction.internLabel($0) }
        let keys = try ["n", "mixed", "few"].map { try transaction.internKey($0) }
        let types = try ["R", "S"].map { try transaction.internType($0) }
        for number in 0 ..< 3_000 {
            let mixed = number % 3 == 0
                ? Cell(float: 0.5) : Cell(integer: Int64.random(in: 0 ..< 9, using: &random))
            var properties = [
                (keys[0], Cell(integer: Int64(number))),
                (keys[2], Cell(integer: Int64(number % 7))),
            ]
            if number % 2 == 0 { properties.append((keys[1], mixed)) }
            let own = labels.filter { _ in Bool.random(using: &random) }
            _ = try transaction.createNode(labels: own, properties: properties)
        }
        for _ in 0 ..< 9_000 {
            let type = types[Int.random(in: 0 ..< 2, using: &random)]
            let source = UInt32.random(in: 0 ..< 3_000, using: &random)
            let isLoop = Int.random(in: 0 ..< 50, using: &random) == 0
            let target = isLoop ? source : UInt32.random(in: 0 ..< 3_000, using: &random)
            guard try transaction.nodeExists(source), try transaction.nodeExists(target) else {
                continue
            }
            let weight = Cell(integer: Int64.random(in: 0 ..< 5, using: &random))
            _ = try transaction.createRelationship(
                type: type, source: source, target: target, properties: [(keys[2], weight)])
        }
        try transaction.commit()
    }

    static func findings(_ store: GraphStore) throws -> [CheckFinding] {
        var found: [CheckFinding] = []
        let count = try store.check { found.append($0) }
        #expect(count == found.count)
        return found
    }

    @Test func aSoundGraphHasNoFindings() throws {
        let seed = UInt64.random(in: 0 ... UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let store = try GraphStore.inMemory()
        #expect(try GraphCheckTests.findings(store).isEmpty)
        try GraphCheckTests.build(store, &random)
        #expect(try GraphCheckTests.findings(store).isEmpty, "seed \(seed)")
        let transaction = try store.beginWrite()
        for id in stride(from: UInt32(0), to: UInt32(9_000), by: 3) {
            if try transaction.relationshipExists(id) { try transaction.deleteRelationship(id) }
        }
        try transaction.commit()
        #expect(try GraphCheckTests.findings(store).isEmpty, "seed \(seed)")
    }

    @Test func plantedWrongCountsAreFound() throws {
        var random = SeededGenerator(seed: 7)
        let store = try GraphStore.inMemory()
        try GraphCheckTests.build(store, &random)
        let transaction = try store.beginWrite()
        try transaction.counter.addNodes(1, set: 0)
        try transaction.counter.addRelationships(1, type: 1, from: 0, to: 0, isLoop: true)
        _ = try transaction.createNode(labels: [], properties: [])
        try transaction.commit()
        let found = try GraphCheckTests.findings(store)
        #expect(found.contains { $0.problem.hasPrefix("nodes of label set 0") })
        #expect(found.contains { $0.problem.hasPrefix("relationships of type 1") })
        #expect(found.contains { $0.problem.hasPrefix("self-loops of type 1") })
        #expect(found.contains { $0.problem.hasPrefix("groups of relationships") })
    }

    @Test func estimatesAreCloseToTheTruth() throws {
        var random = SeededGenerator(seed: 11)
        let store = try GraphStore.inMemory()
        try GraphCheckTests.build(store, &random)
        try store.analyze()
        let view = try store.snapshot()
        let label = try #require(view.catalog.label("A"))
        func estimate(_ key: String) throws -> PropertyEstimate {
            let owner = PropertyOwner(
                entity: .node, labelOrType: label, key: try #require(view.catalog.key(key)))
            return try #require(view.statistics.properties[owner])
        }
        let nodes = view.catalog.labelSets.enumerated().filter { $0.element.contains(label) }
            .reduce(0.0) { $0 + Double(view.statistics.nodesPerLabelSet[$1.offset]) }
        let unique = try estimate("n")
        #expect(abs(unique.distinctCount / nodes - 1) < 0.1)
        #expect(unique.nullFraction == 0)
        let few = try estimate("few")
        #expect(abs(few.distinctCount - 7) < 0.5)
        #expect(few.minimum == .integer(0) && few.maximum == .integer(6))
        #expect(try abs(estimate("mixed").nullFraction - 0.5) < 0.1)
    }
}
