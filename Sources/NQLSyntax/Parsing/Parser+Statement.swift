// Parser+Statement: what stands between two semicolons.

import NenCore

extension Parser {
    mutating func parseWholeStatement() throws(SyntaxFailure) -> Statement {
        try parseVersion()
        let start = start
        let mode = try parseMode()
        if mode != .run { try parseVersion() }
        let kind = try parseStatementKind(mode)
        let span = span(from: start)
        if at(.semicolon) {
            advance()
            guard at(.endOfInput) else { throw secondStatement() }
        }
        guard at(.endOfInput) else {
            if case .query = kind {
                throw unexpected(
                    "a clause or the end", among: Keyword.likelyContinuations,
                    hint: at(.where) ? "filter first: `WITH … WHERE …` before RETURN" : nil)
            }
            throw unexpected(
                "the end of the statement",
                among: [.transaction, .read, .if, .yield, .where, .return])
        }
        var statement = Statement(kind, mode: mode, span: span)
        statement.remarks = remarks.sorted { $0.span.start < $1.span.start }
        return statement
    }

    private func secondStatement() -> SyntaxFailure {
        if at(.invalid) { return unexpected("the end") }
        return failure(
            "UnexpectedSyntax", "a second statement begins behind the `;`", at: token.span,
            hint: "one statement at a time is parsed")
    }

    private mutating func parseMode() throws(SyntaxFailure) -> ExplainMode {
        if skip(.explain) { return .explain(try parseExplainStyle()) }
        if skip(.profile) { return .profile(try parseExplainStyle()) }
        return .run
    }

    /// `[VERBOSE] [FORMAT (TABLE | TREE | JSON)]`
    private mutating func parseExplainStyle() throws(SyntaxFailure) -> ExplainStyle {
        let isVerbose = skip(.verbose)
        guard skip(.format) else { return ExplainStyle(isVerbose: isVerbose) }
        for (word, format) in Parser.explainFormats where skip(word) {
            return ExplainStyle(format, isVerbose: isVerbose)
        }
        throw unexpected("`TABLE`, `TREE` or `JSON`", among: Parser.explainFormats.map(\.0))
    }

    private static let explainFormats: [(Keyword, ExplainStyle.Format)] = [
        (.table, .table), (.tree, .tree), (.json, .json),
    ]

    private mutating func parseStatementKind(
        _ mode: ExplainMode
    ) throws(SyntaxFailure) -> StatementKind {
        if at(.endOfInput) || at(.semicolon) {
            if mode != .run { throw unexpected("a query", among: Keyword.clauseStarts) }
            throw failure("UnexpectedSyntax", "the statement is empty", at: token.span)
        }
        if mode == .run, let kind = try parseCommand() { return kind }
        guard startsClause() else {
            throw unexpected(
                mode == .run ? "a statement" : "a query",
                among: mode == .run ? Keyword.statementStarts : Keyword.explained)
        }
        let query = try parseQuery(.statement)
        if mode == .run, let change = SettingChange(query) { return .setting(change) }
        return .query(query)
    }

    /// A statement that is no query; nil where a query begins.
    private mutating func parseCommand() throws(SyntaxFailure) -> StatementKind? {
        switch token.keyword {
        case .begin: return try parseBegin()
        case .commit:
            advance()
            _ = skip(.transaction)
            return .commit
        case .rollback:
            advance()
            _ = skip(.transaction)
            return .rollback
        case .analyze:
            advance()
            return .analyze
        case .checkpoint:
            advance()
            return .checkpoint
        case .vacuum:
            advance()
            return .vacuum
        case .backup: return .backup(try parseBackup())
        case .show: return try parseShow()
        case .terminate: return try parseTerminate()
        case .drop: return try parseDrop()
        case .create:
            // `CREATE index = (a)…` creates a path.
            guard peek(1).kind == .word, peek(2).kind != .equal else { return nil }
            return try parseCreateSchema()
        case .copy: return try parseCopy()
        case .alter, .grant, .revoke, .start:
            throw unsupported("`\(token.keyword.rawValue)`", at: token.span)
        default: return nil
        }
    }

    /// `BEGIN [TRANSACTION] [READ ONLY | READ WRITE]`
    private mutating func parseBegin() throws(SyntaxFailure) -> StatementKind {
        advance()
        _ = skip(.transaction)
        guard skip(.read) else { return .begin(readOnly: false) }
        if skip(.only) { return .begin(readOnly: true) }
        if skip(.write) { return .begin(readOnly: false) }
        throw unexpected("`ONLY` or `WRITE`", among: [.only, .write])
    }
}
