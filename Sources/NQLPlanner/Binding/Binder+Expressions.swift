// Binder+Expressions: names, literals, access and containers. Operators, calls and local scopes
// are bound by the files beside this one.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    /// Binds an expression of any type.
    func bind(
        _ expression: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        try Interruption.spend(Binder.workUnits)
        let span = expression.span
        switch expression.kind {
        case .literal(let value):
            return PlanExpression(.constant(value), type: value.staticType, span: span)
        case .parameter(let name): return try bindParameter(name, span)
        case .variable(let name):
            guard let slot = at.scope[name] else { throw undefined(name, span, at.scope) }
            return read(slot, span)
        case .property(let base, let key): return try bindProperty(base, key, span, at)
        case .subscripted(let base, let index):
            return try bindSubscript(base, index, span, at)
        case .slice(let base, let from, let to): return try bindSlice(base, from, to, span, at)
        case .list(let items): return try bindList(items, span, at)
        case .map(let entries): return try bindMap(entries, span, at)
        case .mapProjection(let base, let items):
            return try bindMapProjection(base, items, span, at)
        case .unary, .binary, .chain, .comparisonChain, .isNull, .isTyped:
            return try bindOperator(expression, at)
        case .caseOperand:
            guard let operand = at.caseOperand else {
                throw unbound("a test of CASE", span)
            }
            return operand
        case .hasLabels(let base, let labels): return try bindHasLabels(base, labels, span, at)
        case .call(let call): return try bindCall(call, span, at)
        case .countStar: return try bindCountStar(span, at)
        case .caseWhen(let operand, let branches, let otherwise):
            return try bindCase(operand, branches, otherwise, span, at)
        case .listComprehension, .quantifier, .reduce, .allReduce:
            return try bindLocal(expression, at)
        case .patternComprehension, .patternPredicate, .shortestPath, .subquery:
            return try bindPatternExpression(expression, at)
        }
    }

    func bindParameter(_ name: String, _ span: SourceSpan) throws(NQLError) -> PlanExpression {
        session.usedParameters.insert(name)
        if let parameters = session.parameters, parameters[name] == nil {
            throw NQLError(
                .parameterMissing, "MissingParameter", phase: .compile,
                "Parameter `$\(name)` has no value.",
                hint: NearMiss.suggestion(for: name, among: parameters.keys.sorted()).map {
                    "Did you mean `$\($0)`?"
                }, span: span)
        }
        return PlanExpression(.parameter(name), type: .any, span: span)
    }

    private func bindProperty(
        _ base: Expression, _ key: Name, _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bind(base, at.asValue)
        try checkProperties(bound, key, base.span)
        return PlanExpression(.property(bound, key: key.text), type: .any, span: span)
    }

    /// That a value of this type may have properties.
    func checkProperties(
        _ bound: PlanExpression, _ key: Name, _ span: SourceSpan
    ) throws(NQLError) {
        guard bound.type.hasProperties else {
            // openCypher calls a property of a path a matter of syntax, of a value one of types.
            throw NQLError(
                bound.type == .path ? .syntax : .type, "InvalidArgumentType", phase: .compile,
                "A \(bound.type.name) has no property `\(key.text)`; properties belong to"
                    + " nodes, relationships, maps, points and temporal values.", span: span)
        }
    }

    private func bindSubscript(
        _ base: Expression, _ index: Expression, _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bind(base, at.asValue)
        let position = try bind(index, at.asValue)
        let type = try elementType(of: bound, at: position, base.span, index.span)
        return PlanExpression(.subscripted(bound, position), type: type, span: span)
    }

    /// The type of `container[position]`.
    func elementType(
        of bound: PlanExpression, at position: PlanExpression, _ span: SourceSpan,
        _ indexSpan: SourceSpan
    ) throws(NQLError) -> NQLType {
        switch bound.type {
        case .list(let element):
            guard position.type.mayBe(.integer) else {
                throw invalidType(
                    .type, expected: "an Integer as list index", found: position, indexSpan)
            }
            return element
        case .map, .node, .relationship:
            guard position.type.mayBe(.string) else {
                throw invalidType(
                    .type, expected: "a String as key", found: position, indexSpan)
            }
        case .any, .null: break
        default:
            throw invalidType(
                .type, expected: "a List, Map, Node or Relationship", found: bound, span)
        }
        return .any
    }

    private func bindSlice(
        _ base: Expression, _ from: Expression?, _ to: Expression?, _ span: SourceSpan,
        _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bind(base, at.asValue)
        guard bound.type.mayBe(.list(.any)) else {
            throw invalidType(.syntax, expected: "a List", found: bound, base.span)
        }
        var bounds: [PlanExpression?] = []
        for end in [from, to] {
            guard let end else {
                bounds.append(nil)
                continue
            }
            let value = try bind(end, at.asValue)
            guard value.type.mayBe(.integer) else {
                throw invalidType(.syntax, expected: "an Integer", found: value, end.span)
            }
            bounds.append(value)
        }
        let type: NQLType = bound.type == .any || bound.type == .null ? .list(.any) : bound.type
        return PlanExpression(
            .slice(bound, from: bounds[0], to: bounds[1]), type: type, span: span)
    }

    private func bindList(
        _ items: [Expression], _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bindAll(items, at.asValue)
        var element: NQLType = .null
        for item in bound { element = element.joined(with: item.type) }
        // An empty list may hold anything; a list of nulls too.
        let type: NQLType = element == .null ? .any : element
        return PlanExpression(.list(bound), type: .list(type), span: span)
    }

    private func bindMap(
        _ entries: [MapEntry], _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        var values: [PlanExpression] = []
        for entry in entries { values.append(try bind(entry.value, at.asValue)) }
        return PlanExpression(
            .map(keys: entries.map(\.key.text), values: values), type: .map, span: span)
    }

    /// Binds each of several expressions.
    func bindAll(
        _ expressions: [Expression], _ at: ExpressionContext
    ) throws(NQLError) -> [PlanExpression] {
        var bound: [PlanExpression] = []
        bound.reserveCapacity(expressions.count)
        for expression in expressions { bound.append(try bind(expression, at)) }
        return bound
    }

    /// Binds a condition: anything that cannot be a boolean is an error.
    func bindCondition(
        _ expression: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bind(expression, at.asPredicate)
        try checkBoolean(bound, expression.span)
        return bound
    }

    func checkBoolean(_ bound: PlanExpression, _ span: SourceSpan) throws(NQLError) {
        guard bound.type.mayBe(.boolean) else {
            throw invalidType(.syntax, expected: "a Boolean", found: bound, span)
        }
    }

    func invalidType(
        _ code: NQLError.Code, expected: String, found: PlanExpression, _ span: SourceSpan
    ) -> NQLError {
        NQLError(
            code, "InvalidArgumentType", phase: .compile,
            "Expected \(expected), found \(found.type.nameWithArticle).", span: span)
    }

    /// `base {.key, key: value, .*, variable}` as a map expression, null for a null base.
    private func bindMapProjection(
        _ base: Expression, _ items: [MapProjectionItem], _ span: SourceSpan,
        _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let subject = try bind(base, at.asValue)
        guard [NQLType.node, .relationship, .map].contains(where: { subject.type.mayBe($0) })
        else {
            throw invalidType(
                .syntax, expected: "a Node, Relationship or Map", found: subject, base.span)
        }
        return try bindOnce(subject, span) { (subject) throws(NQLError) in
            try bindProjected(subject, items, span, at)
        }
    }

    private func bindProjected(
        _ subject: PlanExpression, _ items: [MapProjectionItem], _ span: SourceSpan,
        _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        var keys: [String] = []
        var values: [PlanExpression] = []
        var includesAll = false
        for item in items {
            switch item {
            case .property(let key):
                keys.append(key.text)
                values.append(
                    PlanExpression(
                        .property(subject, key: key.text), type: .any, span: key.span))
            case .entry(let entry):
                keys.append(entry.key.text)
                values.append(try bind(entry.value, at.asValue))
            case .variable(let name):
                keys.append(name.text)
                values.append(
                    try bind(Expression(.variable(name.text), name.span), at.asValue))
            case .all: includesAll = true
            }
        }
        var result = PlanExpression(.map(keys: keys, values: values), type: .map, span: span)
        if includesAll {
            let all = PlanExpression(.call("properties", [subject]), type: .map, span: span)
            if keys.isEmpty { return all }
            guard let merge = functions.function(named: "map.merge") else {
                throw notSupported("`.*` beside other items of a map projection", at: span)
            }
            result = PlanExpression(.call(merge.name, [all, result]), type: .map, span: span)
        }
        let isNull = PlanExpression(.isNull(subject, negated: false), type: .boolean, span: span)
        let none = PlanExpression(.constant(.null), type: .null, span: span)
        let branch = PlanCaseBranch(conditions: [isNull], result: none)
        return PlanExpression(
            .caseWhen(operand: nil, branches: [branch], otherwise: result), type: .map,
            span: span)
    }
}
