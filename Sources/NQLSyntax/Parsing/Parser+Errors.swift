// Parser+Errors: how an unexpected token is reported.

import NenCore

/// The parser's own error: one reference, which keeps the frames of its recursive functions
/// small. A typed error of NQLError's size costs every call that may fail as much of the stack.
final class SyntaxFailure: Error, Sendable {
    let error: NQLError

    init(_ error: NQLError) { self.error = error }
}

extension Parser {
    /// The error at the current token; `what` says what could stand there instead. A word close
    /// to one of the keywords `among`, or to one that `what` names, gets a suggestion.
    func unexpected(
        _ what: String, among keywords: [Keyword] = [], hint: String? = nil
    ) -> SyntaxFailure {
        switch token.kind {
        case .invalid:
            if let lexerError { return SyntaxFailure(lexerError) }
        case .wideDash, .wideLeftHead, .wideRightHead:
            let shown = text(token.span)
            let value = shown.unicodeScalars.first?.value ?? 0
            return failure(
                "InvalidUnicodeCharacter",
                "the character `\(shown)` (U+\(Lexer.hexadecimal(value))) can stand in patterns "
                    + "only", at: token.span, hint: "write `-`, `<` or `>`")
        case .endOfInput:
            let place = end
            return failure(
                "UnexpectedSyntax", "the statement ends where \(what) is expected",
                at: SourceSpan(start: place, end: place), hint: hint)
        default: break
        }
        let message = "unexpected \(shownToken), expected \(what)"
        return failure(
            "UnexpectedSyntax", message, at: token.span,
            hint: hint ?? likelyMeant(what, among: keywords))
    }

    /// A syntax error at `span`.
    func failure(
        _ detail: String, _ message: String, at span: SourceSpan, hint: String? = nil
    ) -> SyntaxFailure {
        SyntaxFailure(.syntax(detail, message, at: span, hint: hint))
    }

    /// The error for something that is known, but that this version does not do.
    func unsupported(_ name: String, at span: SourceSpan, hint: String? = nil) -> SyntaxFailure {
        failure("UnexpectedSyntax", "\(name) is not supported yet", at: span, hint: hint)
    }

    /// The current token as messages show it.
    private var shownToken: String {
        switch token.kind {
        case .stringLiteral: return "string literal"
        case .numberLiteral: return "number `\(shortened(token.span))`"
        default: return "`\(shortened(token.span))`"
        }
    }

    private func shortened(_ span: SourceSpan) -> String {
        let scalars = text(span).unicodeScalars
        guard scalars.count > 40 else { return String(String.UnicodeScalarView(scalars)) }
        return String(String.UnicodeScalarView(scalars.prefix(40))) + "…"
    }
}

extension Keyword {
    /// What begins a statement, for suggestions.
    static let statementStarts: [Keyword] =
        clauseStarts + [
            .explain, .profile, .begin, .commit, .rollback, .analyze, .checkpoint, .drop, .show,
            .copy, .backup, .vacuum, .terminate, .cypher,
        ]

    /// What begins a clause.
    static let clauseStarts: [Keyword] = [
        .match, .optional, .unwind, .with, .return, .create, .merge, .set, .remove, .delete,
        .detach, .foreach, .call, .load, .union, .let, .filter, .for, .insert, .finish, .next,
        .when,
    ]

    /// What may stand behind EXPLAIN and PROFILE.
    static let explained: [Keyword] = clauseStarts + [.verbose, .format]

    /// What may follow a complete expression or pattern.
    static let continuations: [Keyword] =
        clauseStarts + [
            .where, .order, .skip, .offset, .limit, .as, .and, .or, .xor, .in, .is, .starts, .ends,
            .contains, .on, .yield, .asc, .desc, .ascending, .descending, .by, .distinct,
        ]

    /// What a misspelt word behind a clause may have been.
    static let likelyContinuations: [Keyword] = continuations + [.else, .report, .of]
}
