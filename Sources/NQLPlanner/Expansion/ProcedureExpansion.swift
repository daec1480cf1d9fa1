// ProcedureExpansion: calls of procedures that are written in the language become the clauses that
// they stand for, before anything is bound:
//
//     CALL p(a, b) YIELD out AS x
//
// is
//
//     CALL {
//         WITH * LET ` in1` = a, ` in2` = b
//         WITH ` in1` AS in1, ` in2` AS in2 … RETURN out AS x
//     }
//
// so that the text of the procedure sees its inputs and nothing of the query around it. Arguments
// keep their places, so that errors point at them; the rest has none, and its errors get the
// call's.

import NQLSyntax
import NenCore

/// The statement with every written procedure in the place of its calls.
///
/// - Throws: `NQLError` for calls that do not fit their procedure.
public func expandingProcedures(
    _ statement: Statement, _ functions: any FunctionLibrary
) throws(NQLError) -> Statement {
    var statement = statement
    let expansion = ProcedureExpansion(functions: functions)
    switch statement.kind {
    case .query(let query):
        statement.kind = .query(try expansion.expand(query, .statement, depth: 0))
    case .copyTo(var copy):
        copy.query = try expansion.expand(copy.query, .inner, depth: 0)
        statement.kind = .copyTo(copy)
    default: break
    }
    return statement
}

private struct ProcedureExpansion {
    let functions: any FunctionLibrary

    enum Place {
        case statement, inner
    }

    /// Procedures within the texts of procedures.
    static let depthMax = 8

    func expand(_ query: Query, _ place: Place, depth: Int) throws(NQLError) -> Query {
        var query = query
        let isOne = query.parts.count == 1 && query.next.isEmpty
        for index in query.parts.indices {
            try expand(&query.parts[index], isOne ? place : .inner, depth: depth)
        }
        for index in query.next.indices {
            query.next[index] = try expand(query.next[index], .inner, depth: depth)
        }
        return query
    }

    private func expand(
        _ part: inout SingleQuery, _ place: Place, depth: Int
    ) throws(NQLError) {
        try Interruption.spend(part.clauses.count * Binder.workUnits)
        let isAlone = part.clauses.count == 1
        var clauses: [Clause] = []
        for (index, clause) in part.clauses.enumerated() {
            switch clause.kind {
            case .callProcedure(let call):
                let position: CallPosition =
                    place != .statement ? .inner : isAlone ? .alone : index == 0 ? .first : .inner
                clauses += try expand(call, clause, position, depth: depth)
            case .callSubquery(var call):
                call.query = try expand(call.query, .inner, depth: depth)
                clauses.append(Clause(.callSubquery(call), clause.span))
            case .conditional(var branches, var otherwise):
                for index in branches.indices {
                    branches[index].body = try expand(branches[index].body, .inner, depth: depth)
                }
                if let query = otherwise { otherwise = try expand(query, .inner, depth: depth) }
                clauses.append(
                    Clause(.conditional(branches, otherwise: otherwise), clause.span))
            case .block(let inner):
                clauses.append(
                    Clause(.block(try expand(inner, .inner, depth: depth)), clause.span))
            default: clauses.append(clause)
            }
        }
        part.clauses = clauses
    }

    private func expand(
        _ call: ProcedureCall, _ clause: Clause, _ position: CallPosition, depth: Int
    ) throws(NQLError) -> [Clause] {
        guard let signature = functions.procedure(named: call.name.text),
            let written = functions.writtenProcedure(named: signature.name)
        else { return [clause] }
        if depth >= ProcedureExpansion.depthMax {
            throw .syntax(
                "NestingTooDeep", "Procedures call each other more than "
                    + "\(ProcedureExpansion.depthMax) deep.", at: call.name.span)
        }
        var expansion = CallExpansion(
            call: call, signature: signature, written: written, span: clause.span,
            position: position)
        let body = try expansion.body()
        let inner = try expand(
            body, written.place == .statement ? .statement : .inner, depth: depth + 1)
        return expansion.clauses(inner)
    }
}

/// Where a call stands in its statement.
private enum CallPosition {
    /// It is all of the statement.
    case alone
    /// In front of the others on the outermost level.
    case first
    case inner
}

/// One call on its way.
private struct CallExpansion {
    let call: ProcedureCall
    let signature: ProcedureSignature
    let written: WrittenProcedure
    let span: SourceSpan
    let position: CallPosition
    private var arguments: [Expression] = []
    /// Field and name of each column.
    private var yields: [(field: String, name: Name)] = []

    init(
        call: ProcedureCall, signature: ProcedureSignature, written: WrittenProcedure,
        span: SourceSpan, position: CallPosition
    ) {
        self.call = call
        self.signature = signature
        self.written = written
        self.span = span
        self.position = position
    }

    /// What the call stands for, without what gives the inputs their values.
    mutating func body() throws(NQLError) -> Query {
        arguments = try boundArguments()
        yields = try chosenColumns()
        if written.place == .statement, position == .inner {
            throw .syntax(
                "InvalidClauseComposition",
                "`\(signature.name)` works in transactions of its own and stands first in its "
                    + "statement.",
                at: call.name.span)
        }
        var text: String
        do throws(NQLError) {
            text = try written.text(arguments.map(\.writtenArgument))
        } catch var error {
            if error.span == .none { error.span = span }
            throw error
        }
        if !yields.isEmpty {
            text += (written.place == .statement ? " WITH " : " RETURN ")
                + yields.map { "\($0.field) AS \(quoted($0.name.text))" }.joined(separator: ", ")
        }
        if written.place == .statement { text += " FINISH" }
        guard case .query(var query) = try parseStatement(text).withoutSpans.kind else {
            throw .syntax("UnexpectedSyntax", "`\(signature.name)` is no query.", at: span)
        }
        // FINISH stood there so that the text is a query.
        if written.place == .statement { query.parts[0].clauses.removeLast() }
        return query
    }

