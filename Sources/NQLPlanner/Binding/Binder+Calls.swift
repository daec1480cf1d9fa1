// Binder+Calls: functions and aggregates by the signatures of the library.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    func bindCall(
        _ call: FunctionCall, _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        if call.name.text.lowercased() == "exists", call.arguments.count == 1 {
            return try bindExists(call.arguments[0], span, at)
        }
        if call.name.text.lowercased() == "property_exists", call.arguments.count == 2 {
            return try bindPropertyExists(call.arguments, span, at)
        }
        if call.arguments.isEmpty, let place = csvPlace(call.name.text, span, at) { return place }
        guard let signature = functions.function(named: call.name.text) else {
            throw .syntax(
                "UnknownFunction", "There is no function `\(call.name.text)`.",
                at: call.name.span,
                hint: FunctionHints.hint(
                    for: call.name.text, among: functions.functionNames))
        }
        if signature.isAggregate { return try bindAggregate(signature, call, span, at) }
        if call.isDistinct {
            throw .syntax(
                "InvalidAggregation",
                "DISTINCT belongs to aggregates; `\(signature.name)` is none.", at: span)
        }
        if signature.isVolatile, at.isInsideAggregate {
            throw .syntax(
                "NonConstantExpression",
                "`\(signature.name)` gives another value at each call and cannot be aggregated.",
                at: span)
        }
        let arguments = try bindAll(call.arguments, at.asValue)
        let type = try checkArguments(signature, arguments, call)
        if let written = signature.written {
            return try bindWritten(written, arguments, type: type, span)
        }
        return PlanExpression(.call(signature.name, arguments), type: type, span: span)
    }

    /// `file()` and `linenumber()`: of the LOAD CSV clause before, null where there is none.
    private func csvPlace(
        _ name: String, _ span: SourceSpan, _ at: ExpressionContext
    ) -> PlanExpression? {
        let isFile = name.lowercased() == "file"
        guard isFile || name.lowercased() == "linenumber" else { return nil }
        guard let csv = at.scope.csv else {
            return PlanExpression(
                .constant(.null), type: isFile ? .string : .integer, span: span)
        }
        return read(isFile ? csv.file : csv.line, span)
    }

    /// `exists(pattern)` and `exists(entity.key)`.
    private func bindExists(
        _ argument: Expression, _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        switch argument.kind {
        case .patternPredicate: return try bind(argument, at.asPredicate)
        case .property, .subscripted:
            let bound = try bind(argument, at.asValue)
            return PlanExpression(.isNull(bound, negated: true), type: .boolean, span: span)
        default:
            throw .syntax(
                "InvalidArgumentType", "`exists` takes a pattern or a property.",
                at: argument.span)
        }
    }

    /// GQL's `PROPERTY_EXISTS(entity, key)`, whose key is a name and no value.
    private func bindPropertyExists(
        _ arguments: [Expression], _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        guard case .variable(let key) = arguments[1].kind else {
            throw .syntax(
                "InvalidArgumentType", "`property_exists` takes an entity and the name of a key.",
                at: arguments[1].span, hint: "Write `property_exists(n, key)`.")
        }
        let property = Expression(
            .property(arguments[0], key: Name(key, arguments[1].span)), span)
        let bound = try bind(property, at.asValue)
        return PlanExpression(.isNull(bound, negated: true), type: .boolean, span: span)
    }

    /// Checks number and types of the arguments; the type of the result.
    private func checkArguments(
        _ signature: FunctionSignature, _ arguments: [PlanExpression], _ call: FunctionCall
    ) throws(NQLError) -> NQLType {
        let fitting = signature.overloads.filter {
            $0.accepts(argumentCount: arguments.count)
        }
        guard !fitting.isEmpty else {
            throw .syntax(
                "InvalidNumberOfArguments",
                "`\(signature.name)` does not take \(arguments.count) argument(s).",
                at: call.name.span, hint: usage(of: signature))
        }
        let matching = fitting.filter { overload in
            zip(arguments.indices, arguments).allSatisfy { index, argument in
                argument.type.fits(overload.parameter(at: index))
            }
        }
        guard let first = matching.first else {
            for (index, argument) in arguments.enumerated() {
                let wanted = fitting.map { $0.parameter(at: index) }
                if !wanted.contains(where: { argument.type.fits($0) }) {
                    let names = Array(Set(wanted.map(\.name))).sorted()
                    throw invalidType(
                        .syntax, expected: names.joined(separator: " or "), found: argument,
                        call.arguments[index].span)
                }
            }
            throw .syntax(
                "InvalidArgumentType",
                "`\(signature.name)` does not take arguments of these types.",
                at: call.name.span, hint: usage(of: signature))
        }
        if let special = specialResult(signature.name, arguments) { return special }
        return matching.dropFirst().reduce(first.result) { $0.joined(with: $1.result) }
    }

    /// Results whose type follows from the arguments' types.
    private func specialResult(
        _ name: String, _ arguments: [PlanExpression]
    ) -> NQLType? {
        switch name.lowercased() {
        case "coalesce":
            return arguments.reduce(NQLType.null) { $0.joined(with: $1.type) }
        case "head", "last":
            if case .list(let element) = arguments.first?.type { return element }
            return nil
        case "tail", "reverse":
            return arguments.first.map(\.type)?.orAny
        default: return nil
        }
    }

    private func usage(of signature: FunctionSignature) -> String {
        let forms = signature.overloads.map { overload in
            let names = overload.parameters.map(\.name).joined(separator: ", ")
            return "\(signature.name)(\(names)\(overload.isVariadic ? ", …" : ""))"
        }
        return "Use \(forms.joined(separator: " or "))."
    }

    func bindCountStar(
        _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let collector = try aggregateCollector("count", span, at)
        let call = AggregateCall(slot: 0, function: "count", arguments: [], isDistinct: false)
        return collect(call, type: .integer, span, collector)
    }

    private func aggregateCollector(
        _ name: String, _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> AggregateCollector {
        if at.isInsideAggregate {
            throw .syntax(
                "NestedAggregation", "`\(name)` cannot stand within another aggregate.",
                at: span, hint: "Aggregate in a WITH first.")
        }
        guard let collector = at.collector else {
            throw .syntax(
                "InvalidAggregation", "The aggregate `\(name)` cannot be used here.", at: span,
                hint: "Aggregate in a WITH first.")
        }
        return collector
    }

    private func bindAggregate(
        _ signature: FunctionSignature, _ call: FunctionCall, _ span: SourceSpan,
        _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let collector = try aggregateCollector(signature.name, span, at)
        var inner = ExpressionContext(scope: collector.argumentScope, collector: collector)
        inner.isInsideAggregate = true
        let arguments = try bindAll(call.arguments, inner)
        let declared = try checkArguments(signature, arguments, call)
        let bound = AggregateCall(
            slot: 0, function: signature.name, arguments: arguments,
            isDistinct: call.isDistinct, span: span)
        let type = aggregateType(signature.name, declared, arguments)
        if collector.forbidsNewReads, collector.known(bound) == nil {
            try forbidReads(of: arguments, collector.argumentScope)
        }
        return collect(bound, type: type, span, collector)
    }

    /// In ORDER BY behind an aggregation nothing of the rows before it is left to aggregate.
    private func forbidReads(
        of arguments: [PlanExpression], _ scope: Scope
    ) throws(NQLError) {
        for argument in arguments {
            if let offender = firstSlotRead(in: argument, where: { _ in true }) {
                throw undefined(slots[offender.slot].name, offender.span, Scope())
            }
        }
    }

    private func aggregateType(
        _ name: String, _ declared: NQLType, _ arguments: [PlanExpression]
    ) -> NQLType {
        guard let argument = arguments.first?.type else { return declared }
        switch name.lowercased() {
        case "collect": return .list(argument.orAny)
        case "min", "max": return argument
        case "sum": return argument.isNumeric || argument == .duration ? argument : declared
        default: return declared
        }
    }

    private func collect(
        _ call: AggregateCall, type: NQLType, _ span: SourceSpan,
        _ collector: AggregateCollector
    ) -> PlanExpression {
        collector.wasUsed = true
        if let slot = collector.known(call) { return read(slot, span) }
        var call = call
        call.slot = hiddenSlot(type)
        collector.add(call)
        return read(call.slot, span)
    }

    /// The first place where a slot that satisfies `test` is read from outside the expression.
    func firstSlotRead(
        in expression: PlanExpression, where test: (Slot) -> Bool
    ) -> (slot: Slot, span: SourceSpan)? {
        let free = expression.freeSlots
        var result: (slot: Slot, span: SourceSpan)?
        func visit(_ expression: PlanExpression) {
            if result != nil { return }
            switch expression.kind {
            case .slot(let slot):
                if free.contains(slot), test(slot) { result = (slot, expression.span) }
            case .subquery(let subquery):
                let read = subquery.reads.sorted().first { free.contains($0) && test($0) }
                if let read { result = (read, expression.span) }
            default: expression.forEachChild(visit)
            }
        }
        visit(expression)
        return result
    }
}

extension FunctionOverload {
    /// The parameter that argument `index` goes to.
    func parameter(at index: Int) -> NQLType {
        if index < parameters.count { return parameters[index] }
        return parameters.last ?? .any
    }
}

extension NQLType {
    /// Whether an argument of this type may be handed to a parameter; integers serve as floats.
    func fits(_ parameter: NQLType) -> Bool {
        if mayBe(parameter) { return true }
        switch (self, parameter) {
        case (.integer, .float), (.number, .float): return true
        case (.list(let own), .list(let wanted)): return own.fits(wanted)
        default: return false
        }
    }
}
