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
        case .begin, .commit, .rollback, .analyze, .checkpoint, .show: self
        case .createIndex(let index): .createIndex(index.withoutSpans)
        case .dropIndex(let name, let ifExists):
            .dropIndex(name.withoutSpans, ifExists: ifExists)
        case .createConstraint(let constraint): .createConstraint(constraint.withoutSpans)
        case .dropConstraint(let name, let ifExists):
            .dropConstraint(name.withoutSpans, ifExists: ifExists)
        }
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
