// Printer+KeywordCall: calls that are written with keywords: `x IS NFC NORMALIZED`,
// `trim(LEADING 'x' FROM text)`, `normalize(text, NFD)`.

import NenCore

extension Printer {
    /// Writes the call if it has a form of its own; false when it has none.
    mutating func writeKeywordCall(_ call: FunctionCall) -> Bool {
        if call.isDistinct { return false }
        let arguments = call.arguments
        if call.isNormalTest, let form = arguments.last?.normalForm {
            write(arguments[0], .predicate)
            write(" IS \(form) NORMALIZED")
            return true
        }
        switch call.name.text.lowercased() {
        case "normalize" where arguments.count == 2:
            guard let form = arguments[1].normalForm else { return false }
            write("\(call.name.text)(")
            write(arguments[0])
            write(", \(form))")
            return true
        case "trim" where arguments.count == 3:
            guard case .literal(.string(let side)) = arguments[2].kind,
                ["LEADING", "TRAILING", "BOTH"].contains(side)
            else { return false }
            write("trim(\(side) ")
            write(arguments[1])
            write(" FROM ")
            write(arguments[0])
            write(")")
            return true
        default: return false
        }
    }
}

extension Printer {
    /// Writes `x IS NOT … NORMALIZED` for the negation of `x IS … NORMALIZED`; false for others.
    mutating func writeNegatedNormalTest(_ operand: Expression) -> Bool {
        guard operand.isNormalTest, case .call(let call) = operand.kind,
            let form = call.arguments.last?.normalForm
        else { return false }
        write(call.arguments[0], .predicate)
        write(" IS NOT \(form) NORMALIZED")
        return true
    }
}

extension FunctionCall {
    /// Whether this is `x IS … NORMALIZED`.
    var isNormalTest: Bool {
        !isDistinct && name.text == "isNormalized" && arguments.count == 2
            && arguments[1].normalForm != nil
    }
}

extension Expression {
    /// Whether this is `x IS … NORMALIZED`.
    var isNormalTest: Bool {
        if case .call(let call) = kind { return call.isNormalTest }
        return false
    }

    /// The normal form that a string literal names.
    fileprivate var normalForm: String? {
        guard case .literal(.string(let form)) = kind,
            ["NFC", "NFD", "NFKC", "NFKD"].contains(form)
        else { return nil }
        return form
    }

    /// Whether the operand of a CASE that is left out stands first.
    var beginsWithCaseOperand: Bool {
        switch kind {
        case .caseOperand: true
        case .binary(_, let left, _): left.beginsWithCaseOperand
        case .comparisonChain(let operands, _): operands[0].beginsWithCaseOperand
        case .isNull(let operand, _), .isTyped(let operand, _, _): operand.beginsWithCaseOperand
        case .call(let call):
            call.isNormalTest && call.arguments[0].beginsWithCaseOperand
        case .unary(.not, let operand):
            // `IS NOT NFC NORMALIZED` is a negation.
            operand.isNormalTest && operand.beginsWithCaseOperand
        default: false
        }
    }
}
