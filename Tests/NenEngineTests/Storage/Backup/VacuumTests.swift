// Goal: a vacuum gives space back, changes nothing that can be read, disturbs no reader of any
// process, and survives a power cut at every moment. Method: a random workload that grows and
// shrinks a database on the simulated disk; sizes, models and checks before and behind vacuums.
import NenCore
import Testing

@testable import NenEngine

@Suite struct VacuumTests {
    /// A database most of which is free.
    private func shrunk(_ seed: UInt64) throws -> GraphDisk {
        let graph = GraphDisk(disk: SimulatedDisk(), seed: seed, nodeCountMax: 500)
        graph.options.capacityBytes = 1 << 30
        try graph.open()
        try graph.declareIndexes()
        try graph.step(operations: 600)
        let store = try #require(graph.store)
        // Ballast in front of what stays.
        for round in 0 ..< 3 {
            let writer = try store.beginWrite()
            let key = try writer.internKey("ballast")
            let label = try writer.internLabel("Ballast")
            let builder = CellBuilder(
                arena: Arena(pool: PagePool(limitBytes: 1 << 28)), base: writer.base)
            for number in 0 ..< 400 {
                let text = try builder.string(String(repeating: "x", count: 3_000 + number))
                _ = try writer.createNode(labels: [label], properties: [(key, text)])
            }
            try writer.commit()
            if round == 1 { try graph.step(operations: 100) }
        }
        try graph.step(operations: 100)
        let writer = try store.beginWrite()
        let label = try writer.internLabel("Ballast")
        for chunk in 0 ..< writer.nodeChunkCount {
            let handle = try writer.nodeChunk(chunk)
            let ids = (0 ..< handle.rowCount).filter { row in
                handle.isLive(row)
                    && writer.catalog.labelSets[Int(handle.labelSet(row))].contains(label)
            }
            for row in ids { try writer.deleteNode(UInt32(chunk << 11 | row)) }
        }
        try writer.commit()
        try graph.step(operations: 20)
        return graph
    }

    private func flaw(_ graph: GraphDisk) throws -> String? {
        let store = try #require(graph.store)
        if let difference = try graph.workload.model.difference(from: try store.snapshot()) {
            return difference
        }
        var findings: [String] = []
        _ = try store.check { findings.append($0.description) }
        return findings.first
    }

    @Test func spaceComesBack() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let graph = try shrunk(seed)
        let store = try #require(graph.store)
        let before = graph.disk.content("graph.nen")?.count ?? 0
        let report = try store.vacuum(checkInterrupt: {})
        let after = graph.disk.content("graph.nen")?.count ?? 0
        #expect(before >= 4 << 20, "\(before)")
        #expect(after * 2 <= before, "seed \(seed): \(before) to \(after)")
        #expect(report.bytesAfter <= report.bytesBefore)
        #expect(try flaw(graph) == nil, "seed \(seed)")
        // The database goes on: it grows again, survives a kill and a close.
        for _ in 0 ..< 5 { try graph.step(operations: 60) }
        #expect(graph.flaw == nil, "seed \(seed)")
        graph.kill()
        try graph.open()
        #expect(try flaw(graph) == nil, "seed \(seed)")
        try graph.close()
        try graph.open()
        #expect(try flaw(graph) == nil, "seed \(seed)")
        try graph.close()
    }

    @Test func readersKeepWhatTheyHold() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let graph = try shrunk(seed)
        let store = try #require(graph.store)
        // Another process, as far as the store can tell.
        let other = try GraphStore.open(
            path: GraphDisk.path, options: graph.options, fileSystem: graph.disk)
        let model = graph.workload.model
        var held: GraphView? = try other.snapshot()
        _ = try store.vacuum(checkInterrupt: {})
        let between = graph.disk.content("graph.nen")?.count ?? 0
        try graph.step(operations: 40)
        _ = try store.vacuum(checkInterrupt: {})
        if let held { #expect(try model.difference(from: held) == nil, "seed \(seed)") }
        held = nil
        _ = try store.vacuum(checkInterrupt: {})
        let after = graph.disk.content("graph.nen")?.count ?? 0
        #expect(after <= between, "seed \(seed)")
        #expect(try flaw(graph) == nil, "seed \(seed)")
        // The other process reads the new state, and takes the writing over.
        #expect(
            try graph.workload.model.difference(from: try other.snapshot()) == nil,
            "seed \(seed)")
        let writer = try other.beginWrite()
        _ = try writer.createNode(labels: [], properties: [])
        try writer.commit()
        var findings: [String] = []
        _ = try other.check { findings.append($0.description) }
        #expect(findings == [], "seed \(seed)")
        #expect(other.pages.fault == nil)
        try other.close()
        try graph.close()
    }

    @Test func aPowerCutDuringAVacuumLosesNothing() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let graph = try shrunk(seed)
        let store = try #require(graph.store)
        let first = graph.disk.traceCount
        _ = try store.vacuum(checkInterrupt: {})
        graph.kill()
        let trace = graph.disk.trace
        var random = SeededGenerator(seed: seed)
        var states = CrashStates()
        var flaws: [String] = []
        // Cuts at each event behind the slices, where the file is cut, and at some before.
        for cut in 0 ... trace.count where flaws.count < 3 {
            if cut > 0 { states.apply(trace[cut - 1]) }
            guard cut >= first, cut > trace.count - 12 || cut % 7 == 0 else { continue }
            let disk = states.outcome(
                CrashStates.Mode.allCases.randomElement(using: &random) ?? .allCases[0],
                using: &random)
            if let flaw = flaw(graph, disk) {
                flaws.append("cut \(cut) of \(trace.count): \(flaw)")
            }
        }
        #expect(flaws == [], "seed \(seed)")
    }

    private func flaw(_ graph: GraphDisk, _ disk: SimulatedDisk) -> String? {
        do {
            let found = try GraphStore.open(
                path: GraphDisk.path, options: graph.options, fileSystem: disk)
            defer { found.pages.abandon() }
            if let difference = try graph.workload.model.difference(from: try found.snapshot()) {
                return difference
            }
            var findings: [String] = []
            _ = try found.check { findings.append($0.description) }
            return findings.first
        } catch {
            return "open refused: \(error)"
        }
    }
}
