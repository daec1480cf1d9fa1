// StatementRun+Schema: statements that declare and drop indexes and constraints.

import NQLSyntax
import NenCore
import NenEngine

extension StatementRun {
    /// Runs a schema statement.
    func schema(_ kind: StatementKind) throws -> QueryResult {
        let outcome: StatementOutcome
        switch kind {
        case .createIndex(let definition): outcome = try create(definition)
        case .dropIndex(let index, let ifExists): outcome = try drop(index, ifExists: ifExists)
        case .createConstraint(let definition):
            do {
                outcome = try create(definition)
            } catch var error as NQLError {
                if error.span == .none, error.code != .interrupted { error.span = definition.span }
                throw error
            }
        case .dropConstraint(let constraint, let ifExists):
            outcome = try drop(constraint, ifExists: ifExists)
        case .createLookupIndex: outcome = .rows
        case .query, .begin, .commit, .rollback, .analyze, .checkpoint, .show, .copyFrom,
            .copyTo, .setting, .vacuum, .backup, .terminate:
            preconditionFailure("\(kind) is no schema statement")
        }
        return QueryResult(columns: [], outcome: outcome)
    }

    private func create(_ definition: IndexDefinition) throws -> StatementOutcome {
        let catalog = transaction.catalog
        let name =
            try definition.name.map { try resolve($0).text }
            ?? defaultName("index", definition.labelOrType, definition.properties)
        let isSame = catalog.indexes.contains { index in
            describes(
                index.entity, index.labelOrType, index.properties, definition.entity,
                definition.labelOrType, definition.properties)
        }
        if definition.ifNotExists, isSame || isTaken(name) {
            return .existed(.index, name: name)
        }
        if isSame {
            throw exists(
                "An index on \(definition.labelOrType.text) and these properties exists already.",
                definition.labelOrType.span)
        }
        try checkFree(name, definition.name?.span ?? definition.labelOrType.span)
        try transaction.createIndex(
            name: name, entity: definition.entity, labelOrType: definition.labelOrType.text,
            properties: definition.properties.map(\.text), options: options(),
            interruption: interruption)
        return .created(.index, name: name)
    }

    private func create(_ definition: ConstraintDefinition) throws -> StatementOutcome {
        let catalog = transaction.catalog
        let name =
            try definition.name.map { try resolve($0).text }
            ?? defaultName("constraint", definition.labelOrType, definition.properties)
                + "_" + suffix(definition.kind)
        let isSame = catalog.constraints.contains { constraint in
            constraint.kind == definition.kind
                && describes(
                    constraint.entity, constraint.labelOrType, constraint.properties,
                    definition.entity, definition.labelOrType, definition.properties)
        }
        if definition.ifNotExists, isSame || isTaken(name) {
            return .existed(.constraint, name: name)
        }
        if isSame {
            throw exists(
                "This constraint on \(definition.labelOrType.text) exists already.",
                definition.labelOrType.span)
        }
        try checkFree(name, definition.name?.span ?? definition.labelOrType.span)
        try transaction.createConstraint(
            name: name, kind: definition.kind, entity: definition.entity,
            labelOrType: definition.labelOrType.text,
            properties: definition.properties.map(\.text), options: options(),
            interruption: interruption)
        return .created(.constraint, name: name)
    }

    private func drop(_ index: DroppedIndex, ifExists: Bool) throws -> StatementOutcome {
        switch index {
        case .named(let name): return try dropIndex(try resolve(name), ifExists: ifExists)
        case .described(let label, let properties):
            let owned = Set(catalog.constraints.compactMap(\.indexID))
            let found = catalog.indexes.first {
                !owned.contains($0.id)
                    && describes($0.entity, $0.labelOrType, $0.properties, .node, label, properties)
            }
            guard let found else {
                if ifExists { return .absent(.index, name: label.text) }
                throw missing("index on `\(label.text)` and these keys", label.span)
            }
            try transaction.dropIndex(id: found.id)
            return .dropped(.index, name: found.name)
        }
    }

    private func drop(
        _ constraint: DroppedConstraint, ifExists: Bool
    ) throws -> StatementOutcome {
        switch constraint {
        case .named(let name):
            return try dropConstraint(try resolve(name), ifExists: ifExists)
        case .described(let wanted):
            let found = catalog.constraints.first {
                $0.kind == wanted.kind
                    && describes(
                        $0.entity, $0.labelOrType, $0.properties, wanted.entity,
                        wanted.labelOrType, wanted.properties)
            }
            guard let found else {
                if ifExists { return .absent(.constraint, name: wanted.labelOrType.text) }
                throw missing(
                    "constraint of this kind on `\(wanted.labelOrType.text)`",
                    wanted.labelOrType.span)
            }
            try transaction.dropConstraint(id: found.id)
            return .dropped(.constraint, name: found.name)
        }
    }

