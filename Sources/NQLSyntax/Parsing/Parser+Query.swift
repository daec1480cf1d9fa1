// Parser+Query: queries joined by UNION, and which clauses may follow and end which.

import NenCore

/// Where a query stands, which decides how it may end and whether it may write.
enum QueryPlace {
    /// A statement.
    case statement
    /// `CALL { … }`
    case call
    /// `EXISTS { … }` and kin.
    case subquery(SubqueryKind)
}

extension Parser {
    /// `single UNION [ALL] single …`
    mutating func parseQuery(_ place: QueryPlace) throws(SyntaxFailure) -> Query {
        try enter(units: 2)
        let start = start
        let outerStandaloneOnly = standaloneOnly
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
            var standsAlone = parts.count == 1 && parts[0].clauses.count == 1
            if case .statement = place {} else { standsAlone = false }
            if !standsAlone { throw error }
        }
        standaloneOnly = outerStandaloneOnly
        leave(units: 2)
        return Query(parts: parts, unionAll: unionAll, span: span(from: start))
    }

    private mutating func parseSingleQuery(
        _ place: QueryPlace
    ) throws(SyntaxFailure) -> SingleQuery {
        let start = start
        var clauses: [Clause] = []
        while let clause = try parseClause() {
            if let last = clauses.last, case .returning = last.kind {
                throw failure(
                    "InvalidClauseComposition", "no clause may follow RETURN",
                    at: firstWord(clause), hint: "WITH passes rows on to further clauses")
            }
            try checkMayWrite(clause, place)
            clauses.append(clause)
        }
        guard let last = clauses.last else {
            throw unexpected("a clause", among: Keyword.clauseStarts)
        }
        try checkEnd(last, clauseCount: clauses.count, place)
        return SingleQuery(clauses: clauses, span: span(from: start))
    }

    /// The span of a clause's first keyword.
    private func firstWord(_ clause: Clause) -> SourceSpan {
        var end = Int(clause.span.start)
        while end < bytes.count, Lexer.continuesWord(bytes[end]) { end += 1 }
        return SourceSpan(start: clause.span.start, end: UInt32(end))
    }

    /// Subqueries in expressions only read.
    private func checkMayWrite(_ clause: Clause, _ place: QueryPlace) throws(SyntaxFailure) {
        guard case .subquery(let kind) = place, clause.isUpdate else { return }
        throw failure(
            "InvalidClauseComposition", "\(kind.rawValue) { … } cannot change the graph",
            at: firstWord(clause))
    }

    /// A query ends in RETURN, in a change of the graph, or in a call that is all of it.
    private mutating func checkEnd(
        _ last: Clause, clauseCount: Int, _ place: QueryPlace
    ) throws(SyntaxFailure) {
        // What EXISTS and COUNT ask for is whether rows are there and how many.
        var needsColumns = false
        if case .subquery(let kind) = place {
            if kind != .collect { return }
            needsColumns = true
        }
        let isEnd: Bool
        switch last.kind {
        case .returning: isEnd = true
        case .create, .merge, .set, .remove, .delete, .foreach: isEnd = !needsColumns
        case .callProcedure(let call):
            // In the middle of a query YIELD names columns that somebody has to use.
            let hasColumns = call.yields != nil || call.yieldsAll
            if hasColumns, clauseCount == 1 { noteStandaloneOnly(cannotEnd(last)) }
            isEnd = !needsColumns && (!hasColumns || clauseCount == 1)
        case .callSubquery(let query, _): isEnd = !needsColumns && query.endsInUpdate
        case .match, .unwind, .with, .loadCSV: isEnd = false
        }
        if isEnd { return }
        if !at(.endOfInput), !at(.semicolon), !at(.union), !at(.rightBrace) {
            throw unexpected("a clause", among: Keyword.continuations)
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

extension Clause {
    /// Whether the clause, or one in it, changes the graph.
    var isUpdate: Bool {
        switch kind {
        case .create, .merge, .set, .remove, .delete, .foreach: true
        case .callSubquery(let query, _):
            query.parts.contains { $0.clauses.contains(where: \.isUpdate) }
        default: false
        }
    }
}

extension Query {
    /// Whether the query has no columns because its parts end in a change of the graph.
    var endsInUpdate: Bool {
        parts.allSatisfy { part in
            if case .returning = part.clauses.last?.kind { return false }
            return true
        }
    }
}
