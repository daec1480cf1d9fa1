// Goal: the command's own buffers stay small: long texts, long results, long scripts and long
// requests pass through it. Method: output and input of megabytes, compared with what short ones
// give; a request too long is an error and the next one is answered.

import Foundation
import NenCore
import NenDB
import Testing

@testable import nql

@Suite struct StreamingTests {
    private let long = String(repeating: "aé|\"", count: 400_000)

    private func table(
        _ format: OutputFormat, _ rows: [[Value]]
    ) throws -> [Substring] {
        let text = try written { stream in
            let writer = format.writer(on: stream)
            try writer.begin(columns: ["t", "n"])
            for row in rows { try writer.row(row) }
            try writer.end()
        }
        return text.split(separator: "\n")
    }

    @Test func aTableDoesNotWaitForLongTexts() throws {
        let lines = try table(.table, [["a", 1], [.string(long), 2], ["b\nc", 3]])
        #expect(lines[1] == "│ t │ n │")
        #expect(lines[3] == "│ a │ 1 │")
        #expect(lines[4] == "│ \(long) │ 2 │")
        #expect(lines[5] == "│ b\\nc │ 3 │")
        #expect(lines.last == "3 rows")
    }

    @Test func aTableKeepsItsWidthsBehindTheMeasuredRows() throws {
        let rows = (0..<1_100).map { [Value.string("r\($0)"), .integer(Int64($0))] }
        let lines = try table(.table, rows)
        #expect(lines[3] == "│ r0   │   0 │")
        #expect(lines[1_102] == "│ r1099 │ 1099 │")
    }

    @Test(arguments: OutputFormat.allCases)
    func longValuesLookLikeShortOnes(_ format: OutputFormat) throws {
        let list = Value.list((0..<100_000).map { .integer($0) })
        let lines = try table(format, [[.string(long), list]])
        let all = lines.joined(separator: "\n")
        let numbers = (0..<100_000).map(String.init)
        switch format {
        case .table: #expect(all.contains("│ \(long) │ [\(numbers.joined(separator: ", "))] │"))
        case .line: #expect(all.contains("t = \(long)\nn = [\(numbers.joined(separator: ", "))]"))
        case .csv:
            let quoted = long.replacing("\"", with: "\"\"")
            #expect(lines[1] == "\"\(quoted)\",\"[\(numbers.joined(separator: ", "))]\"")
        case .json, .jsonl:
            let escaped = long.replacing("\"", with: "\\\"")
            let row = "{\"t\":\"\(escaped)\",\"n\":[\(numbers.joined(separator: ","))]}"
            #expect(all.contains(row))
        case .markdown:
            let escaped = long.replacing("|", with: "\\|")
            #expect(lines[2] == "| \(escaped) | [\(numbers.joined(separator: ", "))] |")
        }
    }

    // MARK: JSON lines

    /// What the server answers to `lines`.
    private func answers(_ lines: [String], budget: Int = 1 << 24) throws -> [String] {
        var options = DatabaseOptions()
        options.limits.memoryBudgetBytes = budget
        let database = try Database.inMemory(options: options)
        let path = FileManager.default.temporaryDirectory.path + "/nql-\(UUID().uuidString)"
        try lines.joined(separator: "\n").write(
            toFile: path, atomically: false, encoding: .utf8)
        let descriptor = open(path, O_RDONLY)
        defer {
            close(descriptor)
            unlink(path)
        }
        let text = try written { stream in
            let server = JSONLinesServer(database: database, options: options, output: stream)
            var input = LineInputStream(descriptor: descriptor)
            try server.serve(&input)
        }
        database.clearPlanCache()
        #expect(database.memory.heldBytes == 0)
        return text.split(separator: "\n").map(String.init)
    }

    @Test func parametersInAnyOrderOfTheirMembers() throws {
        let list = #"{"_value":[{"$type":"Integer","_value":"1"},{"_value":null,"$type":"Null"}]"#
        let answer = try answers([
            #"{"params":{"l":\#(list),"$type":"List"},"m":{"$type":"Map","_value":{"k":"#
                + #"{"$type":"String","_value":"v"}}}},"query":"RETURN $l[0] + size($m.k) AS x"}"#,
            #"{"query":"RETURN 1 AS x","params":[]}"#,
            #"{"query":"RETURN $x AS x","params":{"x":{"$type":"List"}}}"#,
            #"[1]"#,
            #"{"query":"RETURN 2 AS x"}"#,
        ])
        #expect(answer.count == 5)
        #expect(answer[0].contains(#"[{"$type":"Integer","_value":"2"}]"#))
        #expect(answer[1].contains("`params` must be an object"))
        #expect(answer[2].contains("a value needs `$type` and `_value`"))
        #expect(answer[3].contains("a request needs"))
        #expect(answer[4].contains(#""_value":"2""#))
    }

    @Test func aLineThatHasNoRoomIsAnErrorAndTheNextIsAnswered() throws {
        let text = String(repeating: "x", count: 3 << 20)
        let number = #"{"$type":"Integer","_value":"1"}"#
        let numbers = Array(repeating: number, count: 60_000).joined(separator: ",")
        let answer = try answers(
            [
                #"{"query":"RETURN size('\#(text)')"}"#, #"{"query":"RETURN 1 AS x"}"#,
                #"{"query":"RETURN size($l)","params":{"l":{"$type":"List","_value":"#
                    + "[\(numbers)]}}}",
                #"{"query":"RETURN 2 AS x"}"#,
            ], budget: 2 << 20)
        #expect(answer.count == 4)
        #expect(answer[0].contains("MemoryLimitExceeded"))
        #expect(answer[1].contains(#""_value":"1""#))
        #expect(answer[2].contains("MemoryLimitExceeded"))
        #expect(answer[3].contains(#""_value":"2""#))
    }

    @Test func aLargeResultThatFailsLateEndsWithItsError() throws {
        let answer = try answers([
            #"{"query":"UNWIND range(1, 40000) AS i RETURN i, 1 / (40000 - i) AS x"}"#,
            #"{"query":"RETURN 1 / 0 AS x"}"#,
        ])
        #expect(answer.count == 2)
        #expect(answer[0].hasPrefix(#"{"columns":["i","x"],"rows":[["#))
        #expect(answer[0].hasSuffix("}}"))
        let json = try JSONReader.read(answer[0])
        #expect(json["error"]?["code"]?.text == "ArithmeticError")
        #expect(answer[1].hasPrefix(#"{"error":"#))
    }

    // MARK: Scripts

    @Test func aLongScriptRunsAsItIsRead() throws {
        let path = FileManager.default.temporaryDirectory.path + "/s-\(UUID().uuidString).nql"
        defer { unlink(path) }
        var script = ""
        for number in 1...400 {
            script += "// statement \(number)\nRETURN size('\(long.prefix(4_000))');\r\n"
        }
        script += "RETURN 1; RETURN x;\nRETURN 2;\n"
        try script.write(toFile: path, atomically: false, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: NQLProcess.executable)
        process.arguments = [":memory:", path, "--format", "csv"]
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let printed = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(printed.split(separator: "\r\n").count + printed.split(separator: "\n").count > 800)
        #expect(complaint.contains(".nql:801:18\n"), "\(complaint)")
        #expect(complaint.contains("801 | RETURN 1; RETURN x;\n"), "\(complaint)")
    }
}
