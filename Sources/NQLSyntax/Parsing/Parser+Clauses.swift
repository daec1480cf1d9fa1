// Parser+Clauses: one function per clause, chosen by its first keyword.

import NenCore

extension Parser {
    /// The clause that begins here; nil where none does.
    mutating func parseClause() throws(SyntaxFailure) -> Clause? {
        let start = start
        let first = position
        let kind: ClauseKind
        switch token.keyword {
        case .optional where peek(1).keyword == .call: kind = try parseCallClause()
        case .match, .optional: kind = try parseMatch()
        case .unwind: kind = try parseUnwind()
        case .with: kind = try parseWith()
        case .return: kind = try parseReturn()
        case .create, .insert: kind = try parseCreate()
        case .let: kind = try parseLet()
        case .filter: kind = try parseFilter()
        case .for: kind = try parseFor()
        case .finish:
            advance()
            kind = .finish
        case .merge: kind = try parseMerge()
        case .set: kind = try parseSet()
        case .remove: kind = try parseRemove()
        case .delete, .detach, .nodetach: kind = try parseDelete()
        case .foreach: kind = try parseForeach()
        case .call: kind = try parseCallClause()
        case .load: kind = try parseLoadCSV()
        case .use:
            throw unexpected("a clause", hint: "USE stands in front of a query's first clause")
        case .using:
            throw unexpected("a clause", hint: "hints stand behind the patterns of MATCH")
        default:
            guard startsPage() else { return nil }
            kind = try parsePageClause()
        }
        note(.clause, at: first)
        return Clause(kind, span(from: start))
    }

    private mutating func parseMatch() throws(SyntaxFailure) -> ClauseKind {
        let isOptional = skip(.optional)
        try expect(.match)
        let mode = try parseMatchMode()
        let patterns = try parsePatternList()
        try parsePlannerHints()
        let predicate = try parseWhere()
        return .match(
            MatchClause(
                isOptional: isOptional, mode: mode, patterns: patterns, predicate: predicate))
    }

    mutating func parseWhere() throws(SyntaxFailure) -> Expression? {
        guard at(.where) else { return nil }
        note(.part)
        advance()
        return try parseCondition()
    }

    private mutating func parseUnwind() throws(SyntaxFailure) -> ClauseKind {
        advance()
        let list = try parseExpression()
        try expect(.as)
        return .unwind(list, variable: try parseVariable())
    }

    // MARK: Projections

    private mutating func parseWith() throws(SyntaxFailure) -> ClauseKind {
        advance()
        let projection = try parseProjection()
        return .with(projection, predicate: try parseWhere())
    }

    private mutating func parseReturn() throws(SyntaxFailure) -> ClauseKind {
        advance()
        return .returning(try parseProjection())
    }

    /// What WITH and RETURN share.
    mutating func parseProjection() throws(SyntaxFailure) -> Projection {
        let isDistinct = skip(.distinct)
        if !isDistinct, startsSetQuantifierAll() { advance() }
        var projection = Projection(
            isDistinct: isDistinct, includesAll: false, items: [], orderBy: [], skip: nil,
            limit: nil)
        projection.includesAll = skip(.star)
        if !projection.includesAll || skip(.comma) {
            repeat {
                projection.items.append(try parseProjectionItem())
            } while skip(.comma)
        }
        let page = try parsePage()
        projection.orderBy = page.orderBy
        projection.skip = page.skip
        projection.limit = page.limit
        return projection
    }

    /// Whether the word ALL is the opposite of DISTINCT here, not a variable or a predicate.
    func startsSetQuantifierAll() -> Bool {
        guard at(.all) else { return false }
        let next = peek(1)
        switch next.kind {
        case .quotedName, .stringLiteral, .numberLiteral, .dollar: return true
        case .star: return !isOperandAhead(2)
        case .word:
            switch next.keyword {
            case .shortest: return false
            case .null, .true, .false, .not, .case: return true
            default: return !next.keyword.isReserved
                && !Keyword.continuations.contains(next.keyword)
            }
        default: return false
        }
    }

