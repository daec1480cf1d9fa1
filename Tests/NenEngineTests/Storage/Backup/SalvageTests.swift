// Goal: a salvage keeps every chunk whose checksum holds, whatever else is damaged, and never
// fails, hangs or changes its source. Method: databases of a random workload, closed or killed,
// with random damage; the undamaged original tells which chunks must come back, and with what.
//
// NEN_SALVAGES sets how many files are damaged (default 24; `make backup-check` takes 500).
import CNenKernels
import Foundation
import NenCore
import Testing

@testable import NenEngine

@Suite struct SalvageTests {
    private var fileCount: Int {
        Int(ProcessInfo.processInfo.environment["NEN_SALVAGES"] ?? "") ?? 24
    }

    /// - Parameter isDurable: half of the transactions are in the data file, whatever comes then.
    private func finished(
        _ seed: UInt64, isClosed: Bool, isDurable: Bool = false
    ) throws -> GraphDisk {
        let graph = GraphDisk(disk: SimulatedDisk(), seed: seed, nodeCountMax: 120)
        try graph.open()
        try graph.declareIndexes()
        for _ in 0 ..< 10 { try graph.step(operations: 40) }
        if isDurable { try graph.store?.checkpoint() }
        for _ in 0 ..< 10 { try graph.step(operations: 40) }
        if isClosed { try graph.close() } else { graph.kill() }
        return graph
    }

    private func salvage(
        _ data: [UInt8], _ log: [UInt8]?, in folder: ScratchFolder,
        lostEnds: LostEnds = .drop, _ body: (GraphView, SalvageReport) throws -> Void
    ) throws {
        let path = folder.path + "/damaged.nen"
        let target = folder.path + "/salvaged.nen"
        for file in [path, path + "-log", target, target + "-log", target + "-shared"] {
            unlink(file)
        }
        try write(data, path)
        if let log { try write(log, path + "-log") }
        let report = try Salvage.run(
            path, into: target, lostEnds: lostEnds, checkInterrupt: {})
        #expect(FileManager.default.contents(atPath: path).map(Array.init) == data)
        let store = try GraphStore.open(path: target, fileSystem: RealFileSystem.shared)
        defer { try? store.close() }
        var findings: [String] = []
        _ = try store.check { findings.append($0.description) }
        #expect(findings == [])
        try body(try store.snapshot(), report)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    @Test(arguments: [true, false])
    func aSoundDatabaseComesBackWhole(isClosed: Bool) throws {
        let seed = UInt64.random(in: 0 ... .max)
        let graph = try finished(seed, isClosed: isClosed)
        let folder = try ScratchFolder()
        try salvage(
            graph.disk.content("graph.nen") ?? [], graph.disk.content("graph.nen-log"),
            in: folder
        ) { view, report in
            #expect(report.losses == [], "seed \(seed)")
            let difference = try graph.workload.model.difference(from: view)
            #expect(difference == nil, "seed \(seed)")
            #expect(view.catalog.indexes.map(\.name) == ["ak"])
        }
    }

    /// Where the records of an undamaged file stand, and the entries that name them.
    private struct Original {
        var bytes: [UInt8]
        /// Byte ranges that a chunk needs: its entry in the leaf and its record.
        var needs: [(isNode: Bool, number: Int, ranges: [Range<Int>], ids: [UInt32])] = []
        /// All ranges that are read of a whole database.
        var arrays: [Int: [Range<Int>]] = [:]
        var catalog = 0 ..< 0

        init(_ bytes: [UInt8]) throws {
            self.bytes = bytes
            let disk = SimulatedDisk(files: ["o.nen": bytes])
            let file = try disk.open("o.nen", .readOnly)
            let superblock = try #require(
                Superblock.newest(of: try Superblock.readSlots(of: file))?.superblock)
            let pages = try PrivateStore.open(
                file, superblock: superblock, owner: GraphRootOwner())
            let store = try GraphStore(pages: pages)
            let view = try store.snapshot()
            catalog = Original.range(view.state.root.catalog)
            for tree in [view.state.nodes, view.state.relationships] {
                for number in 0 ..< tree.chunkCount {
                    let entry = tree.entry(number)
                    let leaf = tree.levels[0][number / ChunkEntry.fanOut]
                    let place = Int(leaf.page) * pageByteCount
                        + number % ChunkEntry.fanOut * ChunkEntry.byteWidth
                    let chunk = tree.isNode
                        ? try view.nodeChunk(number) : try view.relationshipChunk(number)
                    let ids = (0 ..< chunk.rowCount).filter(chunk.isLive).map {
                        UInt32(number << 11 | $0)
                    }
                    needs.append(
                        (tree.isNode, number,
                            [place ..< place + 24, Original.range(entry.extent)], ids))
                }
            }
        }

        private static func range(_ extent: ExtentDescriptor) -> Range<Int> {
            let start = Int(extent.page) * pageByteCount
            return start ..< start + Int(extent.byteCount)
        }

        func isWhole(_ ranges: [Range<Int>], in damaged: [UInt8]) -> Bool {
            ranges.allSatisfy {
                $0.upperBound <= damaged.count && damaged[$0] == bytes[$0]
            }
        }
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let used = min(bytes.count, 400_000)
        let at = Int.random(in: 0 ..< used, using: &random)
        let end = min(used, at + Int.random(in: 1 ... 6_000, using: &random))
        switch Int.random(in: 0 ..< 6, using: &random) {
        case 0: bytes.removeLast(bytes.count - max(at, 40_000))
        case 1: for place in at ..< end { bytes[place] = 0 }
        case 2: for place in at ..< end { bytes[place] = .random(in: 0 ... 255, using: &random) }
        case 3: for place in 0 ..< 8_192 { bytes[place] = 0x5A }
        default: bytes[at] ^= 1 << UInt8.random(in: 0 ..< 8, using: &random)
        }
    }

