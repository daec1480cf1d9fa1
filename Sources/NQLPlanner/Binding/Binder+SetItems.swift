// Binder+SetItems: the items of SET, REMOVE and DELETE.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    func bindSetItems(_ items: [SetItem], _ scope: Scope) throws(NQLError) -> [SetOperation] {
        let at = ExpressionContext(scope: scope)
        var operations: [SetOperation] = []
        for item in items {
            switch item {
            case .property(let entity, let key, let value):
                operations.append(try bindProperty(entity, key, value, at))
            case .dynamicProperty(let entity, let key, let value):
                operations.append(
                    .dynamicProperty(
                        entity: try bindEntity(entity, at), key: try bindKey(key, at),
                        value: try bind(value, at)))
            case .replaceProperties(let variable, let value):
                operations.append(
                    .replaceProperties(
                        entity: try bindEntity(variable, at), value: try bindSource(value, at)))
            case .addProperties(let variable, let value):
                operations.append(
                    .addProperties(
                        entity: try bindEntity(variable, at), value: try bindSource(value, at)))
            case .labels(let variable, let labels):
                operations.append(
                    .addLabels(
                        entity: try bindLabelled(variable, at),
                        labels: try bindLabelList(labels, at)))
            }
        }
        return operations
    }

    func bindRemoveItems(
        _ items: [RemoveItem], _ scope: Scope
    ) throws(NQLError) -> [SetOperation] {
        let at = ExpressionContext(scope: scope)
        var operations: [SetOperation] = []
        for item in items {
            switch item {
            case .property(let entity, let key):
                operations.append(try bindProperty(entity, key, nil, at))
            case .dynamicProperty(let entity, let key):
                operations.append(
                    .dynamicProperty(
                        entity: try bindEntity(entity, at), key: try bindKey(key, at),
                        value: nothing(key.span)))
            case .labels(let variable, let labels):
                operations.append(
                    .removeLabels(
                        entity: try bindLabelled(variable, at),
                        labels: try bindLabelList(labels, at)))
            }
        }
        return operations
    }

    /// `entity.key = value`; nil removes the property. Where the entity is a property of a node or
    /// relationship itself, as in `n.a.b`, it is a map that is stored anew with another entry.
    private func bindProperty(
        _ entity: Expression, _ key: Name, _ value: Expression?, _ at: ExpressionContext
    ) throws(NQLError) -> SetOperation {
        var path = [key]
        var root = entity
        while case .property(let base, let outer) = root.kind {
            path.insert(outer, at: 0)
            root = base
        }
        if path.count > 1, case .variable(let name) = root.kind, let slot = at.scope[name],
            slots[slot].type == .node || slots[slot].type == .relationship
        {
            let stored = Expression(.property(root, key: path[0]), root.span.union(path[0].span))
            let changed = changedMap(stored, path.dropFirst(), value)
            return .property(
                entity: try bindEntity(root, at), key: path[0].text, value: try bind(changed, at))
        }
        return .property(
            entity: try bindEntity(entity, at), key: key.text,
            value: try value.map { (value) throws(NQLError) in try bind(value, at) }
                ?? nothing(key.span))
    }

    /// The map with another value at the end of `path`.
    private func changedMap(
        _ map: Expression, _ path: ArraySlice<Name>, _ value: Expression?
    ) -> Expression {
        guard let key = path.first else { return value ?? map }
        let span = map.span.union(key.span)
        let name = Expression(.literal(.string(key.text)), key.span)
        func call(_ function: String, _ arguments: [Expression]) -> Expression {
            Expression(
                .call(
                    FunctionCall(
                        name: Name(function, span), isDistinct: false, arguments: arguments)),
                span)
        }
        if path.count == 1, value == nil { return call("apoc.map.removeKey", [map, name]) }
        let inner = path.count == 1
            ? value ?? map
            : changedMap(Expression(.property(map, key: key), span), path.dropFirst(), value)
        let known = call("coalesce", [map, Expression(.map([]), span)])
        return call("apoc.map.setKey", [known, name, inner])
    }

    /// The value that removes a property, with the place of its key.
    private func nothing(_ span: SourceSpan) -> PlanExpression {
        PlanExpression(.constant(.null), type: .null, span: span)
    }

    func bindDeletions(
        _ expressions: [Expression], _ scope: Scope
    ) throws(NQLError) -> [PlanExpression] {
        let at = ExpressionContext(scope: scope)
        var targets: [PlanExpression] = []
        for expression in expressions {
            if case .hasLabels = expression.kind {
                throw .syntax(
                    "InvalidDelete", "DELETE removes whole nodes and relationships, not labels.",
                    at: expression.span, hint: "Use REMOVE to take labels off a node.")
            }
            let bound = try bind(expression, at)
            let kinds: [NQLType] = [.node, .relationship, .path]
            guard kinds.contains(where: { bound.type.mayBe($0) }) else {
                throw invalidType(
                    .syntax, expected: "a Node, Relationship or Path", found: bound,
                    expression.span)
            }
            targets.append(bound)
        }
        return targets
    }

    private func bindEntity(
        _ expression: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bind(expression, at)
        guard bound.type.mayBe(.node) || bound.type.mayBe(.relationship) else {
            throw invalidType(
                .syntax, expected: "a Node or Relationship", found: bound, expression.span)
        }
        return bound
    }

    private func bindEntity(
        _ name: Name, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        try bindEntity(Expression(.variable(name.text), name.span), at)
    }

    private func bindLabelled(
        _ name: Name, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bind(Expression(.variable(name.text), name.span), at)
        guard bound.type.mayBe(.node) else {
            throw invalidType(.syntax, expected: "a Node", found: bound, name.span)
        }
        return bound
    }

    private func bindKey(
        _ expression: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bind(expression, at)
        guard bound.type.mayBe(.string) else {
            throw invalidType(.syntax, expected: "a String", found: bound, expression.span)
        }
        return bound
    }

    /// The right side of `x = …` and `x += …`.
    private func bindSource(
        _ expression: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bind(expression, at)
        let kinds: [NQLType] = [.map, .node, .relationship]
        guard kinds.contains(where: { bound.type.mayBe($0) }) else {
            throw invalidType(
                .syntax, expected: "a Map, Node or Relationship", found: bound, expression.span)
        }
        return bound
    }

    private func bindLabelList(
        _ labels: [LabelName], _ at: ExpressionContext
    ) throws(NQLError) -> [PlanLabelName] {
        var names: [PlanLabelName] = []
        for label in labels {
            switch label {
            case .fixed(let name): names.append(.fixed(name.text))
            case .dynamic(let expression): names.append(.dynamic(try bind(expression, at)))
            }
        }
        return names
    }
}
