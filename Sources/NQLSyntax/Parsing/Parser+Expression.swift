// Parser+Expression: operators by precedence.
//
// From loose to tight: OR, XOR, AND, NOT, comparison (chains), IN / STARTS WITH / IS NULL …,
// + - ||, * / %, ^ (left-associative), unary + -, and postfix [] . : — openCypher's order.
// AND, OR and XOR are associative also with null, so a chain is flattened, parentheses included,
// and built as a balanced tree: a thousand ORs are ten levels high.

import NenCore

/// How tightly an operator binds; a larger number binds tighter.
enum Precedence: Int, Comparable {
    case or = 1, xor, and, not, comparison, predicate, additive, multiplicative, power, unary
    case postfix, atom

    static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }

    /// The next tighter one.
    var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .atom }
}

extension BinaryOperator {
    var precedence: Precedence {
        switch self {
        case .or: .or
        case .xor: .xor
        case .and: .and
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: .comparison
        case .inList, .startsWith, .endsWith, .contains, .matches: .predicate
        case .add, .subtract, .concatenate: .additive
        case .multiply, .divide, .modulo: .multiplicative
        case .power: .power
        }
    }
}

extension Parser {
    /// An expression that yields a value: anything but a bare pattern.
    mutating func parseExpression() throws(SyntaxFailure) -> Expression {
        let expression = try parseCondition()
        try requireValue(expression)
        return expression
    }

    /// A predicate, where a pattern asks whether it exists.
    mutating func parseCondition() throws(SyntaxFailure) -> Expression {
        // What is within something else takes twice the stack of an operator's operand.
        try enter()
        let expression = try parsePrecedence(.or)
        leave()
        return expression
    }

    /// A pattern is no value: it can only be asked whether it exists.
    func requireValue(_ expression: Expression) throws(SyntaxFailure) {
        if case .patternPredicate = expression.kind {
            throw failure(
                "UnexpectedSyntax", "a pattern cannot be used as a value", at: expression.span,
                hint: "test it in WHERE or `EXISTS { … }`, or list it by `[pattern | …]`")
        }
    }

    /// An expression of operators that bind at least as tightly as `minimum`.
    mutating func parsePrecedence(_ minimum: Precedence) throws(SyntaxFailure) -> Expression {
        try enter()
        let outerPeak = peak
        peak = 0
        // `x IS NULL` ends without an operand: nothing that binds tighter may follow it, nor the
        // negation of it.
        var tightest: Precedence = at(.not) ? .and : .atom
        var left = try parsePrefix(minimum)
        var length = 0
        while let precedence = infixPrecedence(), precedence >= minimum, precedence <= tightest {
            tightest = precedence
            length += 1
            switch precedence {
            case .or, .xor, .and: left = try parseLogicalChain(left, precedence)
            case .comparison: left = try parseComparisonChain(left)
            case .predicate where length <= SyntaxLimits.chainStart || at(.is) || at(.doubleColon):
                left = try parsePredicate(left)
            case .predicate: left = try parseLongChain(left, minimum)
            default:
                let isLong = length > SyntaxLimits.chainStart
                left = try isLong ? parseLongChain(left, minimum) : parseArithmetic(left)
            }
        }
        peak = max(peak, outerPeak)
        leave()
        return left
    }

    /// How tightly the operator at the current token binds; nil if there is none.
    private func infixPrecedence() -> Precedence? {
        switch token.kind {
        case .equal, .notEqual, .exclamationEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            .comparison
        case .regexMatch, .doubleColon: .predicate
        case .plus, .minus, .doubleBar: .additive
        case .star, .slash, .percent: .multiplicative
        case .caret: .power
        case .word:
            switch token.keyword {
            case .or: .or
            case .xor: .xor
            case .and: .and
            case .in, .starts, .ends, .contains, .is: .predicate
            default: nil
            }
        default: nil
        }
    }

    // MARK: Prefix operators

    private mutating func parsePrefix(_ minimum: Precedence) throws(SyntaxFailure) -> Expression {
        if at(.not) {
            if minimum > .not { throw misplacedNot() }
            return try parseNot()
        }
        if at(.plus) || at(.minus) { return try parseSign() }
        return try parsePostfix()
    }

    private func misplacedNot() -> SyntaxFailure {
        unexpected("an operand", hint: "put the negation in parentheses: `(NOT …)`")
    }

    private mutating func parseNot() throws(SyntaxFailure) -> Expression {
        var starts: [UInt32] = []
        while at(.not) {
            starts.append(start)
            advance()
        }
        var operand = try parsePrecedence(.comparison)
        for start in starts.reversed() {
            let span = SourceSpan(start: start, end: operand.span.end)
            operand = try make(.unary(.not, operand), span)
        }
        return operand
    }

