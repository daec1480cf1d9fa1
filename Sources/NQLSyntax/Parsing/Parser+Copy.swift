// Parser+Copy: COPY … FROM and COPY … TO, BACKUP … TO.

import NenCore

extension Parser {
    /// `COPY target FROM source` or `COPY (query) TO destination`, each with options.
    mutating func parseCopy() throws(SyntaxFailure) -> StatementKind {
        advance()
        let isQuery = at(.leftParenthesis) && peek(1).kind != .colon
        if isQuery { return .copyTo(try parseCopyTo()) }
        let target =
            at(.leftParenthesis) ? try parseCopyRelationships() : try parseCopyNodes()
        note(.softPart)
        try expect(.from)
        let source = try parseLocation()
        return .copyFrom(
            CopyFrom(target: target, source: source, options: try parseCopyOptions()))
    }

    /// `Label:Label`
    private mutating func parseCopyNodes() throws(SyntaxFailure) -> CopyTarget {
        _ = skip(.colon)
        var labels = [try parseSymbol("a label, a pattern or a query in parentheses")]
        while skip(.colon) || skip(.ampersand) { labels.append(try parseSymbol("a label")) }
        return .nodes(labels)
    }

    /// `(:Label {key})-[:TYPE]->(:Label {key})`
    private mutating func parseCopyRelationships() throws(SyntaxFailure) -> CopyTarget {
        let left = try parseCopyEnd()
        note(.arrow)
        try expect(.minus, "`-[`")
        try expect(.leftBracket, "`[`")
        try expect(.colon, "`:`")
        let type = try parseSymbol("a relationship type")
        try expect(.rightBracket, "`]`")
        note(.arrow)
        try expect(.minus, "`-`")
        note(.arrow)
        try expect(.greater, "`->`: the first column is where the relationship starts")
        return .relationships(from: left, type: type, to: try parseCopyEnd())
    }

    private mutating func parseCopyEnd() throws(SyntaxFailure) -> CopyEnd {
        try expect(.leftParenthesis, "`(`")
        try expect(.colon, "`:` and a label")
        let label = try parseSymbol("a label")
        try expect(.leftBrace, "`{key}`: the property that a column is compared with")
        let key = try parseSymbol("a property key")
        try expect(.rightBrace, "`}`")
        try expect(.rightParenthesis, "`)`")
        return CopyEnd(label: label, key: key)
    }

    private mutating func parseCopyTo() throws(SyntaxFailure) -> CopyTo {
        advance()
        let query = try parseQuery(.call)
        if query.updates || !query.returns {
            throw failure(
                "InvalidClauseComposition",
                query.updates
                    ? "COPY … TO takes a query that only reads"
                    : "COPY … TO takes a query that returns rows", at: query.span)
        }
        try expect(.rightParenthesis, "`)` or more of the query")
        note(.softPart)
        try expect(.to)
        let destination = try parseLocation()
        return CopyTo(
            query: query, destination: destination, options: try parseCopyOptions())
    }

    /// `BACKUP [FULL | LOG] TO directory`
    mutating func parseBackup() throws(SyntaxFailure) -> BackupCommand {
        advance()
        let kind: BackupCommand.Kind = skip(.full) ? .full : skip(.log) ? .log : .changes
        guard at(.to) else { throw unexpected("`TO`", among: [.to, .full, .log]) }
        note(.softPart)
        advance()
        return BackupCommand(kind: kind, destination: try parseLocation())
    }

    /// Strings and parameters, joined by `+`.
    private mutating func parseLocation() throws(SyntaxFailure) -> Expression {
        var location = try parseLocationPart()
        while at(.plus) {
            note(.binary)
            advance()
            let part = try parseLocationPart()
            location = try make(
                .binary(.add, location, part), location.span.union(part.span))
        }
        return location
    }

    private mutating func parseLocationPart() throws(SyntaxFailure) -> Expression {
        guard at(.stringLiteral) || at(.dollar) else {
            throw unexpected("the name of a file, a string or a parameter")
        }
        return try parseAtom()
    }

    private mutating func parseCopyOptions() throws(SyntaxFailure) -> [CopyOption] {
        guard skip(.leftParenthesis) else { return [] }
        var options: [CopyOption] = []
        repeat {
            let name = try parseSymbol("an option")
            let isAssigned = skip(.equal)
            var value: Expression?
            if isAssigned || !(at(.comma) || at(.rightParenthesis)) {
                value = try parseExpression()
            }
            options.append(CopyOption(name: name, value: value))
        } while skip(.comma)
        try expect(.rightParenthesis, "`,` or `)`")
        return options
    }
}
