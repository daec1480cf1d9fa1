// Goal: framed columns hold what plain ones would, through updates, growth, maintenance, reopening
// and salvage, and no width, base or length that a file claims is believed. Method: columns of
// random ranges beside a dictionary; descriptors forged; files salvaged, whole and damaged.
import Foundation
import NenCore
import Testing

@testable import NenEngine

@Suite struct FramedStorageTests {
    @Test func framesHoldWhatTheyWereMadeFor() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let spans: [Int64] = [0, 1, 255, 256, 65_535, 65_536, Int64(UInt32.max)]
        for span in spans {
            let other = Int64.random(in: .min ... .max - span, using: &random)
            for least in [.min, -1, 0, .max - span, other] {
                guard let frame = ColumnFrame(least: least, greatest: least + span) else {
                    Issue.record("no frame for \(span) from \(least)")
                    continue
                }
                #expect(frame.isPossible)
                #expect(frame.width == (span <= 255 ? 1 : span <= 65_535 ? 2 : 4))
                let values = [least, least + span, least + span / 2]
                var bytes = [UInt8](repeating: 0, count: 12)
                bytes.withUnsafeMutableBytes { raw in
                    guard let start = raw.baseAddress else { return }
                    for (place, value) in values.enumerated() {
                        frame.store(UInt64(bitPattern: value), start, place)
                    }
                    for (place, value) in values.enumerated() {
                        #expect(frame.payload(start, place) == UInt64(bitPattern: value))
                    }
                    var found = [Int64](repeating: 0, count: 3)
                    found.withUnsafeMutableBufferPointer {
                        if let out = $0.baseAddress { frame.unpack(start, 3, into: out) }
                    }
                    #expect(found == values, "seed \(seed)")
                }
            }
        }
        #expect(ColumnFrame(least: 0, greatest: Int64(UInt32.max) + 1) == nil)
        #expect(ColumnFrame(least: .min, greatest: .max) == nil)
    }

    /// A graph of one label whose values are known.
    private final class Known {
        let disk = SimulatedDisk()
        var store: GraphStore
        var values: [UInt32: [Cell?]] = [:]
        var keys: [NameID] = []
        var nodeCount: UInt32 = 0
        let ranges: [ClosedRange<Int64>]

        init(_ random: inout SeededGenerator, isInMemory: Bool = false) throws {
            store = isInMemory ? try GraphStore.inMemory() : try Known.open(disk)
            ranges = (0 ..< 4).map { _ in
                let width = [8, 16, 32].randomElement(using: &random) ?? 8
                let least = Int64.random(in: -1 << 40 ... 1 << 40, using: &random)
                return least ... least + Int64.random(in: 1 ..< 1 << Int64(width), using: &random)
            }
        }

        private static func open(_ disk: SimulatedDisk) throws -> GraphStore {
            try GraphStore.open(path: "graph.nen", options: StoreOptions(), fileSystem: disk)
        }

        func reopen() throws {
            try store.close()
            store = try Known.open(disk)
        }

        /// Keys 0 and 1 are integers, 2 a local time, 3 a local date-time.
        func value(_ key: Int, _ random: inout SeededGenerator) -> Cell? {
            let number = Int64.random(in: ranges[key], using: &random)
            let second = Int64.random(in: 0 ..< 90_000_000, using: &random)
            switch key {
            case 0: return Cell(integer: number)
            case 1:
                return Int.random(in: 0 ..< 9, using: &random) == 0 ? nil : Cell(integer: number)
            case 2: return Cell(.localTime, payload: UInt64(second % 70_000))
            default: return Cell(.localDateTime, payload: UInt64(second))
            }
        }

        func create(_ count: Int, _ random: inout SeededGenerator) throws {
            let writer = try store.beginWrite()
            let label = try writer.internLabel("A")
            keys = try ["a", "b", "c", "d"].map { try writer.internKey($0) }
            for _ in 0 ..< count {
                let row = (0 ..< 4).map { value($0, &random) }
                let properties = row.enumerated().compactMap { place, cell in
                    cell.map { (keys[place], $0) }
                }
                let id = try writer.createNode(labels: [label], properties: properties)
                values[id] = row
                nodeCount = max(nodeCount, id + 1)
            }
            try writer.commit()
        }

        func change(_ count: Int, _ random: inout SeededGenerator) throws {
            let writer = try store.beginWrite()
            for _ in 0 ..< count {
                let id = UInt32.random(in: 0 ..< nodeCount, using: &random)
                guard values[id] != nil else { continue }
                let key = Int.random(in: 0 ..< 4, using: &random)
                switch Int.random(in: 0 ..< 10, using: &random) {
                case 0:
                    try writer.deleteNode(id)
                    values[id] = nil
                case 1:
                    _ = try writer.setNodeProperty(id, keys[key], .null)
                    values[id]?[key] = nil as Cell?
                case 2:
                    // Far from all others, or of another type.
                    let cell = Bool.random(using: &random)
                        ? Cell(integer: .max) : Cell(float: 0.5)
                    _ = try writer.setNodeProperty(id, keys[key], cell)
                    values[id]?[key] = cell
                default:
                    let cell = value(key, &random)
                    _ = try writer.setNodeProperty(id, keys[key], cell ?? .null)
                    values[id]?[key] = cell
                }
            }
            try writer.commit()
        }

        func flaws(_ view: GraphView) throws -> [String] {
            var flaws: [String] = []
            for (id, row) in values {
                for (place, cell) in row.enumerated() {
                    let found = try view.nodeProperty(id, keys[place])
                    let wanted = cell ?? .null
                    if found.head != wanted.head || found.payload != wanted.payload {
                        flaws.append("node \(id), key \(place): \(found), not \(wanted)")
                    }
                }
            }
            return flaws
        }

        func flaws() throws -> [String] {
            var flaws = try flaws(try store.snapshot())
            _ = try store.check { flaws.append($0.description) }
            return flaws
        }

        func encodings() throws -> [ColumnEncoding] {
            let chunk = try store.snapshot().nodeChunk(0)
            return try keys.compactMap { try chunk.column($0)?.encoding }
        }
    }

    @Test func contentStaysTrueUnderChanges() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("FramedStorageTests.contentStaysTrueUnderChanges: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let known = try Known(&random)
        for count in [100, 1_948, 900] {
            try known.create(count, &random)
            #expect(try known.flaws() == [], "seed \(seed), \(count)")
        }
        #expect(try known.encodings() == [.framed, .framed, .framed, .framed])
        for round in 0 ..< 4 {
            try known.reopen()
            #expect(try known.flaws() == [], "seed \(seed), round \(round)")
            let old = try known.store.snapshot()
            let before = known.values
            try known.change(round == 3 ? 1_500 : 30, &random)
            if round == 2 { _ = try known.store.maintainAll() }
            let after = known.values
            known.values = before
            #expect(try known.flaws(old) == [], "seed \(seed), round \(round), snapshot")
            known.values = after
            #expect(try known.flaws() == [], "seed \(seed), round \(round)")
        }
    }

    @Test func forgedFramesAreFound() throws {
        var random = SeededGenerator(seed: 7)
        let known = try Known(&random, isInMemory: true)
        try known.create(2_048, &random)
        let view = try known.store.snapshot()
        let chunk = try #require(try view.state.nodes.chunk(0, context: view.context))
        func isFlawFound() throws -> Bool {
            let pin = try known.store.pages.pin()
            do {
                let context = try StoreContext(store: known.store.pages)
                let state = try GraphState.load(pin.root, context: context, previous: nil)
                let check = GraphCheck(
                    GraphView(context: context, state: state, pin: nil), report: { _ in })
                check.run()
                return check.findingCount > 0
            } catch is NQLError {
                return true
            }
        }
        #expect(try !isFlawFound())
        for column in 0 ..< 4 {
            let descriptor = UnsafeMutableRawPointer(mutating: chunk.columnDescriptor(column))
            let width = descriptor.load(fromByteOffset: 7, as: UInt8.self)
            // Widths; a base that leads out of range; types that have no frames; other encodings.
            var forgeries: [(at: Int, byte: UInt8)] = [
                (7, 0), (7, 3), (7, 8), (7, 255), (7, width == 1 ? 2 : 1), (111, 0x7F), (5, 4),
                (5, 0), (5, 31), (4, 2), (4, 3), (4, 4), (4, 6),
            ]
            if column < 2 { forgeries.removeAll { $0.at == 111 } }
            for forgery in forgeries {
                let old = descriptor.load(fromByteOffset: forgery.at, as: UInt8.self)
                descriptor.storeBytes(
                    of: forgery.byte, toByteOffset: forgery.at, as: UInt8.self)
                #expect(try isFlawFound(), "column \(column), \(forgery)")
                descriptor.storeBytes(of: old, toByteOffset: forgery.at, as: UInt8.self)
            }
        }
        #expect(try !isFlawFound())
    }

    @Test func aSalvageReadsFrames() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let known = try Known(&random)
        try known.create(2_500, &random)
        try known.change(40, &random)
        let chunk = try #require(
            try known.store.snapshot().state.nodes.chunk(
                0, context: known.store.snapshot().context))
        let extent = ArrayRef(from: chunk.columnDescriptor(3) + 32).extent
        try known.store.close()
        let bytes = known.disk.content("graph.nen") ?? []
        for isDamaged in [false, true] {
            var damaged = bytes
            if isDamaged { damaged[Int(extent.page) * pageByteCount + 99] ^= 4 }
            let folder = try ScratchFolder()
            let path = folder.path + "/damaged.nen"
            try Data(damaged).write(to: URL(fileURLWithPath: path))
            let target = folder.path + "/salvaged.nen"
            let report = try Salvage.run(path, into: target, lostEnds: .drop, checkInterrupt: {})
            #expect(report.losses.isEmpty != isDamaged, "seed \(seed)")
            let store = try GraphStore.open(path: target, fileSystem: RealFileSystem.shared)
            defer { try? store.close() }
            var values = known.values
            if isDamaged {
                for id in values.keys where id < 2_048 { values[id]?[3] = nil as Cell? }
            }
            let view = try store.snapshot()
            let keys = try ["a", "b", "c", "d"].map { try #require(view.catalog.key($0)) }
            var flaws = 0
            for (id, row) in values {
                for (place, cell) in row.enumerated() {
                    let found = try view.nodeProperty(id, keys[place])
                    let wanted = cell ?? .null
                    if found.head != wanted.head || found.payload != wanted.payload { flaws += 1 }
                }
            }
            #expect(flaws == 0, "seed \(seed), \(isDamaged)")
        }
    }
}
