// Printer+Expression: operators with the fewest parentheses, and everything that is an operand.

import NenCore

extension ExpressionKind {
    /// How tightly the outermost operator binds; what can be the base of a postfix is an atom.
    var precedence: Precedence {
        switch self {
        case .binary(let kind, _, _): kind.precedence
        case .chain(_, let links): links.last?.precedence ?? .atom
        case .call(let call) where call.isNormalTest: .predicate
        case .comparisonChain: .comparison
        case .unary(.not, let operand): operand.isNormalTest ? .predicate : .not
        case .unary: .unary
        case .isNull, .isTyped: .predicate
        case .hasLabels: .postfix
        case .literal(.integer(let number)): number < 0 ? .unary : .atom
        case .literal(.float(let number)): number.sign == .minus ? .unary : .atom
        case .literal, .parameter, .variable, .property, .subscripted, .slice, .list, .map,
            .mapProjection, .call, .countStar, .caseWhen, .listComprehension,
            .patternComprehension, .quantifier, .reduce, .allReduce, .patternPredicate,
            .shortestPath, .subquery, .caseOperand:
            .atom
        }
    }
}

extension Printer {
    /// Writes an expression, in parentheses unless it binds at least as tightly as `minimum`.
    mutating func write(_ expression: Expression, _ minimum: Precedence = .or) {
        if expression.kind.precedence < minimum {
            write("(")
            writeBare(expression)
            write(")")
        } else {
            writeBare(expression)
        }
    }

    /// Only dispatches: this is the recursion of printing, and each level takes its stack.
    private mutating func writeBare(_ expression: Expression) {
        switch expression.kind {
        case .binary: writeBinary(expression)
        case .chain: writeChain(expression)
        case .unary: writeUnary(expression)
        case .comparisonChain, .isNull, .isTyped, .hasLabels: writeTest(expression)
        case .property, .subscripted, .slice: writePostfix(expression)
        case .list: writeList(expression)
        case .map, .mapProjection: writeMap(expression)
        case .call: writeCall(expression)
        case .caseWhen: writeCase(expression)
        case .listComprehension, .quantifier, .reduce: writeIteration(expression)
        case .allReduce: writeAllReduce(expression)
        case .patternComprehension, .patternPredicate, .shortestPath: writePattern(expression)
        case .subquery: writeSubquery(expression)
        case .literal, .parameter, .variable, .countStar, .caseOperand: writeLeaf(expression)
        }
    }

    private mutating func writeLeaf(_ expression: Expression) {
        switch expression.kind {
        case .literal(let value): writeLiteral(value)
        case .parameter(let name): writeParameter(name)
        case .variable(let name): writeVariable(name)
        case .caseOperand: break
        default: write("count(*)")
        }
    }

    mutating func writeParameter(_ name: String) {
        write("$")
        let isNumber = !name.isEmpty && name.utf8.allSatisfy(Lexer.isDigit)
        isNumber ? write(name) : writeSymbol(name)
    }

    private mutating func writeCall(_ expression: Expression) {
        guard case .call(let call) = expression.kind else { return }
        if writeKeywordCall(call) { return }
        writeQualifiedName(call.name.text)
        write(call.isDistinct ? "(DISTINCT " : "(")
        write(call.arguments) { $0.write($1) }
        write(")")
    }

    private mutating func writePattern(_ expression: Expression) {
        switch expression.kind {
        case .patternPredicate(let pattern): write(pattern)
        case .shortestPath(let pattern, let all):
            write(all ? "allShortestPaths(" : "shortestPath(")
            write(pattern)
            write(")")
        case .patternComprehension(let path, let pattern, let predicate, let projection):
            write("[")
            if let path {
                writeVariable(path.text)
                write(" = ")
            }
            write(pattern)
            writeWhere(predicate)
            writeBar(projection)
            write("]")
        default: preconditionFailure("no pattern: \(expression.kind)")
        }
    }

    // MARK: Operators

    private mutating func writeBinary(_ expression: Expression) {
        guard case .binary(let kind, let left, let right) = expression.kind else { return }
        let precedence = kind.precedence
        if precedence < .not {
            writeLogicalChain(kind, expression)
            return
        }
        // Comparisons side by side would be a chain; all else is left-associative.
        write(left, precedence == .comparison ? .predicate : precedence)
        write(" \(kind.rawValue) ")
        write(right, precedence.tighter)
    }