    /// The name itself, of a parameter its value.
    private func resolve(_ name: SchemaName) throws -> Name {
        switch name {
        case .written(let name): return name
        case .parameter(let parameter):
            guard let value = parameters[parameter.text] else {
                throw NQLError(
                    .parameterMissing, "MissingParameter", phase: .compile,
                    "Parameter `$\(parameter.text)` has no value.", span: parameter.span)
            }
            guard case .string(let text) = value else {
                throw NQLError.runtime(
                    .type, "InvalidArgumentType",
                    "The name of an index or constraint is a String, not "
                        + "\(value.typeName).", at: parameter.span)
            }
            return Name(text, parameter.span)
        }
    }

    private func dropIndex(_ name: Name, ifExists: Bool) throws -> StatementOutcome {
        guard let index = transaction.catalog.indexes.first(where: { $0.name == name.text })
        else {
            if ifExists { return .absent(.index, name: name.text) }
            if transaction.catalog.constraints.contains(where: { $0.name == name.text }) {
                throw otherKind("index", name, "a constraint: DROP CONSTRAINT")
            }
            throw missing("index", name, transaction.catalog.indexes.map(\.name))
        }
        if let owner = transaction.catalog.constraints.first(where: { $0.indexID == index.id }) {
            throw NQLError(
                .database, "IndexBelongsToConstraint", phase: .runtime,
                "Index `\(name.text)` enforces the constraint `\(owner.name)`.",
                hint: "DROP CONSTRAINT \(owner.name) drops both.", span: name.span)
        }
        try transaction.dropIndex(id: index.id)
        return .dropped(.index, name: name.text)
    }

    private func dropConstraint(_ name: Name, ifExists: Bool) throws -> StatementOutcome {
        let constraints = transaction.catalog.constraints
        guard let constraint = constraints.first(where: { $0.name == name.text }) else {
            if ifExists { return .absent(.constraint, name: name.text) }
            if transaction.catalog.indexes.contains(where: { $0.name == name.text }) {
                throw otherKind("constraint", name, "an index: DROP INDEX")
            }
            throw missing("constraint", name, constraints.map(\.name))
        }
        try transaction.dropConstraint(id: constraint.id)
        return .dropped(.constraint, name: name.text)
    }

    // MARK: Names

    /// `index_Person_name`: what an unnamed index or constraint is called.
    private func defaultName(_ kind: String, _ owner: Name, _ properties: [Name]) -> String {
        ([kind, owner.text] + properties.map(\.text)).joined(separator: "_")
    }

    private func suffix(_ kind: ConstraintKind) -> String {
        switch kind {
        case .unique: "unique"
        case .exists: "exists"
        case .key: "key"
        case .type: "type"
        }
    }

    private func isTaken(_ name: String) -> Bool {
        let catalog = transaction.catalog
        return catalog.indexes.contains { $0.name == name }
            || catalog.constraints.contains { $0.name == name }
    }

    private func checkFree(_ name: String, _ span: SourceSpan) throws {
        if isTaken(name) {
            throw exists("An index or constraint called `\(name)` exists already.", span)
        }
    }

    private func exists(_ message: String, _ span: SourceSpan) -> NQLError {
        NQLError(
            .database, "SchemaRuleExists", phase: .runtime, message,
            hint: "IF NOT EXISTS makes the statement do nothing then.", span: span)
    }

    private func otherKind(_ kind: String, _ name: Name, _ what: String) -> NQLError {
        NQLError(
            .database, "NoSuchSchemaRule", phase: .runtime,
            "There is no \(kind) called `\(name.text)`.",
            hint: "`\(name.text)` is \(what) \(name.text).", span: name.span)
    }

    private func missing(_ what: String, _ span: SourceSpan) -> NQLError {
        NQLError(
            .database, "NoSuchSchemaRule", phase: .runtime, "There is no \(what).", span: span)
    }

    private func missing(_ kind: String, _ name: Name, _ candidates: [String]) -> NQLError {
        NQLError(
            .database, "NoSuchSchemaRule", phase: .runtime,
            "There is no \(kind) called `\(name.text)`.",
            hint: NearMiss.suggestion(for: name.text, among: candidates)
                .map { "Did you mean `\($0)`?" },
            span: name.span)
    }

    /// Whether a declared rule speaks of the same label or type and the same properties.
    private func describes(
        _ entity: EntityKind, _ labelOrType: NameID, _ properties: [NameID],
        _ wantedEntity: EntityKind, _ owner: Name, _ wanted: [Name]
    ) -> Bool {
        let catalog = transaction.catalog
        let id = wantedEntity == .node ? catalog.label(owner.text) : catalog.type(owner.text)
        return entity == wantedEntity && id == labelOrType
            && wanted.map { catalog.key($0.text) } == properties.map { $0 }
    }
}

extension ConstraintDefinition {
    /// The properties, which an error about existing data points at.
    fileprivate var span: SourceSpan {
        properties.reduce(SourceSpan.none) { $0.joined($1.span) }
    }
}
