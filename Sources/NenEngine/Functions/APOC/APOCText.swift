// APOCText: `apoc.text.…`. Regular expressions are those of `=~`, but found anywhere in the text.

import NenCore

/// Functions on texts under APOC's names.
enum APOCText {
    static let definitions: [ScalarFunction] = [
        join, replace, regreplace, split, regexGroups, lpad, rpad, distance, similarity,
        capitalize, capitalizeAll, decapitalize, urlencode, urldecode, format,
    ]

    static let written: [FunctionSignature] = [
        APOCFunctions.written(
            "apoc.text.repeat", ["s": .string, "n": .integer], to: .string,
            "reduce(t = '', i IN range(1, n) | t || s)", "The text so many times.",
            [FunctionExample("apoc.text.repeat('ab', 2)", "'abab'")]),
        APOCFunctions.written(
            "apoc.text.indexOf", ["s": .string, "x": .string], to: .integer,
            "CASE WHEN s CONTAINS x THEN size(split(s, x)[0]) ELSE -1 END",
            "Where a text stands in another, from 0; -1 when it does not.",
            [FunctionExample("apoc.text.indexOf('Malmö', 'm')", "3")]),
        APOCFunctions.written(
            "apoc.text.clean", ["s": .string], to: .string,
            "apoc.text.replace(toLower(normalize(s, NFKD)), '[^0-9a-z]', '')",
            "The letters and digits of a text, in lower case and without marks.",
            [FunctionExample("apoc.text.clean('Héllo, World!')", "'helloworld'")]),
        APOCFunctions.written(
            "apoc.text.compareCleaned", ["a": .string, "b": .string], to: .boolean,
            "apoc.text.clean(a) = apoc.text.clean(b)",
            "Whether two texts have the same letters and digits.",
            [FunctionExample("apoc.text.compareCleaned('A-b', 'ab')", "true")]),
        APOCFunctions.written(
            "apoc.text.slug", ["s": .string, "d": .string], optional: 1, to: .string,
            "apoc.text.replace(trim(apoc.text.replace(s, '[^\\\\w ]', '')), '[ _]+', "
                + "coalesce(d, '-'))",
            "The words of a text, joined by a delimiter.",
            [FunctionExample("apoc.text.slug('a b, c')", "'a-b-c'")]),
    ]

    private static let join = APOCFunctions.function(
        "apoc.text.join", [.list(.any), .string], to: .string,
        "The texts of a list with a delimiter between them; nulls are left out.",
        [FunctionExample("apoc.text.join(['a', 'b'], ', ')", "'a, b'")]
    ) { arguments in
        guard case .list(let items) = arguments[0], case .string(let delimiter) = arguments[1]
        else { return .null }
        let texts = items.filter { $0 != .null }.map { APOCConversion.text($0) }
        return .string(texts.joined(separator: delimiter))
    }

    private static let replaceBody: @Sendable ([Value]) throws -> Value = { arguments in
        guard case .string(let text) = arguments[0], case .string(let pattern) = arguments[1],
            case .string(let replacement) = arguments[2]
        else { return .null }
        let search = try PatternSearch(pattern)
        return .string(try search.replacing(text, with: replacement))
    }

    private static let replace = APOCFunctions.function(
        "apoc.text.replace", [.string, .string, .string], to: .string,
        "The text with every match of a regular expression replaced; `$1` stands for a group.",
        [FunctionExample("apoc.text.replace('a1b22', '([0-9]+)', '<$1>')", "'a<1>b<22>'")],
        body: replaceBody)

    private static let regreplace = APOCFunctions.function(
        "apoc.text.regreplace", [.string, .string, .string], to: .string,
        "As apoc.text.replace.",
        [FunctionExample("apoc.text.regreplace('a1', '[0-9]', '')", "'a'")], body: replaceBody)

