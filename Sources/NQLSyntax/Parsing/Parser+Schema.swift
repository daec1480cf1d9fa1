// Parser+Schema: indexes and constraints, in Neo4j's syntax of today, and in that of before, which
// is remarked.

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
        case .text, .point:
            let kind = token.span
            advance()
            try expect(.index)
            ignored(
                "All property indexes are range indexes here; this one is made as such.",
                at: kind)
            return .createIndex(try parseIndex())
        case .lookup:
            advance()
            try expect(.index)
            return try parseLookupIndex()
        case .fulltext, .vector:
            throw unsupported(
                "a \(token.keyword.rawValue) INDEX", at: token.span,
                hint: at(.fulltext)
                    ? "`CONTAINS`, `STARTS WITH` and `=~` answer without one"
                    : "`vector.similarity.cosine(…)` with ORDER BY and LIMIT answers without one")
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

    /// A name, or a parameter that gives one.
    private mutating func parseSchemaName(_ what: String) throws(SyntaxFailure) -> SchemaName {
        guard at(.dollar) else { return .written(try parseSymbol(what)) }
        let start = start
        let name = try parseParameterName()
        return .parameter(Name(name, span(from: start)))
    }

    /// `[name] [IF NOT EXISTS] FOR`, or ON, which stood there once.
    private mutating func parseSchemaHead() throws(SyntaxFailure) -> SchemaHead {
        var head = SchemaHead()
        let isUnnamed =
            at(.for) || (at(.if) && peek(1).keyword == .not)
            || (at(.on) && (peek(1).kind == .leftParenthesis || peek(1).kind == .colon))
        if !isUnnamed { head.name = try parseSchemaName("a name, `IF NOT EXISTS` or `FOR`") }
        if skip(.if) {
            try expect(.not)
            try expect(.exists)
            head.ifNotExists = true
        }
        note(.softPart)
        if at(.on) {
            head.old = token.span
            advance()
        } else {
            try expect(.for)
        }
        return head
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

    /// `OPTIONS {…}`, of which nothing has a meaning here.
    private mutating func parseSchemaOptions() throws(SyntaxFailure) {
        guard at(.options) else { return }
        let start = start
        note(.softPart)
        advance()
        if at(.dollar) {
            _ = try parseParameterName()
        } else {
            for entry in try parseMapEntries() {
                let name = entry.key.text
                if ["indexprovider", "indexconfig"].contains(name.lowercased()) { continue }
                throw failure(
                    "UnexpectedSyntax", "there is no option `\(name)`", at: entry.key.span,
                    hint: "the options are `indexProvider` and `indexConfig`")
            }
        }
        ignored("Indexes have no options here; they are passed over.", at: span(from: start))
    }

    private mutating func parseIndex() throws(SyntaxFailure) -> IndexDefinition {
        let head = try parseSchemaHead()
        if let place = head.old, at(.colon) { return try parseOldIndex(head, place) }
        let pattern = try parseSchemaPattern()
        note(.softPart)
        try expect(.on)
        var properties: [Name] = []
        if at(.leftParenthesis) {
            properties = try parseSchemaProperties(pattern)
        } else {
            properties.append(try parseSchemaProperty(pattern))
        }
        try parseSchemaOptions()
        remarkOldHead(head, "CREATE INDEX name FOR (n:Label) ON (n.key)")
        return IndexDefinition(
            name: head.name, ifNotExists: head.ifNotExists, entity: pattern.entity,
            labelOrType: pattern.labelOrType, properties: properties)
    }

    private mutating func remarkOldHead(_ head: SchemaHead, _ form: String) {
        guard let place = head.old else { return }
        deprecated("FOR stands where ON stood once.", hint: "Write `\(form)`.", at: place)
    }

    /// `:Label(key, …)` behind `CREATE INDEX ON`
    private mutating func parseOldIndex(
        _ head: SchemaHead, _ place: SourceSpan
    ) throws(SyntaxFailure) -> IndexDefinition {
        let (label, properties) = try parseOldTarget()
        deprecated(
            "`ON :Label(key)` is the older form.",
            hint: "Write `CREATE INDEX FOR (n:Label) ON (n.key)`.", at: span(from: place.start))
        return IndexDefinition(
            name: head.name, ifNotExists: head.ifNotExists, entity: .node, labelOrType: label,
            properties: properties)
    }

    /// `:Label(key, …)`
    private mutating func parseOldTarget() throws(SyntaxFailure) -> (Name, [Name]) {
        try expect(.colon, "`:`")
        let label = try parseSymbol("a label")
        guard at(.leftParenthesis) else {
            throw unexpected("`(key)`", hint: "labels need no index; leave the statement out")
        }
        advance()
        var properties = [try parseSymbol("a property key")]
        while skip(.comma) { properties.append(try parseSymbol("a property key")) }
        try expect(.rightParenthesis, "`,` or `)`")
        return (label, properties)
    }

    /// `… FOR (n) ON EACH labels(n)`, `… FOR ()-[r]-() ON [EACH] type(r)`
    private mutating func parseLookupIndex() throws(SyntaxFailure) -> StatementKind {
        let start = start
        let head = try parseSchemaHead()
        try expect(.leftParenthesis, "`(`")
        var entity = EntityKind.node
        let variable: Name
        if skip(.rightParenthesis) {
            entity = .relationship
            _ = skip(.less)
            try expect(.minus, "`-[`")
            try expect(.leftBracket, "`[`")
            variable = try parseVariable()
            try expect(.rightBracket, "`]`")
            try expect(.minus, "`-`")
            _ = skip(.greater)
            try expect(.leftParenthesis, "`()`")
        } else {
            variable = try parseVariable()
        }
        try expect(.rightParenthesis, "`)`")
        try expect(.on)
        if !skip(.each), entity == .node { throw unexpected("`EACH`", among: [.each]) }
        let function = try parseSymbol("`labels` or `type`")
        let wanted = entity == .node ? "labels" : "type"
        guard function.text.lowercased() == wanted else {
            throw failure(
                "UnexpectedSyntax", "a lookup index of \(entity.rawValue)s is on `\(wanted)`",
                at: function.span)
        }
        try expect(.leftParenthesis, "`(`")
        let argument = try parseVariable()
        try expect(.rightParenthesis, "`)`")
        if argument.text != variable.text {
            throw failure(
                "UndefinedVariable", "`\(argument.text)` is not defined", at: argument.span,
                hint: "did you mean `\(variable.text)`?")
        }
        try parseSchemaOptions()
        ignored(
            "Labels and types are found without a lookup index; nothing is made.",
            at: span(from: start))
        return .createLookupIndex(name: head.name, entity)
    }

    private mutating func parseConstraint() throws(SyntaxFailure) -> ConstraintDefinition {
        let head = try parseSchemaHead()
        let constraint = try parseConstraintRest(head)
        try parseSchemaOptions()
        remarkOldHead(head, "CREATE CONSTRAINT name FOR (n:Label) REQUIRE n.key …")
        return constraint
    }

    /// `(n:Label) REQUIRE n.key …`, or ASSERT, which stood there once.
    private mutating func parseConstraintRest(
        _ head: SchemaHead
    ) throws(SyntaxFailure) -> ConstraintDefinition {
        let pattern = try parseSchemaPattern()
        note(.softPart)
        if at(.assert) {
            deprecated(
                "REQUIRE stands where ASSERT stood once.", hint: "Write REQUIRE.",
                at: token.span)
            advance()
        } else {
            try expect(.require)
        }
        var definition = ConstraintDefinition(
            name: head.name, ifNotExists: head.ifNotExists, entity: pattern.entity,
            labelOrType: pattern.labelOrType, properties: [], kind: .exists)
        if at(.exists), peek(1).kind == .leftParenthesis {
            definition.properties = [try parseOldExistence(pattern)]
            return definition
        }
        let propertiesStart = start
        definition.properties =
            at(.leftParenthesis)
            ? try parseSchemaProperties(pattern) : [try parseSchemaProperty(pattern)]
        let propertiesSpan = span(from: propertiesStart)
        definition.kind = try parseConstraintKind(pattern.entity)
        if definition.properties.count > 1 {
            switch definition.kind {
            case .unique, .key: break
            case .exists, .type:
                throw failure(
                    "UnexpectedSyntax", "this constraint is about one property",
                    at: propertiesSpan)
            }
        }
        return definition
    }

    /// `exists(n.key)`
    private mutating func parseOldExistence(
        _ pattern: SchemaPattern
    ) throws(SyntaxFailure) -> Name {
        let start = start
        advance()
        advance()
        let property = try parseSchemaProperty(pattern)
        try expect(.rightParenthesis, "`)`")
        deprecated(
            "`exists(n.key)` is the older form of `n.key IS NOT NULL`.",
            hint: "Write `n.key IS NOT NULL`.", at: span(from: start))
        return property
    }

    /// `IS [NODE|RELATIONSHIP] UNIQUE | KEY`, `IS NOT NULL`, `IS :: type`, `IS TYPED type`
    private mutating func parseConstraintKind(
        _ entity: EntityKind
    ) throws(SyntaxFailure) -> ConstraintKind {
        if skip(.doubleColon) { return .type(try parseConstraintType()) }
        try expect(.is)
        if skip(.doubleColon) || skip(.typed) { return .type(try parseConstraintType()) }
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

    private mutating func parseConstraintType() throws(SyntaxFailure) -> NQLType {
        try parseTypeName().type.withNullableElements
    }

    /// `DROP INDEX|CONSTRAINT name [IF EXISTS]`, or ON and what it is about
    mutating func parseDrop() throws(SyntaxFailure) -> StatementKind {
        advance()
        let isIndex = at(.index)
        guard isIndex || at(.constraint) else {
            throw unexpected("`INDEX` or `CONSTRAINT`", among: [.index, .constraint])
        }
        advance()
        let kind: StatementKind
        let start = start
        if at(.on), peek(1).kind == (isIndex ? .colon : .leftParenthesis) {
            advance()
            if isIndex {
                let (label, properties) = try parseOldTarget()
                kind = .dropIndex(
                    .described(label: label, properties: properties), ifExists: skipIfExists())
            } else {
                let constraint = try parseConstraintRest(SchemaHead())
                kind = .dropConstraint(.described(constraint), ifExists: skipIfExists())
            }
            let what = isIndex ? "INDEX" : "CONSTRAINT"
            deprecated(
                "Indexes and constraints are dropped by their names.",
                hint: "Write `DROP \(what) name`; `SHOW \(isIndex ? "INDEXES" : "CONSTRAINTS")` "
                    + "lists the names.",
                at: span(from: start))
        } else {
            let name = try parseSchemaName(isIndex ? "an index name" : "a constraint name")
            kind =
                isIndex
                ? .dropIndex(.named(name), ifExists: skipIfExists())
                : .dropConstraint(.named(name), ifExists: skipIfExists())
        }
        return kind
    }

    /// Goes over `IF EXISTS`.
    private mutating func skipIfExists() -> Bool {
        guard at(.if, .exists) else { return false }
        advance()
        advance()
        return true
    }
}

/// What stands in front of the pattern of an index or constraint.
private struct SchemaHead {
    var name: SchemaName?
    var ifNotExists = false
    /// Where ON stands for FOR.
    var old: SourceSpan?
}

/// What an index or constraint is declared for.
private struct SchemaPattern {
    var variable: Name
    var entity: EntityKind
    var labelOrType: Name
}