    @Test func everyChunkWhoseChecksumHoldsIsKept() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("everyChunkWhoseChecksumHoldsIsKept: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let folder = try ScratchFolder()
        var kept = 0
        var lost = 0
        for round in 0 ..< fileCount {
            let graph = try finished(random.next(), isClosed: true)
            let original = try Original(graph.disk.content("graph.nen") ?? [])
            var damaged = original.bytes
            for _ in 0 ..< Int.random(in: 1 ... 4, using: &random) {
                if damaged.count > 50_000 { damage(&damaged, &random) }
            }
            let note = "seed \(seed), round \(round)"
            do {
                try salvage(damaged, nil, in: folder, lostEnds: .attach) { view, report in
                    for need in original.needs {
                        guard original.isWhole(need.ranges, in: damaged) else {
                            lost += 1
                            continue
                        }
                        kept += 1
                        for id in need.ids where need.isNode {
                            #expect(try view.nodeExists(id), "\(note), node \(id)")
                        }
                    }
                    try compare(view, graph.workload.model, report, original, damaged, note)
                }
            } catch let error as NQLError {
                // Only a file in which nothing is left.
                #expect(error.detail == "NothingToSalvage", "\(note): \(error)")
                #expect(!original.needs.contains { original.isWhole($0.ranges, in: damaged) })
            }
        }
        print("\(fileCount) files: \(kept) chunks kept, \(lost) damaged")
    }

