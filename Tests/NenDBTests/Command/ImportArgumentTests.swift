// Goal: what people pass to `neo4j-admin database import` is taken by `nql import`, or passed over
// with a word, or refused with the reason; files come compressed, with CR line ends, by patterns of
// their names. Method: the table of its documented options, each once, and imports that are
// counted.

import Foundation
import Testing

@testable import nql

@Suite struct ImportArgumentTests {
    /// Every documented option, and what becomes of it.
    private static let options: [(argument: String, taken: [String], isRemarked: Bool)] = [
        ("--nodes=Person=a.csv", ["--nodes=Person=a.csv"], false),
        ("--relationships=KNOWS=b.csv", ["--relationships=KNOWS=b.csv"], false),
        ("--array-delimiter=;", ["--array-delimiter=;"], false),
        ("--delimiter=TAB", ["--delimiter=TAB"], false),
        ("--quote='", ["--quote='"], false),
        ("--bad-tolerance=10", ["--bad-tolerance=10"], false),
        ("--report-file=r.txt", ["--report-file=r.txt"], false),
        ("--threads=2", ["--threads=2"], false),
        ("--id-type=INTEGER", ["--id-type", "integer"], false),
        ("--id-type=String", ["--id-type", "string"], false),
        ("--id-type=ACTUAL", ["--id-type", "integer"], true),
        ("--skip-bad-relationships=true", ["--skip-bad-relationships"], false),
        ("--skip-bad-relationships=false", [], false),
        ("--skip-duplicate-nodes=TRUE", ["--skip-duplicate-nodes"], false),
        ("--ignore-extra-columns", ["--ignore-extra-columns"], false),
        ("--ignore-empty-strings=true", ["--ignore-empty-strings"], false),
        ("--trim-strings=false", [], false),
        ("--auto-skip-subsequent-headers=true", ["--auto-skip-subsequent-headers"], false),
        ("--overwrite-destination=true", ["--overwrite-destination"], false),
        ("--input-encoding=UTF-8", [], false),
        ("--verbose", [], true),
        ("--multiline-fields=true", [], true),
        ("--normalize-types=false", [], true),
        ("--high-parallel-io=on", [], true),
        ("--max-off-heap-memory=90%", [], true),
        ("--read-buffer-size=4m", [], true),
        ("--skip-bad-entries-logging=true", [], true),
        ("--cache-on-heap=true", [], true),
        ("--legacy-style-quoting=false", [], true),
        ("--format=block", [], true),
        ("--strict=true", [], true),
        ("--expand-commands", [], true),
        ("--temp-path=/tmp", [], true),
        ("--compress=true", [], true),
        ("--profile", [], true),
        ("--profile-results-path=p.json", [], true),
        ("--path-pattern-style=regex", [], true),
        ("--input-type=csv", [], true),
        ("--dry-run=true", ["--predict"], true),
        ("--dry-run=false", [], false),
    ]

    @Test func optionsAreTakenOrPassedOver() {
        for (argument, taken, isRemarked) in ImportArgumentTests.options {
            let read = ImportArguments([argument, "x.nen"])
            #expect(read.arguments == taken + ["x.nen"], "\(argument)")
            #expect(read.remarks.isEmpty != isRemarked, "\(argument)")
            #expect(read.refusal == nil, "\(argument)")
        }
    }

    @Test func valuesMayStandBehindTheirOptions() {
        let read = ImportArguments([
            "--trim-strings", "false", "--id-type", "LONG", "--multiline-fields", "true",
            "--max-off-heap-memory", "2g", "--skip-duplicate-nodes", "x.nen",
        ])
        #expect(read.arguments == ["--id-type", "long", "--skip-duplicate-nodes", "x.nen"])
        #expect(read.remarks.count == 2 && read.refusal == nil)
    }

