// Parser+Schema: indexes and constraints, in Neo4j's syntax.

import NenCore

extension Parser {
    /// `CREATE [RANGE] INDEX …` or `CREATE CONSTRAINT …`
    mutating func parseCreateSchema() throws(SyntaxFailure) -> StatementKind {
        advance()
        switch token.keyword {
        case .constraint:
            advance()
            return .createConstraint(try parseConstraint())
        case .index:
            advance()
            return .createIndex(try parseIndex())
        case .range:
            advance()
            try expect(.index)
            return .createIndex(try parseIndex())
        case .text, .point, .fulltext, .lookup, .vector:
            throw unsupported("a \(token.keyword.rawValue) INDEX", at: token.span)
        case .or:
            throw failure(
                "UnexpectedSyntax", "`OR REPLACE` goes with neither indexes nor constraints",
                at: token.span,
                hint: "`DROP … IF EXISTS` first, or `CREATE … IF NOT EXISTS`")
        case .unique:
            throw unexpected("`CONSTRAINT`, `INDEX` or a pattern", hint: requireHint)
        default:
            throw unexpected(
                "`CONSTRAINT`, `INDEX` or a pattern", among: [.constraint, .index, .range])
        }
    }

    private var requireHint: String {
        "uniqueness is declared by `CREATE CONSTRAINT FOR (n:L) REQUIRE n.p IS UNIQUE`"
    }

    /// `[name] [IF NOT EXISTS] FOR`
    private mutating func parseSchemaHead(
        _ example: String
    ) throws(SyntaxFailure) -> (name: Name?, ifNotExists: Bool) {
        if at(.on), peek(1).kind != .word {
            throw unexpected("a name or `FOR`", hint: "write `\(example)`")
        }
        var name: Name?
        let isUnnamed = at(.for) || (at(.if) && peek(1).keyword == .not)
        if !isUnnamed { name = try parseSymbol("a name, `IF NOT EXISTS` or `FOR`") }
        var ifNotExists = false
        if skip(.if) {
            try expect(.not)
            try expect(.exists)
            ifNotExists = true
        }
        if at(.on) { throw unexpected("`FOR`", hint: "write `\(example)`") }
        note(.softPart)
        try expect(.for)
        return (name, ifNotExists)
    }

    /// `(n:Label)` or `()-[r:TYPE]-()`: the variable, label or type, and which of them.
    private mutating func parseSchemaPattern() throws(SyntaxFailure) -> SchemaPattern {
        try expect(.leftParenthesis, "`(`")
        if skip(.rightParenthesis) {
            note(.arrow)
            let pointsLeft = skip(.less)
            note(.arrow)
            try expect(.minus, "`-[`")
            try expect(.leftBracket, "`[`")
            let variable = try parseVariable()
            try expect(.colon, "`:`")
            let type = try parseSymbol("a relationship type")
            try expect(.rightBracket, "`]`")
            note(.arrow)
            try expect(.minus, "`-`")
            if at(.greater) { note(.arrow) }
            if !pointsLeft { _ = skip(.greater) }
            try expect(.leftParenthesis, "`()`")
            try expect(.rightParenthesis, "`)`")
            return SchemaPattern(variable: variable, entity: .relationship, labelOrType: type)
        }
        let variable = try parseVariable()
        try expect(.colon, "`:`")
        let label = try parseSymbol("a label")
        if at(.bar) || at(.ampersand) || at(.colon) {
            throw unexpected("`)`: indexes and constraints are for one label")
        }
        try expect(.rightParenthesis, "`)`")
        return SchemaPattern(variable: variable, entity: .node, labelOrType: label)
    }

    /// `variable.key`
    private mutating func parseSchemaProperty(
        _ pattern: SchemaPattern
    ) throws(SyntaxFailure) -> Name {
        let variable = try parseVariable()
        if variable.text != pattern.variable.text {
            throw failure(
                "UndefinedVariable", "`\(variable.text)` is not defined", at: variable.span,
                hint: "did you mean `\(pattern.variable.text)`?")
        }
        try expect(.dot, "`.`")
        return try parseSymbol("a property key")
    }

