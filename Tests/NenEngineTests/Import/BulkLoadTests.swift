// The import into a store against the same graph made row by row in a transaction: equal content
// through a view, all adjacency, the same exact statistics; after reopening, too.

import Glibc
import NenCore
import Synchronization
import Testing

@testable import NenEngine

struct BulkLoadTests {
    /// All nodes and relationships as sorted lines, checking adjacency on the way.
    private func content(_ view: GraphView) throws -> (nodes: [String], relationships: [String]) {
        var nodes: [String] = []
        var names: [UInt32: String] = [:]
        let catalog = view.catalog
        for chunk in 0..<view.nodeChunkCount {
            let handle = try view.nodeChunk(chunk)
            for row in 0..<handle.rowCount where handle.isLive(row) {
                let id = UInt32(chunk * 2048 + row)
                let labels = catalog.labelSets[Int(try view.labelSet(ofNode: id))]
                    .map { catalog.labels[Int($0)] }.sorted()
                var line = labels.joined(separator: ":")
                try view.forEachNodeProperty(id) { key, cell in
                    let value = describe(cell, view.base)
                    if catalog.keys[Int(key)] == "id" { names[id] = value }
                    line += " \(catalog.keys[Int(key)])=\(value)"
                }
                nodes.append(line)
            }
        }
        var relationships: [String] = []
        var incoming: [String] = []
        for (id, name) in names {
            for type in 0..<UInt32(catalog.types.count) {
                try view.forEachRun(node: id, type: type, direction: .outgoing) { run in
                    for index in 0..<run.count {
                        let number = run.relationships[index]
                        let ends = try view.endpoints(ofRelationship: number)
                        #expect(ends.type == type && ends.source == id)
                        #expect(ends.target == run.neighbours[index])
                        let target = names[ends.target] ?? "?"
                        var line = "\(name) \(catalog.types[Int(type)]) \(target)"
                        try view.forEachRelationshipProperty(number) { key, cell in
                            line += " \(catalog.keys[Int(key)])=\(describe(cell, view.base))"
                        }
                        relationships.append(line)
                    }
                }
                try view.forEachRun(node: id, type: type, direction: .incoming) { run in
                    for index in 0..<run.count {
                        let ends = try view.endpoints(
                            ofRelationship: run.relationships[index])
                        #expect(ends.target == id && ends.source == run.neighbours[index])
                        incoming.append("\(ends.source) \(type) \(id)")
                    }
                }
            }
        }
        #expect(incoming.count == relationships.count)
        return (nodes.sorted(), relationships.sorted())
    }

    /// A graph both as files and as a transaction.
    private struct Example {
        var nodeFile = "id:ID,name,age:int,score:double,ok:boolean,tags:string[],born:date,:LABEL\n"
        var edgeFile = ":START_ID,:END_ID,w:long,note,span:duration,:TYPE\n"
        var nodes: [(labels: [String], properties: [(String, Value)])] = []
        var edges: [(type: String, source: Int, target: Int, properties: [(String, Value)])] = []

        init(nodeCount: Int, edgeCount: Int, _ random: inout SeededGenerator) {
            for number in 0..<nodeCount { addNode(number, &random) }
            for number in 0..<edgeCount { addEdge(number, nodeCount, &random) }
        }