    /// The page in which a file was cut counts as far as it goes.
    @Test func aLeafThatWasCutTellsWhatItHas() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let folder = try ScratchFolder()
        var kept = 0
        for round in 0 ..< 12 {
            let graph = try finished(random.next(), isClosed: true)
            let original = try Original(graph.disk.content("graph.nen") ?? [])
            let need = try #require(original.needs.randomElement(using: &random))
            let cut = Array(original.bytes[..<(need.ranges[0].upperBound + 7)])
            do {
                try salvage(cut, nil, in: folder, lostEnds: .attach) { view, _ throws in
                    for need in original.needs where original.isWhole(need.ranges, in: cut) {
                        kept += 1
                        for id in need.ids where need.isNode {
                            #expect(
                                try view.nodeExists(id), "seed \(seed), round \(round), \(id)")
                        }
                    }
                }
            } catch let error as NQLError {
                #expect(error.detail == "NothingToSalvage", "seed \(seed): \(error)")
                #expect(!original.needs.contains { original.isWhole($0.ranges, in: cut) })
            }
        }
        #expect(kept > 0, "seed \(seed)")
    }

    /// No value that was salvaged is another one than it was, as long as names and versions are the
    /// last ones.
    private func compare(
        _ view: GraphView, _ model: GraphModel, _ report: SalvageReport, _ original: Original,
        _ damaged: [UInt8], _ note: String
    ) throws {
        let isCurrent = !report.losses.contains {
            $0.kind == .transactions || $0.kind == .names
        }
        guard isCurrent else { return }
        let found = try GraphModel(view)
        for (id, node) in found.nodes {
            guard let known = model.nodes[id] else {
                // Made for a relationship whose node is lost; it must be one of them.
                Issue.record("\(note): node \(id) never was")
                continue
            }
            for (key, value) in node.properties {
                #expect(known.properties[key] == value, "\(note), node \(id).\(key)")
            }
        }
        for (id, one) in found.relationships {
            let known = try #require(model.relationships[id], "\(note), relationship \(id)")
            #expect(
                known.source == one.source && known.target == one.target
                    && known.type == one.type, "\(note), relationship \(id)")
        }
        if report.losses.isEmpty {
            #expect(try model.difference(from: view) == nil, "\(note)")
        }
    }

    @Test func relationshipsAreFoundInTheAdjacency() throws {
        let graph = try finished(7, isClosed: true)
        let original = try Original(graph.disk.content("graph.nen") ?? [])
        var damaged = original.bytes
        var count = 0
        for need in original.needs where !need.isNode {
            damaged[need.ranges[1].lowerBound + 60] ^= 0xFF
            count += need.ids.count
        }
        let folder = try ScratchFolder()
        try salvage(damaged, nil, in: folder) { view, report in
            #expect(view.statistics.relationshipCount == UInt64(count))
            #expect(!report.isComplete)
            let model = try GraphModel(view)
            for (id, one) in graph.workload.model.relationships {
                #expect(model.relationships[id]?.source == one.source)
                #expect(model.relationships[id]?.target == one.target)
                #expect(model.relationships[id]?.type == one.type)
            }
        }
    }

    @Test func bothSuperblocksMayBeGone() throws {
        let graph = try finished(11, isClosed: true)
        var damaged = graph.disk.content("graph.nen") ?? []
        for place in 0 ..< 4 * pageByteCount { damaged[place] = 0xEE }
        let folder = try ScratchFolder()
        try salvage(damaged, nil, in: folder) { view, report in
            #expect(!report.isComplete)
            let difference = try graph.workload.model.difference(from: view)
            #expect(difference == nil)
        }
    }

    @Test func theLogIsRedoneAsFarAsItFits() throws {
        let graph = try finished(13, isClosed: false, isDurable: true)
        let log = try #require(graph.disk.content("graph.nen-log"))
        let data = try #require(graph.disk.content("graph.nen"))
        let folder = try ScratchFolder()
        try salvage(data, log, in: folder) { view, report in
            #expect(report.replayedCount > 0 && report.losses == [])
            let difference = try graph.workload.model.difference(from: view)
            #expect(difference == nil)
        }
        let original = try Original(data)
        var damaged = data
        let lost = try #require(original.needs.first { $0.isNode && !$0.ids.isEmpty })
        damaged[lost.ranges[1].lowerBound + 60] ^= 0xFF
        try salvage(damaged, log, in: folder) { _, report in
            #expect(report.losses.contains { $0.kind == .nodes })
        }
    }

    @Test func theReportIsTextAndJSON() throws {
        var report = SalvageReport()
        report.lose(.nodes, "node chunk 7", "a \"quoted\"\nthing", 12, isEstimate: true)
        #expect(report.text.contains("lost nodes (at most 12): node chunk 7"))
        let parsed = try JSONSerialization.jsonObject(with: Data(report.json.utf8))
        let losses = (parsed as? [String: Any])?["losses"] as? [[String: Any]]
        #expect(losses?.first?["detail"] as? String == "a \"quoted\"\nthing")
    }
}
