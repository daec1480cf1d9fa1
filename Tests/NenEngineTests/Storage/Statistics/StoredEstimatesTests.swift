// Goal: stored estimates come back as they were; damaged ones are never trusted, never keep a graph
// from being opened, and are reported by the check; estimates of an open store follow the graph
// without anybody saying ANALYZE. Method: round trips through files, every byte of the stored
// estimates changed behind the checksum's back, graphs that grow.

import Glibc
import NenCore
import Testing

@testable import NenEngine

@Suite struct StoredEstimatesTests {
    private func grow(_ store: GraphStore, by count: Int, value: (Int) -> Int64) throws {
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let keys = try ["v", "d", "f", "t"].map(writer.internKey)
        let type = try writer.internType("R")
        for row in 0 ..< count {
            let node = try writer.createNode(
                labels: [label],
                properties: [
                    (keys[0], Cell(integer: value(row))),
                    (keys[1], Cell(.date, payload: UInt64(row % 50))),
                    (keys[2], Cell(float: Double(row) / 3)),
                    (keys[3], Cell(.localDateTime, aux: 5, payload: UInt64(row * 100))),
                ])
            _ = try writer.createRelationship(
                type: type, source: node, target: node / 2, properties: [])
        }
        try writer.commit()
    }

    private func owner(_ view: GraphView, _ key: String) throws -> PropertyOwner {
        PropertyOwner(
            entity: .node, labelOrType: try #require(view.catalog.label("A")),
            key: try #require(view.catalog.key(key)))
    }

    @Test func theyComeBackFromTheFile() throws {
        let disk = SimulatedDisk()
        let first = try GraphStore.open(path: "g.nen", fileSystem: disk)
        try grow(first, by: 300) { Int64($0 % 40) }
        try first.analyze()
        let wanted = try first.snapshot().counter.estimates
        #expect(wanted.properties.count == 4 && wanted.degrees?.moments.count == 2)
        try first.close()
        let second = try GraphStore.open(path: "g.nen", fileSystem: disk)
        let found = try second.snapshot().counter.estimates
        #expect(found.properties == wanted.properties)
        #expect(found.degrees == wanted.degrees)
        #expect(try second.check { Issue.record("\($0)") } == 0)
        try second.close()
    }

    @Test func damagedOnesAreRefusedOrReadWithinTheirRanges() throws {
        let store = try GraphStore.inMemory()
        try grow(store, by: 200) { Int64($0 % 40) }
        try store.analyze()
        let view = try store.snapshot()
        let bytes = try store.pages.verified(view.state.root.estimates)
        let place = UnsafeMutableRawPointer(mutating: bytes.start)
        var refused = 0
        for offset in 0 ..< min(bytes.byteCount, 1_500) {
            let old = place.load(fromByteOffset: offset, as: UInt8.self)
            defer { place.storeBytes(of: old, toByteOffset: offset, as: UInt8.self) }
            for flip in [0x01, 0x80, 0xFF] as [UInt8] {
                place.storeBytes(of: old ^ flip, toByteOffset: offset, as: UInt8.self)
                do {
                    let found = try EstimatesCodec.read(bytes, catalog: view.catalog)
                    for estimate in found.properties.values {
                        #expect((0 ... 1).contains(estimate.nullFraction))
                        #expect(estimate.distinctCount.isFinite)
                    }
                } catch is NQLError {
                    refused += 1
                }
            }
        }
        #expect(refused > 100)
    }

    @Test func aGraphWithDamagedOnesOpens() throws {
        let disk = SimulatedDisk()
        let first = try GraphStore.open(path: "g.nen", fileSystem: disk)
        try grow(first, by: 300) { Int64($0 % 40) }
        try first.analyze()
        let extent = try first.snapshot().state.root.estimates
        try first.close()
        var content = try #require(disk.content("g.nen"))
        content[Int(extent.page) * pageByteCount + 9] ^= 0x40
        let damaged = SimulatedDisk(files: ["g.nen": content])
        let second = try GraphStore.open(path: "g.nen", fileSystem: damaged)
        let view = try second.snapshot()
        #expect(view.counter.estimates.isEmpty)
        // Sampled instead.
        let estimate = try second.context.estimates.estimate(owner(view, "v"), in: view)
        #expect(estimate?.distinctCount == 40)
        #expect(try second.check { _ in } > 0)
        try second.close()
    }

    @Test func theyFollowTheGraph() throws {
        let store = try GraphStore.inMemory()
        let cache = store.context.estimates
        func distinct() throws -> Double? {
            let view = try store.snapshot()
            return try cache.estimate(owner(view, "v"), in: view)?.distinctCount
        }
        try grow(store, by: 100) { _ in 1 }
        #expect(try distinct() == 1)
        #expect(try cache.degrees(in: store.snapshot()).relationshipCount == 100)
        // A tenth more is no reason to look again; twice as many is one.
        try grow(store, by: 10) { Int64($0) }
        #expect(try distinct() == 1)
        try grow(store, by: 100) { Int64($0) }
        #expect(try distinct() == 100)
        #expect(try cache.degrees(in: store.snapshot()).relationshipCount == 210)
    }

    /// Values that change in place move no count.
    @Test func manyChangesBeginAnEra() throws {
        let store = try GraphStore.inMemory()
        try grow(store, by: 3_000) { _ in 1 }
        let cache = store.context.estimates
        func estimate() throws -> PropertyEstimate? {
            let view = try store.snapshot()
            return try cache.estimate(owner(view, "v"), in: view)
        }
        #expect(try estimate()?.distinctCount == 1)
        let era = cache.era
        let writer = try store.beginWrite()
        let key = try writer.internKey("v")
        for node in 0 ..< 3_000 as Range<UInt32> {
            _ = try writer.setNodeProperty(node, key, Cell(integer: Int64(node)))
        }
        try writer.commit()
        #expect(cache.era > era)
        #expect(try estimate()?.distinctCount == 3_000)
    }

    /// What plans asked for is known again after many changes, without anybody's asking.
    @Test func aNewEraIsSampledInTheBackground() throws {
        let store = try GraphStore.inMemory()
        let refresh = MaintenanceWorker(store, maintains: true)
        defer { refresh.stop() }
        try grow(store, by: 3_000) { _ in 1 }
        let cache = store.context.estimates
        _ = try cache.degrees(in: store.snapshot())
        let era = cache.era
        try grow(store, by: 3_000) { _ in 2 }
        #expect(cache.era > era)
        let view = try store.snapshot()
        var found: DegreeStatistics?
        for _ in 0 ..< 1_000 where found == nil {
            usleep(10_000)
            found = cache.knownDegrees(in: view)
        }
        #expect(found?.relationshipCount == 6_000)
    }

    /// Few changes are counted and change nothing else.
    @Test func changesAreCounted() throws {
        let store = try GraphStore.inMemory()
        try grow(store, by: 3_000) { _ in 1 }
        let cache = store.context.estimates
        let before = cache.changes(try store.snapshot().counter)
        #expect(before.count == 0 && before.most == 1_200)
        let writer = try store.beginWrite()
        let key = try writer.internKey("v")
        for node in 0 ..< 100 as Range<UInt32> {
            _ = try writer.setNodeProperty(node, key, Cell(integer: Int64(node)))
        }
        try writer.commit()
        let after = cache.changes(try store.snapshot().counter).count
        #expect(after >= 50 && after <= 300, "\(after)")
    }

    private func setValues(_ store: GraphStore, _ value: (Int64) -> Int64) throws {
        let writer = try store.beginWrite()
        let key = try writer.internKey("v")
        for node in 0 ..< 3_000 as Range<UInt32> {
            _ = try writer.setNodeProperty(node, key, Cell(integer: value(Int64(node))))
        }
        try writer.commit()
    }

    /// Changes are counted in the file, so that nobody believes estimates of another time.
    @Test func whatDriftedBeforeTheCloseIsNotBelievedAfterIt() throws {
        let disk = SimulatedDisk()
        let first = try GraphStore.open(path: "g.nen", fileSystem: disk)
        try grow(first, by: 3_000) { _ in 1 }
        try first.analyze()
        try setValues(first) { $0 % 50 }
        try first.close()
        let second = try GraphStore.open(path: "g.nen", fileSystem: disk)
        let view = try second.snapshot()
        #expect(try view.counter.estimates.properties[owner(view, "v")]?.distinctCount == 1)
        second.context.estimates.note(
            view.counter, estimatesBirth: view.state.root.estimates.birth)
        let found = try second.context.estimates.estimate(owner(view, "v"), in: view)
        #expect(found?.distinctCount == 50)
        try second.close()
    }

    /// The same after a kill, when the changes come from the log.
    @Test func replayedChangesCount() throws {
        let disk = SimulatedDisk()
        var options = StoreOptions()
        options.sharesCore = false
        let first = try GraphStore.open(path: "g.nen", options: options, fileSystem: disk)
        try grow(first, by: 3_000) { _ in 1 }
        try first.analyze()
        try first.checkpoint()
        let before = try first.snapshot().counter.changeClock
        try setValues(first) { $0 % 50 }
        let after = try first.snapshot().counter.changeClock
        first.pages.abandon()
        let second = try GraphStore.open(path: "g.nen", options: options, fileSystem: disk)
        #expect(second.openReport.replayedTransactions > 0)
        let counted = try second.snapshot().counter.changeClock
        #expect(after - before >= 2_000)
        #expect(counted >= after && counted - after < 10)
        try second.close()
    }

    /// Maintenance stores them anew when they have drifted, and no plan is made again for it.
    @Test func maintenanceStoresThemWhenTheyHaveDrifted() throws {
        let disk = SimulatedDisk()
        let first = try GraphStore.open(path: "g.nen", fileSystem: disk)
        try grow(first, by: 3_000) { _ in 1 }
        #expect(try first.maintainAll().estimatesRefreshed == 4)
        #expect(try first.maintainAll().estimatesRefreshed == 0)
        let cache = first.context.estimates
        var report = MaintenanceReport()
        #expect(try first.refreshEstimates(waits: false, &report))
        #expect(report.estimatesRefreshed == 0)
        try setValues(first) { $0 % 50 }
        let era = cache.era
        let other = try first.beginWrite()
        #expect(try first.refreshEstimates(waits: false, &report) == false)
        other.abort()
        #expect(try first.refreshEstimates(waits: false, &report))
        #expect(report.estimatesRefreshed == 4)
        #expect(cache.era == era)
        let view = try first.snapshot()
        #expect(cache.clock(of: try owner(view, "v"), in: view) == view.counter.changeClock)
        try first.close()
        let second = try GraphStore.open(path: "g.nen", fileSystem: disk)
        let stored = try second.snapshot()
        let found = try second.context.estimates.estimate(owner(stored, "v"), in: stored)
        #expect(found?.distinctCount == 50 && found?.entityCount == 3_000)
        #expect(second.context.estimates.propertyCount == 0)
        try second.close()
    }
}
