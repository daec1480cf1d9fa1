// Parser+IsTests: what may follow IS beside NULL and types: `n IS Label`, `n IS LABELED A|B`,
// `n IS SOURCE OF r`, `s IS NFC NORMALIZED`. All of them have other forms, which the tree has.

import NenCore

extension Parser {
    /// The test behind IS and NOT.
    mutating func parseIsTest(_ left: Expression) throws(SyntaxFailure) -> Expression {
        if let form = takeNormalForm() {
            let span = SourceSpan(start: left.span.start, end: end)
            let literal = try make(.literal(.string(form)), span)
            return try parsedCall("isNormalized", [left, literal], span)
        }
        if case .caseOperand = left.kind {
            throw unexpected(
                "`NULL`, `NOT NULL`, `:: type` or `NORMALIZED`",
                among: [.null, .not, .typed, .normalized],
                hint: "labels are tested by the form without an operand: `CASE WHEN n:Label`")
        }
        if at(.source) || at(.destination), peek(1).keyword == .of {
            return try parseEndpointTest(left)
        }
        if at(.labeled), startsLabel(1) { advance() }
        guard startsLabel(0) else {
            throw unexpected(
                "`NULL`, `NOT NULL`, `:: type`, `NORMALIZED` or a label",
                among: [.null, .not, .typed, .normalized])
        }
        let labels = try parseLabelExpression(isRelationship: false)
        return try make(
            .hasLabels(left, labels), SourceSpan(start: left.span.start, end: end))
    }

    /// Whether a label or type may stand `distance` tokens ahead.
    private func startsLabel(_ distance: Int) -> Bool {
        let token = peek(distance)
        switch token.kind {
        case .quotedName, .percent, .exclamation, .leftParenthesis, .dollar: return true
        case .word:
            if token.keyword.isReserved || token.keyword.isPredicateBehindIs { return false }
            return distance == 0 || !Keyword.continuations.contains(token.keyword)
        default: return false
        }
    }

    /// `n IS SOURCE OF r` is `startNode(r) = n`.
    private mutating func parseEndpointTest(
        _ left: Expression
    ) throws(SyntaxFailure) -> Expression {
        let function = at(.source) ? "startNode" : "endNode"
        let place = token.span
        advance()
        advance()
        let right = try parsePrecedence(.additive)
        try requireValue(right)
        let end = try parsedCall(function, [right], place)
        return try make(.binary(.equal, end, left), left.span.union(right.span))
    }

    private mutating func parsedCall(
        _ name: String, _ arguments: [Expression], _ span: SourceSpan
    ) throws(SyntaxFailure) -> Expression {
        let call = FunctionCall(name: Name(name, span), isDistinct: false, arguments: arguments)
        return try make(.call(call), span)
    }
}
