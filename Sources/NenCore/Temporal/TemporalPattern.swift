// TemporalPattern: the patterns of `format`, read into a list of elements. Letters stand for
// fields, repeated for their width or style; text stands in single quotes (two of them are one);
// what stands in brackets is left out when the value lacks one of its fields; `p` pads the next
// field. The letters are those of Java's DateTimeFormatter, as in Neo4j; texts are English.

/// A pattern, ready to format values.
public struct TemporalPattern: Sendable, Hashable {
    /// A part of a pattern.
    indirect enum Element: Sendable, Hashable {
        case text(String)
        case field(Character, count: Int)
        /// Spaces before the field, so that it is `width` wide.
        case padded(Character, count: Int, width: Int)
        case optional([Element])
    }

    var elements: [Element]

    /// Bytes of the longest pattern.
    static let byteCountMax = 4_096
    /// Brackets within brackets.
    static let nestingMax = 32

    /// Reads a pattern.
    ///
    /// - Throws: `InvalidArgumentValue` for reserved characters and open quotes or brackets.
    public init(_ text: String) throws(NQLError) {
        guard text.utf8.count <= TemporalPattern.byteCountMax else {
            throw TemporalError.argument(
                "A pattern has at most \(TemporalPattern.byteCountMax) bytes.")
        }
        var rest = Substring(text)
        elements = try TemporalPattern.read(&rest, depth: 0)
    }

    private static func read(
        _ rest: inout Substring, depth: Int
    ) throws(NQLError) -> [Element] {
        var elements: [Element] = []
        while let character = rest.first {
            switch character {
            case "'": elements.append(.text(try quoted(&rest)))
            case "[":
                guard depth < nestingMax else {
                    throw TemporalError.argument(
                        "A pattern nests more than \(nestingMax) brackets.")
                }
                rest.removeFirst()
                elements.append(.optional(try read(&rest, depth: depth + 1)))
                guard rest.first == "]" else {
                    throw TemporalError.argument("A `[` of the pattern has no `]`.")
                }
                rest.removeFirst()
            case "]":
                if depth > 0 { return elements }
                throw TemporalError.argument("A `]` of the pattern has no `[`.")
            case "{", "}", "#":
                throw TemporalError.argument(
                    "`\(character)` is reserved in patterns.",
                    hint: "Put text into single quotes.")
            case "a" ... "z", "A" ... "Z": elements.append(try field(&rest))
            default:
                rest.removeFirst()
                elements.append(.text(String(character)))
            }
        }
        return elements
    }

    private static func quoted(_ rest: inout Substring) throws(NQLError) -> String {
        rest.removeFirst()
        if rest.first == "'" {
            rest.removeFirst()
            return "'"
        }
        var text = ""
        while let character = rest.first {
            rest.removeFirst()
            if character != "'" {
                text.append(character)
            } else if rest.first == "'" {
                rest.removeFirst()
                text.append("'")
            } else {
                return text
            }
        }
        throw TemporalError.argument("A `'` of the pattern is not closed.")
    }

    private static func field(_ rest: inout Substring) throws(NQLError) -> Element {
        let (letter, count) = letters(&rest)
        guard letter == "p" else { return .field(letter, count: count) }
        guard let next = rest.first, next.isASCII, next.isLetter, next != "p" else {
            throw TemporalError.argument("`p` pads a field, which must follow it.")
        }
        let (padded, padding) = letters(&rest)
        return .padded(padded, count: padding, width: count)
    }

    /// A letter and how often it is repeated.
    private static func letters(_ rest: inout Substring) -> (Character, Int) {
        let letter = rest.removeFirst()
        var count = 1
        while rest.first == letter {
            rest.removeFirst()
            count += 1
        }
        return (letter, count)
    }

    /// Formats by a function from fields to their text; nil stands for a field the value lacks.
    func text(
        _ field: (Character, Int) throws(NQLError) -> String?, lacking: (Character) -> NQLError
    ) throws(NQLError) -> String {
        try TemporalPattern.text(elements, field, lacking: lacking, isOptional: false) ?? ""
    }

    private static func text(
        _ elements: [Element], _ field: (Character, Int) throws(NQLError) -> String?,
        lacking: (Character) -> NQLError, isOptional: Bool
    ) throws(NQLError) -> String? {
        var result = ""
        for element in elements {
            switch element {
            case .text(let text): result += text
            case .field(let letter, let count), .padded(let letter, let count, _):
                guard let text = try field(letter, count) else {
                    if isOptional { return nil }
                    throw lacking(letter)
                }
                if case .padded(_, _, let width) = element {
                    result += String(repeating: " ", count: max(0, width - text.count))
                }
                result += text
            case .optional(let inner):
                let text = try text(inner, field, lacking: lacking, isOptional: true)
                result += text ?? ""
            }
        }
        return result
    }

    /// A number with zeros in front up to a width, its sign before them.
    static func number(_ value: Int64, width: Int) -> String {
        let digits = String(value.magnitude)
        let zeros = String(repeating: "0", count: max(0, width - digits.count))
        return (value < 0 ? "-" : "") + zeros + digits
    }
}