    private func boundArguments() throws(NQLError) -> [Expression] {
        let place = call.name.span
        guard let given = call.arguments else {
            return signature.inputs.map { input in
                input.defaultValue.map { Expression($0, place) }
                    ?? Expression(.parameter(input.name), place)
            }
        }
        try signature.checkCount(given.count, at: place)
        let rest = signature.inputs.dropFirst(given.count)
        return given + rest.map { Expression($0.defaultValue ?? .null, place) }
    }

    private func chosenColumns() throws(NQLError) -> [(field: String, name: Name)] {
        let all = signature.outputs.map { ($0.name, Name($0.name, call.name.span)) }
        guard let items = call.yields else {
            if call.yieldsAll || position == .alone || all.isEmpty { return all }
            throw .syntax(
                "UndefinedVariable",
                "Within a query the columns of `\(signature.name)` have to be named.",
                at: call.name.span, hint: "Write `CALL \(signature.name)(…) YIELD \(all[0].0)`.")
        }
        var columns: [(field: String, name: Name)] = []
        for item in items {
            guard signature.outputs.contains(where: { $0.name == item.field.text }) else {
                let near = NearMiss.suggestion(
                    for: item.field.text, among: signature.outputs.map(\.name))
                throw .syntax(
                    "UndefinedVariable",
                    "`\(signature.name)` has no output `\(item.field.text)`.",
                    at: item.field.span, hint: near.map { "Did you mean `\($0)`?" })
            }
            columns.append((item.field.text, item.alias ?? item.field))
        }
        return columns
    }

    /// The clauses in the place of the call.
    func clauses(_ body: Query) -> [Clause] {
        var query = body
        query.parts[0].clauses = inputs + query.parts[0].clauses
        var clauses = query.parts[0].clauses
        if written.place == .subquery {
            let subquery = SubqueryCall(
                query: query, imports: .leadingWith, isOptional: call.isOptional)
            clauses = [Clause(.callSubquery(subquery), span)]
        }
        if let predicate = call.predicate { clauses.append(Clause(.filter(predicate), span)) }
        if position == .alone, !yields.isEmpty {
            let items = yields.map { item(Expression(.variable($0.name.text), .none), $0.name) }
            clauses.append(Clause(.returning(projection(items)), span))
        }
        return clauses
    }

    /// `WITH * LET ‹hidden› = argument WITH ‹hidden› AS input`
    private var inputs: [Clause] {
        var clauses: [Clause] = []
        if written.place == .subquery {
            clauses.append(Clause(.with(projection([], includesAll: true), predicate: nil), span))
        }
        var items: [ProjectionItem] = []
        var lets: [LetItem] = []
        for (argument, input) in zip(arguments, signature.inputs) {
            let hidden = Name(" " + input.name, .none)
            lets.append(LetItem(variable: hidden, value: argument))
            items.append(
                item(Expression(.variable(hidden.text), .none), Name(input.name, .none)))
        }
        if !lets.isEmpty { clauses.append(Clause(.letting(lets), span)) }
        if items.isEmpty {
            items = [item(Expression(.literal(.null), .none), Name(" nothing", .none))]
        }
        clauses.append(Clause(.with(projection(items), predicate: nil), span))
        return clauses
    }

    private func item(_ expression: Expression, _ alias: Name) -> ProjectionItem {
        ProjectionItem(expression: expression, alias: alias, sourceText: "")
    }

    private func projection(
        _ items: [ProjectionItem], includesAll: Bool = false
    ) -> Projection {
        Projection(
            isDistinct: false, includesAll: includesAll, items: items, orderBy: [], skip: nil,
            limit: nil)
    }

    private func quoted(_ name: String) -> String {
        // By scalars: a combining mark would make one character of a backtick and itself.
        name.unicodeScalars.reduce("`") { $0 + ($1 == "`" ? "``" : String($1)) } + "`"
    }
}

extension Expression {
    /// The literal of a plain value.
    fileprivate init(_ value: Value, _ span: SourceSpan) {
        switch value {
        case .list(let items): self.init(.list(items.map { Expression($0, span) }), span)
        case .map(let entries):
            let sorted = entries.sorted { $0.key < $1.key }
            self.init(
                .map(
                    sorted.map {
                        MapEntry(key: Name($0.key, span), value: Expression($0.value, span))
                    }), span)
        default: self.init(.literal(value), span)
        }
    }

    /// What is known of it without a row.
    fileprivate var writtenArgument: WrittenArgument {
        if let value = constantValue { return .constant(value) }
        switch kind {
        case .map(let entries):
            return .map(entries.map { ($0.key.text, $0.value.writtenArgument) })
        case .list(let items): return .list(items.map(\.writtenArgument))
        default: return .computed
        }
    }

    private var constantValue: Value? {
        switch kind {
        case .literal(let value): return value
        case .unary(.minus, let operand):
            switch operand.constantValue {
            case .integer(let value)?: return .integer(0 &- value)
            case .float(let value)?: return .float(-value)
            default: return nil
            }
        case .list(let items):
            var values: [Value] = []
            for item in items {
                guard let value = item.constantValue else { return nil }
                values.append(value)
            }
            return .list(values)
        case .map(let entries):
            var values: [String: Value] = [:]
            for entry in entries {
                guard let value = entry.value.constantValue else { return nil }
                values[entry.key.text] = value
            }
            return .map(values)
        case .binary(.add, let left, let right):
            guard case .string(let first)? = left.constantValue,
                case .string(let second)? = right.constantValue
            else { return nil }
            return .string(first + second)
        default: return nil
        }
    }
}
