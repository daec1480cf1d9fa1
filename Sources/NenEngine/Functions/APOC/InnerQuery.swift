// InnerQuery: a query that a procedure is given as a text: `apoc.do.when(c, 'MATCH …', …)`. The
// text is known when the statement is planned, so it becomes a part of it; its parameters become
// variables with the values of the procedure's map.

import NQLSyntax
import NenCore

/// The text of a query with its columns.
struct InnerQuery {
    /// The text, with variables in the place of parameters.
    private(set) var text: String
    /// Names of the columns; empty for a query that returns nothing.
    private(set) var columns: [String] = []
    /// `LET a = ‹map›.a, …` for the keys that the text may name.
    private let bindings: String

    /// The variable that holds the values of parameters.
    static let map = "` params`"

    /// - Parameters:
    ///   - argument: the text, or several joined by `+`.
    ///   - parameters: the map of the text's parameters; its keys are variables, too.
    ///   - names: variables of the text that stand for parameters, too.
    /// - Throws: `SyntaxError` where the text is computed, or no query.
    init(
        _ argument: WrittenArgument, parameters: WrittenArgument, names: [String] = [],
        of procedure: String
    ) throws(NQLError) {
        guard case .constant(let value) = argument else {
            throw .syntax(
                "InvalidArgumentPassingMode",
                "`\(procedure)` becomes a part of the statement, so its query is written out as a "
                    + "String.", at: .none,
                hint: "Write the clauses themselves: `CALL (x) { … }`, or `WHEN … THEN { … }`.")
        }
        guard case .string(let given) = value else {
            text = ""
            bindings = ""
            return
        }
        let keys = APOCProcedures.keys(parameters)
        text = replacingParameters(in: given) { name in
            if names.contains(name) || keys?.contains(name) == true {
                return APOCProcedures.quoted(name)
            }
            return keys == nil ? "\(InnerQuery.map).\(APOCProcedures.quoted(name))" : nil
        }
        let lets = (keys ?? []).map {
            "\(APOCProcedures.quoted($0)) = \(InnerQuery.map).\(APOCProcedures.quoted($0))"
        }
        bindings = lets.isEmpty ? "" : "LET " + lets.joined(separator: ", ") + " "
        var splitter = StatementSplitter()
        // The end of a line ends a comment, too.
        let pieces = splitter.feed(text + "\n") + (splitter.finish().map { [$0] } ?? [])
        // Of several the parser says where the second begins.
        if pieces.count < 2 { text = pieces.first?.text ?? "" }
        if text.isEmpty { return }
        try readColumns(procedure)
        // A comment at its end does not reach what stands behind.
        text += "\n"
    }

    private mutating func readColumns(_ procedure: String) throws(NQLError) {
        let statement: Statement
        do throws(NQLError) {
            statement = try parseStatement(text)
        } catch {
            throw .syntax(
                error.detail ?? "UnexpectedSyntax",
                "In the query of `\(procedure)`: \(error.message)", at: .none, hint: error.hint)
        }
        guard case .query(let query) = statement.kind, statement.mode == .run else {
            throw .syntax(
                "UnexpectedSyntax", "`\(procedure)` runs queries only.", at: .none)
        }
        guard query.parts.count == 1 || bindings.isEmpty else {
            throw .syntax(
                "InvalidClauseComposition",
                "The query of `\(procedure)` has parameters, and no UNION then.", at: .none,
                hint: "Put the UNION into `CALL { … }`.")
        }
        guard case .returning(let projection)? =
            (query.next.last ?? query).parts[0].clauses.last?.kind
        else { return }
        if projection.includesAll {
            throw .syntax(
                "UnexpectedSyntax", "The query of `\(procedure)` names its columns.", at: .none,
                hint: "Write them out in the place of `*`.")
        }
        columns = projection.items.map { item in
            if let alias = item.alias { return alias.text }
            if case .variable(let name) = item.expression.kind { return name }
            return item.sourceText
        }
        nameColumns(projection)
    }

    /// Gives every column of the last RETURN an alias, as a subquery's columns need one.
    private mutating func nameColumns(_ projection: Projection) {
        var bytes = Array(text.utf8)
        for item in projection.items.reversed() where item.alias == nil {
            if case .variable = item.expression.kind { continue }
            let alias = " AS " + APOCProcedures.quoted(item.sourceText)
            bytes.insert(contentsOf: alias.utf8, at: Int(item.expression.span.end))
        }
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Clauses that leave a map of the columns in `value`, a row for each of the query's; they
    /// begin with the map of parameters.
    var valueClauses: String {
        if text.isEmpty { return "WITH {} AS value" }
        let query = "CALL (\(InnerQuery.map)) { \(bindings)\(text) }"
        if columns.isEmpty { return query + " WITH {} AS value LIMIT 0" }
        let entries = columns.map { name in
            let quoted = APOCProcedures.quoted(name)
            return "\(quoted): \(quoted)"
        }
        return query + " WITH {\(entries.joined(separator: ", "))} AS value"
    }

    /// Clauses that run it for its effect alone.
    var effectClauses: String {
        columns.isEmpty ? bindings + text
            : "\(bindings)CALL (*) { \(text) } FINISH"
    }

    /// Clauses that leave the columns as variables.
    var rowClauses: String { "CALL (\(InnerQuery.map)) { \(bindings)\(text) }" }
}
