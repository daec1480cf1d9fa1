// Goal: a file-backed store keeps what it acknowledged, over close, crash and company.
import Glibc
import NenCore
import Testing

@testable import NenEngine

@Suite struct FileStoreTests {
    @Test func reopenedAfterCloseAndAfterCrash() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let disk = SimulatedDisk()
        let workload = CounterWorkload(disk: disk, seed: seed)
        try workload.open()
        #expect(workload.store?.openReport.wasCreated == true)
        for _ in 0..<100 { try workload.step() }
        try workload.close()
        #expect(disk.fileNames == ["bank.nen", "bank.nen-log"])

        try workload.open()
        #expect(workload.store?.openReport == OpenReport())
        try #expect(flaw(in: #require(workload.store), tree: workload.tree,
            states: workload.states, atLeast: workload.lastNumber) == nil)
        for _ in 0..<50 { try workload.step() }
        workload.store?.abandon()

        try workload.open()
        #expect(workload.store?.openReport.replayedTransactions == 50)
        try #expect(flaw(in: #require(workload.store), tree: workload.tree,
            states: workload.states, atLeast: workload.lastNumber) == nil)
        try workload.close()
    }

    @Test func mixedRunOnRealFiles() throws {
        let directory = try TemporaryDirectory()
        let tree = CounterTree()
        var options = StoreOptions()
        options.checkpointLogBytes = 100_000
        let path = directory.path + "/bank.nen"
        var expected = [Int64](repeating: tree.initial, count: tree.accountCount)
        for _ in 0..<3 {
            let store = try PageStore.open(
                path: path, options: options, fileSystem: RealFileSystem.shared, owner: tree)
            let twin = try PageStore.open(
                path: path, options: options, fileSystem: RealFileSystem.shared, owner: tree)
            #expect(store === twin)
            #expect(try tree.values(of: store.pin().root, in: store) == expected)
            for n in 0..<200 {
                let transfer = CounterTree.Transfer(
                    from: Int64(n), to: Int64(511 - n), amount: Int64(n))
                try tree.transfer([transfer], in: n % 2 == 0 ? store : twin, bulk: n == 77)
                expected[n] -= Int64(n)
                expected[511 - n] += Int64(n)
            }
            try twin.close()
            try store.close()
            let closed = #expect(throws: NQLError.self) { _ = try store.pin() }
            #expect(closed?.detail == "Closed")
        }
        #expect(try RealFileSystem.shared.open(path, .readOnly).byteCount() <= 1 << 20)
    }
}

/// A directory that goes away with the test.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/nen-pages-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw IOFailure(operation: "mkdtemp", path: "/tmp", code: errno)
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in ["bank.nen", "bank.nen-log", "bank.nen-shared"] { unlink(path + "/" + name) }
        rmdir(path)
    }
}
