// Statement+WithoutSpans: statements with every span set to `.none`.

import NenCore

extension Statement {
    /// The same statement, all places forgotten: two texts that say the same give equal ones.
    public var withoutSpans: Statement { Statement(kind.withoutSpans, mode: mode, span: .none) }
}

extension StatementKind {
    fileprivate var withoutSpans: StatementKind {
        switch self {
        case .query(let query): .query(query.withoutSpans)
        case .begin, .commit, .rollback, .analyze, .checkpoint, .vacuum: self
        case .backup(let command):
            .backup(
                BackupCommand(
                    kind: command.kind, destination: command.destination.withoutSpans))
        case .show(let command): .show(command.withoutSpans)
        case .copyFrom(let copy):
            .copyFrom(
                CopyFrom(
                    target: copy.target.withoutSpans, source: copy.source.withoutSpans,
                    options: copy.options.map(\.withoutSpans)))
        case .copyTo(let copy):
            .copyTo(
                CopyTo(
                    query: copy.query.withoutSpans, destination: copy.destination.withoutSpans,
                    options: copy.options.map(\.withoutSpans)))
        case .setting(let change):
            .setting(
                SettingChange(
                    setting: change.setting, nameSpan: .none, value: change.value.withoutSpans))
        case .createIndex(let index): .createIndex(index.withoutSpans)
        case .dropIndex(.named(let name), let ifExists):
            .dropIndex(.named(name.withoutSpans), ifExists: ifExists)
        case .dropIndex(.described(let label, let properties), let ifExists):
            .dropIndex(
                .described(
                    label: label.withoutSpans, properties: properties.map(\.withoutSpans)),
                ifExists: ifExists)
        case .createConstraint(let constraint): .createConstraint(constraint.withoutSpans)
        case .dropConstraint(.named(let name), let ifExists):
            .dropConstraint(.named(name.withoutSpans), ifExists: ifExists)
        case .dropConstraint(.described(let constraint), let ifExists):
            .dropConstraint(.described(constraint.withoutSpans), ifExists: ifExists)
        case .createLookupIndex(let name, let entity):
            .createLookupIndex(name: name?.withoutSpans, entity)
        case .terminate(let ids): .terminate(ids.map(\.withoutSpans))
        }
    }
}

extension SchemaName {
    fileprivate var withoutSpans: SchemaName {
        switch self {
        case .written(let name): .written(name.withoutSpans)
        case .parameter(let name): .parameter(name.withoutSpans)
        }
    }
}

extension CopyTarget {
    fileprivate var withoutSpans: CopyTarget {
        switch self {
        case .nodes(let labels): .nodes(labels.map(\.withoutSpans))
        case .relationships(let from, let type, let to):
            .relationships(
                from: from.withoutSpans, type: type.withoutSpans, to: to.withoutSpans)
        }
    }
}

extension CopyEnd {
    fileprivate var withoutSpans: CopyEnd {
        CopyEnd(label: label.withoutSpans, key: key.withoutSpans)
    }
}

extension CopyOption {
    fileprivate var withoutSpans: CopyOption {
        // The names of options have no letter case.
        CopyOption(
            name: Name(name.text.uppercased(), .none), value: value?.withoutSpans)
    }
}

extension ShowCommand {
    fileprivate var withoutSpans: ShowCommand {
        let plain = yield.map { yield in
            ShowYield(
                items: yield.items?.map {
                    YieldItem(field: $0.field.withoutSpans, alias: $0.alias?.withoutSpans)
                },
                orderBy: yield.orderBy.map(\.withoutSpans), skip: yield.skip?.withoutSpans,
                limit: yield.limit?.withoutSpans)
        }
        return ShowCommand(
            kind: kind, filter: filter, yield: plain, predicate: predicate?.withoutSpans,
            returning: returning?.withoutSpans)
    }
}

extension IndexDefinition {
    fileprivate var withoutSpans: IndexDefinition {
        IndexDefinition(
            name: name?.withoutSpans, ifNotExists: ifNotExists, entity: entity,
            labelOrType: labelOrType.withoutSpans, properties: properties.map(\.withoutSpans))
    }
}

extension ConstraintDefinition {
    fileprivate var withoutSpans: ConstraintDefinition {
        ConstraintDefinition(
            name: name?.withoutSpans, ifNotExists: ifNotExists, entity: entity,
            labelOrType: labelOrType.withoutSpans, properties: properties.map(\.withoutSpans),
            kind: kind)
    }
}
