// Goal: forms that only large graphs take: chunks that grow through all capacities, hubs over
// several segments, folded label sets, shared chunks, constants, heaps. Method: graphs built for
// the purpose, compared with the model or with what must come out.
import NenCore
import Testing

@testable import NenEngine

@Suite struct GraphScaleTests {
    private let pool = PagePool(limitBytes: 1 << 28)

    @Test func aChunkGrowsThroughAllCapacities() throws {
        let store = try GraphStore.inMemory()
        var model = GraphModel()
        var next = 0
        for target in [1, 63, 64, 65, 255, 257, 1_024, 1_030, 2_047, 2_049, 4_200] {
            let writer = try store.beginWrite()
            let builder = CellBuilder(arena: Arena(pool: pool), base: writer.base)
            let label = try writer.internLabel("N")
            let keys = try ["all", "some", "rare", "same", "text"].map(writer.internKey)
            while next < target {
                var properties: [String: ModelValue] = [
                    "all": .integer(Int64(next)), "same": .boolean(true),
                    "text": .string("a text of number \(next), too long for a header"),
                ]
                if next % 3 == 0 { properties["some"] = .float(Double(next).bitPattern) }
                if next % 100 == 7 { properties["rare"] = .date(Int64(next)) }
                let names = ["all", "some", "rare", "same", "text"]
                let cells = try names.enumerated().compactMap { place, name in
                    try properties[name].map { (keys[place], try $0.cell(builder)) }
                }
                let id = try writer.createNode(labels: [label], properties: cells)
                #expect(Int(id) == next)
                model.nodes[id] = GraphModel.Node(labels: ["N"], properties: properties)
                next += 1
            }
            try writer.commit()
            let view = try store.snapshot()
            #expect(try model.difference(from: view) == nil)
            let chunk = try view.nodeChunk(0)
            #expect(chunk.capacity == ChunkFormat.capacity(for: min(target, 2_048)))
            if target > 64 {
                #expect(try chunk.column(keys[3])?.encoding == .constant)
                #expect(try chunk.column(keys[2])?.encoding == .sparse)
                #expect(
                    try chunk.column(keys[0])?.encoding == (target < 2_048 ? .dense : .framed))
                #expect(try chunk.column(keys[0])?.validity == nil)
                #expect(try chunk.column(keys[0])?.zoneLeast?.integer == 0)
            }
        }
        var findings: [CheckFinding] = []
        _ = try store.check { findings.append($0) }
        #expect(findings == [])
    }

    /// A hub whose list is built and thinned over many transactions.
    @Test func aHubOfManySegments() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let store = try GraphStore.inMemory()
        let count = 30_000
        var writer = try store.beginWrite()
        let label = try writer.internLabel("N")
        let type = try writer.internType("R")
        for _ in 0 ..< count { _ = try writer.createNode(labels: [label], properties: []) }
        var expected: [UInt32: (UInt32, UInt32)] = [:]
        for round in 0 ..< 30 {
            for _ in 0 ..< 4_000 {
                let other = UInt32.random(in: 0 ..< UInt32(count), using: &random)
                let isOut = Int.random(in: 0 ..< 4, using: &random) > 0
                let source: UInt32 = isOut ? 7 : other
                let target: UInt32 = isOut ? other : 7
                let id = try writer.createRelationship(
                    type: type, source: source, target: target, properties: [])
                expected[id] = (source, target)
            }
            for id in expected.keys.sorted() where Int.random(in: 0 ..< 9, using: &random) == 0 {
                try writer.deleteRelationship(id)
                expected[id] = nil
            }
            if round % 3 != 1 {
                try writer.commit()
                writer = try store.beginWrite()
            }
        }
        try writer.commit()
        let view = try store.snapshot()
        for direction in [AdjacencyDirection.outgoing, .incoming] {
            var found: [[UInt32]] = []
            try view.forEachRun(node: 7, type: type, direction: direction) { run in
                for place in 0 ..< run.count {
                    found.append([run.neighbours[place], run.relationships[place]])
                }
            }
            let wanted = expected.filter { (direction == .outgoing ? $1.0 : $1.1) == 7 }
                .map { [direction == .outgoing ? $1.1 : $1.0, $0] }
                .sorted { $0.lexicographicallyPrecedes($1) }
            #expect(found == wanted, "seed \(seed)")
            #expect(try view.degree(node: 7, type: type, direction: direction) == wanted.count)
        }
        let hub = try #require(try view.nodeChunk(0).adjacency(type, .outgoing))
        #expect(hub.segmentCount > 1)
        var findings: [CheckFinding] = []
        _ = try store.check { findings.append($0) }
        #expect(findings == [], "seed \(seed)")
    }

    /// More label sets than are counted one by one, and more than have chunks of their own.
    @Test func manyLabelSetsFoldAndShare() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let type = try writer.internType("R")
        let key = try writer.internKey("k")
        let labels = try (0 ..< 13).map { try writer.internLabel("L\($0)") }
        var last: UInt32?
        var model = GraphModel()
        for number in 0 ..< 4_300 {
            // Every number's bits name a set of its own.
            let set = labels.indices.filter { number >> $0 & 1 != 0 }
            let id = try writer.createNode(
                labels: set.map { labels[$0] }, properties: [(key, Cell(integer: Int64(number)))])
            model.nodes[id] = GraphModel.Node(
                labels: Set(set.map { "L\($0)" }), properties: ["k": .integer(Int64(number))])
            if let last, number % 7 == 0 {
                let relationship = try writer.createRelationship(
                    type: type, source: last, target: id, properties: [])
                model.relationships[relationship] = GraphModel.Relationship(
                    type: "R", source: last, target: id, properties: [:])
            }
            last = id
        }
        // Moving labels moves counts between folded and counted sets.
        for id in model.nodes.keys.sorted() where id % 5 == 0 {
            if try writer.addLabels([labels[0]], to: id) > 0 {
                model.nodes[id]?.labels.insert("L0")
            }
        }
        try writer.commit()
        let view = try store.snapshot()
        #expect(view.catalog.labelSets.count >= 4_300)
        #expect(view.statistics.relationshipsPerGroup.count <= StatisticsCounter.groupMax)
        #expect(view.statistics.relationshipsPerGroup.keys.contains {
            $0.sourceSet == GraphStatistics.foldedSet
        })
        let shared = (0 ..< view.nodeChunkCount).filter { view.chunkLabelSets[$0] == .max }
        #expect(!shared.isEmpty && view.nodeChunkCount < 4_200)
        #expect(try model.difference(from: view) == nil)
    }

    @Test func freedRowsAreReusedByLaterTransactions() throws {
        let store = try GraphStore.inMemory()
        for round in 0 ..< 40 {
            let writer = try store.beginWrite()
            let label = try writer.internLabel("N")
            var ids: [UInt32] = []
            for _ in 0 ..< 100 {
                ids.append(try writer.createNode(labels: [label], properties: []))
            }
            try writer.commit()
            let remover = try store.beginWrite()
            for id in ids { try remover.deleteNode(id) }
            try remover.checkDeletedNodes()
            try remover.commit()
            #expect(try store.snapshot().nodeChunkCount == 1, "round \(round)")
        }
        let view = try store.snapshot()
        #expect(try view.nodeChunk(0).rowCount <= 200)
        #expect(view.statistics.nodeCount == 0)
    }

    /// Small transactions leave neither heaps nor pages behind.
    @Test func rewritingValuesKeepsTheStoreSmall() throws {
        let store = try GraphStore.inMemory()
        let first = try store.beginWrite()
        let key = try first.internKey("text")
        let label = try first.internLabel("N")
        for _ in 0 ..< 100 { _ = try first.createNode(labels: [label], properties: []) }
        try first.commit()
        for round in 0 ..< 400 {
            let writer = try store.beginWrite()
            let builder = CellBuilder(arena: Arena(pool: pool), base: writer.base)
            let text = String(repeating: "x", count: 50 + round % 200)
            let cell = try builder.string(text)
            #expect(try writer.setNodeProperty(UInt32(round % 100), key, cell))
            try writer.commit()
        }
        var pageCount = 0
        let pin = try store.pages.pin()
        try GraphRootOwner().forEachExtent(of: pin.root, in: store.pages) {
            pageCount += $0.pageCount
        }
        // 100 strings of 150 bytes: four pages of text, twice that at most, and a few for the rest.
        #expect(pageCount < 40)
        #expect(store.pages.state.withLock { store.pages.allocator.used.usedCount } < 200)
    }

    /// What only an old root reaches is found without walking what a later one reaches too.
    @Test func theWalkOfAnOldRootStopsWhereALaterOneGoesOn() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let store = try GraphStore.inMemory()
        var workload = GraphWorkload(seed: seed)
        var pins: [Pin] = []
        for round in 0 ..< 40 {
            workload.beginTransaction()
            let writer = try store.beginWrite()
            if round == 0 {
                let label = try writer.internLabel("A")
                let key = try writer.internKey("k")
                _ = try writer.createIndex(
                    name: "ak", entity: .node, labelOrType: label, properties: [key],
                    isUnique: false)
            }
            for _ in 0 ..< 60 { #expect(try workload.step(writer) == nil) }
            try writer.commit()
            pins.append(try store.pages.pin())
        }
        let owner = GraphRootOwner()
        func extents(_ pin: Pin) throws -> Set<ExtentDescriptor> {
            var found: Set<ExtentDescriptor> = []
            try owner.forEachExtent(of: pin.root, in: store.pages) { found.insert($0) }
            return found
        }
        let last = try extents(pins[pins.count - 1])
        for pin in pins {
            var only: Set<ExtentDescriptor> = []
            var asked = 0
            try owner.walkExtents(of: pin.root, in: store.pages) {
                asked += 1
                return !last.contains($0) && only.insert($0).inserted
            }
            let whole = try extents(pin)
            #expect(only == whole.subtracting(last), "seed \(seed)")
            #expect(asked <= whole.count)
        }
    }

    @Test func aFrozenViewKeepsItsMoment() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let store = try GraphStore.inMemory()
        var workload = GraphWorkload(seed: seed)
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let key = try writer.internKey("k")
        _ = try writer.createIndex(
            name: "ak", entity: .node, labelOrType: label, properties: [key], isUnique: false)
        var moments: [(GraphView, GraphModel)] = []
        for _ in 0 ..< 12 {
            for _ in 0 ..< 40 { #expect(try workload.step(writer) == nil) }
            moments.append((try writer.frozenView(), workload.model))
            for (view, model) in moments {
                #expect(try model.difference(from: view) == nil, "seed \(seed)")
            }
        }
        try writer.commit()
    }
}