    /// Signs in front of an operand. A sign directly before a number literal makes one literal, so
    /// that the smallest integer can be written.
    private mutating func parseSign() throws(SyntaxFailure) -> Expression {
        var signs = takeSigns()
        var operand: Expression
        if let last = signs.last, last.isMinus, at(.numberLiteral), !startsPostfix(peek(1)) {
            signs.removeLast()
            let value = try parseNumber(isNegative: true, from: last.start)
            operand = try make(.literal(value), span(from: last.start))
        } else {
            operand = try parsePostfix()
            try requireValue(operand)
        }
        for sign in signs.reversed() { operand = try apply(sign, operand) }
        return operand
    }

    private mutating func takeSigns() -> [Sign] {
        var signs: [Sign] = []
        while at(.plus) || at(.minus) {
            note(.sign)
            signs.append(Sign(isMinus: at(.minus), start: start))
            advance()
        }
        return signs
    }

    private mutating func apply(
        _ sign: Sign, _ operand: Expression
    ) throws(SyntaxFailure) -> Expression {
        let span = SourceSpan(start: sign.start, end: operand.span.end)
        return try make(.unary(sign.isMinus ? .minus : .plus, operand), span)
    }

    private func startsPostfix(_ token: Token) -> Bool {
        switch token.kind {
        case .dot, .leftBracket, .colon: true
        default: false
        }
    }

    // MARK: Infix operators

    private mutating func parseLogicalChain(
        _ first: Expression, _ precedence: Precedence
    ) throws(SyntaxFailure) -> Expression {
        let kind: BinaryOperator
        let keyword: Keyword
        switch precedence {
        case .or: (kind, keyword) = (.or, .or)
        case .xor: (kind, keyword) = (.xor, .xor)
        default: (kind, keyword) = (.and, .and)
        }
        var operands: [Expression] = []
        kind.appendOperands(of: first, to: &operands)
        while at(keyword) {
            note(.binary)
            advance()
            let operand = try parsePrecedence(precedence.tighter)
            kind.appendOperands(of: operand, to: &operands)
        }
        let span = SourceSpan(start: first.span.start, end: end)
        try grow(Int.bitWidth - (operands.count - 1).leadingZeroBitCount, span)
        return Expression(kind.balanced(operands[...]).kind, span)
    }

    private mutating func parseComparisonChain(
        _ first: Expression
    ) throws(SyntaxFailure) -> Expression {
        try requireValue(first)
        var operands = [first]
        var operators: [BinaryOperator] = []
        while let comparison = comparisonOperator() {
            note(.binary)
            if at(.exclamationEqual) {
                deprecated("`!=` is taken as `<>`.", hint: "Write `<>`.", at: token.span)
            }
            advance()
            let operand = try parsePrecedence(.predicate)
            try requireValue(operand)
            operators.append(comparison)
            operands.append(operand)
        }
        let span = SourceSpan(start: first.span.start, end: end)
        if operators.count == 1 {
            return try make(.binary(operators[0], first, operands[1]), span)
        }
        return try make(.comparisonChain(operands: operands, operators: operators), span)
    }

    private func comparisonOperator() -> BinaryOperator? {
        switch token.kind {
        case .equal: .equal
        case .notEqual, .exclamationEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        default: nil
        }
    }

    /// `left IN …`, `left STARTS WITH …`, `left IS …` and kin.
    private mutating func parsePredicate(_ left: Expression) throws(SyntaxFailure) -> Expression {
        try requireValue(left)
        note(.binary)
        if at(.is) { return try parseIsPredicate(left) }
        if skip(.doubleColon) { return try parseTypePredicate(left, isNegated: false) }
        let kind = try takePredicateOperator()
        let right = try parsePrecedence(.additive)
        try requireValue(right)
        return try make(.binary(kind, left, right), left.span.union(right.span))
    }

    private mutating func takePredicateOperator() throws(SyntaxFailure) -> BinaryOperator {
        if skip(.regexMatch) { return .matches }
        if skip(.in) { return .inList }
        if skip(.contains) { return .contains }
        let kind: BinaryOperator = at(.starts) ? .startsWith : .endsWith
        advance()
        try expect(.with)
        return kind
    }

    /// The operations that follow, as links of one flat node.
    private mutating func parseLongChain(
        _ first: Expression, _ minimum: Precedence
    ) throws(SyntaxFailure) -> Expression {
        try requireValue(first)
        var links: [ChainLink] = []
        while let precedence = infixPrecedence(), precedence >= max(minimum, .predicate),
            !at(.is), !at(.doubleColon)
        {
            note(.binary)
            let kind = precedence == .predicate ? try takePredicateOperator() : takeArithmetic()
            let operand = try parsePrecedence(
                precedence == .predicate ? .additive : precedence.tighter)
            try requireValue(operand)
            links.append(.operation(kind, operand))
            try checkChain(links.count, operand.span)
        }
        return try make(.chain(first, links), SourceSpan(start: first.span.start, end: end))
    }

    /// Fails when a chain has become too long.
    func checkChain(_ count: Int, _ span: SourceSpan) throws(SyntaxFailure) {
        if count <= SyntaxLimits.chainMax { return }
        throw failure(
            "NestingLimitExceeded",
            "the expression chains over \(SyntaxLimits.chainMax) operations", at: span,
            hint: "name a part of it in a WITH clause before")
    }