    @Test func otherOptionsAreRefusedWithTheReason() throws {
        let names = [
            "additional-config", "schema", "stage", "update-all-matching-relationships",
            "input-type", "vector-delimiter", "property-shard-count", "target-format",
            "target-location", "from-path", "to-path", "path-pattern-style",
        ]
        for name in names {
            #expect(ImportArguments(["--\(name)=x"]).refusal?.contains(name) == true, "\(name)")
        }
        // The next option is no value of a flag.
        #expect(ImportArguments(["--dry-run", "--nodes=a.csv"]).arguments.count == 2)
        #expect(ImportArguments(["--input-encoding=latin1"]).refusal != nil)
        #expect(ImportArguments(["--trim-strings=maybe"]).refusal != nil)
        let run = try CommandRun(["import", "--schema=s.cypher", "--nodes=a.csv", "x.nen"])
        #expect(run.status == 64 && run.errors.contains("--schema cannot be taken"))
    }

    /// A directory of its own.
    private struct Workshop: ~Copyable {
        let path = FileManager.default.temporaryDirectory.path + "/nql-\(UUID().uuidString)"

        init() throws {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        }

        func write(_ name: String, _ text: String) throws {
            try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
        }

        /// Imports, and what a query gives then.
        func imported(_ arguments: [String], _ query: String) throws -> String {
            let run = try CommandRun(
                ["import"] + arguments + ["--overwrite-destination=true", "x.nen"], in: path)
            #expect(run.status == 0, "\(run.errors)")
            return try CommandRun(["x.nen", "-c", query, "--format", "csv"], in: path).output
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test func filesComeByPatterns() throws {
        let files = try Workshop()
        try files.write("header.csv", "id:ID,name\n")
        for part in [10, 2, 1] { try files.write("part_\(part).csv", "\(part),n\(part)\n") }
        let found = try files.imported(
            ["--nodes=P=header.csv,part_.*\\.csv"], "MATCH (p:P) RETURN p.id AS id ORDER BY id(p)")
        #expect(found == "id\n1\n2\n10\n")
        let none = try CommandRun(["import", "--nodes=other_.*", "y.nen"], in: files.path)
        #expect(none.status != 0 && none.errors.contains("No file has a name that fits"))
    }

    @Test func linesMayEndInReturns() throws {
        let files = try Workshop()
        try files.write("p.csv", "id:ID,name\r1,a\r2,\"b\"\r")
        let count = try files.imported(
            ["--nodes=P=p.csv"], "MATCH (p:P) RETURN p.name AS n ORDER BY n")
        #expect(count == "n\na\nb\n")
        let loaded = try CommandRun(
            ["-c", "LOAD CSV WITH HEADERS FROM 'p.csv' AS r RETURN r.name AS n", "--format", "csv"],
            in: files.path)
        #expect(loaded.output == "n\na\nb\n", "\(loaded.errors)")
    }

    @Test func filesMayBeCompressed() throws {
        let files = try Workshop()
        try files.write("p.csv", "id:ID,n:int\n" + (1...5_000).map { "\($0),\($0)\n" }.joined())
        let gzip = Process()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", files.path + "/p.csv"]
        try gzip.run()
        gzip.waitUntilExit()
        #expect(
            try files.imported(["--nodes=P=p.csv.gz"], "MATCH (p:P) RETURN sum(p.n) AS s")
                == "s\n12502500\n")
        let whole = try Data(contentsOf: URL(fileURLWithPath: files.path + "/p.csv.gz"))
        try whole.prefix(1_000).write(to: URL(fileURLWithPath: files.path + "/cut.csv.gz"))
        let cut = try CommandRun(["import", "--nodes=P=cut.csv.gz", "y.nen"], in: files.path)
        #expect(cut.status != 0 && cut.errors.contains("no complete gzip file"), "\(cut.errors)")
    }

    @Test func columnsHaveOptions() throws {
        let files = try Workshop()
        try files.write(
            "p.csv",
            "id:ID(g){label:P},at:datetime{timezone:Europe/Stockholm},"
                + "\"place:point{crs:WGS-84}\"\n1,2026-07-01T12:00,\"{x: 12.5, y: 55.5}\"\n")
        #expect(
            try files.imported(
                ["--nodes=P=p.csv"],
                "MATCH (p:P) RETURN toString(p.at) AS t, p.place.crs AS c")
                == "t,c\n2026-07-01T12:00+02:00[Europe/Stockholm],wgs-84\n")
    }
}
