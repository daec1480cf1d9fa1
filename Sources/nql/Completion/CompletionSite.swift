// CompletionSite: the place of the cursor in a statement: the word begun there and what stands
// before it, and from these which kinds of names fit.

import NQLSyntax

/// The cursor's surroundings.
struct CompletionSite {
    /// The word begun at the cursor; empty between words.
    private let prefix: String
    /// A backtick stands before the word.
    private let isQuoted: Bool
    /// In a string or comment.
    private let isInText: Bool
    /// The statement's pieces before the word.
    private let before: [CompletionText.Piece]
    /// The bracket around the cursor, as a place in `before`; nil outside all.
    private let bracket: Int?
    /// Names bound in the text.
    var variables: Set<String> = []

    init(_ text: CompletionText, end: Int) {
        var pieces = text.pieces
        var word = ""
        isInText = text.state == .text
        if case .quotedName(let start) = text.state {
            isQuoted = true
            word = String(text.suffix(from: start))
        } else {
            isQuoted = false
            if let last = pieces.last, last.isWord, last.range.upperBound == end {
                word = last.text
                pieces.removeLast()
            }
        }
        if let semicolon = pieces.lastIndex(where: { $0.text == ";" && !$0.isWord }) {
            pieces.removeFirst(semicolon + 1)
        }
        prefix = word
        before = pieces
        var open: [Int] = []
        for (index, piece) in pieces.enumerated() where !piece.isWord {
            switch piece.text {
            // A bracket within a label expression belongs to it.
            case "(", "[", "{": open.append(index)
            case ")", "]", "}": _ = open.popLast()
            default: break
            }
        }
        while let last = open.last, last > 0, pieces[last].text == "(",
            [":", "|", "&", "!"].contains(pieces[last - 1].text)
        { open.removeLast() }
        bracket = open.last
    }

    // MARK: What fits

    func completion(_ catalog: CompletionCatalog) -> Completion {
        if isInText { return .none }
        let last = before.last.map { $0.isWord ? $0.text.uppercased() : $0.text }
        if last == "$" { return names(catalog.parameters) }
        if last == "." { return afterDot(catalog) }
        if let kind = namesOfColon(last, catalog) { return names(kind) }
        if isMapKey(last) { return names(catalog.properties) }
        if last == "CALL", !isQuoted { return calls(catalog.procedures) }
        if last == "COPY" { return names(catalog.labels + catalog.types) }
        if isQuoted { return names(catalog.labels + catalog.types + catalog.properties) }
        return words(catalog)
    }

    /// The word before a dot chain and the dots, such as `db.schema.`; empty without one.
    private var owner: (text: String, first: Int) {
        var text = ""
        var index = before.count - 1
        while index > 0, before[index].text == ".", before[index - 1].isWord {
            text = before[index - 1].text + "." + text
            index -= 2
        }
        return (text, index + 1)
    }

    private func afterDot(_ catalog: CompletionCatalog) -> Completion {
        let owner = owner
        let isCall = owner.first > 0 && before[owner.first - 1].text.uppercased() == "CALL"
        func members(_ names: [String]) -> [String] {
            if owner.text.isEmpty || isQuoted { return [] }
            return names.filter { $0.lowercased().hasPrefix(owner.text.lowercased()) }
                .map { String($0.dropFirst(owner.text.count)) + "(" }
        }
        if isCall { return fitting(members(catalog.procedures)) }
        // Before a digit's dot there is no owner with properties.
        if owner.text.first?.isNumber == true { return .none }
        let quoted = catalog.properties.map { spelled($0) }
        return fitting(members(catalog.functions) + quoted)
    }

