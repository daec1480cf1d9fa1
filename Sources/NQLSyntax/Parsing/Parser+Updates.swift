// Parser+Updates: the clauses that change the graph.

import NenCore

extension Parser {
    /// `CREATE pattern, …` or `INSERT pattern, …`
    mutating func parseCreate() throws(SyntaxFailure) -> ClauseKind {
        let isInsert = at(.insert)
        advance()
        allowsParameterMap = true
        let patterns = try parsePatternList()
        allowsParameterMap = false
        return isInsert ? .insert(patterns) : .create(patterns)
    }

    mutating func parseMerge() throws(SyntaxFailure) -> ClauseKind {
        advance()
        let pattern = try parsePathPattern()
        var merge = MergeClause(pattern: pattern, onCreate: [], onMatch: [])
        while at(.on) {
            note(.innerPart)
            advance()
            let isCreate = at(.create)
            guard isCreate || at(.match) else {
                throw unexpected("`CREATE` or `MATCH`", among: [.create, .match])
            }
            advance()
            try expect(.set)
            let items = try parseSetItems()
            if isCreate {
                merge.onCreate += items
            } else {
                merge.onMatch += items
            }
        }
        return .merge(merge)
    }

    mutating func parseSet() throws(SyntaxFailure) -> ClauseKind {
        advance()
        return .set(try parseSetItems())
    }

    private mutating func parseSetItems() throws(SyntaxFailure) -> [SetItem] {
        var items = [try parseSetItem()]
        while skip(.comma) { items.append(try parseSetItem()) }
        return items
    }

    private mutating func parseSetItem() throws(SyntaxFailure) -> SetItem {
        let target = try parseTarget()
        if at(.colon) || at(.is) {
            let variable = try targetVariable(target)
            _ = try skipLabelStart()
            return .labels(variable: variable, labels: try parseLabelNames())
        }
        if skip(.plusEqual) {
            let variable = try targetVariable(target)
            return .addProperties(variable: variable, value: try parseExpression())
        }
        guard at(.equal) else { throw unexpected("`=`, `+=` or `:label`") }
        switch target.kind {
        case .property(let entity, let key):
            advance()
            return .property(entity: entity, key: key, value: try parseExpression())
        case .subscripted(let entity, let key):
            advance()
            return .dynamicProperty(entity: entity, key: key, value: try parseExpression())
        default:
            let variable = try targetVariable(target)
            advance()
            return .replaceProperties(variable: variable, value: try parseExpression())
        }
    }

    /// The expression in front of `=` or `:label`; a scope of its own for the height.
    private mutating func parseTarget() throws(SyntaxFailure) -> Expression {
        try enter()
        let outerPeak = peak
        peak = 0
        let target = try parsePostfix(allowsLabels: false)
        try requireValue(target)
        peak = max(peak, outerPeak)
        leave()
        return target
    }

    private func targetVariable(_ target: Expression) throws(SyntaxFailure) -> Name {
        guard case .variable(let name) = target.kind else {
            throw failure(
                "UnexpectedSyntax", "this is neither a variable nor a property",
                at: target.span)
        }
        return Name(name, target.span)
    }

    mutating func parseRemove() throws(SyntaxFailure) -> ClauseKind {
        advance()
        var items = [try parseRemoveItem()]
        while skip(.comma) { items.append(try parseRemoveItem()) }
        return .remove(items)
    }

    private mutating func parseRemoveItem() throws(SyntaxFailure) -> RemoveItem {
        let target = try parseTarget()
        if at(.colon) || at(.is) {
            let variable = try targetVariable(target)
            _ = try skipLabelStart()
            return .labels(variable: variable, labels: try parseLabelNames())
        }
        switch target.kind {
        case .property(let entity, let key): return .property(entity: entity, key: key)
        case .subscripted(let entity, let key):
            return .dynamicProperty(entity: entity, key: key)
        case .variable: throw unexpected("`.key` or `:label`")
        default:
            throw failure(
                "UnexpectedSyntax", "REMOVE takes a property or labels", at: target.span)
        }
    }

    mutating func parseDelete() throws(SyntaxFailure) -> ClauseKind {
        let detach = skip(.detach)
        if !detach { _ = skip(.nodetach) }
        try expect(.delete)
        var expressions = [try parseExpression()]
        while skip(.comma) { expressions.append(try parseExpression()) }
        return .delete(expressions, detach: detach)
    }

    /// `FOREACH (variable IN list | clauses)`, the clauses all of them updates.
    mutating func parseForeach() throws(SyntaxFailure) -> ClauseKind {
        try enter(units: 2)
        advance()
        try expect(.leftParenthesis, "`(`")
        let variable = try parseVariable()
        try expect(.in)
        barEndsExpression = true
        let list = try parseExpression()
        barEndsExpression = false
        try expect(.bar, "`|`")
        var body: [Clause] = []
        while let clause = try parseClause() {
            guard clause.kind.updates else {
                throw failure(
                    "InvalidClauseComposition", "FOREACH holds clauses that change the graph",
                    at: clause.span)
            }
            body.append(clause)
        }
        guard at(.rightParenthesis), !body.isEmpty else {
            throw unexpected(
                body.isEmpty ? "CREATE, MERGE, SET, REMOVE, DELETE or FOREACH" : "`)`",
                among: Keyword.clauseStarts)
        }
        advance()
        leave(units: 2)
        return .foreach(variable: variable, list: list, body: body)
    }
}