    /// A chain of operations, each on the result of those before it.
    private mutating func writeChain(_ expression: Expression) {
        guard case .chain(let first, let links) = expression.kind else { return }
        write(first, links.first?.precedence ?? .atom)
        for link in links {
            switch link {
            case .operation(let kind, let operand):
                write(" \(kind.rawValue) ")
                write(operand, kind.precedence.tighter)
            case .property(let key):
                write(".")
                writeSymbol(key.text)
            case .element(let index):
                write("[")
                write(index)
                write("]")
            }
        }
    }

    private mutating func writeLogicalChain(_ kind: BinaryOperator, _ expression: Expression) {
        var operands: [Expression] = []
        kind.appendOperands(of: expression, to: &operands)
        write(operands, separator: " \(kind.rawValue) ") { printer, operand in
            printer.write(operand, kind.precedence.tighter)
        }
    }

    private mutating func writeTest(_ expression: Expression) {
        switch expression.kind {
        case .comparisonChain(let operands, let operators):
            for (index, operand) in operands.enumerated() {
                if index > 0 { write(" \(operators[index - 1].rawValue) ") }
                write(operand, .predicate)
            }
        case .isNull(let operand, let negated):
            write(operand, .predicate)
            write(negated ? " IS NOT NULL" : " IS NULL")
        case .isTyped(let operand, let type, let negated):
            write(operand, .predicate)
            write(negated ? " IS NOT :: " : " IS :: ")
            write(type)
        case .hasLabels(let base, let labels):
            write(base, .atom)
            write(":")
            writeTestedLabels(labels)
        default: preconditionFailure("no test: \(expression.kind)")
        }
    }

    private mutating func writeUnary(_ expression: Expression) {
        guard case .unary(let kind, let operand) = expression.kind else { return }
        if kind == .not {
            if writeNegatedNormalTest(operand) { return }
            write("NOT ")
            write(operand, .not)
            return
        }
        write(kind.rawValue)
        // `-1` is a literal; the negation of the literal 1 needs parentheses.
        let isNumber = kind == .minus && operand.kind.isUnsignedNumber
        write(operand, .unary, inParentheses: isNumber)
    }

    private mutating func write(
        _ expression: Expression, _ minimum: Precedence, inParentheses: Bool
    ) {
        if inParentheses { write("(") }
        write(expression, inParentheses ? .or : minimum)
        if inParentheses { write(")") }
    }

    // MARK: Postfix

    private mutating func writePostfix(_ expression: Expression) {
        switch expression.kind {
        case .property(let base, let key):
            write(base, .atom)
            write(".")
            writeSymbol(key.text)
        case .subscripted(let base, let index):
            write(base, .atom)
            write("[")
            write(index)
            write("]")
        case .slice(let base, let from, let to):
            write(base, .atom)
            write("[")
            if let from { write(from) }
            write("..")
            if let to { write(to) }
            write("]")
        default: preconditionFailure("no postfix: \(expression.kind)")
        }
    }

    private mutating func write(_ item: MapProjectionItem) {
        switch item {
        case .property(let key):
            write(".")
            writeSymbol(key.text)
        case .entry(let entry): write(entry)
        case .all: write(".*")
        case .variable(let name): writeVariable(name.text)
        }
    }

    // MARK: Lists, maps, CASE

    private mutating func writeList(_ expression: Expression) {
        guard case .list(let elements) = expression.kind else { return }
        write("[")
        // `[x IN xs]` would be a comprehension.
        let isAmbiguous = elements.count == 1 && elements[0].beginsWithMembership
        write(elements) { $0.write($1, .or, inParentheses: isAmbiguous) }
        write("]")
    }

    private mutating func writeMap(_ expression: Expression) {
        switch expression.kind {
        case .map(let entries): write(entries)
        case .mapProjection(let base, let items):
            write(base, .atom)
            write(" {")
            write(items) { $0.write($1) }
            write("}")
        default: preconditionFailure("no map: \(expression.kind)")
        }
    }

