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
            _ = try store.maintainAll()
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
        _ = try store.maintainAll()
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
        _ = try store.maintainAll()
        #expect(try store.pages.pin().transaction == number)
    }

    /// One small write must not take the fast path from a group for ever.
    @Test func theBacklogNamesWhatACommitLeft() throws {
        let store = try GraphStore.inMemory()
        let (type, nodes) = try chain(store, nodes: 5_000)
        let backlog = store.context.backlog
        #expect(backlog.isEmpty)
        let writer = try store.beginWrite()
        _ = try writer.createRelationship(
            type: type, source: nodes[4_500], target: nodes[9], properties: [])
        try writer.commit()
        #expect(backlog.count == 2)
        // What has just changed is let alone for a round.
        #expect(backlog.takeQuiet().isDone)
        var pass = backlog.takeQuiet()
        #expect(pass.remaining.map(\.number).sorted() == [0, 2])
        #expect(backlog.isEmpty)
        var report = MaintenanceReport()
        while !pass.isDone { #expect(try store.maintain(&pass, waits: false, &report)) }
        #expect(report.groupsFolded == 2 && report.chunksRewritten == 2)
        #expect(try deltas(store.snapshot()) == 0)
        #expect(backlog.isEmpty)
    }

    @Test func maintenanceGivesWayToWriters() throws {
        let store = try GraphStore.inMemory()
        let (type, nodes) = try chain(store, nodes: 100)
        let writer = try store.beginWrite()
        _ = try writer.createRelationship(
            type: type, source: nodes[5], target: nodes[9], properties: [])
        try writer.commit()
        let other = try store.beginWrite()
        var pass = MaintenancePass(nodes: [0], relationships: [])
        var report = MaintenanceReport()
        #expect(try store.maintain(&pass, waits: false, &report) == false)
        #expect(pass.remaining.count == 1 && report.chunksRewritten == 0)
        other.abort()
        #expect(try store.maintain(&pass, waits: false, &report))
        #expect(pass.isDone && report.chunksRewritten == 1)
    }

    /// Deltas that long commits leave are folded by the commits themselves.
    @Test func commitsFoldLongDeltas() throws {
        let store = try GraphStore.inMemory()
        let (type, nodes) = try chain(store, nodes: 4_000)
        for round in 0 ..< 100 {
            let writer = try store.beginWrite()
            for place in 0 ..< 20 {
                let source = nodes[(round * 997 + place * 131) % nodes.count]
                _ = try writer.createRelationship(
                    type: type, source: source, target: nodes[(round + place * 7) % 2_000],
                    properties: [])
            }
            try writer.commit()
            var longest = 0
            let view = try store.snapshot()
            for chunk in 0 ..< view.nodeChunkCount {
                try view.nodeChunk(chunk).forEachAdjacency { longest = max(longest, $0.deltaCount) }
            }
            #expect(longest <= MutableAdjacency.foldedDeltaMin)
        }
        #expect(try store.check { _ in } == 0)
    }

    /// A reader holds the pages of its snapshot, and not those of what came after.
    @Test func aLongReaderDoesNotMakeTheFileGrow() throws {
        let graph = GraphDisk(disk: SimulatedDisk(), seed: 7, nodeCountMax: 100)
        try graph.open()
        let store = try #require(graph.store)
        let (type, nodes) = try chain(store, nodes: 3_000)
        let reader = try store.snapshot()
        let model = try GraphModel(reader)
        var pageCounts: [Int] = []
        for round in 0 ..< 120 {
            let writer = try store.beginWrite()
            for place in 0 ..< 10 {
                _ = try writer.createRelationship(
                    type: type, source: nodes[place * 251], target: nodes[round], properties: [])
            }
            try writer.commit()
            #expect(try store.maintainAll().groupsFolded > 0)
            if round % 40 == 39 {
                try store.checkpoint()
                pageCounts.append(store.pages.usedByteCount() / pageByteCount)
            }
        }
        // 800 relationships take some 20 pages; 80 rounds of copies would be thousands.
        #expect(pageCounts[2] - pageCounts[0] < 100, "\(pageCounts)")
        #expect(try model.difference(from: reader) == nil)
        graph.kill()
    }

    /// Many small writes, folded, leave the forms that a load of the same graph makes.
    @Test func smallWritesBecomeWhatALoadMakes() throws {
        let count = 3_000
        let degree = 12
        func targets(_ source: Int, _ round: Int) -> Int { (source * 7 + round * 977) % count }
        let small = try GraphStore.inMemory()
        let (type, nodes) = try chain(small, nodes: count, relationships: false)
        for round in 0 ..< degree {
            for start in stride(from: 0, to: count, by: 100) {
                let writer = try small.beginWrite()
                for source in start ..< start + 100 {
                    _ = try writer.createRelationship(
                        type: type, source: nodes[source], target: nodes[targets(source, round)],
                        properties: [])
                }
                try writer.commit()
            }
        }
        #expect(try deltas(small.snapshot()) > 0)
        _ = try small.maintainAll()
        let whole = try GraphStore.inMemory()
        _ = try chain(whole, nodes: count, relationships: false)
        let writer = try whole.beginWrite()
        let other = try writer.internType("R")
        for round in 0 ..< degree {
            for source in 0 ..< count {
                _ = try writer.createRelationship(
                    type: other, source: nodes[source], target: nodes[targets(source, round)],
                    properties: [])
            }
        }
        try writer.commit()
        _ = try whole.maintainAll()
        let (one, two) = (try small.snapshot(), try whole.snapshot())
        #expect(try deltas(one) == 0)
        #expect(one.nodeChunkCount == two.nodeChunkCount)
        #expect(one.relationshipChunkCount == two.relationshipChunkCount)
        for chunk in 0 ..< one.nodeChunkCount {
            for direction in [AdjacencyDirection.outgoing, .incoming] {
                let a = try #require(try one.nodeChunk(chunk).adjacency(type, direction))
                let b = try #require(try two.nodeChunk(chunk).adjacency(other, direction))
                #expect(a.form == b.form && a.entryCount == b.entryCount)
                #expect(a.segmentCount <= b.segmentCount + 1)
            }
        }
        #expect(try GraphModel(two).difference(from: one) == nil)
    }

    /// Nodes of one label, each with a relationship to the one before.
    private func chain(
        _ store: GraphStore, nodes count: Int, relationships: Bool = true
    ) throws -> (type: NameID, nodes: [UInt32]) {
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let type = try writer.internType("R")
        var nodes: [UInt32] = []
        for _ in 0 ..< count {
            let node = try writer.createNode(labels: [label], properties: [])
            if relationships {
                _ = try writer.createRelationship(
                    type: type, source: node, target: nodes.last ?? node, properties: [])
            }
            nodes.append(node)
        }
        try writer.commit()
        _ = try store.maintainAll()
        while !store.context.backlog.isEmpty { _ = store.context.backlog.takeQuiet() }
        return (type, nodes)
    }

    /// Entries of deltas in a graph.
    private func deltas(_ view: GraphView) throws -> Int {
        var count = 0
        for chunk in 0 ..< view.nodeChunkCount {
            try view.nodeChunk(chunk).forEachAdjacency { count += $0.deltaCount }
        }
        return count
    }
}
