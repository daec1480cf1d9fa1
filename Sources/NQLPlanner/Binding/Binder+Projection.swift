// Binder+Projection: WITH and RETURN. Items without aggregates become grouping keys when another
// item aggregates. Behind an aggregation or DISTINCT, ORDER BY and WHERE see only the columns (an
// expression equal to an item means that column); else they see the rows before as well.

import NQLPlan
import NQLSyntax
import NenCore

/// An item of a projection while it is bound.
struct ProjectedItem {
    var name: String
    /// Bound in the scope before; aggregates are slots already.
    var expression: PlanExpression
    var aggregates: Bool
    var span: SourceSpan
    /// The column's slot, known when all items are bound.
    var slot: Slot = -1
}

/// A projection with all its items bound.
struct BoundProjection {
    var items: [ProjectedItem]
    var collector: AggregateCollector
    var isDistinct: Bool
    /// The scope before the projection.
    var before: Scope
    /// What map projections that aggregate are of: `n {.name, all: collect(m)}` groups by n.
    var implicitKeys: [Slot] = []

    /// Found when they are first asked for, which is when all items have their slots.
    private let lookups = ProjectionLookups()

    var aggregates: Bool { !collector.calls.isEmpty }
    /// Whether rows before the projection are out of reach behind it.
    var isClosed: Bool { aggregates || isDistinct }

    /// Names of the columns.
    var after: Scope {
        var slots: [String: Slot] = [:]
        for item in items { slots[item.name] = item.slot }
        var scope = Scope(slots)
        // Each row behind an open projection still comes from its line of the file.
        if !isClosed { scope.csv = before.csv }
        return scope
    }

    /// Expressions of items and their columns: all items, or those that are variables or
    /// properties.
    func keyTable(simpleOnly: Bool) -> [PlanExpression: Slot] {
        if let known = simpleOnly ? lookups.simple : lookups.all { return known }
        var table: [PlanExpression: Slot] = [:]
        for item in items where item.slot >= 0 && (!simpleOnly || item.expression.isSimpleKey) {
            let key = item.expression.withoutSpans
            if table[key] == nil { table[key] = item.slot }
        }
        if simpleOnly { lookups.simple = table } else { lookups.all = table }
        return table
    }

    /// Slots of the columns.
    var columnSlots: Set<Slot> {
        if let known = lookups.columns { return known }
        let slots = Set(items.map(\.slot))
        lookups.columns = slots
        return slots
    }

    /// What ORDER BY and WHERE see.
    var visible: Scope { before.overlaid(by: after) }
}

/// What is looked up in the items of a projection again and again.
final class ProjectionLookups {
    var all: [PlanExpression: Slot]?
    var simple: [PlanExpression: Slot]?
    var columns: Set<Slot>?
}

extension Binder {
    /// Binds WITH or RETURN on top of `state`; the columns for RETURN.
    func bindProjection(
        _ projection: Projection, _ predicate: Expression?, isReturn: Bool,
        _ state: inout QueryState, _ span: SourceSpan
    ) throws(NQLError) -> [ResultColumn]? {
        var bound = try bindItems(projection, isReturn: isReturn, state.scope, span)
        // Names, keys and slots of the columns are gone through below.
        try Interruption.spend(bound.items.count &* Binder.workUnits)
        let assignments = try assignSlots(&bound)
        bound.collector.forbidsNewReads = true
        let sorts = try bindSort(projection.orderBy, bound)
        if !isReturn { try checkAliases(projection) }
        let keys = groupingKeys(bound)
        if bound.aggregates {
            state.add(.aggregate(keys: keys, aggregates: bound.collector.calls))
        }
        if !assignments.isEmpty { state.add(.project(assignments)) }
        if bound.isDistinct {
            var distinct: [Slot] = []
            var known: Set<Slot> = []
            for item in bound.items where known.insert(item.slot).inserted {
                distinct.append(item.slot)
            }
            state.add(.distinct(distinct))
        }
        addSort(sorts, &state)
        state.scope = bound.after
        if projection.skip != nil || projection.limit != nil || predicate != nil {
            let at = ExpressionContext(scope: bound.visible)
            try addSlice(projection.skip, projection.limit, at, &state)
            if let predicate {
                var conjuncts: [PlanExpression] = []
                for conjunct in try bindConjuncts(predicate, at) {
                    conjuncts.append(try close(conjunct, false, bound))
                }
                state.add(.filter(conjuncts))
            }
        }
        guard isReturn else { return nil }
        return bound.items.map { ResultColumn(name: $0.name, slot: $0.slot) }
    }