    mutating func write(_ entries: [MapEntry]) {
        write("{")
        write(entries) { $0.write($1) }
        write("}")
    }

    private mutating func write(_ entry: MapEntry) {
        writeSymbol(entry.key.text)
        write(": ")
        write(entry.value)
    }

    private mutating func writeCase(_ expression: Expression) {
        guard case .caseWhen(let operand, let branches, let otherwise) = expression.kind else {
            return
        }
        write("CASE ")
        if let operand {
            write(operand)
            write(" ")
        }
        for branch in branches {
            write("WHEN")
            for (index, condition) in branch.conditions.enumerated() {
                if index > 0 { write(",") }
                // Where the operand is left out, its operator begins with a space.
                if !condition.beginsWithCaseOperand { write(" ") }
                write(condition)
            }
            write(" THEN ")
            write(branch.result)
            write(" ")
        }
        if let otherwise {
            write("ELSE ")
            write(otherwise)
            write(" ")
        }
        write("END")
    }

    // MARK: Iterations and subqueries

    private mutating func writeIteration(_ expression: Expression) {
        switch expression.kind {
        case .listComprehension(let variable, let list, let predicate, let projection):
            write("[")
            writeBinding(variable, list, predicate)
            writeBar(projection)
            write("]")
        case .quantifier(let quantifier, let variable, let list, let predicate):
            write("\(quantifier.rawValue)(")
            writeBinding(variable, list, predicate)
            write(")")
        case .reduce(let accumulator, let initial, let variable, let list, let step):
            write("reduce(")
            writeVariable(accumulator.text)
            write(" = ")
            write(initial)
            write(", ")
            writeBinding(variable, list, nil)
            writeBar(step)
            write(")")
        default: preconditionFailure("no iteration: \(expression.kind)")
        }
    }

    private mutating func writeAllReduce(_ expression: Expression) {
        guard case .allReduce(let reduction) = expression.kind else { return }
        write("allReduce(")
        writeVariable(reduction.accumulator.text)
        write(" = ")
        write(reduction.initial)
        write(", ")
        writeBinding(reduction.variable, reduction.list, nil)
        writeBar(reduction.step)
        write(", ")
        write(reduction.predicate)
        write(")")
    }

    /// `variable IN list WHERE predicate`
    private mutating func writeBinding(
        _ variable: Name, _ list: Expression, _ predicate: Expression?
    ) {
        writeVariable(variable.text)
        write(" IN ")
        write(list)
        writeWhere(predicate)
    }

    private mutating func writeBar(_ projection: Expression?) {
        guard let projection else { return }
        write(" | ")
        write(projection)
    }

    mutating func writeWhere(_ predicate: Expression?) {
        guard let predicate else { return }
        write(" WHERE ")
        write(predicate)
    }

    private mutating func writeSubquery(_ expression: Expression) {
        guard case .subquery(let kind, let body) = expression.kind else { return }
        write("\(kind.rawValue) { ")
        switch body {
        case .pattern(let patterns, let predicate):
            write(patterns) { $0.write($1) }
            writeWhere(predicate)
        case .query(let query): writeInner(query)
        }
        write(" }")
    }
}

extension Expression {
    /// Whether the printed text begins with `variable IN`.
    fileprivate var beginsWithMembership: Bool {
        switch kind {
        case .binary(.inList, let left, _):
            if case .variable = left.kind { return true }
            return left.beginsWithMembership
        case .binary(_, let left, _): return left.beginsWithMembership
        case .chain(let first, let links):
            if case .variable = first.kind, case .operation(.inList, _)? = links.first {
                return true
            }
            return first.beginsWithMembership
        case .comparisonChain(let operands, _): return operands[0].beginsWithMembership
        case .isNull(let operand, _), .isTyped(let operand, _, _):
            return operand.beginsWithMembership
        default: return false
        }
    }
}

extension ChainLink {
    fileprivate var precedence: Precedence {
        switch self {
        case .operation(let kind, _): kind.precedence
        case .property, .element: .atom
        }
    }
}

extension ExpressionKind {
    fileprivate var isUnsignedNumber: Bool {
        guard precedence == .atom else { return false }
        switch self {
        case .literal(.integer), .literal(.float): return true
        default: return false
        }
    }
}
