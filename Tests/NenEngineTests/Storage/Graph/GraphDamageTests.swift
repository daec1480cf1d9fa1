// Goal: no file content crashes open, reading or the check. Method: (1) closed and killed databases
// with random damage, as a disk may do it; (2) structures damaged behind the checksums' back, as
// somebody could who computes them anew: random bytes of random extents in memory, read with the
// checks of the format only.
import FileDamage
import NenCore
import Testing

@testable import NenEngine

@Suite struct GraphDamageTests {
    private func finished(isClosed: Bool) throws -> (data: [UInt8], log: [UInt8], GraphDisk) {
        let graph = GraphDisk(disk: SimulatedDisk(), seed: isClosed ? 5 : 6, nodeCountMax: 100)
        try graph.open()
        try graph.declareIndexes()
        for _ in 0 ..< 25 { try graph.step(operations: 40) }
        if isClosed { try graph.close() } else { graph.kill() }
        return (
            graph.disk.content("graph.nen") ?? [], graph.disk.content("graph.nen-log") ?? [],
            graph
        )
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let used = min(bytes.count, 400_000)
        guard used > 0 else { return }
        let at = Int.random(in: 0 ..< used, using: &random)
        let end = min(used, at + Int.random(in: 1 ... 900, using: &random))
        switch Int.random(in: 0 ..< 5, using: &random) {
        case 0: bytes.removeLast(bytes.count - at)
        case 1: for place in at ..< end { bytes[place] = 0 }
        case 2: for place in at ..< end { bytes[place] = .random(in: 0 ... 255, using: &random) }
        default: bytes[at] ^= 1 << UInt8.random(in: 0 ..< 8, using: &random)
        }
    }

    @Test(arguments: [true, false])
    func damagedFilesGiveTypedErrors(isClosed: Bool) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let (data, log, graph) = try finished(isClosed: isClosed)
        var refused = 0
        for round in 0 ..< 500 {
            var bytes = data
            var logBytes = log
            for _ in 0 ..< Int.random(in: 1 ... 4, using: &random) {
                if isClosed || Bool.random(using: &random) {
                    damage(&bytes, &random)
                } else {
                    damage(&logBytes, &random)
                }
            }
            var options = graph.options
            options.recovery = round % 3 == 0 ? .lastValid : .strict
            do {
                let disk = SimulatedDisk(files: ["graph.nen": bytes, "graph.nen-log": logBytes])
                let store = try GraphStore.open(
                    path: GraphDisk.path, options: options, fileSystem: disk)
                defer { store.pages.abandon() }
                if try store.check({ _ in }) > 0 { refused += 1 }
            } catch is NQLError {
                refused += 1
            }
        }
        #expect(refused > 20, "seed \(seed)")
    }

    @Test func damageBehindTheChecksumsIsFoundByTheFormat() throws {
        let seed = UInt64.random(in: 0 ... .max)
        // A crash leaves no other trace of it.
        print("damageBehindTheChecksumsIsFoundByTheFormat: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let store = try GraphStore.inMemory()
        var workload = GraphWorkload(seed: seed)
        workload.nodeCountMax = 300
        for _ in 0 ..< 20 {
            let writer = try store.beginWrite()
            workload.beginTransaction()
            if workload.model.nodes.isEmpty {
                let label = try writer.internLabel("A")
                let key = try writer.internKey("k")
                _ = try writer.createIndex(
                    name: "ak", entity: .node, labelOrType: label, properties: [key],
                    isUnique: false)
            }
            for _ in 0 ..< 100 { #expect(try workload.step(writer) == nil) }
            try writer.commit()
        }
        let pin = try store.pages.pin()
        var extents: [ExtentDescriptor] = []
        try GraphRootOwner().forEachExtent(of: pin.root, in: store.pages) { extents.append($0) }
        var found = 0
        for _ in 0 ..< 3_000 {
            guard let extent = extents.randomElement(using: &random) else { continue }
            if try isDamageFound(in: extent, pin, store, &random) { found += 1 }
        }
        #expect(found > 500, "seed \(seed): \(found) of 3,000")
    }

    /// A damaged tree may lead to a sound record of another chunk, or of the other kind, that was
    /// looked at before.
    @Test func aKnownRecordIsNotTakenForAnother() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let node = try writer.createNode(
            labels: [try writer.internLabel("A")], properties: [])
        let type = try writer.internType("T")
        _ = try writer.createRelationship(
            type: type, source: node, target: node, properties: [])
        try writer.commit()
        let pin = try store.pages.pin()
        let context = try StoreContext(store: store.pages)
        let state = try GraphState.load(pin.root, context: context, previous: nil)
        _ = try #require(try state.nodes.chunk(0, context: context))
        for (number, isNode) in [(UInt32(1), true), (0, false)] {
            #expect(throws: NQLError.self) {
                _ = try StoredChunk.open(
                    state.nodes.entry(0), number: number, isNode: isNode, context: context)
            }
        }
    }

    /// Maintenance and ANALYZE read and rewrite everything: of damaged files they report an error,
    /// or end, and the check still finds what raw damage there was.
    @Test(arguments: DamageKind.allCases)
    func maintenanceOfDamagedFilesEndsWithTypedErrors(kind: DamageKind) throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("maintenanceOfDamagedFilesEndsWithTypedErrors(\(kind)): seed \(seed)")
        var random = SplitMix(seed: seed)
        let (data, log, graph) = try finished(isClosed: true)
        let damage = Damage(data)
        var refused = 0
        for round in 0 ..< 60 {
            let (bytes, isInUse) = damage.make(kind, &random)
            do {
                let disk = SimulatedDisk(files: ["graph.nen": bytes, "graph.nen-log": log])
                let store = try GraphStore.open(
                    path: GraphDisk.path, options: graph.options, fileSystem: disk)
                defer { store.pages.abandon() }
                do { _ = try store.maintainAll() } catch is NQLError { refused += 1 }
                do { try store.analyze() } catch is NQLError { refused += 1 }
                let found = try store.check { _ in }
                let isMissed = kind == .raw && isInUse && found == 0
                #expect(!isMissed, "seed \(seed), round \(round)")
            } catch is NQLError {
                refused += 1
            }
        }
        #expect(refused > 5, "seed \(seed)")
    }

    /// Damages an extent in memory, reads everything with fresh format checks, and repairs it.
    private func isDamageFound(
        in extent: ExtentDescriptor, _ pin: Pin, _ store: GraphStore,
        _ random: inout SeededGenerator
    ) throws -> Bool {
        let place = UnsafeMutableRawPointer(
            mutating: store.pages.base + Int(extent.page) * pageByteCount)
        let size = Int(extent.byteCount)
        let saved = Array(UnsafeRawBufferPointer(start: place, count: size))
        defer { saved.withUnsafeBytes { place.copyMemory(from: $0.baseAddress!, byteCount: size) } }
        // The head of a record steers everything: hit it more often.
        let reach = Bool.random(using: &random) ? min(size, 240) : size
        for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) {
            let at = Int.random(in: 0 ..< reach, using: &random)
            let interesting: [UInt8] = [0, 1, 2, 0x7F, 0x80, 0xFF, .random(in: 0 ... 255)]
            place.storeBytes(
                of: interesting.randomElement(using: &random) ?? 0, toByteOffset: at,
                as: UInt8.self)
        }
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
}
