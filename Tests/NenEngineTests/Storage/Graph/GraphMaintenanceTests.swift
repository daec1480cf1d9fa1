// Goal: maintenance changes the form and nothing else, and a killed process may forget it. Method:
// random transactions with maintenance between them, on disk, against the model; and forms that
// must come out.
import NenCore
import Testing

@testable import NenEngine

@Suite struct GraphMaintenanceTests {
    @Test func contentStaysTheSame() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let graph = GraphDisk(disk: SimulatedDisk(), seed: seed, nodeCountMax: 120)
        try graph.open()
        try graph.declareIndexes()
        for round in 0 ..< 20 {
            for _ in 0 ..< 3 { try graph.step(operations: 60) }
            let store = try #require(graph.store)
            let old = try store.snapshot()
            let model = graph.workload.model
            try store.maintainAll()
            #expect(try model.difference(from: try store.snapshot()) == nil, "seed \(seed)")
            #expect(try model.difference(from: old) == nil, "seed \(seed)")
            var findings: [CheckFinding] = []
            _ = try store.check { findings.append($0) }
            #expect(findings == [], "seed \(seed), round \(round)")
            if round % 3 == 2 {
                graph.kill()
                try graph.open()
                let reopened = try #require(graph.store)
                #expect(
                    try model.difference(from: try reopened.snapshot()) == nil, "seed \(seed)")
            }
        }
        graph.kill()
    }

    @Test func formsBecomeWhatFits() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let extra = try writer.internLabel("B")
        let type = try writer.internType("R")
        let key = try writer.internKey("k")
        let thin = try writer.internKey("thin")
        for number in 0 ..< 1_000 {
            let id = try writer.createNode(
                labels: [label],
                properties: [
                    (key, Cell(integer: Int64(number))), (thin, Cell(boolean: number % 2 == 0)),
                ])
            _ = try writer.createRelationship(
                type: type, source: id, target: id / 2, properties: [])
        }
        try writer.commit()
        let second = try store.beginWrite()
        #expect(try second.setNodeProperty(5, key, Cell(boolean: true)))
        #expect(try second.addLabels([extra], to: 5) == 1)
        for id in UInt32(0) ..< 970 { _ = try second.setNodeProperty(id, thin, .null) }
        for id in UInt32(0) ..< 100 {
            _ = try second.createRelationship(
                type: type, source: id, target: 999, properties: [])
        }
        try second.commit()
        let third = try store.beginWrite()
        #expect(try third.setNodeProperty(5, key, Cell(integer: 5)))
        #expect(try third.removeLabels([extra], from: 5) == 1)
        try third.commit()
        let before = try store.snapshot()
        #expect(try before.nodeChunk(0).column(key)?.type == .mixed)
        #expect(before.chunkLabelSets[0] == .max)
        let model = try GraphModel(before)
        try store.maintainAll()
        let view = try store.snapshot()
        let chunk = try view.nodeChunk(0)
        #expect(try chunk.column(key)?.type == .integer)
        #expect(try chunk.column(key)?.encoding == .dense)
        #expect(try chunk.column(thin)?.encoding == .sparse)
        #expect(try chunk.adjacency(type, .outgoing)?.deltaCount == 0)
        #expect(try chunk.adjacency(type, .outgoing)?.plainSegment != nil)
        #expect(view.chunkLabelSets[0] != .max)
        #expect(try model.difference(from: view) == nil)
        #expect(try store.check { _ in } == 0)
        // A second pass finds nothing to do.
        let number = try store.pages.pin().transaction
        try store.maintainAll()
        #expect(try store.pages.pin().transaction == number)
    }
}
