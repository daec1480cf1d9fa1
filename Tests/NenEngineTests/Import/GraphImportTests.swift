// The import against a naive expectation: content, adjacency in both directions, statistics; with
// small ranges and budgets, so that guesses fail, blocks spill and types are sorted in partitions.

import NenCore
import Testing

@testable import NenEngine

struct GraphImportTests {
    private func run(
        _ options: GraphImportOptions, _ folder: TemporaryFolder
    ) throws -> (ModelSink, GraphImportReport) {
        let sink = ModelSink()
        var options = options
        options.reportPath = folder.path + "/report"
        let report = try GraphImport(options, into: sink, spillDirectory: folder.path).run()
        #expect(sink.check() == [])
        return (sink, report)
    }

    private func options(
        nodes: [String], relationships: [String] = [], delimiter: String = ","
    ) throws -> GraphImportOptions {
        var options = GraphImportOptions()
        options.nodes = try nodes.map { try ImportInput(argument: $0, isRelationship: false) }
        options.relationships = try relationships.map {
            try ImportInput(argument: $0, isRelationship: true)
        }
        try options.setDelimiter(delimiter)
        return options
    }

    @Test func takesHeadersTypesAndLabels() throws {
        let folder = TemporaryFolder()
        let people = folder.write(
            "people.csv",
            """
            id:ID(P),name,age:int,score:double,ok:boolean,born:date,tags:string[],:LABEL,x:IGNORE
            1,"Ann ""A"", the first of her name",30,1.5,true,1990-05-17,a;bc;"",Admin;Boss,zz
            2,Bo,,,FALSE,,,,
            3,"",-7,1e3,,2000-02-29,one,Boss,
            """)
        let knows = folder.write(
            "knows.csv",
            """
            :START_ID(P),:END_ID(P),since:datetime,:TYPE,for:duration
            1,2,2010-03-12T09:19:52+01:00,,P1Y2M3DT4.5S
            3,1,2020-07-01T00:00[Europe/Stockholm],LIKES,
            2,2,2011-01-01 00:00:00Z,KNOWS,
            """)
        let (sink, report) = try run(
            options(nodes: ["Person=\(people)"], relationships: ["KNOWS=\(knows)"]), folder)
        #expect(report.nodeCount == 3)
        #expect(report.relationshipCount == 3)
        let content = sink.content(idKey: "id")
        let stockholm = try #require(TimeZoneNames.number(of: "Europe/Stockholm"))
        #expect(content.nodes == [
            "Admin:Boss:Person age=30 born=date(0,0,7441) id='1' name='Ann \"A\", the first of her "
                + "name' ok=true score=1.5 tags=['a','bc','\"\"']",
            "Boss:Person age=-7 born=date(0,0,11016) id='3' name='' score=1000.0 tags=['one']",
            "Person id='2' name='Bo' ok=false",
        ])
        #expect(content.relationships == [
            "'1' KNOWS '2' for=duration(14,3,4,500000000) since=dateTime(69136,0,1268381992)",
            "'2' KNOWS '2' since=dateTime(65536,0,1293840000)",
            "'3' LIKES '1' since=dateTime(\(1 << 26 | stockholm),0,1593554400)",
        ])
    }

    @Test func separatesGroupsAndIdentifierTypes() throws {
        let folder = TemporaryFolder()
        let a = folder.write("a.csv", "k:ID(A)\n1\n007\nx\n")
        let b = folder.write("b.csv", "k:ID(B){id-type:long}\n1\n 07 \n")
        let r = folder.write("r.csv", ":START_ID(A),:END_ID(B)\n007,7\n1,1\nx,1\n")
        let (sink, _) = try run(
            options(nodes: ["A=\(a)", "B=\(b)"], relationships: ["R=\(r)"]), folder)
        #expect(sink.content(idKey: "k").nodes
            == ["A k='007'", "A k='1'", "A k='x'", "B k=1", "B k=7"])
        #expect(sink.content(idKey: "k").relationships
            == ["'007' R 7 ", "'1' R 1 ", "'x' R 1 "])
    }

    @Test func takesSeveralFilesWithOneHeader() throws {
        let folder = TemporaryFolder()
        let header = folder.write("h.csv", "id:ID|n:int")
        let one = folder.write("1.csv", "id|n\r\n1|10\r\n2|20")
        let two = folder.write("2.csv", "id:ID|n:int\n\n3|30\n")
        var wanted = try options(nodes: ["\(header),\(one),\(two)"], delimiter: "|")
        wanted.idType = .integer
        wanted.skipsRepeatedHeaders = true
        let (sink, report) = try run(wanted, folder)
        #expect(report.rowCount == 3)
        #expect(sink.content(idKey: "id").nodes == [" id=1 n=10", " id=2 n=20", " id=3 n=30"])
    }

    @Test func reportsErrorsWithFileAndLine() throws {
        let folder = TemporaryFolder()
        let nodes = folder.write("n.csv", "id:ID,age:int\n1,5\n\"2\n2\",6\n3,old\n1,7\n")
        let good = folder.write("g.csv", "id:ID,age:int\n1,5\n2,6\n")
        let edges = folder.write("e.csv", ":START_ID,:END_ID\n1,2\n1,9\n")
        func failure(_ options: GraphImportOptions) throws -> NQLError {
            let error = #expect(throws: NQLError.self) { try run(options, folder) }
            return try #require(error)
        }
        let malformed = try failure(options(nodes: [nodes]))
        #expect(malformed.detail == "MalformedRow")
        #expect(malformed.message.contains("n.csv:5: 'old' in 'age:int' is not of type int"))

        var tolerant = try options(nodes: [nodes])
        tolerant.badTolerance = 5
        let duplicate = try failure(tolerant)
        #expect(duplicate.detail == "DuplicateNodeID")
        #expect(duplicate.message.contains("n.csv:6: the identifier '1' exists already"))
        tolerant.skipsDuplicateNodes = true
        let (sink, report) = try run(tolerant, folder)
        #expect(report.badEntryCount == 2)
        #expect(sink.nodes.count == 2)
        tolerant.badTolerance = 1
        #expect(try failure(tolerant).detail == "TooManyBadEntries")

        let missing = try failure(options(nodes: [good], relationships: ["R=\(edges)"]))
        #expect(missing.detail == "MissingNodeID")
        #expect(missing.message.contains("e.csv:3: the end node '9' does not exist"))
        var skipping = try options(nodes: [good], relationships: ["R=\(edges)"])
        skipping.skipsBadRelationships = true
        #expect(try run(skipping, folder).1.relationshipCount == 1)
    }

    @Test func refusesWrongHeadersAndOptions() throws {
        let folder = TemporaryFolder()
        func refuse(_ header: String, _ detail: String, relationships: Bool = false) throws {
            let nodes = folder.write("n.csv", relationships ? "id:ID\n1\n" : header + "\n1\n")
            let edges = folder.write("e.csv", header + "\n1,1\n")
            let wanted = try options(
                nodes: [nodes], relationships: relationships ? ["R=\(edges)"] : [])
            let error = #expect(throws: NQLError.self, "\(header)") { try run(wanted, folder) }
            #expect(error?.detail == detail, "\(header)")
        }
        try refuse("id:ID,p:money", "InvalidHeader")
        try refuse("id:ID,a,a", "InvalidHeader")
        try refuse("id:ID,:ID(B)", "InvalidHeader")
        try refuse("id:ID,:TYPE", "InvalidHeader")
        try refuse(":START_ID,x", "InvalidHeader", relationships: true)
        try refuse(":START_ID,:END_ID(B)", "UnknownIDGroup", relationships: true)
        #expect(throws: NQLError.self) { try run(options(nodes: ["A=/none.csv"]), folder) }
        #expect(throws: NQLError.self) { try run(options(nodes: []), folder) }
    }

    /// A random graph large enough for many chunks and ranges, imported in every way.
    @Test(arguments: [(1, 1 << 30), (2, 1 << 30), (2, 4_000_000), (1, 400_000)])
    func agreesWithTheGraphInTheFiles(threads: Int, budget: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let folder = TemporaryFolder()
        let count = 9_000
        let ids = (0..<count).map { $0 * 7 + 3 }.shuffled(using: &random)
        var nodes = "id:ID,name,:LABEL\n"
        var wantedNodes: [String] = []
        for id in ids {
            let isLong = Int.random(in: 0..<4, using: &random) == 0
            let name = isLong ? "line one of \(id)\nand a second line" : "n\(id)"
            let label = ["", "A", "B;A"][id % 3]
            nodes += "\(id),\"\(name)\",\(label)\n"
            let labels = ["N", "A:N", "A:B:N"][id % 3]
            wantedNodes.append("\(labels) id='\(id)' name='\(name)'")
        }
        var edges = ":START_ID,:END_ID,w:long,note\n"
        var wantedEdges: [String] = []
        for number in 0..<60_000 {
            let hub = number % 5 == 0
            let source = hub ? ids[0] : ids.randomElement(using: &random)!
            let target = ids.randomElement(using: &random)!
            let note = number % 3 == 0 ? "a note that is longer than twelve bytes \(number)" : ""
            edges += "\(source),\(target),\(number),\(note)\n"
            wantedEdges.append(
                "'\(source)' R '\(target)' " + (note.isEmpty ? "" : "note='\(note)' ")
                    + "w=\(number)")
        }
        var wanted = try options(
            nodes: ["N=" + folder.write("n.csv", nodes)],
            relationships: ["R=" + folder.write("e.csv", edges)])
        wanted.threadCount = threads
        wanted.memoryBudgetBytes = budget
        wanted.rangeByteCount = 20_000
        let (sink, report) = try run(wanted, folder)
        #expect(report.relationshipCount == 60_000, "seed \(seed)")
        #expect((report.spilledByteCount > 0) == (budget < 5_000_000))
        let content = sink.content(idKey: "id")
        #expect(content.nodes == wantedNodes.sorted(), "seed \(seed)")
        #expect(content.relationships == wantedEdges.sorted(), "seed \(seed)")
    }

    /// Random bytes as nodes: rows, skipped rows or a typed error.
    @Test func survivesRandomBytes() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let folder = TemporaryFolder()
        let alphabet: [UInt8] = Array("\n\r\",,012-.;PTZ:é".utf8)
        for _ in 0..<200 {
            let count = Int.random(in: 0...3_000, using: &random)
            let isWild = Bool.random(using: &random)
            let bytes = (0..<count).map { _ in
                isWild ? UInt8.random(in: 0...255, using: &random)
                    : alphabet.randomElement(using: &random)!
            }
            let header = "a:ID,b:int,c:double,d:string[],e:datetime,f:duration,g:long[],"
                + ":LABEL,h:time\n"
            var wanted = try options(
                nodes: [folder.write("n.csv", Array(header.utf8) + bytes)])
            wanted.badTolerance = -1
            wanted.skipsDuplicateNodes = true
            wanted.threadCount = 2
            wanted.rangeByteCount = 300
            _ = try run(wanted, folder)
        }
    }
}
