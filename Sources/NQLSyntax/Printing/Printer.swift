// Printer: statements, queries and expressions as canonical NQL.
//
// Printed text parses to the same tree, spans aside: keywords in capitals, one space, the fewest
// parentheses, names in backticks only where they must be. An item of RETURN or WITH without an
// alias is printed as it was written, because its text is the name of its column.

import NenCore

/// Text being built. One clause a line on the outermost level, one line within braces.
struct Printer {
    var text = ""
    /// Between clauses.
    var clauseSeparator = "\n"

    mutating func write(_ part: String) { text += part }

    /// Writes each element, with `separator` between them.
    mutating func write<Element>(
        _ elements: [Element], separator: String = ", ",
        _ writeElement: (inout Printer, Element) -> Void
    ) {
        for (index, element) in elements.enumerated() {
            if index > 0 { write(separator) }
            writeElement(&self, element)
        }
    }

    // MARK: Names

    /// A label, type, key or field: any word is fine without backticks.
    mutating func writeSymbol(_ name: String) {
        write(Printer.isWord(name) ? name : Printer.quoted(name))
    }

    mutating func writeVariable(_ name: String) {
        let keyword = KeywordTable.shared.keyword(of: name)
        let isPlain = Printer.isWord(name) && !keyword.isReserved
        write(isPlain ? name : Printer.quoted(name))
    }

    /// The name of an index or constraint, where `FOR`, `IF` and `ON` would be taken otherwise.
    mutating func writeSchemaName(_ name: String) {
        let isPlain = Printer.isWord(name) && KeywordTable.shared.keyword(of: name) == .none
        write(isPlain ? name : Printer.quoted(name))
    }

    /// A function's or procedure's name; the words that begin other constructs are quoted.
    mutating func writeQualifiedName(_ name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index > 0 { write(".") }
            let word = String(part)
            var isPlain = Printer.isWord(word)
            if index == 0 {
                let keyword = KeywordTable.shared.keyword(of: word)
                if keyword.isReserved { isPlain = false }
                if parts.count == 1, keyword.beginsSpecialCall { isPlain = false }
            }
            write(isPlain ? word : Printer.quoted(word))
        }
    }

    static func quoted(_ name: String) -> String {
        var text = "`"
        for scalar in name.unicodeScalars {
            if scalar == "`" { text += "`" }
            text.unicodeScalars.append(scalar)
        }
        return text + "`"
    }

    /// Whether the lexer reads the name as one word.
    static func isWord(_ name: String) -> Bool {
        var isFirst = true
        for scalar in name.unicodeScalars {
            let isFine: Bool
            if scalar == "_" {
                isFine = true
            } else {
                let properties = scalar.properties
                isFine = isFirst ? properties.isIDStart : properties.isIDContinue
            }
            if !isFine { return false }
            isFirst = false
        }
        return !isFirst
    }

    // MARK: Literals

    mutating func writeString(_ value: String) {
        write("'")
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": write("\\\\")
            case "'": write("\\'")
            case "\n": write("\\n")
            case "\r": write("\\r")
            case "\t": write("\\t")
            case "\u{8}": write("\\b")
            case "\u{C}": write("\\f")
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    write("\\u" + Lexer.hexadecimal(scalar.value))
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        write("'")
    }

    mutating func writeLiteral(_ value: Value) {
        switch value {
        case .null: write("null")
        case .boolean(let flag): write(flag ? "true" : "false")
        case .integer(let number): write(String(number))
        case .float(let number): writeFloat(number)
        case .string(let string): writeString(string)
        case .list(let values):
            write("[")
            write(values) { $0.writeLiteral($1) }
            write("]")
        case .map(let values):
            write("{")
            write(values.sorted { $0.key < $1.key }) { printer, entry in
                printer.writeSymbol(entry.key)
                printer.write(": ")
                printer.writeLiteral(entry.value)
            }
            write("}")
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration, .point, .node,
            .relationship, .path:
            // The parser makes none of these; a plan that folded constants may show them.
            write(String(describing: value))
        }
    }

    private mutating func writeFloat(_ number: Double) {
        if number.isNaN {
            write("(0.0 / 0.0)")
        } else if number.isInfinite {
            write(number < 0 ? "(-1.0 / 0.0)" : "(1.0 / 0.0)")
        } else {
            write(number.description)
        }
    }
}

extension Keyword {
    /// Whether the word and a `(` may begin something else than a function call.
    fileprivate var beginsSpecialCall: Bool {
        switch self {
        case .all, .any, .none_, .single, .reduce, .allReduce, .shortestPath,
            .allShortestPaths:
            true
        default: false
        }
    }
}

extension Statement {
    /// Canonical text, which parses to the same statement, spans aside.
    public func printed() -> String {
        var printer = Printer()
        printer.write(self)
        return printer.text
    }
}

extension Query {
    /// Canonical text, which parses to the same query, spans aside.
    public func printed() -> String {
        var printer = Printer()
        printer.write(self)
        return printer.text
    }
}

extension Expression {
    /// Canonical text, which parses to the same expression, spans aside.
    public func printed() -> String {
        var printer = Printer(clauseSeparator: " ")
        printer.write(self)
        return printer.text
    }
}