        private mutating func addNode(_ number: Int, _ random: inout SeededGenerator) {
            let labels = [[], ["A"], ["A", "B"], ["C"]][number % 4]
            var properties: [(String, Value)] = [("id", .integer(Int64(number)))]
            let name = number % 3 == 0 ? "a rather long name, \"\(number)\"" : "n\(number % 50)"
            properties.append(("name", .string(name)))
            nodeFile += "\(number),\"\(name.replacing("\"", with: "\"\""))\","
            let hasAge = number % 40 == 0
            nodeFile += hasAge ? "\(number % 90)," : ","
            if hasAge { properties.append(("age", .integer(Int64(number % 90)))) }
            let score = Double(Int.random(in: 0...1000, using: &random)) / 8
            nodeFile += "\(score),"
            properties.append(("score", .float(score)))
            nodeFile += "\(number % 4 == 1),"
            properties.append(("ok", .boolean(number % 4 == 1)))
            if number % 5 == 0 {
                nodeFile += "x;a tag of many letters \(number);y,"
                let tags = ["x", "a tag of many letters \(number)", "y"]
                properties.append(("tags", .list(tags.map(Value.string))))
            } else {
                nodeFile += ","
            }
            nodeFile += "1970-01-0\(1 + number % 9),\(labels.joined(separator: ";"))\n"
            properties.append(("born", .date(DateValue(epochDays: Int64(number % 9)))))
            nodes.append((labels, properties))
        }

        private mutating func addEdge(
            _ number: Int, _ nodeCount: Int, _ random: inout SeededGenerator
        ) {
            let source = number % 3 == 0 ? 7 : Int.random(in: 0..<nodeCount, using: &random)
            let target = number % 11 == 0
                ? source : Int.random(in: 0..<nodeCount, using: &random)
            let type = number % 7 == 0 ? "RARE" : "OFTEN"
            var properties: [(String, Value)] = []
            if number % 2 == 0 { properties.append(("w", .integer(Int64(number)))) }
            let hasNote = number % 100 == 0
            let note = "note number \(number) is long"
            if hasNote { properties.append(("note", .string(note))) }
            if number % 13 == 0 {
                properties.append(
                    ("span", .duration(
                        DurationValue(months: 1, days: 2, seconds: Int64(number), nanosecond: 0))))
            }
            edgeFile += "\(source),\(target),\(number % 2 == 0 ? "\(number)" : ""),"
            edgeFile += (hasNote ? note : "") + ","
            edgeFile += (number % 13 == 0 ? "P1M2DT\(number)S" : "") + ",\(type)\n"
            edges.append((type, source, target, properties))
        }

        /// Makes the graph in a transaction.
        func create(in store: GraphStore) throws {
            let transaction = try store.beginWrite()
            let arena = Arena(pool: PagePool(limitBytes: 1 << 30))
            let builder = CellBuilder(arena: arena, base: transaction.base)
            func cells(_ properties: [(String, Value)]) throws -> [(NameID, Cell)] {
                try properties.map { (try transaction.internKey($0.0), try builder.cell($0.1)) }
            }
            var ids: [UInt32] = []
            for node in nodes {
                ids.append(
                    try transaction.createNode(
                        labels: node.labels.map { try transaction.internLabel($0) },
                        properties: try cells(node.properties)))
            }
            for edge in edges {
                _ = try transaction.createRelationship(
                    type: transaction.internType(edge.type), source: ids[edge.source],
                    target: ids[edge.target], properties: try cells(edge.properties))
            }
            try transaction.commit()
        }
    }

    private func options(_ example: Example, _ folder: TemporaryFolder) -> GraphImportOptions {
        var options = GraphImportOptions()
        options.nodes = [ImportInput(names: [], paths: [folder.write("n.csv", example.nodeFile)])]
        options.relationships = [
            ImportInput(names: [], paths: [folder.write("e.csv", example.edgeFile)])
        ]
        options.idType = .integer
        options.threadCount = 2
        options.rangeByteCount = 50_000
        options.reportPath = folder.path + "/report"
        return options
    }

    /// What `check` finds; empty when the database is sound.
    private func complaints(_ store: GraphStore) throws -> [String] {
        var found: [String] = []
        _ = try store.check { found.append("\($0.place): \($0.problem)") }
        return found
    }

    private func compare(_ store: GraphStore, _ expected: GraphStore, seed: UInt64) throws {
        let found = try store.snapshot()
        let wanted = try expected.snapshot()
        let (nodes, relationships) = try content(found)
        let (wantedNodes, wantedRelationships) = try content(wanted)
        // Keys are numbered by first use, so a line's properties may come in another order.
        func sorted(_ lines: [String]) -> [String] {
            lines.map { $0.split(separator: " ").sorted().joined(separator: " ") }.sorted()
        }
        #expect(sorted(nodes) == sorted(wantedNodes), "seed \(seed)")
        #expect(sorted(relationships) == sorted(wantedRelationships), "seed \(seed)")
        #expect(try complaints(store) == [], "seed \(seed)")
        #expect(found.statistics.nodeCount == wanted.statistics.nodeCount)
        #expect(found.statistics.relationshipCount == wanted.statistics.relationshipCount)
        #expect(
            found.statistics.selfLoopsPerType.reduce(0, +)
                == wanted.statistics.selfLoopsPerType.reduce(0, +))
        #expect(
            found.statistics.relationshipsPerGroup.values.sorted()
                == wanted.statistics.relationshipsPerGroup.values.sorted())
    }

    @Test(arguments: [(30, 50), (3_000, 9_000), (9_000, 40_000)])
    func equalsTheGraphOfTransactions(nodeCount: Int, edgeCount: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let example = Example(nodeCount: nodeCount, edgeCount: edgeCount, &random)
        let folder = TemporaryFolder()
        let expected = try GraphStore.inMemory()
        try example.create(in: expected)
        let options = options(example, folder)

        let inMemory = try GraphStore.inMemory()
        let report = try GraphImporter.importFiles(
            options, into: inMemory, spillDirectory: folder.path)
        #expect(report.nodeCount == UInt64(nodeCount))
        #expect(report.relationshipCount == UInt64(edgeCount))
        try compare(inMemory, expected, seed: seed)

        let path = folder.path + "/a.nen"
        _ = try GraphImporter.importFiles(options, into: path)
        let reopened = try GraphStore.open(path: path, fileSystem: RealFileSystem())
        try compare(reopened, expected, seed: seed)
        // The imported graph takes further changes like any other.
        let transaction = try reopened.beginWrite()
        let key = try transaction.internKey("id")
        let added = try transaction.createNode(
            labels: [], properties: [(key, Cell(integer: -1))])
        _ = try transaction.createRelationship(
            type: transaction.internType("OFTEN"), source: added, target: 0, properties: [])
        try transaction.commit()
        #expect(try reopened.snapshot().statistics.nodeCount == UInt64(nodeCount + 1))
        try reopened.close()
    }

    /// The power fails at any I/O of an import: afterwards the database is empty or complete.
    @Test func isAllOrNothingWhenThePowerFails() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let example = Example(nodeCount: 200, edgeCount: 600, &random)
        let folder = TemporaryFolder()
        let disk = SimulatedDisk()
        let store = try GraphStore.open(path: "a.nen", fileSystem: disk)
        _ = try GraphImporter.importFiles(
            options(example, folder), into: store, spillDirectory: folder.path)
        try store.close()
        var states = CrashStates()
        var isOver = false
        for (number, event) in disk.trace.enumerated() {
            states.apply(event)
            let mode = CrashStates.Mode.allCases[number % CrashStates.Mode.allCases.count]
            let left = states.outcome(mode, using: &random)
            guard left.content("a.nen") != nil else { continue }
            let reopened = try GraphStore.open(path: "a.nen", fileSystem: left)
            let nodeCount = try reopened.snapshot().statistics.nodeCount
            #expect(nodeCount == 0 || nodeCount == 200, "seed \(seed), event \(number)")
            #expect(!isOver || nodeCount == 200 || mode != .none)
            isOver = mode == .none && nodeCount == 200
            if number % 7 == 0 {
                #expect(try complaints(reopened) == [], "seed \(seed), event \(number)")
            }
            try reopened.close()
        }
        #expect(try complaints(GraphStore.open(path: "a.nen", fileSystem: disk)) == [])
    }

    /// The disk refuses any one write: a typed error, and the database stays empty and usable. When
    /// the refused call comes with or after the superblock's write, the import may have happened
    /// all the same.
    @Test func isUndoneWhenTheDiskRefuses() throws {
        var random = SeededGenerator(seed: 3)
        let example = Example(nodeCount: 150, edgeCount: 400, &random)
        let folder = TemporaryFolder()
        let options = options(example, folder)
        // Refusing the call behind the last counts them.
        let total = try callsOfImport(options, folder, refusing: .max).calls
        #expect(total > 10)
        for refused in 1...total {
            let (disk, error, _) = try callsOfImport(options, folder, refusing: refused)
            #expect(error is NQLError, "call \(refused) of \(total)")
            let reopened = try GraphStore.open(path: "a.nen", fileSystem: disk)
            let nodeCount = try reopened.snapshot().statistics.nodeCount
            let mayBeComplete = refused > total - 3
            #expect(nodeCount == 0 || nodeCount == 150 && mayBeComplete, "call \(refused)")
            if nodeCount > 0 { continue }
            _ = try GraphImporter.importFiles(
                options, into: reopened, spillDirectory: folder.path)
            #expect(try complaints(reopened) == [], "call \(refused)")
            try reopened.close()
        }
    }

    /// Imports with one write or sync refused, and closes the store.
    private func callsOfImport(
        _ options: GraphImportOptions, _ folder: TemporaryFolder, refusing refused: Int
    ) throws -> (disk: SimulatedDisk, error: (any Error)?, calls: Int) {
        let disk = SimulatedDisk()
        let store = try GraphStore.open(path: "a.nen", fileSystem: disk)
        let calls = Calls()
        disk.setHook { operation in
            guard operation.kind == .write || operation.kind == .sync else { return nil }
            let number = calls.count.wrappingAdd(1, ordering: .relaxed).newValue
            return number == refused ? .error(ENOSPC) : nil
        }
        var failure: (any Error)?
        do {
            _ = try GraphImporter.importFiles(
                options, into: store, spillDirectory: folder.path)
        } catch {
            failure = error
        }
        disk.setHook(nil)
        try? store.close()
        return (disk, failure, calls.count.load(ordering: .relaxed))
    }

    private final class Calls: Sendable {
        let count = Atomic<Int>(0)
    }

    /// The forecast's region is within 15 % of the pages that the import takes.
    @Test func isForecastFromSamples() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let example = Example(nodeCount: 30_000, edgeCount: 60_000, &random)
        let folder = TemporaryFolder()
        let options = options(example, folder)
        let store = try GraphStore.inMemory()
        let before = store.pages.allocator.used.usedCount
        _ = try GraphImporter.importFiles(
            options, into: store, spillDirectory: folder.path)
        let taken = Double((store.pages.allocator.used.usedCount - before) * pageByteCount)
        let forecast = try GraphImporter.forecast(options)
        #expect(abs(forecast.nodeCount - 30_000) < 600)
        #expect(abs(forecast.relationshipCount - 60_000) < 1_200)
        let ratio = forecast.regionByteCount / taken
        #expect(ratio > 0.85 && ratio < 1.15, "seed \(seed): \(forecast.lines), \(taken)")
    }

    @Test func refusesDatabasesWithContentAndLeavesThem() throws {
        let folder = TemporaryFolder()
        var random = SeededGenerator(seed: 1)
        let example = Example(nodeCount: 20, edgeCount: 20, &random)
        let options = options(example, folder)
        let path = folder.path + "/a.nen"
        _ = try GraphImporter.importFiles(options, into: path)
        let error = #expect(throws: NQLError.self) {
            try GraphImporter.importFiles(options, into: path)
        }
        #expect(error?.detail == "NotEmpty")
        let store = try GraphStore.open(path: path, fileSystem: RealFileSystem())
        #expect(try store.snapshot().statistics.nodeCount == 20)
        try store.close()
        let replaced = try GraphImporter.importFiles(
            options, into: path, replacesExisting: true)
        #expect(replaced.nodeCount == 20)
    }

    @Test func leavesNothingWhenItFails() throws {
        let folder = TemporaryFolder()
        var options = GraphImportOptions()
        options.nodes = [
            ImportInput(names: [], paths: [folder.write("n.csv", "id:ID\n1\n1\n")])
        ]
        let path = folder.path + "/a.nen"
        #expect(throws: NQLError.self) { try GraphImporter.importFiles(options, into: path) }
        #expect(access(path, F_OK) != 0)
        let store = try GraphStore.inMemory()
        #expect(throws: NQLError.self) {
            try GraphImporter.importFiles(options, into: store, spillDirectory: folder.path)
        }
        #expect(try store.snapshot().statistics.nodeCount == 0)
        let transaction = try store.beginWrite()
        transaction.abort()
    }

    /// What a report of progress throws ends the import in every phase and leaves nothing.
    @Test(arguments: ["nodes", "relationships", "adjacency"])
    func progressMayEndTheImport(phase: String) throws {
        let folder = TemporaryFolder()
        var random = SeededGenerator(seed: 2)
        let options = options(Example(nodeCount: 50, edgeCount: 80, &random), folder)
        let path = folder.path + "/a.nen"
        let error = #expect(throws: NQLError.self) {
            try GraphImporter.importFiles(options, into: path) {
                if $0.phase == phase { throw NQLError.runtime(.interrupted, "Cancelled", "") }
            }
        }
        #expect(error?.code == .interrupted)
        #expect(access(path, F_OK) != 0)
        #expect(try GraphImporter.importFiles(options, into: path).nodeCount == 50)
    }
}
