// ExpressionTester: evaluates NQL expressions in tests straight from the syntax tree, through the
// function registry and the operators over cells, so that tables of cases can be written as NQL.

import NQLSyntax
import NenCore
import Testing

@testable import NenEngine

/// A fixed clock, an arena and the standard functions.
final class ExpressionTester {
    static let now = DateTimeValue(
        epochSeconds: 1_700_000_000, nanosecond: 123_456_789, offsetSeconds: 0)
    static var base: HeapBase { TestGraph.view.base }

    var context: FunctionContext

    init(graph: GraphView = TestGraph.view) {
        context = FunctionContext(
            base: graph.base, arena: Arena(pool: PagePool(limitBytes: 1 << 28)), graph: graph,
            statementTime: ExpressionTester.now, transactionTime: ExpressionTester.now)
    }

    /// The value of an expression.
    func evaluate(
        _ text: String, _ variables: [String: Cell] = [:]
    ) throws(NQLError) -> Cell {
        try evaluate(try parseExpression(text), variables)
    }

    /// `Code(Detail)` of the error that an expression raises; nil when it raises none.
    func error(_ text: String) -> String? {
        do {
            _ = try evaluate(text)
            return nil
        } catch {
            return "\(error.code.rawValue)(\(error.detail ?? ""))"
        }
    }

    /// Checks that two expressions have equivalent values of the same types.
    func expect(
        _ text: String, is expected: String, _ variables: [String: Cell] = [:],
        at location: SourceLocation = #_sourceLocation
    ) {
        do {
            let found = try evaluate(text, variables)
            let wanted = try evaluate(expected)
            let same =
                CellOrder.areEquivalent(found, wanted, context.base)
                && ValueType.name(of: found, context.base)
                    == ValueType.name(of: wanted, context.base)
            #expect(
                same, "\(text) is \(describe(found)), not \(expected)",
                sourceLocation: location)
        } catch {
            Issue.record("\(text): \(error)", sourceLocation: location)
        }
    }

    /// A value as text for messages.
    func describe(_ cell: Cell) -> String {
        switch cell.tag {
        case .null: return "null"
        case .list:
            let cells = context.base.cells(cell)
            return "[" + (0 ..< cell.count).map { describe(cells[$0]) }.joined(separator: ", ")
                + "]"
        case .map:
            let cells = context.base.cells(cell)
            let entries = (0 ..< cell.count).map {
                "\(context.base.string(cells[2 * $0])): \(describe(cells[2 * $0 + 1]))"
            }
            return "{" + entries.joined(separator: ", ") + "}"
        case .string: return "'\(context.base.string(cell))'"
        default:
            let text = try? CellText.string(cell, &context)
            return text.map { context.base.string($0) } ?? cell.tag.name
        }
    }

    // MARK: the tree

    private func evaluate(
        _ expression: Expression, _ variables: [String: Cell]
    ) throws(NQLError) -> Cell {
        switch expression.kind {
        case .literal(let value): return try context.builder.cell(value)
        case .variable(let name):
            guard let cell = variables[name] else {
                throw .syntax("UndefinedVariable", name, at: expression.span)
            }
            return cell
        case .property(let subject, let key):
            return try CellOperators.property(
                of: try evaluate(subject, variables), PropertyKey(name: key.text), &context)
        case .subscripted(let subject, let index):
            return try CellOperators.subscripted(
                try evaluate(subject, variables), try evaluate(index, variables), &context)
        case .slice(let subject, let from, let to):
            return try CellOperators.slice(
                try evaluate(subject, variables), from: try optional(from, variables),
                to: try optional(to, variables), &context)
        case .list(let items):
            return try context.builder.list(try all(items, variables))
        case .map(let entries):
            var cells: [(key: Cell, value: Cell)] = []
            for entry in entries {
                cells.append(
                    (
                        try context.builder.string(entry.key.text),
                        try evaluate(entry.value, variables)
                    ))
            }
            return try context.builder.map(cells)
        case .unary(let symbol, let operand):
            return try unary(symbol, try evaluate(operand, variables))
        case .binary(let symbol, let left, let right):
            return try CellOperators.binary(
                symbol, try evaluate(left, variables), try evaluate(right, variables), &context)
        case .comparisonChain(let operands, let symbols):
            return try chain(try all(operands, variables), symbols)
        case .isNull(let operand, let negated):
            return Cell(boolean: try evaluate(operand, variables).isNull != negated)
        case .isTyped(let operand, let type, let negated):
            return CellOperators.isTyped(
                try evaluate(operand, variables), type.type, isNotNull: type.isNotNull,
                negated: negated, context.base)
        case .call(let call): return try self.call(call, variables)
        default:
            throw .syntax("UnexpectedSyntax", "not evaluated in tests", at: expression.span)
        }
    }

    private func optional(
        _ expression: Expression?, _ variables: [String: Cell]
    ) throws(NQLError) -> Cell? {
        guard let expression else { return nil }
        return try evaluate(expression, variables)
    }

    private func all(
        _ expressions: [Expression], _ variables: [String: Cell]
    ) throws(NQLError) -> [Cell] {
        var cells: [Cell] = []
        for expression in expressions { cells.append(try evaluate(expression, variables)) }
        return cells
    }

    private func unary(_ symbol: UnaryOperator, _ cell: Cell) throws(NQLError) -> Cell {
        switch symbol {
        case .not: return try CellOperators.not(cell)
        case .plus: return try CellOperators.plus(cell)
        case .minus: return try CellOperators.negate(cell, &context)
        }
    }

    private func chain(
        _ cells: [Cell], _ symbols: [BinaryOperator]
    ) throws(NQLError) -> Cell {
        var result = Cell(boolean: true)
        for (index, symbol) in symbols.enumerated() {
            let step = try CellOperators.binary(
                symbol, cells[index], cells[index + 1], &context)
            result = try CellOperators.and(result, step)
        }
        return result
    }

    private func call(
        _ call: FunctionCall, _ variables: [String: Cell]
    ) throws(NQLError) -> Cell {
        guard let function = FunctionTable.standard.scalar(named: call.name.text) else {
            throw .syntax("UnknownFunction", call.name.text, at: call.name.span)
        }
        guard
            function.signature.overloads.contains(where: {
                $0.accepts(argumentCount: call.arguments.count)
            })
        else {
            throw .syntax("InvalidNumberOfArguments", call.name.text, at: call.name.span)
        }
        let arguments = try all(call.arguments, variables)
        let memory = try context.arena.allocate(Cell.self, count: max(1, arguments.count))
        for (index, argument) in arguments.enumerated() { memory[index] = argument }
        let list = UnsafeBufferPointer(
            start: UnsafePointer(memory), count: arguments.count)
        let hasNull = arguments.contains(where: \.isNull)
        if function.isNull(list, hasNull: hasNull) { return .null }
        return try function.kernel(&context, list)
    }
}
