// Parser+Clauses: one function per clause, chosen by its first keyword.

import NenCore

extension Parser {
    /// The clause that begins here; nil where none does.
    mutating func parseClause() throws(SyntaxFailure) -> Clause? {
        let start = start
        let kind: ClauseKind
        switch token.keyword {
        case .match, .optional: kind = try parseMatch()
        case .unwind: kind = try parseUnwind()
        case .with: kind = try parseWith()
        case .return: kind = try parseReturn()
        case .create: kind = try parseCreate()
        case .merge: kind = try parseMerge()
        case .set: kind = try parseSet()
        case .remove: kind = try parseRemove()
        case .delete, .detach, .nodetach: kind = try parseDelete()
        case .foreach: kind = try parseForeach()
        case .call: kind = try parseCallClause()
        case .load: kind = try parseLoadCSV()
        case .finish, .let, .filter, .for, .insert, .use, .when, .next, .using, .copy:
            throw unsupported("`\(token.keyword.rawValue)`", at: token.span)
        default: return nil
        }
        return Clause(kind, span(from: start))
    }

    private mutating func parseMatch() throws(SyntaxFailure) -> ClauseKind {
        let isOptional = skip(.optional)
        if isOptional, at(.call) { throw unsupported("`OPTIONAL CALL`", at: token.span) }
        try expect(.match)
        let mode = try parseMatchMode()
        let patterns = try parsePatternList()
        if at(.using) { throw unsupported("the planner hint `USING`", at: token.span) }
        let predicate = try parseWhere()
        return .match(
            MatchClause(
                isOptional: isOptional, mode: mode, patterns: patterns, predicate: predicate))
    }

    mutating func parseWhere() throws(SyntaxFailure) -> Expression? {
        skip(.where) ? try parseCondition() : nil
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
    private mutating func parseProjection() throws(SyntaxFailure) -> Projection {
        var projection = Projection(
            isDistinct: skip(.distinct), includesAll: false, items: [], orderBy: [], skip: nil,
            limit: nil)
        projection.includesAll = skip(.star)
        if !projection.includesAll || skip(.comma) {
            repeat {
                projection.items.append(try parseProjectionItem())
            } while skip(.comma)
        }
        if at(.order) {
            advance()
            try expect(.by)
            repeat { projection.orderBy.append(try parseSortItem()) } while skip(.comma)
        }
        if at(.skip) || at(.offset) {
            advance()
            projection.skip = try parseExpression()
        }
        if skip(.limit) { projection.limit = try parseExpression() }
        return projection
    }

    private mutating func parseProjectionItem() throws(SyntaxFailure) -> ProjectionItem {
        let start = start
        let expression = try parseExpression()
        let sourceText = text(span(from: start))
        let alias: Name? = skip(.as) ? try parseVariable("an alias") : nil
        return ProjectionItem(expression: expression, alias: alias, sourceText: sourceText)
    }

    private mutating func parseSortItem() throws(SyntaxFailure) -> SortItem {
        let expression = try parseExpression()
        let isDescending = at(.desc) || at(.descending)
        if isDescending || at(.asc) || at(.ascending) { advance() }
        return SortItem(expression: expression, isDescending: isDescending)
    }

    // MARK: Calls

    private mutating func parseCallClause() throws(SyntaxFailure) -> ClauseKind {
        advance()
        switch token.kind {
        case .leftBrace: return try parseCallSubquery(imports: nil)
        case .leftParenthesis:
            advance()
            var imports: [Name] = []
            if at(.star) { throw unsupported("`CALL (*)`", at: token.span) }
            while !at(.rightParenthesis) {
                if !imports.isEmpty { try expect(.comma, "`,` or `)`") }
                imports.append(try parseVariable())
            }
            advance()
            guard at(.leftBrace) else { throw unexpected("`{`") }
            return try parseCallSubquery(imports: imports)
        default: return .callProcedure(try parseProcedureCall())
        }
    }

    private mutating func parseCallSubquery(imports: [Name]?) throws(SyntaxFailure) -> ClauseKind {
        advance()
        let query = try parseQuery(.call)
        try expectClosingBrace()
        if at(.in) { throw unsupported("`CALL { … } IN TRANSACTIONS`", at: token.span) }
        return .callSubquery(query, imports: imports)
    }

    private mutating func parseProcedureCall() throws(SyntaxFailure) -> ProcedureCall {
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
        if skip(.yield) { try parseYield(&call) }
        return call
    }

    private mutating func parseYield(_ call: inout ProcedureCall) throws(SyntaxFailure) {
        if at(.star) {
            noteStandaloneOnly(
                failure(
                    "UnexpectedSyntax",
                    "`YIELD *` is possible only for a call that stands alone", at: token.span,
                    hint: "name the columns"))
            advance()
            call.yieldsAll = true
        } else {
            var yields: [YieldItem] = []
            repeat {
                let field = try parseSymbol("a column of the procedure")
                let alias: Name? = skip(.as) ? try parseVariable("an alias") : nil
                yields.append(YieldItem(field: field, alias: alias))
            } while skip(.comma)
            call.yields = yields
        }
        call.predicate = try parseWhere()
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