    /// Whether a factor stands `distance` tokens ahead, and no clause.
    private func isOperandAhead(_ distance: Int) -> Bool {
        let token = peek(distance)
        switch token.kind {
        case .leftParenthesis, .leftBracket, .leftBrace, .plus, .minus, .numberLiteral,
            .stringLiteral, .dollar, .quotedName:
            return true
        case .word:
            switch token.keyword {
            case .null, .true, .false, .case: return true
            default: return isVariable(token) && !Keyword.continuations.contains(token.keyword)
            }
        default: return false
        }
    }

    /// `[ORDER BY …] [SKIP|OFFSET …] [LIMIT …]`
    mutating func parsePage() throws(SyntaxFailure) -> (
        orderBy: [SortItem], skip: Expression?, limit: Expression?
    ) {
        var orderBy: [SortItem] = []
        if at(.order) {
            note(.part)
            advance()
            try expect(.by)
            repeat { orderBy.append(try parseSortItem()) } while skip(.comma)
        }
        var skipped: Expression?
        if at(.skip) || at(.offset) {
            note(.part)
            advance()
            skipped = try parseExpression()
        }
        var limit: Expression?
        if at(.limit) {
            note(.part)
            advance()
            limit = try parseExpression()
        }
        return (orderBy, skipped, limit)
    }

    private mutating func parseProjectionItem() throws(SyntaxFailure) -> ProjectionItem {
        let start = start
        let first = position
        let expression = try parseExpression()
        let sourceText = text(span(from: start))
        let alias: Name? = skip(.as) ? try parseVariable("an alias") : nil
        if alias == nil { noteNamedByText(from: first) }
        return ProjectionItem(expression: expression, alias: alias, sourceText: sourceText)
    }

    private mutating func parseSortItem() throws(SyntaxFailure) -> SortItem {
        let expression = try parseExpression()
        let isDescending = at(.desc) || at(.descending)
        if isDescending || at(.asc) || at(.ascending) { advance() }
        return SortItem(expression: expression, isDescending: isDescending)
    }

    // MARK: Calls

    mutating func parseProcedureCall() throws(SyntaxFailure) -> ProcedureCall {
        let name = try parseQualifiedName("a procedure name, `{` or `(`")
        var call = ProcedureCall(
            name: name, arguments: nil, yields: nil, yieldsAll: false, predicate: nil)
        if at(.leftParenthesis) {
            advance()
            call.arguments = try parseArguments()
            advance()
        } else {
            noteStandaloneOnly(
                failure(
                    "InvalidArgumentPassingMode",
                    "a call within a query lists its arguments in parentheses", at: name.span,
                    hint: "write `\(text(name.span))(…)`"))
        }
        if at(.yield) {
            note(.softPart)
            advance()
            try parseYield(&call)
        }
        return call
    }

    private mutating func parseYield(_ call: inout ProcedureCall) throws(SyntaxFailure) {
        if skip(.star) {
            call.yieldsAll = true
        } else {
            call.yields = try parseYieldItems("a column of the procedure")
        }
        call.predicate = try parseWhere()
    }

    /// `field [AS alias], …`
    mutating func parseYieldItems(_ what: String) throws(SyntaxFailure) -> [YieldItem] {
        var yields: [YieldItem] = []
        repeat {
            let field = try parseSymbol(what)
            let alias: Name? = skip(.as) ? try parseVariable("an alias") : nil
            yields.append(YieldItem(field: field, alias: alias))
        } while skip(.comma)
        return yields
    }

    /// Keeps the error to raise if the call does not stand alone; the first one counts.
    mutating func noteStandaloneOnly(_ error: SyntaxFailure) {
        if standaloneOnly == nil { standaloneOnly = error }
    }

    // MARK: LOAD CSV

    private mutating func parseLoadCSV() throws(SyntaxFailure) -> ClauseKind {
        advance()
        try expect(.csv)
        let withHeaders = skip(.with)
        if withHeaders { try expect(.headers) }
        try expect(.from)
        let source = try parseExpression()
        try expect(.as)
        let variable = try parseVariable()
        var fieldTerminator: String?
        if skip(.fieldTerminator) {
            guard at(.stringLiteral) else { throw unexpected("a string literal") }
            fieldTerminator = try parseString()
        }
        return .loadCSV(
            LoadCSVClause(
                withHeaders: withHeaders, source: source, variable: variable,
                fieldTerminator: fieldTerminator))
    }
}
