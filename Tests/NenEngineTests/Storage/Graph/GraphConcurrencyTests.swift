// Goal: readers always see whole transactions and never a false corruption, whatever the writer
// adds. Method: one thread moves amounts between nodes and brings new labels, types and keys with
// every commit; others take snapshots and add up all amounts.
import NenCore
import Synchronization
import Testing

@testable import NenEngine

@Suite struct GraphConcurrencyTests {
    private static let total: Int64 = 1_000

    /// Says to the readers that the writer is done; a class, so that tasks may share it.
    private final class Finish: Sendable {
        let isReached = Atomic(false)
    }

    @Test func readersSeeWholeTransactions() async throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let label = try writer.internLabel("Account")
        let key = try writer.internKey("amount")
        for number in 0 ..< 10 {
            let amount: Int64 = number == 0 ? Self.total : 0
            _ = try writer.createNode(labels: [label], properties: [(key, Cell(integer: amount))])
        }
        try writer.commit()
        let finish = Finish()
        let flaws = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0 ..< 2 {
                group.addTask {
                    var flaws: [String] = []
                    while !finish.isReached.load(ordering: .acquiring) && flaws.count < 3 {
                        do {
                            if let flaw = try Self.flaw(try store.snapshot()) {
                                flaws.append(flaw)
                            }
                        } catch {
                            flaws.append("\(error)")
                        }
                        // There may be no more threads than readers.
                        await Task.yield()
                    }
                    return flaws
                }
            }
            group.addTask {
                defer { finish.isReached.store(true, ordering: .releasing) }
                for round in 0 ..< 400 { try Self.move(round, in: store, key) }
                return []
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(flaws == [])
        #expect(try store.check { _ in } == 0)
    }

    /// Moves an amount and brings names that readers have not seen.
    private static func move(_ round: Int, in store: GraphStore, _ key: NameID) throws {
        let writer = try store.beginWrite()
        let from = UInt32(round % 10)
        let to = UInt32((round * 7 + 3) % 10)
        let amount = try writer.nodeProperty(from, key).integer
        if from != to {
            let other = try writer.nodeProperty(to, key).integer
            _ = try writer.setNodeProperty(from, key, Cell(integer: 0))
            _ = try writer.setNodeProperty(to, key, Cell(integer: amount + other))
        }
        _ = try writer.addLabels([try writer.internLabel("L\(round % 50)")], to: to)
        let fresh = try writer.internKey("k\(round)")
        _ = try writer.setNodeProperty(to, fresh, Cell(integer: 1))
        _ = try writer.createRelationship(
            type: try writer.internType("T\(round)"), source: from, target: to,
            properties: [(fresh, Cell(boolean: true))])
        try writer.commit()
    }

    /// What a snapshot says that cannot be.
    private static func flaw(_ view: GraphView) throws -> String? {
        guard let key = view.catalog.key("amount") else { return "no key" }
        var sum: Int64 = 0
        for id in UInt32(0) ..< 10 { sum += try view.nodeProperty(id, key).integer }
        if sum != total { return "sum \(sum)" }
        var ends = 0
        for id in UInt32(0) ..< 10 {
            _ = view.catalog.labelSets[Int(try view.labelSet(ofNode: id))]
            ends += try view.degree(node: id, type: nil, direction: .outgoing)
        }
        return ends == Int(view.statistics.relationshipCount) ? nil : "\(ends) relationships"
    }
}
