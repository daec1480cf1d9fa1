// The update operators of a plan.

import NQLPlan
import NenCore

extension PlanCompiler {
    func compileUpdate(
        _ plan: PhysicalOperator, _ scope: OperatorScope, _ feed: ArgumentFeed?,
        _ input: Operator
    ) throws(NQLError) -> Operator {
        let mustBlock = readsGraph(plan.inputs[0])
        switch plan.kind {
        case .create(let spec, let isBlocking):
            let pattern = try compile(spec, [input], feed)
            return try Create(scope, input, pattern, isBlocking: isBlocking || mustBlock)
        case .set(let operations, let isBlocking):
            let items = try compile(operations, input.live, feed)
            return try SetProperties(scope, input, items, isBlocking: isBlocking || mustBlock)
        case .delete(let list, let isDetaching, let isBlocking):
            let evaluators = try expressions([input], feed).compile(list)
            return try Delete(
                scope, input, evaluators, places: list.map(\.span), isDetaching: isDetaching,
                isBlocking: isBlocking || mustBlock)
        case .merge(let spec, let isBlocking):
            let subplan = try subplan(
                plan.inputs[1], left: input.live, outer: feed, isPerRow: true,
                canCount: false)
            let slots = input.live.joined(spec.create.slots).joined(subplan.root.live)
            let pattern = try compile(spec.create, [input], feed)
            return try Merge(
                scope, input, subplan, pattern,
                onCreate: try compile(spec.onCreate, slots, feed),
                onMatch: try compile(spec.onMatch, slots, feed), slots: slots,
                isBlocking: isBlocking || mustBlock)
        case .foreach(let list, let element, let isBlocking):
            let subplan = try subplan(
                plan.inputs[1], left: input.live + [element], outer: feed, isPerRow: true,
                canCount: false)
            return try Foreach(
                scope, input, subplan, list: try expressions([input], feed).compile(list),
                element: element, isBlocking: isBlocking || mustBlock)
        default: preconditionFailure("operator \(plan.id) does not write")
        }
    }

    private func compile(
        _ spec: CreateSpec, _ inputs: [Operator], _ feed: ArgumentFeed?
    ) throws(NQLError) -> CreatePattern {
        var expressions = expressions(inputs, feed)
        let created = Set(spec.slots)
        expressions.available = expressions.available.joined(spec.slots)
        var elements: [CreatePattern.Element] = []
        var isStable = true
        var span = SourceSpan.none
        for element in spec.elements {
            switch element {
            case .node(let node):
                isStable = isStable && node.properties.readsOnly(outside: created)
                elements.append(
                    .node(
                        slot: node.slot,
                        labels: try names(node.labels, expressions, isType: false),
                        properties: try writer(node.properties, expressions),
                        place: node.span))
                span = node.properties.span ?? span
            case .relationship(let relationship):
                isStable = isStable && relationship.properties.readsOnly(outside: created)
                elements.append(
                    .relationship(
                        slot: relationship.slot,
                        type: try names([relationship.type], expressions, isType: true),
                        source: relationship.source, target: relationship.target,
                        properties: try writer(relationship.properties, expressions),
                        place: relationship.span))
                span = relationship.properties.span ?? span
            }
        }
        var paths: [(slot: Slot, evaluator: Evaluator)] = []
        for path in spec.paths {
            paths.append((path.slot, try expressions.compile(path.expression)))
        }
        return CreatePattern(
            elements: elements, paths: paths, isStable: isStable, span: span)
    }

    private func writer(
        _ properties: PlanProperties, _ expressions: ExpressionCompiler
    ) throws(NQLError) -> PropertyWriter {
        switch properties {
        case .entries(let keys, let values):
            return PropertyWriter(
                keys: keys, values: try expressions.compile(values), map: nil)
        case .map(let expression):
            return PropertyWriter(
                keys: [], values: [], map: try expressions.compile(expression))
        }
    }

    private func names(
        _ names: [PlanLabelName], _ expressions: ExpressionCompiler, isType: Bool
    ) throws(NQLError) -> NameResolver {
        var list: [(fixed: String?, dynamic: Evaluator?)] = []
        for name in names {
            switch name {
            case .fixed(let text): list.append((text, nil))
            case .dynamic(let expression):
                list.append((nil, try expressions.compile(expression)))
            }
        }
        return NameResolver(list, isType: isType)
    }

    private func compile(
        _ operations: [SetOperation], _ slots: [Slot], _ feed: ArgumentFeed?
    ) throws(NQLError) -> SetItems {
        var expressions = expressions(feed)
        expressions.available = expressions.available.joined(slots)
        var items: [SetItems.Item] = []
        var isStable = true
        for operation in operations {
            switch operation {
            case .property(let entity, let key, let value):
                isStable = isStable && !value.readsGraph && !entity.readsGraph
                items.append(
                    .property(
                        entity: try expressions.compile(entity), key: key,
                        value: try expressions.compile(value)))
            case .dynamicProperty(let entity, let key, let value):
                items.append(
                    .dynamicProperty(
                        entity: try expressions.compile(entity),
                        key: try expressions.compile(key),
                        value: try expressions.compile(value)))
            case .replaceProperties(let entity, let value):
                items.append(
                    .replaceProperties(
                        entity: try expressions.compile(entity),
                        value: try expressions.compile(value)))
            case .addProperties(let entity, let value):
                items.append(
                    .addProperties(
                        entity: try expressions.compile(entity),
                        value: try expressions.compile(value)))
            case .addLabels(let entity, let labels):
                items.append(
                    .addLabels(
                        entity: try expressions.compile(entity),
                        labels: try names(labels, expressions, isType: false)))
            case .removeLabels(let entity, let labels):
                items.append(
                    .removeLabels(
                        entity: try expressions.compile(entity),
                        labels: try names(labels, expressions, isType: false)))
            }
        }
        return SetItems(items, places: operations.map(\.place), isStable: isStable)
    }
}

extension SetOperation {
    /// Where the item stands in the text.
    fileprivate var place: SourceSpan {
        switch self {
        case .property(let entity, _, let value), .dynamicProperty(let entity, _, let value),
            .replaceProperties(let entity, let value), .addProperties(let entity, let value):
            entity.span.joined(value.span)
        case .addLabels(let entity, _), .removeLabels(let entity, _): entity.span
        }
    }
}

extension CreateSpec {
    /// Slots that the pattern binds.
    var slots: [Slot] {
        elements.map { element in
            switch element {
            case .node(let node): node.slot
            case .relationship(let relationship): relationship.slot
            }
        } + paths.map(\.slot)
    }
}

extension PlanProperties {
    /// Whether the values read none of `created`, nor anything that the clause may change.
    func readsOnly(outside created: Set<Slot>) -> Bool {
        switch self {
        case .entries(_, let values): values.allSatisfy { $0.readsOnly(outside: created) }
        case .map(let expression): expression.readsOnly(outside: created)
        }
    }

    /// Where the properties stand in the text.
    var span: SourceSpan? {
        switch self {
        case .entries(_, let values): values.first?.span
        case .map(let expression): expression.span
        }
    }
}
