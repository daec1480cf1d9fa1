// Goal: whatever another process writes into the shared page, this one neither crashes nor hangs,
// and what it acknowledged is there when everybody has left.
// Method: two cores over one simulated disk; garbage in words of the page between their calls; the
// page's file cut while it is mapped.
import CNenKernels
import Glibc
import NenCore
import Testing

@testable import NenEngine

@Suite struct SharedPageTests {
    private func open(_ disk: SimulatedDisk, _ tree: CounterTree) throws -> PageStore {
        var options = StoreOptions()
        options.sharesCore = false
        options.logSegmentBytes = 8_192
        options.busyTimeoutMilliseconds = 20
        return try PageStore.open(path: "a.nen", options: options, fileSystem: disk, owner: tree)
    }

    private func scribble(_ page: SharedPage, _ random: inout SeededGenerator) -> [Int] {
        let used = [
            0, 8, 40, 48, 64, 128, 144, 152, 160, 168, 176, 184, 192, 200, 208, 4_096, 20_480,
            20_488, 20_496, 20_520, 20_544, 20_552,
        ]
        return (0..<Int.random(in: 1...4, using: &random)).map { _ in
            let at = Int.random(in: 0..<4, using: &random) == 0
                ? 1_024 + 8 * Int.random(in: 0..<256, using: &random)
                : used.randomElement(using: &random) ?? 64
            let old = nen_load64(page.bytes + at)
            let values = [0, 1, 2, old &- 1, old &+ 1, .max, .max - 1, 1 << 63, random.next()]
            nen_store64(page.bytes + at, values.randomElement(using: &random) ?? 0)
            return at
        }
    }

    @Test func garbageInAnyWordEndsInTypedErrors() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("shared page: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let tree = CounterTree()
        let ring = 1_024..<3_072
        for round in 0..<150 {
            let disk = SimulatedDisk()
            let stores = [try open(disk, tree), try open(disk, tree)]
            var acknowledged = tree.initial
            var attempted = tree.initial
            var said: [Int] = []
            func attempt(_ body: () throws -> Void) {
                do { try body() } catch {
                    #expect(error is NQLError, "seed \(seed), \(round), \(said): \(error)")
                }
            }
            for step in 0..<12 {
                let store = stores[Int.random(in: 0..<2, using: &random)]
                attempt {
                    attempted += 1
                    try tree.transfer([.init(from: 1, to: 2, amount: 1)], in: store)
                    // Those that failed may or may not have been made.
                    acknowledged += 1
                }
                attempt { _ = try tree.values(of: store.pin().root, in: store) }
                if step == 5 { attempt { try store.checkpoint() } }
                if step > 2 { said += scribble(stores[0].shared, &random) }
            }
            for store in stores { attempt { try store.close() } }
            let again = try open(disk, tree)
            let found = try tree.values(of: again.pin().root, in: again)[2]
            #expect(
                found <= attempted
                    && (found >= acknowledged || said.contains(where: ring.contains)),
                "seed \(seed), round \(round), \(said): \(found) of \(acknowledged)")
            try again.close()
        }
    }

    /// Without garbage in what is published, nothing acknowledged is lost even then.
    @Test func theWriterKnowsWhatItDid() throws {
        let tree = CounterTree()
        let disk = SimulatedDisk()
        let store = try open(disk, tree)
        for word in [SharedPage.Word.published, .synced, .durable, .checkpoints, .logStart] {
            for value in [0, 1, UInt64.max, 77] {
                let before = try tree.values(of: store.pin().root, in: store)[2]
                let pin = try store.pin()
                store.shared[word] = value
                try? tree.transfer([.init(from: 1, to: 2, amount: 1)], in: store)
                #expect(try tree.values(of: pin.root, in: store)[2] == before, "\(word)")
                try tree.transfer([.init(from: 1, to: 2, amount: 1)], in: store)
                #expect(try tree.values(of: store.pin().root, in: store)[2] > before, "\(word)")
            }
        }
        let last = try store.pin().transaction
        try store.close()
        let again = try open(disk, tree)
        #expect(try again.pin().transaction >= last)
        #expect(try again.checkPages() == [])
    }

    @Test func aPageCutWhileMappedIsAnError() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/bank.nen"
        let tree = CounterTree()
        for length in [0, 4_096, 20_480] {
            let store = try PageStore.open(
                path: path, options: StoreOptions(), fileSystem: RealFileSystem.shared,
                owner: tree)
            try tree.transfer([.init(from: 1, to: 2, amount: 1)], in: store)
            let last = try store.pin().transaction
            #expect(truncate(path + "-shared", length) == 0)
            for _ in 0..<3 {
                do {
                    _ = try store.pin()
                    try tree.transfer([.init(from: 1, to: 2, amount: 1)], in: store)
                } catch { #expect(error is NQLError) }
            }
            if length == 0 {
                #expect(store.fault == PageStore.cutSharedFileError)
                #expect(throws: PageStore.cutSharedFileError) { _ = try store.pin() }
            }
            try? store.close()
            let again = try PageStore.open(
                path: path, options: StoreOptions(), fileSystem: RealFileSystem.shared,
                owner: tree)
            #expect(try again.pin().transaction >= last)
            try again.close()
        }
    }

    @Test func aRecordIsReadOnlyWhole() throws {
        let bytes = try #require(nen_map(-1, SharedPage.byteCount, true))
        let page = SharedPage(bytes: bytes, isFile: false)
        defer { page.unmap() }
        #expect(throws: SharedPage.garbageError) { _ = try page.publishedRecord() }
        let root = ExtentDescriptor(page: 7, byteCount: 100, checksum: 9, birth: 3)
        let record = RootRecord(transaction: 35, root: root, logEnd: 4_711, logChain: 11)
        page.publish(record)
        #expect(try page.publishedRecord() == record)
        for offset in 0..<48 {
            let byte = (bytes + 1_024 + 3 * 64 + offset).assumingMemoryBound(to: UInt8.self)
            byte.pointee ^= 4
            #expect(throws: SharedPage.garbageError) { _ = try page.publishedRecord() }
            byte.pointee ^= 4
        }
        #expect(try page.publishedRecord() == record)
    }
}
