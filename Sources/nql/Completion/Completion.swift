// Completion: what may stand at the cursor, from the text around it and the names of a database.
// A pure function; the line editor draws what it says. It guesses from the nearest signs alone
// (a colon in a bracket asks for a type), so that it works in the middle of an unfinished query.

import NQLSyntax

/// Candidates for the word at the cursor.
struct Completion: Equatable {
    /// Characters before the cursor that a candidate replaces.
    var replacedCount = 0
    /// Ascending, each once.
    var candidates: [String] = []

    static let none = Completion()

    /// What may stand at `cursor` (a count of characters) in `text`, which may hold several
    /// statements.
    init(text: String, cursor: Int, catalog: CompletionCatalog) {
        let characters = Array(text)
        let end = min(max(0, cursor), characters.count)
        if let command = Completion.dotCommand(String(characters[..<end])) {
            self = command
            return
        }
        let whole = CompletionText(characters[...])
        var site = CompletionSite(CompletionText(characters[..<end]), end: end)
        site.variables = Completion.variables(in: whole.pieces, besides: end)
        self = site.completion(catalog)
    }

    init(replacedCount: Int = 0, candidates: [String] = []) {
        self.replacedCount = replacedCount
        self.candidates = candidates
    }

    /// The longest text that all candidates begin with, letters compared without case.
    var commonPrefix: String {
        guard let first = candidates.first else { return "" }
        var common = Array(first)
        for candidate in candidates.dropFirst() {
            let same = zip(common, candidate).prefix {
                $0 == $1 || $0.lowercased() == $1.lowercased()
            }
            common.removeLast(common.count - same.count)
        }
        return String(common)
    }

    // MARK: Dot commands

    private static func dotCommand(_ before: String) -> Completion? {
        guard before.first == ".", !before.contains("\n") else { return nil }
        let words = before.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count > 1, let command = DotCommand(words[0]) else {
            return fitting(words.count == 1 ? words[0] : "", DotCommand.allCases.map(\.name))
        }
        let typed = words.dropFirst().joined(separator: " ")
        switch command {
        case .read, .open, .output, .once, .dump, .importing:
            return Completion(replacedCount: typed.count, candidates: FileNames.beginning(typed))
        case .mode: return fitting(typed[...], OutputFormat.allCases.map(\.rawValue))
        case .timer, .bail, .echo, .types: return fitting(typed[...], ["off", "on"])
        case .pager: return fitting(typed[...], ["off", "on"])
        case .rows, .width: return fitting(typed[...], ["all"])
        case .help: return fitting(typed[...], DotCommand.allCases.map(\.rawValue))
        case .exit, .quit, .nullvalue, .param, .print, .schema, .show, .tables:
            return Completion.none
        }
    }

    private static func fitting(_ typed: Substring, _ names: [String]) -> Completion {
        Completion(
            replacedCount: typed.count, candidates: names.filter { $0.hasPrefix(typed) }.sorted())
    }

    // MARK: Variables

    /// Names that patterns, `AS` and `IN` bind anywhere in the text, apart from the word that ends
    /// at `cursor`.
    private static func variables(
        in pieces: [CompletionText.Piece], besides cursor: Int
    ) -> Set<String> {
        let words = Set(KeywordList.words)
        var found: Set<String> = []
        for (index, piece) in pieces.enumerated() {
            guard piece.isWord, piece.range.upperBound != cursor,
                piece.text.first?.isNumber == false, !words.contains(piece.text.uppercased())
            else { continue }
            let before = index > 0 ? pieces[index - 1].text.uppercased() : ""
            let after = index + 1 < pieces.count ? pieces[index + 1].text.uppercased() : ""
            let opens = (before == "(" || before == "[") && after != "(" && after != "."
            if opens || before == "AS" || after == "IN" || (after == "=" && before != ".") {
                found.insert(piece.text)
            }
        }
        return found
    }
}