    private mutating func parseIsPredicate(_ left: Expression) throws(SyntaxFailure) -> Expression {
        advance()
        let isNegated = skip(.not)
        if skip(.null) {
            let span = SourceSpan(start: left.span.start, end: end)
            return try make(.isNull(left, negated: isNegated), span)
        }
        if skip(.doubleColon) || skip(.typed) {
            return try parseTypePredicate(left, isNegated: isNegated)
        }
        let test = try parseIsTest(left)
        guard isNegated else { return test }
        return try make(.unary(.not, test), SourceSpan(start: left.span.start, end: end))
    }

    /// `[NFC|NFD|NFKC|NFKD] NORMALIZED`, which is gone over; nil where it does not stand.
    mutating func takeNormalForm() -> String? {
        if skip(.normalized) { return "NFC" }
        guard peek(1).keyword == .normalized, let form = normalForm(token) else { return nil }
        advance()
        advance()
        return form
    }

    /// The normal form that a word names.
    func normalForm(_ token: Token) -> String? {
        guard token.kind == .word, token.end - token.start <= 4 else { return nil }
        let name = text(token.span).uppercased()
        return ["NFC", "NFD", "NFKC", "NFKD"].contains(name) ? name : nil
    }

    private mutating func parseTypePredicate(
        _ left: Expression, isNegated: Bool
    ) throws(SyntaxFailure) -> Expression {
        let type = try parseTypeName()
        let span = SourceSpan(start: left.span.start, end: end)
        return try make(.isTyped(left, type, negated: isNegated), span)
    }

    private mutating func parseArithmetic(_ left: Expression) throws(SyntaxFailure) -> Expression {
        try requireValue(left)
        let kind = takeArithmetic()
        let right = try parsePrecedence(kind.precedence.tighter)
        try requireValue(right)
        return try make(.binary(kind, left, right), left.span.union(right.span))
    }

    private mutating func takeArithmetic() -> BinaryOperator {
        let kind: BinaryOperator =
            switch token.kind {
            case .plus: .add
            case .minus: .subtract
            case .doubleBar: .concatenate
            case .star: .multiply
            case .slash: .divide
            case .percent: .modulo
            default: .power
            }
        note(.binary)
        advance()
        return kind
    }

    // MARK: Tests of CASE

    /// What follows WHEN in the simple form: a value, or a test with its left operand left out.
    mutating func parseCaseTest() throws(SyntaxFailure) -> Expression {
        guard startsCaseTest() else { return try parseExpression() }
        try enter(units: 2)
        let outerPeak = peak
        peak = 0
        let place = SourceSpan(start: start, end: start)
        let operand = try make(.caseOperand, place)
        let isComparison = infixPrecedence() == .comparison
        let test = try isComparison ? parseComparisonChain(operand) : parsePredicate(operand)
        peak = max(peak, outerPeak)
        leave(units: 2)
        return test
    }

    /// Whether an operator stands where an operand is due. STARTS, ENDS and CONTAINS may be names.
    private func startsCaseTest() -> Bool {
        guard let precedence = infixPrecedence() else { return false }
        switch precedence {
        case .comparison: return true
        case .predicate: break
        default: return false
        }
        if at(.starts) || at(.ends) { return peek(1).keyword == .with }
        return at(.contains) ? startsContainsTest() : true
    }

    /// Whether the CONTAINS at the current token is an operator and no variable of that name.
    private func startsContainsTest() -> Bool {
        let next = peek(1)
        guard next.kind == .word else {
            return next.kind == .stringLiteral || next.kind == .dollar
        }
        switch next.keyword {
        case .then, .and, .or, .xor, .in, .is: return false
        case .starts, .ends: return peek(2).keyword != .with
        case .contains:
            let third = peek(2)
            let isOperand = third.kind == .word && third.keyword != .then
            return !isOperand && ![.stringLiteral, .numberLiteral, .dollar].contains(third.kind)
        default: return true
        }
    }
}

extension BinaryOperator {
    /// The operands of a chain of this associative operator, from left to right.
    func appendOperands(of expression: Expression, to operands: inout [Expression]) {
        if case .binary(self, let left, let right) = expression.kind {
            appendOperands(of: left, to: &operands)
            appendOperands(of: right, to: &operands)
        } else {
            operands.append(expression)
        }
    }

    /// The balanced tree over a chain's operands, the left half the larger one.
    func balanced(_ operands: ArraySlice<Expression>) -> Expression {
        if operands.count == 1, let only = operands.first { return only }
        let middle = operands.startIndex + (operands.count + 1) / 2
        let left = balanced(operands[..<middle])
        let right = balanced(operands[middle...])
        return Expression(.binary(self, left, right), left.span.union(right.span))
    }
}

/// A `+` or `-` in front of an operand.
private struct Sign {
    var isMinus: Bool
    var start: UInt32
}
