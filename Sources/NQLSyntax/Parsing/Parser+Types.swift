// Parser+Types: type names, in openCypher's, GQL's and Neo4j's spellings.

import NenCore

extension Parser {
    /// A type behind `::`, or a union of types. Where a bar ends the expression around it, a union
    /// stands in brackets: `ANY<INTEGER | FLOAT>`.
    mutating func parseTypeName() throws(SyntaxFailure) -> TypeName {
        let start = start
        let (type, isNotNull) = try parseTypeUnion(allowsBar: !barEndsExpression)
        return TypeName(type: type, isNotNull: isNotNull, span: span(from: start))
    }

    /// `type [NOT NULL] | type [NOT NULL] …`: null is a value of all of them or of none.
    private mutating func parseTypeUnion(
        allowsBar: Bool
    ) throws(SyntaxFailure) -> (NQLType, isNotNull: Bool) {
        let (first, isNotNull) = try parseTypeMember()
        var members = first.members
        while allowsBar, at(.bar) {
            note(.binary)
            advance()
            let place = start
            let (next, isNextNotNull) = try parseTypeMember()
            if isNextNotNull != isNotNull {
                throw failure(
                    "UnexpectedSyntax",
                    "the types of a union are either all NOT NULL or none of them",
                    at: span(from: place))
            }
            for member in next.members where !members.contains(member) { members.append(member) }
        }
        return (members.count == 1 ? members[0] : .union(members), isNotNull)
    }

    private mutating func parseTypeMember() throws(SyntaxFailure) -> (NQLType, Bool) {
        if at(.any), peek(1).kind == .less || (peek(1).keyword == .value && peek(2).kind == .less) {
            advance()
            _ = skip(.value)
            advance()
            try enter()
            let (type, isNotNull) = try parseTypeUnion(allowsBar: true)
            try expect(.greater, "`|` or `>`")
            leave()
            return (type, skipNotNull() || isNotNull)
        }
        let type = try parseType()
        return (type, skipNotNull())
    }

    private mutating func skipNotNull() -> Bool {
        if at(.not, .null) {
            advance()
            advance()
            return true
        }
        return skip(.exclamation)
    }

    private mutating func parseType() throws(SyntaxFailure) -> NQLType {
        let keyword = token.keyword
        let start = start
        switch keyword {
        case .bool, .boolean: return take(.boolean)
        case .int, .integer: return take(.integer)
        case .signed:
            advance()
            guard at(.int) || at(.integer) else { throw unexpected("`INTEGER`") }
            return take(.integer)
        case .double, .float: return take(.float)
        case .number: return take(.number)
        case .string, .varchar: return take(.string)
        case .date: return take(.date)
        case .duration: return take(.duration)
        case .point: return take(.point)
        case .map: return take(.map)
        case .node, .vertex: return take(.node)
        case .edge, .relationship: return take(.relationship)
        case .path: return take(.path)
        case .null: return take(.null)
        case .nothing: return take(.nothing)
        case .property:
            advance()
            try expect(.value)
            return .propertyValue
        case .any:
            advance()
            return parseAnyType()
        case .list, .array:
            advance()
            return try parseListType()
        case .local, .zoned, .time, .timestamp, .datetime: return try parseTemporalType(start)
        case .vector: throw unsupported("the type `\(keyword.rawValue)`", at: token.span)
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

    /// `LIST<types>`; `LIST` alone is a list of anything.
    private mutating func parseListType() throws(SyntaxFailure) -> NQLType {
        guard skip(.less) else { return .list(.any) }
        try enter()
        let (element, isNotNull) = try parseTypeUnion(allowsBar: true)
        try expect(.greater, "`>`")
        leave()
        return .list(isNotNull ? .notNull(element) : element)
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
            if !skip(.timezone) {
                try expect(.time)
                try expect(.zone)
            }
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
        .boolean, .integer, .float, .number, .string, .date, .local, .zoned, .duration, .point,
        .list, .map, .node, .relationship, .path, .any, .null, .nothing, .time, .timestamp,
    ]
}
