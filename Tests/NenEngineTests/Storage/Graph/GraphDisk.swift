// A graph database on the simulated disk, driven by the random workload; knows the model's state
// after every transaction and when it was acknowledged.
import NenCore

@testable import NenEngine

final class GraphDisk {
    static let path = "graph.nen"
    let disk: SimulatedDisk
    var options = StoreOptions()
    var workload: GraphWorkload
    private(set) var store: GraphStore?
    /// Model per transaction number.
    private(set) var models: [UInt64: GraphModel] = [:]
    private(set) var acknowledged: [(transaction: UInt64, traceCount: Int)] = []
    private(set) var flaw: String?

    init(disk: SimulatedDisk, seed: UInt64, nodeCountMax: Int) {
        self.disk = disk
        workload = GraphWorkload(seed: seed)
        workload.nodeCountMax = nodeCountMax
        options.logSegmentBytes = 8_192
        options.checkpointLogBytes = 40_000
        options.sharesCore = false
        options.busyTimeoutMilliseconds = 2_000
    }

    func open() throws {
        store = try GraphStore.open(
            path: GraphDisk.path, options: options, fileSystem: disk)
        try note()
    }

    /// Notes that the model as it is was acknowledged as the newest transaction.
    private func note() throws {
        guard let store else { return }
        let number = try store.pages.pin().transaction
        models[number] = workload.model
        acknowledged.append((number, disk.traceCount))
    }

    /// Maintenance, whose transactions leave the model as it is.
    func maintain() throws -> MaintenanceReport {
        guard let store else { return MaintenanceReport() }
        let first = try store.pages.pin().transaction
        let report = try store.maintainAll()
        try note()
        let last = try store.pages.pin().transaction
        for number in first ... last { models[number] = workload.model }
        return report
    }

    func declareIndexes() throws {
        guard let writer = try store?.beginWrite() else { return }
        let label = try writer.internLabel("A")
        let key = try writer.internKey("k")
        _ = try writer.createIndex(
            name: "ak", entity: .node, labelOrType: label, properties: [key], isUnique: false)
        try writer.commit()
        try note()
    }

    /// One transaction of random operations, committed or, now and then, aborted.
    func step(operations: Int) throws {
        guard let writer = try store?.beginWrite() else { return }
        let before = workload.moment
        workload.beginTransaction()
        for _ in 0 ..< operations {
            if let found = try workload.step(writer) { flaw = found }
        }
        if workload.chance(10) {
            writer.abort()
            workload.goBack(to: before)
        } else {
            try writer.commit()
            try note()
        }
    }

    func close() throws {
        let closing = store
        store = nil
        try closing?.close()
    }

    /// As a killed process.
    func kill() {
        store?.pages.abandon()
        store = nil
    }

    /// The last transaction acknowledged at a place of the trace.
    func acknowledgedNumber(at cut: Int) -> UInt64 {
        acknowledged.last { $0.traceCount <= cut }?.transaction ?? 0
    }

    /// Opens what is on a disk and says what is wrong with it.
    func flaw(on other: SimulatedDisk, atLeast: UInt64) -> String? {
        do {
            let found = try GraphStore.open(
                path: GraphDisk.path, options: options, fileSystem: other)
            defer { found.pages.abandon() }
            let number = try found.pages.pin().transaction
            if number < atLeast { return "transaction \(number), acknowledged \(atLeast)" }
            guard let model = models[number] ?? (number == 1 ? GraphModel() : nil) else {
                return "transaction \(number) never was"
            }
            if let difference = try model.difference(from: try found.snapshot()) {
                return "transaction \(number): \(difference)"
            }
            var findings: [String] = []
            _ = try found.check { findings.append($0.description) }
            if let first = findings.first { return "check: \(first)" }
            return nil
        } catch {
            return "open refused: \(error)"
        }
    }
}
