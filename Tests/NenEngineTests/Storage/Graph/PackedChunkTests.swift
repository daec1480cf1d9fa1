// Goal: numbers that a chunk need not store, and those that it packs, read as what they were, stay
// so under changes, and are believed only within bounds. Method: random numbers of every width
// against arrays; graphs of patterns that have compact forms, changed at random beside a list of
// their relationships, reopened, checked; descriptors forged.
import NenCore
import Testing

@testable import NenEngine

@Suite struct PackedChunkTests {
    // MARK: numbers

    @Test func packedNumbersGiveBackWhatWasPacked() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for width in 0 ... 32 {
            for count in [1, 2, 63, 64, 200, 2_048] {
                let most = width == 32 ? UInt32.max : UInt32(1) << UInt32(width) - 1
                let base = UInt32.random(in: 0 ... UInt32.max - most, using: &random)
                var numbers = (0 ..< count).map { _ in
                    base + UInt32.random(in: 0 ... most, using: &random)
                }
                if width == 0 { numbers = (0 ..< count).map { base &+ UInt32($0) } }
                guard let packed = MutableNumbers.packed(numbers, count) else {
                    #expect(width > 30 || count < 64, "seed \(seed), \(width) bits, \(count)")
                    continue
                }
                #expect(packed.slot.byteCount == packed.form.byteCount(count))
                let found = packed.numbers
                #expect((0 ..< count).map { found[$0] } == numbers, "seed \(seed), \(width) bits")
                var copy = [UInt32](repeating: 0, count: count)
                copy.withUnsafeMutableBufferPointer { out in
                    if let start = out.baseAddress { found.copy(count, into: start) }
                }
                #expect(copy == numbers, "seed \(seed), \(width) bits, \(count)")
                let form = PackedForm(code: packed.form.code, base: packed.form.base)
                #expect(form == packed.form)
            }
        }
    }

    @Test func codesThatMeanNothingAreRefused() {
        for code in UInt8.min ... .max {
            let isKnown = code == 0 || (code < 128 && (1 ... 33).contains(code & 63))
            #expect((PackedForm(code: code, base: 7) != nil) == isKnown, "code \(code)")
        }
    }

    @Test func relationshipsThatFollowFromSomethingElseAreFound() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for count in [1, 2, 5, 100] {
            let neighbours = (0 ..< count).map { _ in
                UInt32.random(in: .min ... .max, using: &random)
            }
            let first = UInt32.random(in: 0 ... .max - 100, using: &random)
            let rising = (0 ..< count).map { first + UInt32($0) }
            let parallel = neighbours.map { $0 &+ first }
            #expect(RelationshipForm.fitting(neighbours, rising, count) == (.consecutive, first))
            if count < 3 { continue }
            #expect(RelationshipForm.fitting(neighbours, parallel, count) == (.parallel, first))
            var other = rising
            other[count / 2] &+= 1
            #expect(RelationshipForm.fitting(neighbours, other, count) == (.listed, 0))
        }
    }

    // MARK: graphs

    /// A store whose relationships are known.
    private final class Known {
        let disk = SimulatedDisk()
        var store: GraphStore
        var type: NameID = 0
        var ends: [UInt32: (source: UInt32, target: UInt32)] = [:]
        let nodeCount: UInt32 = 5_000

        init(isInMemory: Bool = false) throws {
            store = isInMemory ? try GraphStore.inMemory() : try Known.open(disk)
        }

        /// Whether fresh eyes find anything wrong.
        func isFlawFound() throws -> Bool {
            let pin = try store.pages.pin()
            do {
                let context = try StoreContext(store: store.pages)
                let state = try GraphState.load(pin.root, context: context, previous: nil)
                let view = GraphView(context: context, state: state, pin: nil)
                let check = GraphCheck(view, report: { _ in })
                check.run()
                return check.findingCount > 0
            } catch is NQLError {
                return true
            }
        }

        private static func open(_ disk: SimulatedDisk) throws -> GraphStore {
            try GraphStore.open(path: "graph.nen", options: StoreOptions(), fileSystem: disk)
        }

        func reopen() throws {
            try store.close()
            store = try Known.open(disk)
        }

        /// Every node leads to the node of `target`, some to several.
        func create(_ targets: (UInt32) -> [UInt32]) throws {
            let writer = try store.beginWrite()
            let label = try writer.internLabel("A")
            type = try writer.internType("R")
            for _ in 0 ..< nodeCount {
                _ = try writer.createNode(labels: [label], properties: [])
            }
            for source in 0 ..< nodeCount {
                for target in targets(source) { try add(source, target, writer) }
            }
            try writer.commit()
        }

        func add(_ source: UInt32, _ target: UInt32, _ writer: WriteTransaction) throws {
            let id = try writer.createRelationship(
                type: type, source: source, target: target, properties: [])
            ends[id] = (source, target)
        }

        func change(_ count: Int, _ random: inout SeededGenerator) throws {
            let writer = try store.beginWrite()
            let ids = ends.keys.sorted()
            for _ in 0 ..< count {
                if Bool.random(using: &random), let id = ids.randomElement(using: &random),
                    ends[id] != nil
                {
                    try writer.deleteRelationship(id)
                    ends[id] = nil
                } else {
                    try add(
                        .random(in: 0 ..< nodeCount, using: &random),
                        .random(in: 0 ..< nodeCount, using: &random), writer)
                }
            }
            try writer.commit()
        }

        /// What is not as it should be.
        func flaws() throws -> [String] {
            var flaws: [String] = []
            _ = try store.check { flaws.append($0.description) }
            let view = try store.snapshot()
            for direction in [AdjacencyDirection.outgoing, .incoming] {
                var wanted: [UInt32: Set<[UInt32]>] = [:]
                for (id, pair) in ends {
                    let node = direction == .outgoing ? pair.source : pair.target
                    let other = direction == .outgoing ? pair.target : pair.source
                    wanted[node, default: []].insert([other, id])
                }
                for node in 0 ..< nodeCount {
                    var found: Set<[UInt32]> = []
                    try view.forEachRun(node: node, type: type, direction: direction) { run in
                        for place in 0 ..< run.count {
                            found.insert([run.neighbours[place], run.relationships[place]])
                        }
                    }
                    if found != wanted[node] ?? [] { flaws.append("node \(node), \(direction)") }
                }
            }
            for (id, pair) in ends {
                let found = try view.endpoints(ofRelationship: id)
                if found.source != pair.source || found.target != pair.target {
                    flaws.append("ends of \(id): \(found), not \(pair)")
                }
            }
            return flaws
        }

        /// Chunk 0 of the nodes, or of the relationships.
        func chunk(isNode: Bool) throws -> (StoredChunk, GraphView) {
            let view = try store.snapshot()
            let tree = isNode ? view.state.nodes : view.state.relationships
            return (try #require(try tree.chunk(0, context: view.context)), view)
        }
    }

    @Test func compactChunksStayTrueUnderChanges() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("compactChunksStayTrueUnderChanges: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let patterns: [(UInt32) -> [UInt32]] = [
            { [($0 * 7 + 3) % 5_000] }, { [$0 / 50] }, { $0 % 3 == 0 ? [] : [$0, $0 % 11] },
        ]
        for (number, pattern) in patterns.enumerated() {
            let known = try Known()
            try known.create(pattern)
            #expect(try known.flaws() == [], "seed \(seed), pattern \(number)")
            for round in 0 ..< 4 {
                try known.reopen()
                try known.change(round == 3 ? 1_500 : 40, &random)
                if round == 2 { _ = try known.store.maintainAll() }
                #expect(try known.flaws() == [], "seed \(seed), pattern \(number), \(round)")
            }
        }
    }

    @Test func whatFollowsIsNotStored() throws {
        let known = try Known()
        try known.create { [$0 / 50] }
        let (nodes, view) = try known.chunk(isNode: true)
        let out = try nodes.adjacency(at: nodes.adjacencyIndex(known.type, .outgoing))
        #expect(out.isCounting)
        for index in 0 ..< 2 {
            let table = nodes.record + Int(
                nodes.adjacencyDescriptor(index).load(fromByteOffset: 20, as: UInt32.self))
            #expect(StoredChunk.form(ofSegment: table) == .consecutive)
        }
        let (relationships, _) = try known.chunk(isNode: false)
        #expect(relationships.first.form == PackedForm(width: 0, isRising: true, base: 0))
        #expect(relationships.second.form.width == 6)
        #expect(relationships.record.load(fromByteOffset: 4, as: UInt8.self) == 3)
        withExtendedLifetime(view) {}
    }

    /// Forms, widths and bases that are impossible, where no checksum tells.
    @Test func forgedFormsAreFound() throws {
        let known = try Known(isInMemory: true)
        try known.create { [$0 / 50] }
        let (nodes, view) = try known.chunk(isNode: true)
        let (relationships, _) = try known.chunk(isNode: false)
        let group = nodes.adjacencyDescriptor(0) - nodes.record
        let table = Int(nodes.record.load(fromByteOffset: group + 20, as: UInt32.self))
        let forgeries: [(isNode: Bool, at: Int, byte: UInt8)] = [
            (false, 6, 0), (false, 6, 255), (false, 6, 3), (false, 7, 0), (false, 7, 9),
            (false, 115, 255), (false, 119, 255), (true, 6, 1), (true, table + 6, 0),
            (true, table + 6, 3), (true, table + 7, 1), (true, table + 5, 255),
            (true, table + 67, 255), (true, group + 12, 1), (true, group + 5, 1),
        ]
        for forgery in forgeries {
            let record = UnsafeMutableRawPointer(
                mutating: (forgery.isNode ? nodes : relationships).record)
            let old = record.load(fromByteOffset: forgery.at, as: UInt8.self)
            #expect(old != forgery.byte)
            record.storeBytes(of: forgery.byte, toByteOffset: forgery.at, as: UInt8.self)
            #expect(try known.isFlawFound(), "\(forgery)")
            record.storeBytes(of: old, toByteOffset: forgery.at, as: UInt8.self)
        }
        #expect(try !known.isFlawFound())
        withExtendedLifetime(view) {}
    }
}
