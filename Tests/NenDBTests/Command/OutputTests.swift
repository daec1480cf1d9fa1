// Goal: everything printed is right to the column. Method: writers into a pipe, compared with the
// text as a person would see it.

import Foundation
import NenDB
import Testing

@testable import nql

/// Runs `body` with a stream and returns what was written to it.
func written(_ body: (StandardStream) throws -> Void) throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/nql-\(UUID().uuidString)"
    let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
    defer {
        close(descriptor)
        unlink(path)
    }
    let stream = StandardStream(descriptor: descriptor)
    try body(stream)
    try stream.flush()
    return try String(contentsOfFile: path, encoding: .utf8)
}

extension OutputFormat {
    /// A writer of this format as a script has it.
    func writer(on stream: StandardStream) -> any ResultWriter {
        var settings = OutputSettings()
        settings.format = self
        return settings.writer(on: stream)
    }
}

private func written(
    _ format: OutputFormat, _ columns: [String], _ rows: [[Value]]
) throws -> String {
    try written { stream in
        let writer = format.writer(on: stream)
        try writer.begin(columns: columns)
        for row in rows { try writer.row(row) }
        try writer.end()
    }
}

@Suite struct OutputTests {
    private let rows: [[Value]] = [
        ["Ada", 36, nil], ["Grace | \"Hopper\"", -7, [1, "two", ["k": 2.5]]], ["你好", 0, "a\nb"],
    ]
    private let columns = ["name", "age", "other"]

    @Test func table() throws {
        #expect(
            try written(.table, columns, rows) == """
                ┌──────────────────┬─────┬──────────────────────┐
                │ name             │ age │ other                │
                ├──────────────────┼─────┼──────────────────────┤
                │ Ada              │  36 │ null                 │
                │ Grace | "Hopper" │  -7 │ [1, 'two', {k: 2.5}] │
                │ 你好             │   0 │ a\\nb                 │
                └──────────────────┴─────┴──────────────────────┘
                3 rows

                """)
        #expect(try written(.table, ["x"], [[true]]).hasSuffix("1 row\n"))
        #expect(try written(.table, [], []) == "")
    }

    @Test func tableOfManyRowsStreams() throws {
        let many = (0..<2_500).map { [Value.integer(Int64($0))] }
        let lines = try written(.table, ["n"], many).split(separator: "\n")
        #expect(lines.count == 2_500 + 5)
        #expect(lines[3 + 2_499] == "│ 2499 │")
        #expect(lines[3] == "│   0 │")
    }

    @Test func csv() throws {
        #expect(
            try written(.csv, columns, rows) == """
                name,age,other
                Ada,36,
                "Grace | ""Hopper""\",-7,"[1, 'two', {k: 2.5}]"
                你好,0,"a
                b"

                """)
        #expect(try written(.csv, ["x"], [[""], [nil]]) == "x\n\"\"\n\n")
    }

    @Test func json() throws {
        #expect(
            try written(.json, ["a", "b"], [[1, "x"], [.float(.nan), [true, nil]]]) == """
                [
                {"a":1,"b":"x"},
                {"a":"NaN","b":[true,null]}
                ]

                """)
        #expect(try written(.json, ["a"], []) == "[]\n")
        #expect(try written(.jsonl, ["a"], [[1], [2]]) == "{\"a\":1}\n{\"a\":2}\n")
    }

    @Test func markdown() throws {
        #expect(
            try written(.markdown, ["a", "b"], [["x|y", 1]]) == """
                | a | b |
                | --- | ---: |
                | x\\|y | 1 |

                """)
        #expect(try written(.markdown, ["a"], []) == "| a |\n| --- |\n")
    }

    @Test func entitiesAsJSON() throws {
        let ada = NodeValue(id: 1, labels: ["P"], properties: ["n": 1])
        let bob = NodeValue(id: 2, labels: [], properties: [:])
        let knows = RelationshipValue(id: 7, type: "T", source: 2, target: 1, properties: [:])
        let path = Value.path(PathValue(nodes: [ada, bob], relationships: [knows]))
        #expect(path.literalText == "(:P {n: 1})<-[:T]-()")
        let node = #"{"id":1,"labels":["P"],"properties":{"n":1}}"#
        let other = #"{"id":2,"labels":[],"properties":{}}"#
        let link = #"{"id":7,"type":"T","source":2,"target":1,"properties":{}}"#
        #expect(
            try written(.jsonl, ["p"], [[path]])
                == "{\"p\":{\"nodes\":[\(node),\(other)],\"relationships\":[\(link)]}}\n")
        var writer = JSONWriter()
        TypedValue.write(.node(ada), to: &writer)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"$type":"Node","_value":{"_element_id":"n1","_labels":["P"],"#
                + #""_properties":{"n":{"$type":"Integer","_value":"1"}}}}"#)
    }

    @Test func widths() {
        #expect(DisplayWidth.of("abc") == 3)
        #expect(DisplayWidth.of("né") == 2)
        #expect(DisplayWidth.of("e\u{301}") == 1)
        #expect(DisplayWidth.of("你好") == 4)
        #expect(DisplayWidth.of("👩‍👩‍👧") == 2)
        #expect(DisplayWidth.of("ｶﾅ") == 2)
        #expect(DisplayWidth.of("") == 0)
    }

    @Test func typedValuesComeBack() throws {
        let values: [Value] = [
            nil, true, false, 0, .integer(.min), 1.5, .float(-0.0), .float(.infinity), "", "é\n\"",
            [], [1, [2, nil]], [:], ["a": ["b": nil]],
        ]
        for value in values {
            var writer = JSONWriter()
            TypedValue.write(value, to: &writer)
            #expect(try TypedValue.read(JSONReader.read(writer.bytes)) == value)
        }
        let wrong = [#"{"$type":"Integer","_value":"x"}"#, #"{"$type":"X","_value":1}"#]
        for text in wrong {
            let json = try JSONReader.read(text)
            #expect(throws: ProtocolViolation.self) { try TypedValue.read(json) }
        }
    }

    @Test func plainJSONIsAParameterToo() throws {
        let json = try JSONReader.read(#"{"a":[1,2.5,"x",null,{"$type":"Integer","_value":"3"}]}"#)
        #expect(try TypedValue.read(json) == ["a": [1, 2.5, "x", nil, 3]])
        #expect(try TypedValue.read(JSONReader.read("1e2")) == .float(100))
    }

    /// What an answer holds can be sent back.
    @Test func valuesWithFormsOfTheirOwnComeBack() throws {
        let texts = [
            "date('2024-02-29')", "localtime('12:31:14.645')", "time('12:31:14+01:00')",
            "localdatetime('1984-10-11T12:31:14')", "datetime('1984-10-11T12:31:14+01:00')",
            "datetime('2024-07-01T12:00[Europe/Stockholm]')", "duration('P1Y2M3DT4H5M6.7S')",
            "point({x: 1.5, y: -2})", "point({x: 1, y: 2, z: 3})",
            "point({longitude: 18.06, latitude: 59.33})",
        ]
        let db = try Database.inMemory()
        for text in texts {
            let value = try db.query("RETURN \(text)").scalar(as: Value.self)
            var writer = JSONWriter()
            TypedValue.write(value, to: &writer)
            #expect(try TypedValue.read(JSONReader.read(writer.bytes)) == value, "\(text)")
        }
        for text in ["SRID=-1;POINT (1 2)", "SRID=7203;POINT (1)", "POINT", ""] {
            let json = try JSONReader.read(#"{"$type":"Point","_value":"\#(text)"}"#)
            #expect(throws: ProtocolViolation.self) { try TypedValue.read(json) }
        }
    }
}