    private func bindItems(
        _ projection: Projection, isReturn: Bool, _ scope: Scope, _ span: SourceSpan
    ) throws(NQLError) -> BoundProjection {
        let collector = AggregateCollector(argumentScope: scope)
        var items: [ProjectedItem] = []
        var names: Set<String> = []
        if projection.includesAll {
            if isReturn, scope.names.isEmpty {
                throw .syntax(
                    "NoVariablesInScope", "RETURN * needs at least one variable.", at: span)
            }
            for name in scope.names {
                guard let slot = scope[name] else { continue }
                names.insert(name)
                items.append(
                    ProjectedItem(
                        name: name, expression: read(slot, span), aggregates: false, span: span))
            }
        }
        let at = ExpressionContext(scope: scope, collector: collector)
        var implicitKeys: [Slot] = []
        for item in projection.items {
            collector.wasUsed = false
            let expression = try bind(item.expression, at)
            let name = item.alias?.text ?? item.impliedName
            let place = item.alias?.span ?? item.expression.span
            if !names.insert(name).inserted {
                throw .syntax(
                    "ColumnNameConflict", "There are two columns named `\(name)`.", at: place,
                    hint: "Give one of them another alias.")
            }
            if collector.wasUsed, case .mapProjection(let base, _) = item.expression.kind,
                case .variable(let subject) = base.kind, let slot = scope[subject]
            {
                implicitKeys.append(slot)
            }
            items.append(
                ProjectedItem(
                    name: name, expression: expression, aggregates: collector.wasUsed,
                    span: item.expression.span))
        }
        return BoundProjection(
            items: items, collector: collector, isDistinct: projection.isDistinct,
            before: scope, implicitKeys: implicitKeys)
    }

    /// Columns of WITH need a name.
    private func checkAliases(_ projection: Projection) throws(NQLError) {
        for item in projection.items where item.alias == nil {
            if case .variable = item.expression.kind { continue }
            throw .syntax(
                "NoExpressionAlias", "An expression in WITH needs an alias.",
                at: item.expression.span, hint: "Add `AS name`.")
        }
    }

    /// Gives every column its slot; the assignments that stand above the aggregation.
    private func assignSlots(
        _ bound: inout BoundProjection
    ) throws(NQLError) -> [SlotAssignment] {
        var assignments: [SlotAssignment] = []
        for index in bound.items.indices where !bound.items[index].aggregates {
            let item = bound.items[index]
            if let plain = item.expression.plainSlot {
                bound.items[index].slot = plain
            } else {
                let slot = newSlot(item.name, item.expression.type)
                bound.items[index].slot = slot
                if !bound.aggregates {
                    assignments.append(
                        SlotAssignment(slot: slot, expression: item.expression))
                }
            }
        }
        let keys = keyTable(of: bound.items)
        let known = aggregatedSlots(bound)
        for index in bound.items.indices where bound.items[index].aggregates {
            let item = bound.items[index]
            let expression = try afterAggregation(item.expression, keys, known)
            if let plain = expression.plainSlot {
                bound.items[index].slot = plain
                if slots[plain].name.hasPrefix("anon_") { session.slots[plain].name = item.name }
            } else {
                let slot = newSlot(item.name, expression.type)
                bound.items[index].slot = slot
                assignments.append(SlotAssignment(slot: slot, expression: expression))
            }
        }
        return assignments
    }

    /// The grouping keys: all columns that do not aggregate.
    private func groupingKeys(_ bound: BoundProjection) -> [SlotAssignment] {
        var keys: [SlotAssignment] = []
        var known: Set<Slot> = []
        for item in bound.items where !item.aggregates && known.insert(item.slot).inserted {
            keys.append(SlotAssignment(slot: item.slot, expression: item.expression))
        }
        for slot in bound.implicitKeys where known.insert(slot).inserted {
            keys.append(SlotAssignment(slot: slot, expression: read(slot)))
        }
        return keys
    }

    /// An expression beside aggregates may use grouping keys that are variables or properties;
    /// they are replaced by the key's slot. Anything else left of the rows before is ambiguous.
    private func afterAggregation(
        _ expression: PlanExpression, _ keys: [PlanExpression: Slot], _ known: Set<Slot>
    ) throws(NQLError) -> PlanExpression {
        let result = replaceKeys(expression, keys)
        if let offender = firstSlotRead(in: result, where: { !known.contains($0) }) {
            throw ambiguous(offender.slot, offender.span)
        }
        return result
    }

    private func ambiguous(_ slot: Slot, _ span: SourceSpan) -> NQLError {
        .syntax(
            "AmbiguousAggregationExpression",
            "`\(slots[slot].name)` stands beside an aggregate but is no grouping key.", at: span,
            hint: "Project what is needed under a name of its own first.")
    }

    /// Slots that exist behind the aggregation.
    private func aggregatedSlots(_ bound: BoundProjection) -> Set<Slot> {
        var known = Set(bound.items.filter { !$0.aggregates }.map(\.slot))
        known.formUnion(bound.collector.calls.map(\.slot))
        known.formUnion(bound.implicitKeys)
        return known
    }

    /// Grouping keys that are variables or properties, and their columns.
    private func keyTable(of items: [ProjectedItem]) -> [PlanExpression: Slot] {
        var table: [PlanExpression: Slot] = [:]
        for item in items where item.slot >= 0 && item.expression.isSimpleKey {
            let key = item.expression.withoutSpans
            if table[key] == nil { table[key] = item.slot }
        }
        return table
    }