    private static let split = APOCFunctions.function(
        "apoc.text.split", [.string, .string, .integer], optional: 1, to: .list(.string),
        "The parts of a text between the matches of a regular expression, at most so many.",
        [FunctionExample("apoc.text.split('a, b;c', '[,;] *')", "['a', 'b', 'c']")]
    ) { arguments in
        guard case .string(let text) = arguments[0], case .string(let pattern) = arguments[1]
        else { return .null }
        var most = Int.max
        if arguments.count > 2, case .integer(let limit) = arguments[2], limit > 0 {
            most = Int(limit)
        }
        let parts = try PatternSearch(pattern).splitting(text, most)
        return .list(parts.map { .string($0) })
    }

    private static let regexGroups = APOCFunctions.function(
        "apoc.text.regexGroups", [.string, .string], to: .list(.any),
        "Of every match of a regular expression a list: what matched, and its groups.",
        [FunctionExample("apoc.text.regexGroups('a1b2', '([a-z])([0-9])')",
            "[['a1', 'a', '1'], ['b2', 'b', '2']]")]
    ) { arguments in
        guard case .string(let text) = arguments[0], case .string(let pattern) = arguments[1]
        else { return .null }
        return .list(
            try PatternSearch(pattern).groups(in: text).map { groups in
                .list(groups.map { group in group.map { .string($0) } ?? .null })
            })
    }

    /// Most characters of a padded text.
    private static let widthMax: Int64 = 1 << 20

    private static func padding(_ arguments: [Value]) throws -> (text: String, pad: String)? {
        guard case .string(let text) = arguments[0], case .integer(let width) = arguments[1]
        else { return nil }
        if width > widthMax {
            throw NQLError.runtime(
                .argument, "NumberOutOfRange",
                "A text is padded to \(widthMax) characters at most.")
        }
        var fill: Character = " "
        if arguments.count > 2, case .string(let given) = arguments[2], let first = given.first {
            fill = first
        }
        return (text, String(repeating: fill, count: max(0, Int(max(0, width)) - text.count)))
    }

    private static let lpad = APOCFunctions.function(
        "apoc.text.lpad", [.string, .integer, .string], optional: 1, to: .string,
        "The text with characters in front, so that it is as long as asked.",
        [FunctionExample("apoc.text.lpad('7', 3, '0')", "'007'")]
    ) { arguments in
        guard let (text, pad) = try padding(arguments) else { return .null }
        return .string(pad + text)
    }

    private static let rpad = APOCFunctions.function(
        "apoc.text.rpad", [.string, .integer, .string], optional: 1, to: .string,
        "The text with characters behind, so that it is as long as asked.",
        [FunctionExample("apoc.text.rpad('7', 3, '.')", "'7..'")]
    ) { arguments in
        guard let (text, pad) = try padding(arguments) else { return .null }
        return .string(text + pad)
    }

    private static let distance = APOCFunctions.function(
        "apoc.text.distance", [.string, .string], to: .integer,
        "Characters to change, add or take away to make one text of the other (Levenshtein).",
        [FunctionExample("apoc.text.distance('Levenshtein', 'Levenstein')", "1")]
    ) { arguments in
        guard case .string(let left) = arguments[0], case .string(let right) = arguments[1]
        else { return .null }
        return .integer(Int64(try editDistance(left, right)))
    }

    private static let similarity = APOCFunctions.function(
        "apoc.text.levenshteinSimilarity", [.string, .string], to: .float,
        "1 less the distance of two texts divided by the length of the longer one.",
        [FunctionExample("apoc.text.levenshteinSimilarity('ab', 'ac')", "0.5")]
    ) { arguments in
        guard case .string(let left) = arguments[0], case .string(let right) = arguments[1]
        else { return .null }
        let longest = max(left.unicodeScalars.count, right.unicodeScalars.count)
        if longest == 0 { return .float(1) }
        return .float(1 - Double(try editDistance(left, right)) / Double(longest))
    }

