// Parser+Query: queries joined by NEXT and UNION, conditional queries, and which clauses may
// follow and end which.

import NenCore

/// Where a query stands, which decides how it may end and whether it may write.
enum QueryPlace {
    /// A statement.
    case statement
    /// `CALL { … }`
    case call
    /// `EXISTS { … }` and kin.
    case subquery(SubqueryKind)

    /// For a query within braces or a branch: a procedure call does not stand alone there.
    var inner: QueryPlace {
        if case .statement = self { return .call }
        return self
    }
}

extension Parser {
    /// `union NEXT union …`
    mutating func parseQuery(_ place: QueryPlace) throws(SyntaxFailure) -> Query {
        try enter(units: 3)
        let start = start
        let outerStandaloneOnly = standaloneOnly
        var query = try parseUnion(place, isFirst: true)
        while at(.next) {
            try requireColumns(query.next.last ?? query)
            note(.clause)
            advance()
            query.next.append(try parseUnion(place, isFirst: false))
        }
        query.span = span(from: start)
        standaloneOnly = outerStandaloneOnly
        leave(units: 3)
        return query
    }

    /// NEXT passes on what the query before it returns.
    private func requireColumns(_ query: Query) throws(SyntaxFailure) {
        if query.returns { return }
        throw failure(
            "InvalidClauseComposition", "the query in front of NEXT returns nothing to pass on",
            at: token.span, hint: "end it in a RETURN clause")
    }

    /// `single UNION [ALL] single …`
    private mutating func parseUnion(
        _ place: QueryPlace, isFirst: Bool
    ) throws(SyntaxFailure) -> Query {
        let start = start
        var parts: [SingleQuery] = []
        var unionAll: [Bool] = []
        while true {
            standaloneOnly = nil
            parts.append(try parseSingleQuery(place))
            guard at(.union) else { break }
            if let error = standaloneOnly { throw error }
            let union = token.span
            note(.clause)
            advance()
            let isAll = skip(.all)
            if !isAll { _ = skip(.distinct) }
            if let first = unionAll.first, first != isAll {
                throw failure(
                    "InvalidClauseComposition", "UNION and UNION ALL cannot be mixed",
                    at: SourceSpan(start: union.start, end: end),
                    hint: "put one of them into `CALL { … }`")
            }
            unionAll.append(isAll)
        }
        if let error = standaloneOnly {
            var standsAlone = parts.count == 1 && parts[0].clauses.count == 1 && isFirst
            if case .statement = place {} else { standsAlone = false }
            if !standsAlone || at(.next) { throw error }
        }
        if parts.count > 1 { try refuseConditional(parts) }
        return Query(parts: parts, unionAll: unionAll, span: span(from: start))
    }

    /// A conditional query takes the whole of its place.
    private func refuseConditional(_ parts: [SingleQuery]) throws(SyntaxFailure) {
        for part in parts {
            guard case .conditional? = part.clauses.last?.kind else { continue }
            throw failure(
                "InvalidClauseComposition", "a conditional query cannot be a part of UNION",
                at: firstWord(part.clauses[0]), hint: "put it into braces: `{ WHEN … }`")
        }
    }

    private mutating func parseSingleQuery(
        _ place: QueryPlace
    ) throws(SyntaxFailure) -> SingleQuery {
        let start = start
        if at(.when) || at(.leftBrace) {
            try enter(units: 2)
            let kind = at(.when) ? try parseConditional(place) : try parseBlock(place)
            leave(units: 2)
            let span = span(from: start)
            return SingleQuery(clauses: [Clause(kind, span)], span: span)
        }
        try parseQueryStart()
        var clauses: [Clause] = []
        while let clause = try parseClause() {
            try checkFollows(clause, clauses.last)
            try checkMayWrite(clause, place)
            clauses.append(clause)
        }
        guard let last = clauses.last else {
            throw unexpected("a clause", among: Keyword.clauseStarts)
        }
        try checkEnd(last, clauseCount: clauses.count, place)
        return SingleQuery(clauses: clauses, span: span(from: start))
    }

    private func checkFollows(_ clause: Clause, _ last: Clause?) throws(SyntaxFailure) {
        switch last?.kind {
        case .returning:
            if case .page = clause.kind { throw lateByPage(clause) }
            throw failure(
                "InvalidClauseComposition", "no clause may follow RETURN",
                at: firstWord(clause), hint: "WITH passes rows on to further clauses")
        case .finish:
            throw failure(
                "InvalidClauseComposition", "no clause may follow FINISH",
                at: firstWord(clause))
        default: return
        }
    }

