// FunctionHints: which function somebody probably meant. First a misspelling, then a name without
// its family (`distance` for `point.distance`), then what other query languages call it.

import NQLPlan
import NenCore

/// Hints for function names that are not known.
enum FunctionHints {
    /// What other languages call a function, in lower case, and what it is here.
    static let foreignNames: [String: String] = [
        "len": "size", "strlen": "size", "array_length": "size", "substr": "substring",
        "lcase": "toLower", "tolowercase": "toLower", "ucase": "toUpper",
        "touppercase": "toUpper", "ifnull": "coalesce", "nvl": "coalesce",
        "random": "rand", "mean": "avg", "stddev": "stDev", "stddev_samp": "stDev",
        "stddev_pop": "stDevP", "first": "head", "now": "datetime", "array_agg": "collect",
    ]

    /// Functions that are operators here.
    static let operators: [String: String] = [
        "concat": "||", "contains": "CONTAINS", "startswith": "STARTS WITH",
        "endswith": "ENDS WITH", "isnull": "IS NULL", "not": "NOT",
    ]

    /// The hint for `name`; nil when nothing comes to mind.
    static func hint(for name: String, among names: [String]) -> String? {
        let folded = name.lowercased()
        if let symbol = operators[folded] { return "Use the operator `\(symbol)`." }
        let foreign = foreignNames[folded].flatMap { names.contains($0) ? $0 : nil }
        let meant = foreign ?? NearMiss.suggestion(for: name, among: names)
            ?? names.first { $0.lowercased().hasSuffix("." + folded) && !$0.hasPrefix("apoc.") }
        return meant.map { "Did you mean `\($0)`?" }
    }
}
