// RepairedSentences: sentences of the grammar that mean something. A random sentence hardly ever
// does: its variables are unknown and its types do not fit. The binder's errors say where, so what
// stands there is replaced by a name or a value until nothing is left to complain of. What does
// not come to an end is given up.

import GrammarSentences
import NQLSyntax
import NenCore

/// Random queries, made from the grammar and the errors of the binder.
struct RepairedSentences {
    /// Texts for the rules whose own would be noise: names that the graph has, and functions
    /// whose results depend on nothing but their arguments.
    private static let vocabulary: [String: [String]] = [
        "variable": ["n", "m", "r", "x", "y", "p"],
        "symbol": ["A", "B", "R", "S", "i", "m", "t"],
        "NAME": ["A", "B", "R", "S", "i", "m"],
        "QUOTED_NAME": ["`A`", "`i`"],
        "function_name": [
            "size", "abs", "toString", "keys", "labels", "type", "head", "last", "reverse",
            "coalesce", "nodes", "relationships", "length", "tail", "sign", "properties", "id",
            "count", "sum", "min", "max", "startNode", "endNode", "toUpper", "exists",
            "char_length",
        ],
        "INTEGER": ["0", "1", "2", "3"],
        "HEXADECIMAL": ["0x1F"], "OCTAL": ["0o17"],
        "FLOAT": ["0.5", "2.0"],
        "STRING": ["'a'", "'b'", "''"],
        "parameter": ["$one", "$text", "$map"],
        "length": ["*", "*1..2", "*0..1", "*..2"],
        "quantifier": ["{1,2}", "{0,1}", "{2}", "+"],
        "load_csv": ["UNWIND [1, 2] AS x"],
        "void_call": ["CREATE (:A)"],
        "yielding_call": ["CALL db.labels() YIELD label AS y"],
        "in_transactions": [""],
        "SPACE": [" "],
    ]
    private static let values = [
        "1", "2", "'a'", "true", "null", "[1, 2]", "{i: 1}", "0.5", "n", "m", "r", "x", "p",
        "n.i", "m.t", "[]",
    ]
    private static let names = ["n", "m", "r", "x", "y", "p"]
    /// What most queries begin with, so that they have rows.
    private static let start = "MATCH (n)-[r]->(m) WITH n, r, m, n.i AS x, [n.i, m.i] AS y "
    private static let repairsMax = 60

    private var generator: SentenceGenerator
    private var dice: Dice

    init(seed: UInt64) throws {
        generator = SentenceGenerator(
            try Grammar.nql(), seed: seed, vocabulary: Self.vocabulary, tokenCountMax: 30)
        dice = Dice(seed: seed)
    }

    /// A query that `complaint` has nothing to say against; nil if it cannot be repaired.
    mutating func query(_ complaint: (String) -> NQLError?) -> String? {
        let rule = dice.pick(["read_query", "read_part", "query"])
        var text = generator.sentence(of: rule, depth: dice.number(22...34))
        let continued = Self.start + text
        if dice.chance(0.8), (try? parseStatement(continued)) != nil { text = continued }
        for _ in 0..<Self.repairsMax {
            guard let error = complaint(text) else { return text }
            guard let repaired = repaired(text, error) else { return nil }
            text = repaired
        }
        return nil
    }

    /// The text with something else where the error is, so that it still is a sentence.
    private mutating func repaired(_ text: String, _ error: NQLError) -> String? {
        let bytes = Array(text.utf8)
        let (start, end) = (Int(error.span.start), Int(error.span.end))
        guard start < end, end <= bytes.count else { return nil }
        for _ in 0..<8 {
            var changed = bytes
            changed.replaceSubrange(start..<end, with: (" " + replacement(error) + " ").utf8)
            let text = String(decoding: changed, as: UTF8.self)
            if (try? parseStatement(text)) != nil { return text }
        }
        return nil
    }

    /// What to write in place of the text that an error is about.
    private mutating func replacement(_ error: NQLError) -> String {
        switch error.detail {
        case "UndefinedVariable": dice.chance(0.8) ? dice.pick(Self.names) : "1"
        case "VariableAlreadyBound", "ColumnNameConflict": newName()
        case "VariableTypeConflict": dice.chance(0.5) ? newName() : dice.pick(Self.names)
        case "NoVariablesInScope": (dice.chance(0.5) ? "RETURN 1 AS " : "WITH 1 AS ") + newName()
        case "UnknownFunction": dice.pick(["size", "toString", "coalesce", "abs"])
        default: dice.chance(0.3) ? "" : dice.pick(Self.values)
        }
    }

    private mutating func newName() -> String { "v\(dice.number(0...99))" }
}