    private static func editDistance(_ left: String, _ right: String) throws(NQLError) -> Int {
        let (a, b) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var row = Array(0 ... b.count)
        for i in 1 ... a.count {
            try Interruption.spend(4 * b.count)
            var diagonal = row[0]
            row[0] = i
            for j in 1 ... b.count {
                let change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)
                diagonal = row[j]
                row[j] = min(change, row[j] + 1, row[j - 1] + 1)
            }
        }
        return row[b.count]
    }

    private static func word(_ text: Substring, _ upper: Bool) -> String {
        guard let first = text.first else { return "" }
        let letter = String(first)
        return (upper ? letter.uppercased() : letter.lowercased()) + text.dropFirst()
    }

    private static func changed(
        _ name: String, _ summary: String, _ example: FunctionExample,
        _ change: @escaping @Sendable (String) -> String
    ) -> ScalarFunction {
        APOCFunctions.function(name, [.string], to: .string, summary, [example]) { arguments in
            guard case .string(let text) = arguments[0] else { return .null }
            return .string(change(text))
        }
    }

    private static let capitalize = changed(
        "apoc.text.capitalize", "The text with a capital first letter.",
        FunctionExample("apoc.text.capitalize('neo4j')", "'Neo4j'")) { word($0[...], true) }

    private static let decapitalize = changed(
        "apoc.text.decapitalize", "The text with a small first letter.",
        FunctionExample("apoc.text.decapitalize('Neo')", "'neo'")) { word($0[...], false) }

    private static let capitalizeAll = changed(
        "apoc.text.capitalizeAll", "The text with a capital first letter of every word.",
        FunctionExample("apoc.text.capitalizeAll('graph db')", "'Graph Db'")
    ) { text in
        text.split(separator: " ", omittingEmptySubsequences: false).map { word($0, true) }
            .joined(separator: " ")
    }

    private static let urlencode = changed(
        "apoc.text.urlencode", "The text as it may stand in a URL.",
        FunctionExample("apoc.text.urlencode('a b&c')", "'a+b%26c'")
    ) { text in
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a") ... UInt8(ascii: "z"), UInt8(ascii: "A") ... UInt8(ascii: "Z"),
                UInt8(ascii: "0") ... UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "*"):
                result.unicodeScalars.append(UnicodeScalar(byte))
            case 0x20: result += "+"
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }

    private static let urldecode = changed(
        "apoc.text.urldecode", "What a part of a URL stands for.",
        FunctionExample("apoc.text.urldecode('a+b%26c')", "'a b&c'")
    ) { text in
        var bytes: [UInt8] = []
        var rest = Substring(text)
        while let first = rest.first {
            if first == "%", let byte = UInt8(rest.dropFirst().prefix(2), radix: 16) {
                bytes.append(byte)
                rest = rest.dropFirst(3)
            } else {
                bytes += first == "+" ? [0x20] : Array(String(first).utf8)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let format = APOCFunctions.function(
        "apoc.text.format", [.string, .list(.any)], to: .string,
        "The text with `%s` and `%d` replaced by values in turn; `%%` is a percent sign.",
        [FunctionExample("apoc.text.format('%s is %d', ['x', 7])", "'x is 7'")]
    ) { arguments in
        guard case .string(let pattern) = arguments[0], case .list(let values) = arguments[1]
        else { return .null }
        return .string(formatted(pattern, values))
    }

    /// The pattern with values in the place of `%s` and `%d`.
    static func formatted(_ pattern: String, _ values: [Value]) -> String {
        var result = ""
        var next = 0
        var rest = Substring(pattern)
        while let first = rest.first {
            let second = rest.dropFirst().first
            guard first == "%", let second, "sdif%".contains(second) else {
                result.append(first)
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(2)
            if second == "%" {
                result += "%"
            } else {
                result += next < values.count ? APOCConversion.text(values[next]) : "null"
                next += 1
            }
        }
        return result
    }
}
