// Goal: the stored graph is the graph. Method: random operations on a write transaction and on a
// model of dictionaries, with savepoints, rollbacks, aborts, commits and old snapshots; everything
// is read back and compared, adjacency, statistics and indexes included.
import NenCore
import Testing

@testable import NenEngine

@Suite struct GraphModelTests {
    /// Runs `rounds` transactions of random operations and returns the first flaw.
    private func flaw(
        seed: UInt64, rounds: Int, store: GraphStore, withIndexes: Bool,
        comparesAlways: Bool = true
    ) throws -> String? {
        var workload = GraphWorkload(seed: seed)
        if withIndexes { try declareIndexes(store) }
        var old: [(GraphView, GraphModel)] = []
        for round in 0 ..< rounds {
            let writer = try store.beginWrite()
            let before = workload.model
            workload.beginTransaction()
            let count = Int.random(in: 1 ... 60, using: &workload.random)
            var marks: [(Savepoint, GraphWorkload.Moment)] = []
            for _ in 0 ..< count {
                if workload.chance(8) { marks.append((writer.savepoint(), workload.moment)) }
                if let flaw = try workload.step(writer) { return "round \(round): \(flaw)" }
                if workload.chance(8), let (mark, moment) = marks.popLast() {
                    if workload.chance(60) {
                        try writer.rollback(to: mark)
                        workload.goBack(to: moment)
                    } else {
                        writer.release(mark)
                    }
                }
            }
            if let flaw = try workload.model.difference(from: writer) {
                return "round \(round), inside: \(flaw)"
            }
            if workload.chance(15) {
                writer.abort()
                workload.model = before
            } else {
                try writer.commit()
            }
            if comparesAlways || round == rounds - 1,
                let flaw = try workload.model.difference(from: try store.snapshot())
            {
                return "round \(round), committed: \(flaw)"
            }
            if workload.chance(20) { old.append((try store.snapshot(), workload.model)) }
            if old.count > 3 { old.removeFirst() }
            for (view, model) in old {
                if let flaw = try model.difference(from: view) {
                    return "round \(round), old snapshot: \(flaw)"
                }
            }
        }
        return nil
    }

    private func declareIndexes(_ store: GraphStore) throws {
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let type = try writer.internType("R")
        let k = try writer.internKey("k")
        let l = try writer.internKey("l")
        _ = try writer.createIndex(
            name: "ak", entity: .node, labelOrType: label, properties: [k], isUnique: false)
        _ = try writer.createIndex(
            name: "akl", entity: .node, labelOrType: label, properties: [l, k], isUnique: false)
        _ = try writer.createIndex(
            name: "rk", entity: .relationship, labelOrType: type, properties: [k],
            isUnique: false)
        try writer.commit()
    }

    @Test func randomOperationsInMemory() throws {
        for _ in 0 ..< 6 {
            let seed = UInt64.random(in: 0 ... .max)
            let found = try flaw(
                seed: seed, rounds: 60, store: try GraphStore.inMemory(), withIndexes: false)
            #expect(found == nil, "seed \(seed)")
        }
    }

    @Test func randomOperationsWithIndexes() throws {
        for _ in 0 ..< 4 {
            let seed = UInt64.random(in: 0 ... .max)
            let found = try flaw(
                seed: seed, rounds: 60, store: try GraphStore.inMemory(), withIndexes: true)
            #expect(found == nil, "seed \(seed)")
        }
    }
}
