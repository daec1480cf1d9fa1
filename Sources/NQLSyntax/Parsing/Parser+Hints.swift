// Parser+Hints: what somebody probably meant who wrote an unexpected token. Asked only when an
// error is certain, so nothing here changes what is accepted. In turn: a misspelt keyword of those
// that are expected, a sign or word of another language, a misspelling right before (`RETURN
// DISTICNT n` fails at `n`), and a column's name without AS.

import NenCore

extension Parser {
    /// A hint for the current token, where `what` could stand; nil when none comes to mind.
    func likelyMeant(_ what: String, among keywords: [Keyword]) -> String? {
        nearKeyword(what, keywords) ?? foreignSign() ?? foreignWord() ?? misspeltBefore()
            ?? missingAlias(what)
    }

    /// A keyword close to the token: one of `keywords`, or one that `what` names in capitals.
    private func nearKeyword(_ what: String, _ keywords: [Keyword]) -> String? {
        guard token.kind == .word else { return nil }
        let named = what.split { !("A"..."Z").contains($0) }.filter { $0.count > 1 }
        let names = keywords.map(\.rawValue) + named.map { String($0) }
        return NearMiss.suggestion(for: text(token.span), among: names)
            .map { "did you mean `\($0)`?" }
    }

    /// `==`, which is `=` here.
    private func foreignSign() -> String? {
        guard at(.equal), position > 0 else { return nil }
        let before = tokens[position - 1]
        guard before.kind == .equal, before.end == token.start else { return nil }
        return "equality and assignment are written `=`"
    }

    /// What words of SQL are here.
    private func foreignWord() -> String? {
        if at(.not) { return negationHint() }
        guard token.kind == .word, token.keyword == .none || at(.group, .by) || at(.join)
        else { return nil }
        switch text(token.span).uppercased() {
        case "SELECT": return "a query is written `MATCH … RETURN …`"
        case "UPDATE": return "a change is written `MATCH … SET …`"
        case "INTO", "VALUES": return "write `INSERT (:Label {key: value})`"
        case "GROUP": return "rows are grouped by what RETURN or WITH lists beside its aggregates"
        case "HAVING": return "groups are filtered by `WITH … WHERE …`"
        case "LIKE", "ILIKE", "RLIKE":
            return "texts are compared by STARTS WITH, ENDS WITH, CONTAINS, and `=~` for patterns"
        case "BETWEEN": return "a range is written `low <= x <= high`"
        case "JOIN": return "what belongs together is matched: `MATCH (a)-[:TYPE]->(b)`"
        default: return nil
        }
    }

    /// `x NOT IN list`, whose negation stands in front here.
    private func negationHint() -> String? {
        switch peek(1).keyword {
        case .in: return "the negation stands in front: `NOT x IN list`"
        case .contains: return "the negation stands in front: `NOT x CONTAINS y`"
        case .starts, .ends:
            return "the negation stands in front: `NOT x \(text(peek(1).span)) WITH y`"
        case .null: return "write `IS NOT NULL`"
        default:
            guard peek(1).kind == .word, text(peek(1).span).uppercased() == "LIKE" else {
                return nil
            }
            return "the negation stands in front, and patterns are those of `=~`: `NOT x =~ '…'`"
        }
    }

    /// Words that stand before another word or a value.
    private static let leaders: [Keyword] = [
        .distinct, .not, .when, .ordinality, .offset, .verbose, .format, .optional, .detach,
        .shortest,
    ]

    private func misspeltBefore() -> String? {
        guard token.kind != .endOfInput, position > 0 else { return nil }
        let before = tokens[position - 1]
        guard before.kind == .word, before.keyword == .none else { return nil }
        let word = text(before.span)
        let names = Parser.leaders.map(\.rawValue)
        return NearMiss.suggestion(for: word, among: names)
            .map { "did you mean `\($0)` where `\(word)` stands?" }
    }

    /// `RETURN 1 x`, where `AS` is missing.
    private func missingAlias(_ what: String) -> String? {
        guard what.hasPrefix("a clause"), isVariable(token) else { return nil }
        var place = position - 1
        while place >= 0, !Keyword.clauseStarts.contains(tokens[place].keyword) { place -= 1 }
        guard place >= 0, tokens[place].keyword == .return || tokens[place].keyword == .with
        else { return nil }
        return "a column is named by `AS \(text(token.span))`"
    }

    // MARK: Patterns

    /// Words that may stand before the first node of a path.
    private static let pathWords: [Keyword] = [
        .shortest, .any, .all, .trail, .walk, .acyclic, .simple, .repeatable, .different, .group,
        .groups, .path, .paths,
    ]
    private static let pathFunctions = ["shortestPath", "allShortestPaths"]

    /// What may have been meant by a word in the place of a node.
    func nodeHint() -> String? {
        guard token.kind == .word, token.keyword == .none else { return nil }
        if let foreign = foreignWord() { return foreign }
        let word = text(token.span)
        let words = Parser.pathWords + (isWithinBraces ? Keyword.clauseStarts : [])
        let names = words.map(\.rawValue) + Parser.pathFunctions
        if let near = NearMiss.suggestion(for: word, among: names) {
            return "did you mean `\(near)`?"
        }
        let next = peek(1)
        if next.kind == .equal { return "the name of a path stands first: `\(word) = …`" }
        if next.kind == .leftParenthesis { return nil }
        if next.kind == .word, next.keyword == .none { return nil }
        return "write `(\(word))`"
    }

    /// Whether a brace opens directly before the token, as in `EXISTS { MTACH (n) }`.
    private var isWithinBraces: Bool { position > 0 && tokens[position - 1].kind == .leftBrace }

    /// How labels are joined, for those who write AND, OR and NOT; where a node is empty so far,
    /// what to do about a reserved word that was meant as a variable.
    func nodeEndHint(isEmpty: Bool) -> String? {
        if isEmpty {
            guard token.kind == .word, token.keyword.isReserved else { return nil }
            return "`\(text(token.span))` is a reserved word; as a name it stands in backticks"
        }
        if at(.or) { return "alternatives are written `:A|B`" }
        if at(.and) { return "labels that are both wanted are written `:A&B`" }
        if position > 0, tokens[position - 1].keyword == .not { return "write `!` for NOT" }
        if at(.doubleColon) { return "labels stand behind one colon" }
        if token.kind == .word, token.keyword == .none, position > 0,
            tokens[position - 1].kind == .word
        {
            let name = text(tokens[position - 1].span.union(token.span))
            return "a name with a blank stands in backticks: `` `\(name)` ``"
        }
        return nil
    }

    /// What follows one dash.
    func dashHint() -> String? {
        if at(.leftParenthesis) { return "write `--`, or `-[…]-`" }
        if at(.greater) { return "write `-->`, or `-[…]->`" }
        return nil
    }

    /// `{name = 'Ada'}`
    func equalInMap() -> SyntaxFailure {
        unexpected("`:`", hint: "a colon joins a key and its value: `key: value`")
    }

    /// `cuont(*)`
    func starHint() -> String {
        if position > 1, tokens[position - 1].kind == .leftParenthesis,
            peek(1).kind == .rightParenthesis
        {
            let name = text(tokens[position - 2].span)
            if NearMiss.suggestion(for: name, among: ["count"]) != nil {
                return "did you mean `count(*)`?"
            }
        }
        return "`*` stands first in RETURN and WITH, and in `count(*)`"
    }
}
