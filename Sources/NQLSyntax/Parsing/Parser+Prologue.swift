// Parser+Prologue: what programs for other databases send in front of a query or beside its
// patterns: the version of the language, options of the run, the name of the only graph, hints for
// the planner. None of it changes what a query means here, so none of it is in the tree; what has
// no effect is remarked.

import NenCore

extension Parser {
    // MARK: CYPHER 25 runtime=slotted

    /// `[CYPHER [version] {option = value}]`
    mutating func parseVersion() throws(SyntaxFailure) {
        guard at(.cypher), peek(1).kind != .equal else { return }
        advance()
        if at(.numberLiteral) {
            let version = text(token.span)
            if version != "5", version != "25" {
                ignored(
                    "There is one version of the language here; `\(version)` is passed over.",
                    at: token.span)
            }
            advance()
        }
        while token.isName, peek(1).kind == .equal { try parseQueryOption() }
    }

    /// Options of Neo4j's `CYPHER` prefix, in lower case.
    private static let queryOptions: Set<String> = [
        "runtime", "planner", "connectcomponentsplanner", "updatestrategy", "expressionengine",
        "operatorengine", "interpretedpipesfallback", "replan", "inferschemaparts", "debug",
        "statefulshortestplanningmode", "planvarexpandinto", "parallelruntimesupport",
        "viewoptimizer", "labelinference", "eageranalyzer",
    ]

    private mutating func parseQueryOption() throws(SyntaxFailure) {
        let start = start
        let name = takeName()
        guard Parser.queryOptions.contains(name.text.lowercased()) else {
            throw failure(
                "UnexpectedSyntax", "there is no query option `\(name.text)`", at: name.span,
                hint: NearMiss.suggestion(for: name.text, among: Parser.queryOptions.sorted())
                    .map { "did you mean `\($0)`?" })
        }
        advance()
        guard token.isName || at(.numberLiteral) else { throw unexpected("a value") }
        advance()
        ignored(
            "`\(text(span(from: start)))` has no meaning here and is passed over.",
            at: span(from: start))
    }

    // MARK: USE and USING in front of a query

    /// What may stand in front of a query's first clause: `USE graph`, hints, and
    /// `USING PERIODIC COMMIT`.
    mutating func parseQueryStart() throws(SyntaxFailure) {
        while true {
            if at(.use) {
                try parseUse()
            } else if at(.using), peek(1).keyword == .periodic {
                try parsePeriodicCommit()
            } else if at(.using) {
                try parsePlannerHint()
            } else {
                return
            }
        }
    }

    /// What the one graph is called by programs for other databases, in lower case.
    private static let graphNames: Set<String> = [
        "nendb", "neo4j", "memgraph", "current_graph", "home_graph",
    ]

    private mutating func parseUse() throws(SyntaxFailure) {
        note(.clause)
        advance()
        let name = try parseQualifiedName("a graph name")
        guard !Parser.graphNames.contains(name.text.lowercased()) else { return }
        throw failure(
            "UnexpectedSyntax", "there is one graph in a database, and it is not called "
                + "`\(name.text)`", at: name.span,
            hint: "leave USE out, or write `USE neo4j`; another graph is another file")
    }

    private mutating func parsePeriodicCommit() throws(SyntaxFailure) {
        let start = start
        note(.clause)
        advance()
        advance()
        try expect(.commit)
        if at(.numberLiteral) { advance() }
        deprecated(
            "USING PERIODIC COMMIT is passed over: the statement is one transaction.",
            hint: "`CALL (row) { … } IN TRANSACTIONS OF 1000 ROWS` commits as it goes.",
            at: span(from: start))
    }

    // MARK: Planner hints

    /// Hints behind the patterns of MATCH.
    mutating func parsePlannerHints() throws(SyntaxFailure) {
        while at(.using) { try parsePlannerHint() }
    }

    /// `USING [kind] INDEX [SEEK] n:Label(key, …)`, `USING SCAN n:Label`, `USING JOIN ON n, …`
    private mutating func parsePlannerHint() throws(SyntaxFailure) {
        let start = start
        note(.part)
        advance()
        switch token.keyword {
        case .scan:
            advance()
            try parseHintedLabel(hasKeys: false)
        case .join:
            advance()
            try expect(.on)
            repeat { _ = try parseVariable() } while skip(.comma)
        default:
            if at(.range) || at(.text) || at(.point) { advance() }
            guard skip(.index) else {
                throw unexpected(
                    "`INDEX`, `SCAN` or `JOIN`", among: [.index, .scan, .join, .periodic])
            }
            if at(.seek), peek(1).kind != .colon { advance() }
            try parseHintedLabel(hasKeys: true)
        }
        ignored(
            "The planner chooses by costs and passes the hint over.",
            hint: "EXPLAIN VERBOSE tells what it chose over what.", at: span(from: start))
    }

    /// `[n]:Label`, with keys in parentheses for an index.
    private mutating func parseHintedLabel(hasKeys: Bool) throws(SyntaxFailure) {
        if isVariable(token) { _ = takeName() }
        try expect(.colon, "`:`")
        _ = try parseSymbol("a label or type")
        guard hasKeys else { return }
        try expect(.leftParenthesis, "`(`")
        repeat { _ = try parseSymbol("a property key") } while skip(.comma)
        try expect(.rightParenthesis, "`,` or `)`")
    }
}
