// Printer+Expression: operators with the fewest parentheses, and everything that is an operand.

import NenCore

extension ExpressionKind {
    /// How tightly the outermost operator binds; what can be the base of a postfix is an atom.
    var precedence: Precedence {
        switch self {
        case .binary(let kind, _, _): kind.precedence
        case .comparisonChain: .comparison
        case .unary(.not, _): .not
        case .unary: .unary
        case .isNull, .isTyped: .predicate
        case .hasLabels: .postfix
        case .literal(.integer(let number)): number < 0 ? .unary : .atom
        case .literal(.float(let number)): number.sign == .minus ? .unary : .atom
        case .literal, .parameter, .variable, .property, .subscripted, .slice, .list, .map,
            .mapProjection, .call, .countStar, .caseWhen, .listComprehension,
            .patternComprehension, .quantifier, .reduce, .patternPredicate, .shortestPath,
            .subquery:
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

    private mutating func writeBare(_ expression: Expression) {
        switch expression.kind {
        case .unary, .binary, .comparisonChain, .isNull, .isTyped, .hasLabels:
            writeOperator(expression)
        case .literal(let value): writeLiteral(value)
        case .parameter(let name):
            write("$")
            let isNumber = !name.isEmpty && name.utf8.allSatisfy(Lexer.isDigit)
            isNumber ? write(name) : writeSymbol(name)
        case .variable(let name): writeVariable(name)
        case .property, .subscripted, .slice, .mapProjection: writePostfix(expression)
        case .list(let elements): writeList(elements)
        case .map(let entries): write(entries)
        case .call(let call):
            writeQualifiedName(call.name.text)
            write(call.isDistinct ? "(DISTINCT " : "(")
            write(call.arguments) { $0.write($1) }
            write(")")
        case .countStar: write("count(*)")
        case .caseWhen(let operand, let branches, let otherwise):
            writeCase(operand, branches, otherwise)
        case .patternPredicate(let pattern): write(pattern)
        case .shortestPath(let pattern, let all):
            write(all ? "allShortestPaths(" : "shortestPath(")
            write(pattern)
            write(")")
        case .subquery(let kind, let body): writeSubquery(kind, body)
        case .listComprehension, .patternComprehension, .quantifier, .reduce:
            writeIteration(expression)
        }
    }

    // MARK: Operators

    private mutating func writeOperator(_ expression: Expression) {
        switch expression.kind {
        case .unary(let kind, let operand): writeUnary(kind, operand)
        case .binary(let kind, let left, let right):
            switch kind.precedence {
            case .or, .xor, .and:
                var operands: [Expression] = []
                kind.appendOperands(of: expression, to: &operands)
                write(operands, separator: " \(kind.rawValue) ") { printer, operand in
                    printer.write(operand, kind.precedence.tighter)
                }
            case .comparison:
                writeBinary(kind, left, right, minimum: .predicate, .predicate)
            default:
                let precedence = kind.precedence
                writeBinary(kind, left, right, minimum: precedence, precedence.tighter)
            }
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
        default: preconditionFailure("no operator: \(expression.kind)")
        }
    }

    private mutating func writeBinary(
        _ kind: BinaryOperator, _ left: Expression, _ right: Expression,
        minimum leftMinimum: Precedence, _ rightMinimum: Precedence
    ) {
        write(left, leftMinimum)
        write(" \(kind.rawValue) ")
        write(right, rightMinimum)
    }

    private mutating func writeUnary(_ kind: UnaryOperator, _ operand: Expression) {
        if kind == .not {
            write("NOT ")
            write(operand, .not)
            return
        }
        write(kind.rawValue)
        // `-1` is a literal; the negation of the literal 1 needs parentheses.
        var isNumber = false
        if kind == .minus, operand.kind.precedence == .atom, case .literal(let value) = operand.kind {
            switch value {
            case .integer, .float: isNumber = true
            default: break
            }
        }
        write(operand, isNumber ? .or : .unary, inParentheses: isNumber)
    }

    private mutating func write(
        _ expression: Expression, _ minimum: Precedence, inParentheses: Bool
    ) {
        if inParentheses { write("(") }
        write(expression, minimum)
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
        case .mapProjection(let base, let items):
            write(base, .atom)
            write(" {")
            write(items) { $0.write($1) }
            write("}")
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

    private mutating func writeList(_ elements: [Expression]) {
        write("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { write(", ") }
            // `[x IN xs]` would be a comprehension.
            let isAmbiguous = index == 0 && element.beginsWithMembership
            write(element, .or, inParentheses: isAmbiguous)
        }
        write("]")
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

    private mutating func writeCase(
        _ operand: Expression?, _ branches: [CaseBranch], _ otherwise: Expression?
    ) {
        write("CASE ")
        if let operand {
            write(operand)
            write(" ")
        }
        for branch in branches {
            write("WHEN ")
            write(branch.conditions) { $0.write($1) }
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

    private mutating func writeSubquery(_ kind: SubqueryKind, _ body: SubqueryBody) {
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
        case .comparisonChain(let operands, _): return operands[0].beginsWithMembership
        case .isNull(let operand, _), .isTyped(let operand, _, _):
            return operand.beginsWithMembership
        default: return false
        }
    }
}
