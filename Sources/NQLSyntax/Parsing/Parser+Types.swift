// Parser+Types: type names, in openCypher's, GQL's and Neo4j's spellings.

import NenCore

extension Parser {
    /// A type behind `::`. Elements that are not null can be declared only where stored values
    /// are meant (`allowsNotNullElements`), since stored lists hold no nulls anyway.
    mutating func parseTypeName(
        allowsNotNullElements: Bool
    ) throws(SyntaxFailure) -> TypeName {
        let start = start
        let type = try parseType(allowsNotNullElements)
        let isNotNull = skipNotNull()
        if at(.bar), !barEndsExpression { throw unsupported("a union of types", at: token.span) }
        return TypeName(type: type, isNotNull: isNotNull, span: span(from: start))
    }

    private mutating func skipNotNull() -> Bool {
        if at(.not, .null) {
            advance()
            advance()
            return true
        }
        return skip(.exclamation)
    }

    private mutating func parseType(
        _ allowsNotNullElements: Bool
    ) throws(SyntaxFailure) -> NQLType {
        let keyword = token.keyword
        let start = start
        switch keyword {
        case .bool, .boolean: return take(.boolean)
        case .int, .integer: return take(.integer)
        case .double, .float: return take(.float)
        case .number: return take(.number)
        case .string, .varchar: return take(.string)
        case .date: return take(.date)
        case .duration: return take(.duration)
        case .map: return take(.map)
        case .node, .vertex: return take(.node)
        case .edge, .relationship: return take(.relationship)
        case .path: return take(.path)
        case .null: return take(.null)
        case .any:
            advance()
            return parseAnyType()
        case .list, .array:
            advance()
            return try parseListType(allowsNotNullElements)
        case .local, .zoned, .time, .timestamp, .datetime: return try parseTemporalType(start)
        case .point, .vector: throw unsupported("the type `\(keyword.rawValue)`", at: token.span)
        case .property: throw unsupported("the type `PROPERTY VALUE`", at: token.span)
        default: throw unexpected("a type", among: Keyword.typeStarts)
        }
    }

    private mutating func take(_ type: NQLType) -> NQLType {
        advance()
        return type
    }

    /// `ANY`, `ANY VALUE`, `ANY NODE`, `ANY MAP` …
    private mutating func parseAnyType() -> NQLType {
        switch token.keyword {
        case .node, .vertex: return take(.node)
        case .relationship, .edge: return take(.relationship)
        case .map: return take(.map)
        case .value: return take(.any)
        default: return .any
        }
    }

    /// `LIST<type>`; `LIST` alone is a list of anything.
    private mutating func parseListType(
        _ allowsNotNullElements: Bool
    ) throws(SyntaxFailure) -> NQLType {
        guard skip(.less) else { return .list(.any) }
        try enter()
        let element = try parseType(allowsNotNullElements)
        let notNullStart = start
        if skipNotNull(), !allowsNotNullElements {
            throw unsupported("NOT NULL for a list's elements", at: span(from: notNullStart))
        }
        try expect(.greater, "`>`")
        leave()
        return .list(element)
    }

    /// `LOCAL TIME`, `ZONED DATETIME`, `TIMESTAMP WITHOUT TIME ZONE` …
    private mutating func parseTemporalType(_ start: UInt32) throws(SyntaxFailure) -> NQLType {
        if at(.local) || at(.zoned) {
            let isZoned = at(.zoned)
            advance()
            if skip(.time) { return isZoned ? .time : .localTime }
            if skip(.datetime) { return isZoned ? .dateTime : .localDateTime }
            throw unexpected("`TIME` or `DATETIME`", among: [.time, .datetime])
        }
        let isTime = at(.time)
        let isPlainDateTime = at(.datetime)
        advance()
        if !isPlainDateTime, at(.with) || at(.without) {
            let isZoned = at(.with)
            advance()
            try expect(.time)
            try expect(.zone)
            if isTime { return isZoned ? .time : .localTime }
            return isZoned ? .dateTime : .localDateTime
        }
        let name = text(span(from: start)).uppercased()
        throw failure(
            "UnexpectedSyntax", "`\(name)` alone does not say whether it has a time zone",
            at: span(from: start),
            hint: "write `LOCAL \(isTime ? "TIME" : "DATETIME")` or "
                + "`ZONED \(isTime ? "TIME" : "DATETIME")`")
    }
}

extension Keyword {
    /// What begins a type, for suggestions.
    static let typeStarts: [Keyword] = [
        .boolean, .integer, .float, .number, .string, .date, .local, .zoned, .duration, .list,
        .map, .node, .relationship, .path, .any, .null, .time, .timestamp,
    ]
}