    /// Labels or types where a colon (or a sign of a label expression) asks for them.
    private func namesOfColon(_ last: String?, _ catalog: CompletionCatalog) -> [String]? {
        guard let last, [":", "|", "&", "!", "IS", "("].contains(last) else { return nil }
        let inside = before[((bracket ?? -1) + 1)...]
        let colon = inside.dropFirst(inside.first?.isWord == true ? 1 : 0).first
        let isExpression = colon.map { $0.text == ":" || $0.text.uppercased() == "IS" } ?? false
        let isPattern = isExpression && inside.allSatisfy {
            $0.isWord ? true : [":", "|", "&", "!", "%", "(", ")"].contains($0.text)
        }
        if isPattern, let bracket, hasNoTwoWords(inside) {
            if before[bracket].text == "[" { return catalog.types }
            if before[bracket].text == "(" { return catalog.labels }
        }
        guard last == ":", !isInMap else { return nil }
        return catalog.labels + catalog.types
    }

    /// Two words side by side (other than behind `IS`) end a label expression.
    private func hasNoTwoWords(_ pieces: ArraySlice<CompletionText.Piece>) -> Bool {
        for (left, right) in zip(pieces, pieces.dropFirst()) where left.isWord && right.isWord {
            if left.text.uppercased() != "IS", right.text.uppercased() != "IS" { return false }
        }
        return true
    }

    /// The innermost bracket is a map's, not that of a subquery or quantifier.
    private var isInMap: Bool {
        guard let bracket, before[bracket].text == "{" else { return false }
        guard bracket > 0 else { return true }
        let opener = before[bracket - 1].text.uppercased()
        return !["EXISTS", "COUNT", "COLLECT", "CALL", ")", "TRANSACTIONS"].contains(opener)
    }

    private func isMapKey(_ last: String?) -> Bool {
        isInMap && (last == "{" || last == ",")
    }

    // MARK: Candidates

    /// Words of `ON ERROR` only; elsewhere they would stand in the way of `RETURN` and `FILTER`.
    private static let reactions: Set<String> = ["BREAK", "CONTINUE", "FAIL", "RETRY"]

    private func words(_ catalog: CompletionCatalog) -> Completion {
        guard let first = prefix.first, !first.isNumber else { return .none }
        let keywords = catalog.keywords.map { first.isLowercase ? $0.lowercased() : $0 }
        let isShow = before.first?.text.uppercased() == "SHOW"
        let isAfterError = before.last?.text.uppercased() == "ERROR"
        let isReaction = { (word: String) in
            CompletionSite.reactions.contains(word.uppercased())
        }
        if isAfterError { return fitting(keywords.filter(isReaction)) }
        if isShow, before.count == 1 {
            return fitting(KeywordList.shown.map { first.isLowercase ? $0.lowercased() : $0 })
        }
        if isShow { return fitting(keywords) }
        if before.isEmpty { return fitting(keywords.filter { !isReaction($0) }) }
        let known = Set(catalog.functions.map { $0.uppercased() })
        let plain = keywords.filter { !known.contains($0.uppercased()) && !isReaction($0) }
        let bound = variables.filter { $0.hasPrefix(prefix) }.map { spelled($0) }
        return fitting(plain + bound + catalog.functions.map { $0 + "(" })
    }

    private func calls(_ procedures: [String]) -> Completion {
        fitting(procedures.map { $0 + "(" })
    }

    private func names(_ names: [String]) -> Completion { fitting(names.map { spelled($0) }) }

    /// A name as it is written at the cursor: between backticks unless it is a plain word.
    private func spelled(_ name: String) -> String {
        let inner = name.split(separator: "`", omittingEmptySubsequences: false)
            .joined(separator: "``")
        if isQuoted { return inner + "`" }
        let isPlain = name.first.map { $0.isLetter || $0 == "_" } ?? false
        let isWord = name.allSatisfy { CompletionText.isWordCharacter($0) }
        return isPlain && isWord ? name : "`" + inner + "`"
    }

    /// Those that begin as the word does, whatever their case.
    private func fitting(_ candidates: [String]) -> Completion {
        let start = prefix.lowercased()
        let found = Set(
            candidates.filter {
                let lower = $0.lowercased()
                return lower.hasPrefix(start) || lower.hasPrefix("`" + start)
            })
        return Completion(
            replacedCount: found.isEmpty ? 0 : prefix.count,
            candidates: found.sorted { ($0.lowercased(), $0) < ($1.lowercased(), $1) })
    }
}
