// SetProperties: SET and REMOVE. Rows in input order, items left to right, each on the current
// state.

import NQLPlan
import NenCore

/// The items of a SET or REMOVE, compiled.
final class SetItems {
    enum Item {
        case property(entity: Evaluator, key: String, value: Evaluator)
        case dynamicProperty(entity: Evaluator, key: Evaluator, value: Evaluator)
        case replaceProperties(entity: Evaluator, value: Evaluator)
        case addProperties(entity: Evaluator, value: Evaluator)
        case addLabels(entity: Evaluator, labels: NameResolver)
        case removeLabels(entity: Evaluator, labels: NameResolver)
    }

    private let items: [Item]
    /// Where each item stands in the text.
    private let places: [SourceSpan]
    /// Values do not read the graph: evaluated batch by batch.
    private let isStable: Bool

    init(_ items: [Item], places: [SourceSpan], isStable: Bool) {
        precondition(places.count == items.count, "\(places.count) places")
        self.items = items
        self.places = places
        self.isStable = isStable
    }

    /// Applies all items to all rows.
    func apply(
        _ rows: RowSet, _ transaction: WriteTransaction, _ context: ExecutionContext
    ) throws(NQLError) {
        if isStable, items.count == 1, case .property(let entity, let key, let value) = items[0] {
            let entities = try entity.cells(rows, context)
            let values = try value.cells(rows, context)
            let number = rows.count > 0 ? try transaction.key(key) : 0
            transaction.place = places[0]
            for row in 0 ..< rows.count {
                try set(
                    entities[row], number, values[row], (entity.span, value.span), transaction,
                    context)
            }
            return
        }
        for row in 0 ..< rows.count {
            let one = try rows.single(row, context.arena)
            for index in items.indices {
                transaction.place = places[index]
                try apply(items[index], one, transaction, context)
            }
        }
    }

    private func apply(
        _ item: Item, _ row: RowSet, _ transaction: WriteTransaction,
        _ context: ExecutionContext
    ) throws(NQLError) {
        func value(_ evaluator: Evaluator) throws(NQLError) -> Cell {
            try evaluator.evaluate(row, context).cell(element: 0)
        }
        switch item {
        case .property(let entity, let key, let new):
            let target = try value(entity)
            let cell = try value(new)
            if target.isNull { return }
            try set(
                target, try transaction.key(key), cell, (entity.span, new.span), transaction,
                context)
        case .dynamicProperty(let entity, let key, let new):
            let target = try value(entity)
            let name = try value(key)
            let cell = try value(new)
            if target.isNull { return }
            guard name.tag == .string else {
                throw .runtime(
                    .type, "InvalidArgumentType",
                    "A property key must be a String, not \(name.tag.typeName).", at: key.span)
            }
            let number = try transaction.key(context.base.string(name))
            try set(target, number, cell, (entity.span, new.span), transaction, context)
        case .replaceProperties(let entity, let new):
            let target = try value(entity)
            let source = try value(new)
            if target.isNull { return }
            try replace(target, source, new.span, transaction, context)
        case .addProperties(let entity, let new):
            let target = try value(entity)
            let source = try value(new)
            if target.isNull { return }
            for entry in try PropertyMap.entries(of: source, context, new.span) {
                let number = try transaction.key(entry.key)
                try set(
                    target, number, entry.value, (entity.span, new.span), transaction, context)
            }
        case .addLabels(let entity, let labels):
            try change(try value(entity), labels, true, row, entity.span, transaction, context)
        case .removeLabels(let entity, let labels):
            try change(try value(entity), labels, false, row, entity.span, transaction, context)
        }
    }

    private func set(
        _ entity: Cell, _ key: NameID, _ value: Cell,
        _ spans: (entity: SourceSpan, value: SourceSpan), _ transaction: WriteTransaction,
        _ context: ExecutionContext
    ) throws(NQLError) {
        if entity.isNull { return }
        if entity.tag != .node && entity.tag != .relationship {
            throw .runtime(
                .type, "InvalidArgumentType",
                "SET and REMOVE change nodes and relationships, not \(entity.tag.typeName).",
                at: spans.entity)
        }
        do { try context.checkNotDeleted(entity) } catch { throw error.located(spans.entity) }
        try StorableValue.check(value, context.base, spans.value)
        let isChanged = try storage {
            entity.tag == .node
                ? try transaction.setNodeProperty(entity.entity, key, value)
                : try transaction.setRelationshipProperty(entity.entity, key, value)
        }
        if isChanged || !value.isNull { context.counters.propertiesSet += 1 }
        context.noteChange()
    }

    /// `x = map`: what the map does not name goes.
    private func replace(
        _ entity: Cell, _ source: Cell, _ span: SourceSpan, _ transaction: WriteTransaction,
        _ context: ExecutionContext
    ) throws(NQLError) {
        guard entity.tag == .node || entity.tag == .relationship else {
            throw .runtime(
                .type, "InvalidArgumentType",
                "SET changes nodes and relationships, not \(entity.tag.typeName).", at: span)
        }
        let entries = try PropertyMap.entries(of: source, context, span)
        var kept: Set<String> = []
        for entry in entries where !entry.value.isNull { kept.insert(entry.key) }
        for old in try PropertyMap.entries(of: entity, context, span)
        where !kept.contains(old.key) {
            let number = try transaction.key(old.key)
            try set(entity, number, .null, (span, span), transaction, context)
        }
        for entry in entries where !entry.value.isNull {
            let number = try transaction.key(entry.key)
            try set(entity, number, entry.value, (span, span), transaction, context)
        }
    }

    private func change(
        _ entity: Cell, _ labels: NameResolver, _ isAdding: Bool, _ row: RowSet,
        _ span: SourceSpan, _ transaction: WriteTransaction, _ context: ExecutionContext
    ) throws(NQLError) {
        if entity.isNull { return }
        guard entity.tag == .node else {
            throw .runtime(
                .type, "InvalidArgumentType",
                "Labels belong to nodes, not to \(entity.tag.typeName).", at: span)
        }
        do { try context.checkNotDeleted(entity) } catch { throw error.located(span) }
        let numbers = try labels.resolve(row, 0, transaction, context)
        if isAdding {
            context.counters.labelsAdded += try storage {
                try transaction.addLabels(numbers, to: entity.entity)
            }
        } else {
            context.counters.labelsRemoved += try storage {
                try transaction.removeLabels(numbers, from: entity.entity)
            }
        }
        context.noteChange()
    }
}

/// `SET` and `REMOVE`
final class SetProperties: UpdateOperator {
    private let items: SetItems

    init(
        _ scope: OperatorScope, _ input: Operator, _ items: SetItems, isBlocking: Bool
    ) throws(NQLError) {
        self.items = items
        try super.init(scope, input, isBlocking: isBlocking)
    }

    override func process() throws(NQLError) {
        try items.apply(
            RowSet(vectors: work.vectors, selection: nil, count: work.count), transaction,
            context)
        try output.append(work)
    }
}
