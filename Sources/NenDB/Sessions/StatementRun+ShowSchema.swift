// StatementRun+ShowSchema: SHOW INDEXES and SHOW CONSTRAINTS, with the columns of Neo4j's commands
// as far as they mean something here. `createStatement` is shown when YIELD asks for it.

import NQLSyntax
import NenCore
import NenEngine

extension StatementRun {
    private func owners(_ entity: EntityKind, _ id: NameID) -> Value {
        .list([owner(entity, id)])
    }

    private func keys(_ properties: [NameID]) -> Value {
        .list(properties.map { .string(transaction.catalog.keys[Int($0)]) })
    }

    private func name(_ text: String) -> Name { Name(text, .none) }

    private func text(_ kind: StatementKind) -> Value {
        .string(
            Statement(kind, mode: .run, span: .none).printed().split(separator: "\n")
                .joined(separator: " "))
    }

    func indexTable() -> ShowTable {
        let catalog = transaction.catalog
        let rows: [[Value]] = catalog.indexes.map { index in
            let constraint = catalog.constraints.first { $0.indexID == index.id }
            return [
                .string(index.name), .string("ONLINE"),
                .string(index.kind.rawValue.uppercased()),
                .string(index.entity.rawValue.uppercased()),
                owners(index.entity, index.labelOrType), keys(index.properties),
                constraint.map { .string($0.name) } ?? .null, .integer(Int64(index.id)),
                .boolean(index.isUnique), .float(100), .map([:]), .string(""),
                constraint.map { create($0) } ?? text(.createIndex(definition(index))),
            ]
        }
        return sorted(
            [
                "name", "state", "type", "entityType", "labelsOrTypes", "properties",
                "owningConstraint", "id", "isUnique", "populationPercent", "options",
                "failureMessage", "createStatement",
            ], rows, shownCount: 7)
    }

    func constraintTable() -> ShowTable {
        let catalog = transaction.catalog
        let rows: [[Value]] = catalog.constraints.map { constraint in
            let index = constraint.indexID.flatMap { id in
                catalog.indexes.first { $0.id == id }
            }
            var type: Value = .null
            if case .type(let property) = constraint.kind { type = .string(property.written) }
            return [
                .string(constraint.name), .string(kindName(constraint)),
                .string(constraint.entity.rawValue.uppercased()),
                owners(constraint.entity, constraint.labelOrType), keys(constraint.properties),
                index.map { .string($0.name) } ?? .null, type, .integer(Int64(constraint.id)),
                .map([:]), create(constraint),
            ]
        }
        return sorted(
            [
                "name", "type", "entityType", "labelsOrTypes", "properties", "ownedIndex",
                "propertyType", "id", "options", "createStatement",
            ], rows, shownCount: 7)
    }

    private func kindName(_ constraint: ConstraintDescriptor) -> String {
        let entity = constraint.entity.rawValue.uppercased()
        return switch constraint.kind {
        case .unique: "\(entity)_PROPERTY_UNIQUENESS"
        case .exists: "\(entity)_PROPERTY_EXISTENCE"
        case .key: "\(entity)_KEY"
        case .type: "\(entity)_PROPERTY_TYPE"
        }
    }

    private func create(_ constraint: ConstraintDescriptor) -> Value {
        text(.createConstraint(definition(constraint)))
    }

    private func definition(_ constraint: ConstraintDescriptor) -> ConstraintDefinition {
        ConstraintDefinition(
            name: .written(name(constraint.name)), ifNotExists: false, entity: constraint.entity,
            labelOrType: name(owner(constraint.entity, constraint.labelOrType).displayText),
            properties: constraint.properties.map { name(transaction.catalog.keys[Int($0)]) },
            kind: constraint.kind)
    }

    private func definition(_ index: IndexDescriptor) -> IndexDefinition {
        IndexDefinition(
            name: .written(name(index.name)), ifNotExists: false, entity: index.entity,
            labelOrType: name(owner(index.entity, index.labelOrType).displayText),
            properties: index.properties.map { name(transaction.catalog.keys[Int($0)]) })
    }

    /// Statements that make all constraints and indexes anew, in the order of their names.
    func schemaStatements() -> [String] {
        let catalog = transaction.catalog
        let owned = Set(catalog.constraints.compactMap(\.indexID))
        let constraints = catalog.constraints.sorted { $0.name < $1.name }.map {
            StatementKind.createConstraint(definition($0))
        }
        let indexes = catalog.indexes.filter { !owned.contains($0.id) }
            .sorted { $0.name < $1.name }.map { StatementKind.createIndex(definition($0)) }
        return (constraints + indexes).map {
            Statement($0, mode: .run, span: .none).printed()
        }
    }
}