    /// `variable.key, …` in parentheses.
    private mutating func parseSchemaProperties(
        _ pattern: SchemaPattern
    ) throws(SyntaxFailure) -> [Name] {
        try expect(.leftParenthesis, "`(`")
        var properties = [try parseSchemaProperty(pattern)]
        while skip(.comma) { properties.append(try parseSchemaProperty(pattern)) }
        try expect(.rightParenthesis, "`,` or `)`")
        return properties
    }

    private func refuseOptions() throws(SyntaxFailure) {
        if at(.options) { throw unsupported("`OPTIONS`", at: token.span) }
    }

    private mutating func parseIndex() throws(SyntaxFailure) -> IndexDefinition {
        let head = try parseSchemaHead("CREATE INDEX name FOR (n:Label) ON (n.key)")
        let pattern = try parseSchemaPattern()
        note(.softPart)
        try expect(.on)
        let properties = try parseSchemaProperties(pattern)
        try refuseOptions()
        return IndexDefinition(
            name: head.name, ifNotExists: head.ifNotExists, entity: pattern.entity,
            labelOrType: pattern.labelOrType, properties: properties)
    }

    private mutating func parseConstraint() throws(SyntaxFailure) -> ConstraintDefinition {
        let head = try parseSchemaHead("CREATE CONSTRAINT name FOR (n:Label) REQUIRE n.key …")
        let pattern = try parseSchemaPattern()
        if at(.assert) { throw unexpected("`REQUIRE`", hint: "did you mean `REQUIRE`?") }
        note(.softPart)
        try expect(.require)
        let propertiesStart = start
        let properties =
            at(.leftParenthesis)
            ? try parseSchemaProperties(pattern) : [try parseSchemaProperty(pattern)]
        let propertiesSpan = span(from: propertiesStart)
        let kind = try parseConstraintKind(pattern.entity)
        if properties.count > 1 {
            switch kind {
            case .unique, .key: break
            case .exists, .type:
                throw failure(
                    "UnexpectedSyntax", "this constraint is about one property",
                    at: propertiesSpan)
            }
        }
        try refuseOptions()
        return ConstraintDefinition(
            name: head.name, ifNotExists: head.ifNotExists, entity: pattern.entity,
            labelOrType: pattern.labelOrType, properties: properties, kind: kind)
    }

    /// `IS [NODE|RELATIONSHIP] UNIQUE | KEY`, `IS NOT NULL`, `IS :: type`, `IS TYPED type`
    private mutating func parseConstraintKind(
        _ entity: EntityKind
    ) throws(SyntaxFailure) -> ConstraintKind {
        if skip(.doubleColon) {
            return .type(try parseTypeName().type.withNullableElements)
        }
        try expect(.is)
        if skip(.doubleColon) || skip(.typed) {
            return .type(try parseTypeName().type.withNullableElements)
        }
        if skip(.not) {
            try expect(.null)
            return .exists
        }
        if at(.node) || at(.relationship) || at(.rel) {
            let named: EntityKind = at(.node) ? .node : .relationship
            if named != entity {
                throw failure(
                    "UnexpectedSyntax", "the constraint is about a \(entity.rawValue)",
                    at: token.span)
            }
            advance()
        }
        if skip(.unique) { return .unique }
        if skip(.key) { return .key }
        throw unexpected(
            "UNIQUE, NOT NULL, NODE KEY or `:: type`", among: [.unique, .not, .node, .key, .typed])
    }

    /// `DROP INDEX|CONSTRAINT name [IF EXISTS]`
    mutating func parseDrop() throws(SyntaxFailure) -> StatementKind {
        advance()
        let isIndex = at(.index)
        guard isIndex || at(.constraint) else {
            throw unexpected("`INDEX` or `CONSTRAINT`", among: [.index, .constraint])
        }
        advance()
        let name = try parseSymbol(isIndex ? "an index name" : "a constraint name")
        var ifExists = false
        if skip(.if) {
            try expect(.exists)
            ifExists = true
        }
        return isIndex
            ? .dropIndex(name, ifExists: ifExists) : .dropConstraint(name, ifExists: ifExists)
    }
}

/// What an index or constraint is declared for.
private struct SchemaPattern {
    var variable: Name
    var entity: EntityKind
    var labelOrType: Name
}
