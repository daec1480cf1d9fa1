// Parser+Show: `SHOW …`: what of the catalog is shown, which of it, and what YIELD, WHERE and
// RETURN make of the rows.

import NenCore

extension Parser {
    mutating func parseShow() throws(SyntaxFailure) -> StatementKind {
        advance()
        var filter: ShowFilter?
        let kind: ShowKind
        switch token.keyword {
        case .all:
            advance()
            kind = try parseKind([
                .index, .indexes, .constraint, .constraints, .function, .functions, .procedure,
                .procedures,
            ])
        case .range, .text, .point, .fulltext, .lookup, .vector:
            filter = .indexType(token.keyword.rawValue)
            advance()
            kind = try parseKind([.index, .indexes])
        case .built, .user:
            let isBuiltIn = at(.built)
            advance()
            try expect(isBuiltIn ? .in : .defined)
            filter = .builtIn(isBuiltIn)
            kind = try parseKind([.function, .functions])
        case .relationship where peek(1).keyword == .types,
            .property where peek(1).keyword == .keys:
            kind = at(.relationship) ? .types : .keys
            advance()
            advance()
        case .default where peek(1).keyword == .database,
            .home where peek(1).keyword == .database:
            kind = .databases
            advance()
            advance()
        case .node, .relationship, .rel, .property, .unique, .uniqueness, .exist, .existence,
            .key:
            filter = try parseConstraintFilter()
            kind = try parseKind([.constraint, .constraints])
        default:
            guard let found = shownKind else { throw nothingToShow() }
            advance()
            kind = found
        }
        return .show(try parseShowRest(ShowCommand(kind: kind, filter: filter)))
    }

    /// `TERMINATE TRANSACTION[S] id, …`
    mutating func parseTerminate() throws(SyntaxFailure) -> StatementKind {
        advance()
        guard skip(.transactions) || skip(.transaction) else {
            throw unexpected("`TRANSACTIONS`", among: [.transactions])
        }
        var ids = [try parseExpression()]
        while skip(.comma) { ids.append(try parseExpression()) }
        return .terminate(ids)
    }

    private func nothingToShow() -> SyntaxFailure {
        unexpected(
            "INDEXES, CONSTRAINTS, FUNCTIONS, PROCEDURES, LABELS, RELATIONSHIP TYPES, "
                + "PROPERTY KEYS, SETTINGS, STATISTICS, MEMORY, TRANSACTIONS or DATABASES",
            among: KeywordList.shownKeywords)
    }

    /// What the word at the current token shows; most may stand in the singular.
    private var shownKind: ShowKind? {
        switch token.keyword {
        case .index, .indexes: .indexes
        case .constraint, .constraints: .constraints
        case .function, .functions: .functions
        case .procedure, .procedures: .procedures
        case .labels: .labels
        case .types: .types
        case .keys: .keys
        case .settings: .settings
        case .statistics: .statistics
        case .memory: .memory
        case .transaction, .transactions: .transactions
        case .database, .databases: .databases
        default: nil
        }
    }

    /// One of these words, of which every second is a plural.
    private mutating func parseKind(_ words: [Keyword]) throws(SyntaxFailure) -> ShowKind {
        guard words.contains(token.keyword), let kind = shownKind else {
            let plurals = words.indices.filter { $0 % 2 == 1 }.map { "`\(words[$0].rawValue)`" }
            let others = plurals.dropLast().joined(separator: ", ")
            let what = others.isEmpty ? plurals[0] : "\(others) or \(plurals[plurals.count - 1])"
            throw unexpected(what, among: words)
        }
        advance()
        return kind
    }

    /// `[NODE|RELATIONSHIP] [PROPERTY] UNIQUENESS|EXISTENCE`, `… PROPERTY TYPE`, `… KEY`
    private mutating func parseConstraintFilter() throws(SyntaxFailure) -> ShowFilter {
        var entity: EntityKind?
        if skip(.node) {
            entity = .node
        } else if skip(.relationship) || skip(.rel) {
            entity = .relationship
        }
        let isOfProperty = skip(.property)
        if isOfProperty, skip(.type) { return .constraint(entity, .type) }
        if skip(.unique) || skip(.uniqueness) { return .constraint(entity, .uniqueness) }
        if skip(.exist) || skip(.existence) { return .constraint(entity, .existence) }
        if !isOfProperty, skip(.key) { return .constraint(entity, .key) }
        throw unexpected(
            isOfProperty
                ? "`UNIQUENESS`, `EXISTENCE` or `TYPE`"
                : "`UNIQUENESS`, `EXISTENCE`, `KEY` or `PROPERTY TYPE`",
            among: [.uniqueness, .existence, .key, .property, .type])
    }

    /// `[YIELD … [ORDER BY …] …] [WHERE …] [RETURN …]`
    private mutating func parseShowRest(
        _ start: ShowCommand
    ) throws(SyntaxFailure) -> ShowCommand {
        var command = start
        if at(.yield) {
            note(.softPart)
            advance()
            var yield = ShowYield(items: nil)
            if !skip(.star) { yield.items = try parseYieldItems("a column of SHOW") }
            let page = try parsePage()
            yield.orderBy = page.orderBy
            yield.skip = page.skip
            yield.limit = page.limit
            command.yield = yield
        }
        command.predicate = try parseWhere()
        if at(.return) {
            guard command.yield != nil else { throw unexpected("YIELD in front of RETURN") }
            note(.part)
            advance()
            command.returning = try parseProjection()
        }
        return command
    }
}
