// Parser+Composition: LET, FILTER, FOR, ORDER BY and LIMIT as clauses, and `CALL { … }`.

import NenCore

extension Parser {
    /// `LET variable = value, …`
    mutating func parseLet() throws(SyntaxFailure) -> ClauseKind {
        advance()
        var items: [LetItem] = []
        repeat {
            let variable = try parseVariable()
            try expect(.equal, "`=`")
            items.append(LetItem(variable: variable, value: try parseExpression()))
        } while skip(.comma)
        return .letting(items)
    }

    /// `FILTER [WHERE] condition`
    mutating func parseFilter() throws(SyntaxFailure) -> ClauseKind {
        advance()
        _ = skip(.where)
        return .filter(try parseCondition())
    }

    /// `FOR variable IN list [WITH ORDINALITY|OFFSET variable]`
    mutating func parseFor() throws(SyntaxFailure) -> ClauseKind {
        advance()
        let variable = try parseVariable()
        try expect(.in)
        let list = try parseExpression()
        var loop = ForClause(
            variable: variable, list: list, position: nil, countsFromOne: false)
        let word = peek(1).keyword
        if at(.with), word == .ordinality || word == .offset, isPositionAhead(2) {
            advance()
            advance()
            loop.countsFromOne = word == .ordinality
            loop.position = try parseVariable()
        }
        return .forEach(loop)
    }

    /// Whether a variable stands `distance` tokens ahead that does not begin the next clause:
    /// in `FOR x IN list WITH offset LIMIT 5` it does.
    private func isPositionAhead(_ distance: Int) -> Bool {
        let name = peek(distance)
        guard isVariable(name) else { return false }
        guard Keyword.continuations.contains(name.keyword) else { return true }
        let behind = peek(distance + 1)
        switch name.keyword {
        case .finish: return false
        case .order where behind.keyword == .by: return false
        default:
            return Keyword.continuations.contains(behind.keyword)
                || [.rightBrace, .endOfInput].contains(behind.kind)
        }
    }

    /// `ORDER BY … SKIP … LIMIT …` outside of WITH and RETURN.
    mutating func parsePageClause() throws(SyntaxFailure) -> ClauseKind {
        let page = try parsePage()
        return .page(orderBy: page.orderBy, skip: page.skip, limit: page.limit)
    }

    // MARK: Calls

    /// `[OPTIONAL] CALL …`
    mutating func parseCallClause() throws(SyntaxFailure) -> ClauseKind {
        let isOptional = skip(.optional)
        advance()
        switch token.kind {
        case .leftBrace: return try parseCallSubquery(.leadingWith, isOptional)
        case .leftParenthesis:
            advance()
            let imports = try parseImports()
            guard at(.leftBrace) else { throw unexpected("`{`") }
            return try parseCallSubquery(imports, isOptional)
        default:
            var call = try parseProcedureCall()
            call.isOptional = isOptional
            return .callProcedure(call)
        }
    }

    /// `*)` or `x, y)`
    private mutating func parseImports() throws(SyntaxFailure) -> SubqueryImports {
        if skip(.star) {
            try expect(.rightParenthesis, "`)`: `*` imports all variables")
            return .all
        }
        var names: [Name] = []
        while !at(.rightParenthesis) {
            if !names.isEmpty { try expect(.comma, "`,` or `)`") }
            names.append(try parseVariable())
        }
        advance()
        return .names(names)
    }

    private mutating func parseCallSubquery(
        _ imports: SubqueryImports, _ isOptional: Bool
    ) throws(SyntaxFailure) -> ClauseKind {
        note(.tallBlock)
        advance()
        let query = try parseQuery(.call)
        try expectClosingBrace()
        var call = SubqueryCall(query: query, imports: imports, isOptional: isOptional)
        if at(.in) { call.batches = try parseBatches() }
        return .callSubquery(call)
    }

    /// `IN [n] [CONCURRENT] TRANSACTIONS`, then OF, ON ERROR and REPORT STATUS in any order.
    private mutating func parseBatches() throws(SyntaxFailure) -> TransactionBatches {
        let start = start
        advance()
        var batches = TransactionBatches(span: .none)
        if at(.numberLiteral) || at(.dollar) || at(.leftParenthesis) {
            batches.concurrency = try parsePostfix(allowsLabels: false)
            guard at(.concurrent) else {
                throw unexpected("`CONCURRENT`", among: [.concurrent])
            }
        }
        batches.isConcurrent = skip(.concurrent)
        guard skip(.transactions) else {
            throw unexpected("`TRANSACTIONS`", among: [.transactions, .concurrent])
        }
        var hasError = false
        while true {
            if at(.of), batches.rowCount == nil {
                advance()
                batches.rowCount = try parsePostfix(allowsLabels: false)
                guard skip(.rows) || skip(.row) else {
                    throw unexpected("`ROWS`", among: [.rows])
                }
            } else if at(.on), !hasError {
                try parseErrorRule(&batches)
                hasError = true
            } else if at(.report), batches.status == nil {
                advance()
                try expect(.status)
                try expect(.as)
                batches.status = try parseVariable()
            } else {
                break
            }
        }
        batches.span = span(from: start)
        return batches
    }

    /// `ON ERROR FAIL | CONTINUE | BREAK | RETRY [FOR n SECONDS] [THEN …]`
    private mutating func parseErrorRule(
        _ batches: inout TransactionBatches
    ) throws(SyntaxFailure) {
        advance()
        try expect(.error)
        guard skip(.retry) else {
            batches.onError = try parseErrorAction()
            return
        }
        var retry = BatchRetry(seconds: nil)
        if skip(.for) {
            retry.seconds = try parsePostfix(allowsLabels: false)
            guard skip(.seconds) || skip(.second) || skip(.secs) || skip(.sec) else {
                throw unexpected("`SECONDS`", among: [.seconds])
            }
        }
        batches.retry = retry
        if skip(.then) { batches.onError = try parseErrorAction() }
    }

    private mutating func parseErrorAction() throws(SyntaxFailure) -> BatchErrorAction {
        if skip(.fail) { return .fail }
        if skip(.continue) { return .continue }
        if skip(.break) { return .break }
        throw unexpected(
            "`CONTINUE`, `BREAK`, `FAIL` or `RETRY`", among: [.continue, .break, .fail, .retry])
    }
}