    private func replaceKeys(
        _ expression: PlanExpression, _ table: [PlanExpression: Slot]
    ) -> PlanExpression {
        if table.isEmpty { return expression }
        return expression.replacing { part in
            guard let slot = table[part.withoutSpans] else { return nil }
            return read(slot, part.span)
        }
    }

    /// Sort expressions, each with its direction, ready to be evaluated behind the projection.
    private func bindSort(
        _ items: [SortItem], _ bound: BoundProjection
    ) throws(NQLError) -> [(PlanExpression, isDescending: Bool)] {
        var sorts: [(PlanExpression, isDescending: Bool)] = []
        if items.isEmpty { return sorts }
        let visible = bound.visible
        for item in items {
            let collector = bound.aggregates ? bound.collector : nil
            let at = ExpressionContext(scope: visible, collector: collector)
            collector?.wasUsed = false
            let expression = try bind(item.expression, at)
            let aggregates = collector?.wasUsed ?? false
            sorts.append((try close(expression, aggregates, bound), item.isDescending))
        }
        return sorts
    }

    /// An expression behind the projection: what equals an item becomes its column; behind an
    /// aggregation or DISTINCT nothing else of the rows before may be left.
    private func close(
        _ expression: PlanExpression, _ aggregates: Bool, _ bound: BoundProjection
    ) throws(NQLError) -> PlanExpression {
        guard bound.isClosed else { return expression }
        var known = bound.columnSlots
        var result = replaceKeys(expression, bound.keyTable(simpleOnly: aggregates))
        if aggregates {
            if let same = bound.keyTable(simpleOnly: false)[expression.withoutSpans] {
                result = read(same, expression.span)
            }
        }
        if bound.aggregates, !bound.isDistinct { known.formUnion(aggregatedSlots(bound)) }
        guard let offender = firstSlotRead(in: result, where: { !known.contains($0) }) else {
            return result
        }
        let isPartOfKey = bound.items.contains {
            !$0.aggregates && $0.expression.freeSlots.contains(offender.slot)
        }
        if aggregates, isPartOfKey { throw ambiguous(offender.slot, offender.span) }
        throw undefined(slots[offender.slot].name, offender.span, bound.after)
    }

    func addSort(
        _ sorts: [(PlanExpression, isDescending: Bool)], _ state: inout QueryState
    ) {
        guard !sorts.isEmpty else { return }
        var keys: [SortKey] = []
        var known: Set<Slot> = []
        var hidden: [SlotAssignment] = []
        for (expression, isDescending) in sorts {
            var slot = expression.plainSlot
            if slot == nil {
                let new = hiddenSlot(expression.type)
                hidden.append(SlotAssignment(slot: new, expression: expression))
                slot = new
            }
            if let slot, known.insert(slot).inserted {
                keys.append(SortKey(slot: slot, isDescending: isDescending))
            }
        }
        if !hidden.isEmpty { state.add(.project(hidden)) }
        state.add(.order(keys))
    }

    /// SKIP and LIMIT on top of `state`, when there is one.
    func addSlice(
        _ skip: Expression?, _ limit: Expression?, _ at: ExpressionContext,
        _ state: inout QueryState
    ) throws(NQLError) {
        if skip == nil && limit == nil { return }
        let first = try skip.map { count throws(NQLError) in try bindCount(count, "SKIP", at) }
        let most = try limit.map { count throws(NQLError) in try bindCount(count, "LIMIT", at) }
        state.add(.slice(skip: first, limit: most))
    }

    /// SKIP and LIMIT: an integer that does not depend on rows.
    private func bindCount(
        _ expression: Expression, _ keyword: String, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bind(expression, at)
        if let offender = firstSlotRead(in: bound, where: { _ in true }) {
            throw .syntax(
                "NonConstantExpression",
                "\(keyword) cannot depend on `\(slots[offender.slot].name)`.", at: offender.span)
        }
        guard bound.type.mayBe(.integer) else {
            throw invalidType(
                .syntax, expected: "an Integer for \(keyword)", found: bound, expression.span)
        }
        if case .integer(let value) = bound.constantValue, value < 0 {
            throw .syntax(
                "NegativeIntegerArgument", "\(keyword) cannot be negative.",
                at: expression.span)
        }
        if bound.constantValue == nil {
            session.rowCounts.append(RowCountCheck(expression: bound, clause: keyword))
        }
        return bound
    }
}

extension PlanExpression {
    /// A variable, or a property of one: what may stand beside an aggregate as grouping key.
    var isSimpleKey: Bool {
        switch kind {
        case .slot: true
        case .property(let base, _): base.isSimpleKey
        default: false
        }
    }
}

extension ProjectionItem {
    /// The column's name when there is no alias.
    var impliedName: String {
        if case .variable(let name) = expression.kind { return name }
        return sourceText
    }
}
