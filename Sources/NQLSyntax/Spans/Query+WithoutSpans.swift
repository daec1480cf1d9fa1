// Query+WithoutSpans: queries and clauses with every span set to `.none`.

import NenCore

extension Query {
    /// The same query, all places forgotten.
    public var withoutSpans: Query {
        let parts = parts.map { part in
            SingleQuery(clauses: part.clauses.map(\.withoutSpans), span: .none)
        }
        return Query(
            parts: parts, unionAll: unionAll, span: .none, next: next.map(\.withoutSpans))
    }
}

extension Clause {
    /// The same clause, all places forgotten.
    public var withoutSpans: Clause { Clause(kind.withoutSpans, .none) }
}

extension ClauseKind {
    fileprivate var withoutSpans: ClauseKind {
        switch self {
        case .match(let match):
            .match(
                MatchClause(
                    isOptional: match.isOptional, mode: match.mode,
                    patterns: match.patterns.map(\.withoutSpans),
                    predicate: match.predicate?.withoutSpans))
        case .unwind(let list, let variable):
            .unwind(list.withoutSpans, variable: variable.withoutSpans)
        case .with(let projection, let predicate):
            .with(projection.withoutSpans, predicate: predicate?.withoutSpans)
        case .returning(let projection): .returning(projection.withoutSpans)
        case .create(let patterns): .create(patterns.map(\.withoutSpans))
        case .merge(let merge):
            .merge(
                MergeClause(
                    pattern: merge.pattern.withoutSpans,
                    onCreate: merge.onCreate.map(\.withoutSpans),
                    onMatch: merge.onMatch.map(\.withoutSpans)))
        case .set(let items): .set(items.map(\.withoutSpans))
        case .remove(let items): .remove(items.map(\.withoutSpans))
        case .delete(let expressions, let detach):
            .delete(expressions.map(\.withoutSpans), detach: detach)
        case .foreach(let variable, let list, let body):
            .foreach(
                variable: variable.withoutSpans, list: list.withoutSpans,
                body: body.map(\.withoutSpans))
        case .callProcedure(let call): .callProcedure(call.withoutSpans)
        case .callSubquery(let call): .callSubquery(call.withoutSpans)
        case .letting, .filter, .forEach, .page, .finish, .conditional, .block:
            compositionWithoutSpans
        case .insert(let patterns): .insert(patterns.map(\.withoutSpans))
        case .loadCSV(let load):
            .loadCSV(
                LoadCSVClause(
                    withHeaders: load.withHeaders, source: load.source.withoutSpans,
                    variable: load.variable.withoutSpans,
                    fieldTerminator: load.fieldTerminator))
        }
    }
}

extension Projection {
    var withoutSpans: Projection {
        Projection(
            isDistinct: isDistinct, includesAll: includesAll,
            items: items.map { item in
                // The text counts only where it names the column.
                ProjectionItem(
                    expression: item.expression.withoutSpans, alias: item.alias?.withoutSpans,
                    sourceText: item.alias == nil ? item.sourceText : "")
            },
            orderBy: orderBy.map(\.withoutSpans),
            skip: skip?.withoutSpans, limit: limit?.withoutSpans)
    }
}

extension SortItem {
    var withoutSpans: SortItem {
        SortItem(expression: expression.withoutSpans, isDescending: isDescending)
    }
}

extension SetItem {
    fileprivate var withoutSpans: SetItem {
        switch self {
        case .property(let entity, let key, let value):
            .property(
                entity: entity.withoutSpans, key: key.withoutSpans, value: value.withoutSpans)
        case .dynamicProperty(let entity, let key, let value):
            .dynamicProperty(
                entity: entity.withoutSpans, key: key.withoutSpans, value: value.withoutSpans)
        case .replaceProperties(let variable, let value):
            .replaceProperties(variable: variable.withoutSpans, value: value.withoutSpans)
        case .addProperties(let variable, let value):
            .addProperties(variable: variable.withoutSpans, value: value.withoutSpans)
        case .labels(let variable, let labels):
            .labels(variable: variable.withoutSpans, labels: labels.map(\.withoutSpans))
        }
    }
}

extension RemoveItem {
    fileprivate var withoutSpans: RemoveItem {
        switch self {
        case .property(let entity, let key):
            .property(entity: entity.withoutSpans, key: key.withoutSpans)
        case .dynamicProperty(let entity, let key):
            .dynamicProperty(entity: entity.withoutSpans, key: key.withoutSpans)
        case .labels(let variable, let labels):
            .labels(variable: variable.withoutSpans, labels: labels.map(\.withoutSpans))
        }
    }
}

extension LabelName {
    fileprivate var withoutSpans: LabelName {
        switch self {
        case .fixed(let name): .fixed(name.withoutSpans)
        case .dynamic(let expression): .dynamic(expression.withoutSpans)
        }
    }
}

extension ProcedureCall {
    fileprivate var withoutSpans: ProcedureCall {
        ProcedureCall(
            name: name.withoutSpans, arguments: arguments?.map(\.withoutSpans),
            yields: yields?.map { item in
                YieldItem(field: item.field.withoutSpans, alias: item.alias?.withoutSpans)
            },
            yieldsAll: yieldsAll, predicate: predicate?.withoutSpans, isOptional: isOptional)
    }
}
