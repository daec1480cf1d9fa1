// Goal: what was not verified is never believed and never gets a new checksum: a damaged column or
// group is reported when it is read, whatever was written beside it before, and the check goes on
// finding it. Method: graphs on a simulated disk, closed, one extent damaged, opened again, other
// parts of the same chunk rewritten.
import NenCore
import Testing

@testable import NenEngine

@Suite struct VerifiedStorageTests {
    /// 2,048 nodes with three integer keys and a text, a ring of relationships, and an index.
    private func files() throws -> [String: [UInt8]] {
        let disk = SimulatedDisk()
        let store = try GraphStore.open(
            path: "graph.nen", options: StoreOptions(), fileSystem: disk)
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let keys = try ["a", "b", "c", "text"].map { try writer.internKey($0) }
        let type = try writer.internType("R")
        _ = try writer.createIndex(
            name: "onC", entity: .node, labelOrType: label, properties: [keys[2]],
            isUnique: false)
        let texts = TransactionMemory(account: MemoryAccount(.transaction))
        for number in 0 ..< Int64(2_048) {
            let text = try "a text of some length, number \(number)".withCell(
                writer.base, texts)
            _ = try writer.createNode(
                labels: [label],
                properties: [
                    (keys[0], Cell(integer: number)), (keys[1], Cell(integer: 3 * number)),
                    (keys[2], Cell(integer: 7 * number)), (keys[3], text),
                ])
        }
        for number in 0 ..< UInt32(2_048) {
            _ = try writer.createRelationship(
                type: type, source: number, target: (number + 1) % 2_048, properties: [])
        }
        try writer.commit()
        try store.close()
        return [
            "graph.nen": disk.content("graph.nen") ?? [],
            "graph.nen-log": disk.content("graph.nen-log") ?? [],
        ]
    }

    private func opened(_ files: [String: [UInt8]]) throws -> GraphStore {
        try GraphStore.open(
            path: "graph.nen", options: StoreOptions(), fileSystem: SimulatedDisk(files: files))
    }

    /// The values of column `index` of the first chunk, as an extent.
    private func column(_ index: Int, _ files: [String: [UInt8]]) throws -> ExtentDescriptor {
        let store = try opened(files)
        defer { store.pages.abandon() }
        let view = try store.snapshot()
        let chunk = try #require(try view.state.nodes.chunk(0, context: view.context))
        let ref = ArrayRef(from: chunk.columnDescriptor(index) + 32)
        return ref.extent
    }

    private func set(_ store: GraphStore, _ key: NameID, _ node: UInt32, _ value: Int64) throws {
        let writer = try store.beginWrite()
        do {
            _ = try writer.setNodeProperty(node, key, Cell(integer: value))
            try writer.commit()
        } catch {
            writer.abort()
            throw error
        }
    }

    @Test func anUnverifiedColumnStaysUnverifiedWhenOthersAreRewritten() throws {
        var files = try files()
        let extent = try column(1, files)
        files["graph.nen"]?[Int(extent.page) * pageByteCount + 808] ^= 1
        let store = try opened(files)
        for round in 0 ..< 3 {
            try set(store, 0, UInt32(round), -1)
            let view = try store.snapshot()
            #expect(throws: NQLError.self) { _ = try view.nodeProperty(5, 1) }
            #expect(try view.nodeProperty(UInt32(round), 0).integer == -1)
            #expect(throws: NQLError.self) { try set(store, 1, 9, 4) }
            #expect(try GraphCheckTests.findings(store).isEmpty == false)
        }
        try store.close()
    }

    @Test func rowsAreNotAddedToOrTakenFromADamagedColumn() throws {
        var files = try files()
        let extent = try column(1, files)
        files["graph.nen"]?[Int(extent.page) * pageByteCount + 808] ^= 1
        let store = try opened(files)
        let writer = try store.beginWrite()
        for id in try writer.relationships(ofNode: 3) { try writer.deleteRelationship(id) }
        #expect(throws: NQLError.self) { try writer.deleteNode(3) }
        writer.abort()
        #expect(try GraphCheckTests.findings(store).isEmpty == false)
        // Maintenance passes by what it need not rewrite, and hides nothing.
        let other = try store.beginWrite()
        for id in try other.relationships(ofNode: 3) { try other.deleteRelationship(id) }
        try other.commit()
        #expect(try store.maintainAll().groupsFolded > 0)
        #expect(try GraphCheckTests.findings(store).isEmpty == false)
        try store.close()
    }

    /// The same page under another length or checksum is another thing.
    @Test func aPageIsNotVerifiedForAnotherReference() throws {
        let files = try files()
        let extent = try column(1, files)
        let store = try opened(files)
        #expect(try store.pages.verified(extent).byteCount == Int(extent.byteCount))
        var other = extent
        other.byteCount -= 8
        #expect(throws: NQLError.self) { _ = try store.pages.verified(other) }
        other = extent
        other.checksum ^= 1
        #expect(throws: NQLError.self) { _ = try store.pages.verified(other) }
        #expect(try store.pages.verified(extent).byteCount == Int(extent.byteCount))
        try store.close()
    }

    /// A record is checked for the oldest root in use that may hold it, not for the newest.
    @Test func aRecordIsCheckedForAllRootsThatMayHoldIt() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        _ = try writer.createNode(labels: [label], properties: [])
        try writer.commit()
        let old = try store.snapshot()
        let second = try store.beginWrite()
        for _ in 0 ..< 5_000 { _ = try second.createNode(labels: [label], properties: []) }
        try second.commit()
        let birth = old.state.extent.birth
        #expect(store.context.limits(ofBirth: birth).limits.nodes == 2_048)
        #expect(store.context.limits(ofBirth: birth + 1).limits.nodes == 3 * 2_048)
        withExtendedLifetime(old) {}
    }

    @Test func aDamagedIndexIsReportedAndCanBeDropped() throws {
        var files = try files()
        let root = try {
            let store = try opened(files)
            defer { store.pages.abandon() }
            return try store.snapshot().state.root.indexes[0].root
        }()
        files["graph.nen"]?[Int(root.page) * pageByteCount + 40] ^= 1
        let store = try opened(files)
        let view = try store.snapshot()
        let index = try #require(view.catalog.indexes.first)
        let range = IndexRange(equals: [Cell(integer: 7)])
        var found: [UInt32] = [0]
        #expect(throws: NQLError.self) {
            _ = try view.indexSeek(index, range)?.next(into: &found, capacity: 1)
        }
        #expect(throws: NQLError.self) { try set(store, 2, 4, 1) }
        #expect(try GraphCheckTests.findings(store).isEmpty == false)
        let writer = try store.beginWrite()
        try writer.dropIndex(index.id)
        try writer.commit()
        try set(store, 2, 4, 1)
        try store.close()
    }
}

extension String {
    /// A cell of this text, in memory of a transaction.
    fileprivate func withCell(_ base: HeapBase, _ memory: TransactionMemory) throws -> Cell {
        try Array(utf8).withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, bytes.count > 12 else { return .emptyString }
            return try memory.keep(
                Cell(longString: start, byteCount: bytes.count, base), base: base)
        }
    }
}
