// Parser+Labels: label and type expressions. `!` binds tighter than `&` and `:`, these tighter
// than `|`. Chains are built as balanced trees, as those of AND and OR are.

import NenCore

extension Parser {
    /// Goes over the `:` or IS in front of labels or types.
    mutating func skipLabelStart() throws(SyntaxFailure) -> Bool {
        if skip(.colon) { return true }
        guard skip(.is) else { return false }
        if token.keyword.isPredicateBehindIs {
            throw unexpected("a label", hint: "write `:\(text(token.span))`")
        }
        return true
    }

    /// What follows the colon: `A`, `A:B`, `A&B`, `A|B`, `!A`, `%`, `(…)`, `$parameter`,
    /// `$(expression)`, `$all(expression)`, `$any(expression)`.
    mutating func parseLabelExpression(
        isRelationship: Bool
    ) throws(SyntaxFailure) -> LabelExpression {
        try enter()
        var alternatives: [LabelExpression] = []
        repeat {
            // openCypher's older form `:A|:B`.
            if isRelationship, !alternatives.isEmpty { _ = skip(.colon) }
            let term = try parseLabelTerm(isRelationship: isRelationship)
            LabelExpression.appendAlternatives(of: term, to: &alternatives)
        } while skipLabelBar()
        leave()
        return LabelExpression.balanced(alternatives[...], LabelExpression.or)
    }

    private mutating func skipLabelBar() -> Bool {
        guard !barEndsExpression, at(.bar) else { return false }
        note(.labelBar)
        advance()
        return true
    }

    private mutating func parseLabelTerm(
        isRelationship: Bool
    ) throws(SyntaxFailure) -> LabelExpression {
        var factors: [LabelExpression] = []
        while true {
            let factor = try parseLabelFactor(isRelationship: isRelationship)
            LabelExpression.appendFactors(of: factor, to: &factors)
            if at(.colon), isRelationship {
                throw failure(
                    "InvalidRelationshipPattern", "a relationship has one type only",
                    at: token.span, hint: "alternatives are written `:A|B`")
            }
            guard skip(.ampersand) || skip(.colon) else { break }
        }
        return LabelExpression.balanced(factors[...], LabelExpression.and)
    }

    private mutating func parseLabelFactor(
        isRelationship: Bool
    ) throws(SyntaxFailure) -> LabelExpression {
        var isNegated = false
        while skip(.exclamation) { isNegated.toggle() }
        let label = try parseLabelPrimary(isRelationship: isRelationship)
        guard isNegated else { return label }
        if case .not(let inner) = label { return inner }
        return .not(label)
    }

    private mutating func parseLabelPrimary(
        isRelationship: Bool
    ) throws(SyntaxFailure) -> LabelExpression {
        switch token.kind {
        case .word, .quotedName: return .name(takeName())
        case .percent:
            let span = token.span
            advance()
            return .wildcard(span)
        case .leftParenthesis:
            let outerBar = barEndsExpression
            barEndsExpression = false
            advance()
            let inner = try parseLabelExpression(isRelationship: isRelationship)
            try expect(.rightParenthesis, "`)`")
            barEndsExpression = outerBar
            return inner
        case .dollar:
            let isAny = peek(1).keyword == .any
            let names = try parseDynamicName()
            return isAny ? .dynamicAny(names) : .dynamic(names)
        default: throw unexpected(isRelationship ? "a relationship type" : "a label")
        }
    }

    /// `$parameter`, or `$(expression)` with `all` or `any` behind the `$`
    mutating func parseDynamicName() throws(SyntaxFailure) -> Expression {
        let start = start
        if let error = misusedDollar() { throw error }
        let isParameter = peek(2).kind != .leftParenthesis
        if isParameter, peek(1).isName || peek(1).kind == .numberLiteral {
            let name = try parseParameterName()
            return Expression(.parameter(name), span(from: start))
        }
        advance()
        if token.keyword == .all || token.keyword == .any {
            note(.function)
            advance()
        }
        let outerBar = barEndsExpression
        barEndsExpression = false
        try expect(.leftParenthesis, "`(`")
        var expression = try parseExpression()
        try expect(.rightParenthesis, "`)`")
        barEndsExpression = outerBar
        expression.span = span(from: start)
        return expression
    }

    /// What is wrong if no `(` follows the `$`.
    private func misusedDollar() -> SyntaxFailure? {
        let next = peek(1)
        let both = token.span.union(next.span)
        if next.isName, peek(2).kind == .leftParenthesis {
            if next.keyword == .all || next.keyword == .any { return nil }
            return failure(
                "UnexpectedSyntax", "unexpected `$\(text(next.span))(`, expected `$(`, `$all(` or "
                    + "`$any(`", at: both,
                hint: NearMiss.suggestion(for: text(next.span), among: ["all", "any"])
                    .map { "did you mean `$\($0)`?" })
        }
        return nil
    }

    /// `A:B:$(expression)`, what SET and REMOVE take behind the first colon.
    mutating func parseLabelNames() throws(SyntaxFailure) -> [LabelName] {
        var labels: [LabelName] = []
        repeat {
            if at(.dollar) {
                if peek(1).keyword == .any, peek(2).kind == .leftParenthesis {
                    throw failure(
                        "UnexpectedSyntax", "`$any(…)` asks for one label of several; it can be "
                            + "matched only", at: token.span.union(peek(1).span),
                        hint: "`$(…)` stands for all labels of a list")
                }
                labels.append(.dynamic(try parseDynamicName()))
            } else {
                labels.append(.fixed(try parseSymbol("a label")))
            }
        } while skip(.colon) || skip(.ampersand)
        return labels
    }
}

extension LabelExpression {
    fileprivate static func appendAlternatives(
        of label: LabelExpression, to alternatives: inout [LabelExpression]
    ) {
        if case .or(let left, let right) = label {
            appendAlternatives(of: left, to: &alternatives)
            appendAlternatives(of: right, to: &alternatives)
        } else {
            alternatives.append(label)
        }
    }

    fileprivate static func appendFactors(
        of label: LabelExpression, to factors: inout [LabelExpression]
    ) {
        if case .and(let left, let right) = label {
            appendFactors(of: left, to: &factors)
            appendFactors(of: right, to: &factors)
        } else {
            factors.append(label)
        }
    }

    /// The balanced tree over a chain, the left half the larger one.
    fileprivate static func balanced(
        _ labels: ArraySlice<LabelExpression>,
        _ join: (LabelExpression, LabelExpression) -> LabelExpression
    ) -> LabelExpression {
        let first = labels[labels.startIndex]
        if labels.count == 1 { return first }
        let middle = labels.startIndex + (labels.count + 1) / 2
        return join(balanced(labels[..<middle], join), balanced(labels[middle...], join))
    }
}