    /// `RETURN … LIMIT 5 OFFSET 2`
    private func lateByPage(_ clause: Clause) -> SyntaxFailure {
        let word = firstWord(clause)
        let name = text(word).uppercased()
        return failure(
            "InvalidClauseComposition",
            name == "ORDER" ? "ORDER BY stands in front of OFFSET and LIMIT"
                : "\(name) stands in front of LIMIT, and only once", at: word,
            hint: "write `ORDER BY … OFFSET … LIMIT …`")
    }

    // MARK: Conditional queries and blocks

    /// `{ query }` in the place of a single query.
    private mutating func parseBlock(_ place: QueryPlace) throws(SyntaxFailure) -> ClauseKind {
        note(.tallBlock)
        advance()
        let query = try parseQuery(place.inner)
        try expectClosingBrace()
        return .block(query)
    }

    /// `WHEN condition THEN query … [ELSE query]`
    private mutating func parseConditional(
        _ place: QueryPlace
    ) throws(SyntaxFailure) -> ClauseKind {
        var branches: [ConditionalBranch] = []
        while at(.when) {
            note(.clause)
            advance()
            let condition = try parseCondition()
            try expect(.then)
            branches.append(
                ConditionalBranch(condition: condition, body: try parseBranch(place)))
        }
        if at(.else) { note(.clause) }
        let otherwise: Query? = skip(.else) ? try parseBranch(place) : nil
        return .conditional(branches, otherwise: otherwise)
    }

    /// What stands behind THEN and ELSE: a query in braces, or a single one without.
    private mutating func parseBranch(_ place: QueryPlace) throws(SyntaxFailure) -> Query {
        if at(.leftBrace) {
            note(.tallBlock)
            advance()
            let query = try parseQuery(place.inner)
            try expectClosingBrace()
            return query
        }
        if at(.when) {
            throw unexpected("a query", hint: "a WHEN within a WHEN stands in braces")
        }
        let part = try parseSingleQuery(place.inner)
        return Query(parts: [part], unionAll: [], span: part.span)
    }

    /// The span of a clause's first keyword.
    private func firstWord(_ clause: Clause) -> SourceSpan {
        var end = Int(clause.span.start)
        while end < bytes.count, Lexer.continuesWord(bytes[end]) { end += 1 }
        return SourceSpan(start: clause.span.start, end: UInt32(end))
    }

    /// Subqueries in expressions only read.
    private func checkMayWrite(_ clause: Clause, _ place: QueryPlace) throws(SyntaxFailure) {
        guard case .subquery(let kind) = place, clause.kind.updates else { return }
        throw failure(
            "InvalidClauseComposition", "\(kind.rawValue) { … } cannot change the graph",
            at: firstWord(clause))
    }

    /// A query ends in RETURN, in a change of the graph, in FINISH, or in a call that is all of
    /// it.
    private mutating func checkEnd(
        _ last: Clause, clauseCount: Int, _ place: QueryPlace
    ) throws(SyntaxFailure) {
        // What EXISTS and COUNT ask for is whether rows are there and how many.
        var needsColumns = false
        if case .subquery(let kind) = place {
            if case .finish = last.kind {
                throw failure(
                    "InvalidClauseComposition",
                    "\(kind.rawValue) { … } asks for rows, and FINISH gives none",
                    at: last.span)
            }
            if kind != .collect { return }
            needsColumns = true
        }
        let isEnd: Bool
        switch last.kind {
        case .returning: isEnd = true
        case .create, .insert, .merge, .set, .remove, .delete, .foreach, .finish:
            isEnd = !needsColumns
        case .callProcedure(let call):
            // In the middle of a query YIELD names columns that somebody has to use.
            let hasColumns = call.yields != nil || call.yieldsAll
            if hasColumns, clauseCount == 1 { noteStandaloneOnly(cannotEnd(last)) }
            isEnd = !needsColumns && (!hasColumns || clauseCount == 1)
        case .callSubquery(let call):
            isEnd = !needsColumns && !call.query.returns && call.batches?.status == nil
        case .match, .unwind, .with, .loadCSV, .letting, .filter, .forEach, .page: isEnd = false
        case .conditional, .block: isEnd = true
        }
        if isEnd { return }
        if !at(.endOfInput), !at(.semicolon), !at(.union), !at(.rightBrace), !at(.next),
            !at(.when), !at(.else)
        {
            throw unexpected("a clause", among: Keyword.likelyContinuations)
        }
        throw cannotEnd(last)
    }

    private func cannotEnd(_ last: Clause) -> SyntaxFailure {
        let word = firstWord(last)
        return failure(
            "InvalidClauseComposition", "a query cannot end in \(text(word).uppercased())",
            at: word, hint: "add a RETURN clause")
    }
}
