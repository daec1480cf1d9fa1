// The CSV reader against a naive one, on written examples and on random bytes.

import NenCore
import Testing

@testable import NenEngine

struct CSVReaderTests {
    private func read(
        _ bytes: [UInt8], _ dialect: CSVDialect = CSVDialect()
    ) throws -> [CSVRecord] {
        let folder = TemporaryFolder()
        let reader = try CSVReader(
            file: CSVFile(path: folder.write("a.csv", bytes)), dialect: dialect)
        var records: [CSVRecord] = []
        while let record = try reader.next() { records.append(record) }
        return records
    }

    private func fields(_ text: String) throws -> [[String?]] {
        try read(Array(text.utf8)).map(\.fields)
    }

    @Test func takesQuotesLineEndsAndMarks() throws {
        #expect(try fields("a,b\n1,2\n") == [["a", "b"], ["1", "2"]])
        #expect(try fields("a,b\r\n1,2") == [["a", "b"], ["1", "2"]])
        #expect(try fields("\u{FEFF}a,\n\n,\"\"\n") == [["a", nil], [nil, ""]])
        #expect(try fields("\"x\ny\",\"say \"\"hi\"\"\"\nz") == [["x\ny", "say \"hi\""], ["z"]])
        #expect(try fields("a\"b,c") == [["a\"b", "c"]])
        #expect(try fields("") == [])
        #expect(try fields("é,日本") == [["é", "日本"]])
    }

    @Test func countsLinesThroughQuotes() throws {
        let records = try read(Array("h\n\"1\n2\"\n\n3\r\n4".utf8))
        #expect(records.map(\.line) == [1, 2, 5, 6])
    }

    @Test func refusesMalformedTextWithItsLine() throws {
        for (text, part) in [
            ("a\n\"b\"c\n", "line 2: text follows a closing quote"),
            ("a\n\"b\n", "line 2: a quote is not closed"),
        ] {
            let error = #expect(throws: NQLError.self) { try read(Array(text.utf8)) }
            #expect(error?.message.contains(part) == true)
        }
        let error = #expect(throws: NQLError.self) { try read([0x61, 0xFF, 0x0A]) }
        #expect(error?.detail == "MalformedCSV")
        #expect(throws: NQLError.self) { try read([0x1F, 0x8B, 0]) }
    }

    /// Random text over few bytes, so that quotes, delimiters and line ends meet often; blocks are
    /// larger than the text, and longer than one buffer in some rounds.
    @Test func agreesWithTheNaiveReader() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let alphabet: [UInt8] = [10, 13, 34, 34, 44, 44, 97, 98, 99, 32]
        for round in 0..<3_000 {
            let long = round % 300 == 0
            let count = Int.random(in: 0...(long ? 600_000 : 40), using: &random)
            var bytes: [UInt8] = []
            for _ in 0..<count {
                let calm = long && Int.random(in: 0..<50, using: &random) != 0
                bytes.append(calm ? 97 : alphabet.randomElement(using: &random)!)
            }
            let quote: UInt8? = round % 5 == 0 ? nil : 34
            // Where no line ends in LF, CR ends lines.
            let endsInReturns = bytes.contains(13) && !bytes.contains(10)
            let lines = endsInReturns ? bytes.map { $0 == 13 ? 10 : $0 } : bytes
            let expected = try? CSVModel.records(lines, delimiter: 44, quote: quote)
                .map { $0.map { $0.map { String(decoding: $0, as: UTF8.self) } } }
            let found = try? read(bytes, CSVDialect(quote: quote)).map(\.fields)
            #expect(found == expected, "seed \(seed), round \(round)")
            if found != expected { return }
        }
    }

    /// Any bytes: records or a typed error.
    @Test func survivesRandomBytes() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...200, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            do {
                _ = try read(bytes)
            } catch let error as NQLError {
                #expect([.argument, .io].contains(error.code), "seed \(seed): \(error)")
            }
        }
    }

    @Test func namesDelimiters() throws {
        #expect(try CSVDialect.byte(named: "|", option: "-d") == 0x7C)
        #expect(try CSVDialect.byte(named: "TAB", option: "-d") == 9)
        #expect(try CSVDialect.byte(named: "\\t", option: "-d") == 9)
        #expect(try CSVDialect.byte(named: "U+003B", option: "-d") == 0x3B)
        #expect(try CSVDialect.byte(named: "59", option: "-d") == 0x3B)
        for bad in ["", "é", "ab", "U+20AC", "200"] {
            #expect(throws: NQLError.self) { try CSVDialect.byte(named: bad, option: "-d") }
        }
    }
}
