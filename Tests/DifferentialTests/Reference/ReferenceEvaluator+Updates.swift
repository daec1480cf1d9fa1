// ReferenceEvaluator+Updates: one update clause for one row, on the graph as the rows before left
// it.

import NQLSyntax
import NenCore

extension ReferenceEvaluator {
    func update(_ clause: Clause, _ row: ModelRow) throws -> [ModelRow] {
        switch clause.kind {
        case .create(let patterns), .insert(let patterns):
            var row = row
            for pattern in patterns { try create(pattern, &row) }
            return [row]
        case .merge(let merge): return try self.merge(merge, row)
        case .set(let items):
            for item in items { try set(item, row) }
        case .remove(let items):
            for item in items { try remove(item, row) }
        case .delete(let items, let detach):
            for item in items { try delete(try evaluate(item, row), detach) }
        case .foreach(let variable, let list, let body):
            guard case .list(let elements) = try evaluate(list, row) else { return [row] }
            for element in elements {
                var rows = [row.merging([variable.text: element]) { $1 }]
                for inner in body { rows = try evaluate(inner, rows) }
            }
        default: throw ModelError.unsupported("update \(clause.kind)")
        }
        return [row]
    }

    // MARK: CREATE, MERGE

    /// Creates what the pattern does not take from the row.
    private func create(_ pattern: PathPattern, _ row: inout ModelRow) throws {
        var nodes: [Int] = []
        var relationships: [Int] = []
        for node in pattern.nodes { nodes.append(try create(node, &row)) }
        for (index, relationship) in pattern.relationships.enumerated() {
            var types: Set<String> = []
            if let written = relationship.types { try collect(written, &types, row) }
            guard types.count == 1, let type = types.first else {
                throw ModelError.failed("a new relationship has one type")
            }
            let isReversed = relationship.direction == .incoming
            graph.relationships.append(
                ModelRelationship(
                    type: type, source: nodes[isReversed ? index + 1 : index],
                    target: nodes[isReversed ? index : index + 1],
                    properties: try properties(relationship.properties, row)))
            relationships.append(graph.relationships.count - 1)
            if let name = relationship.variable?.text {
                row[name] = .relationship(graph.relationships.count - 1)
            }
        }
        if let name = pattern.variable?.text {
            row[name] = .path(nodes: nodes, relationships: relationships)
        }
    }

    private func create(_ pattern: NodePattern, _ row: inout ModelRow) throws -> Int {
        if let name = pattern.variable?.text, let bound = row[name] {
            guard case .node(let id) = bound, !graph.nodes[id].isDeleted else {
                throw ModelError.failed("no node to start from")
            }
            return id
        }
        var labels: Set<String> = []
        if let expression = pattern.labels { try collect(expression, &labels, row) }
        graph.nodes.append(
            ModelNode(labels: labels, properties: try properties(pattern.properties, row)))
        try checkUnique(graph.nodes.count - 1)
        if let name = pattern.variable?.text { row[name] = .node(graph.nodes.count - 1) }
        return graph.nodes.count - 1
    }

    private func collect(
        _ labels: LabelExpression, _ names: inout Set<String>, _ row: ModelRow
    ) throws {
        switch labels {
        case .name(let name): names.insert(name.text)
        case .dynamic(let name): names.formUnion(try dynamicNames(try evaluate(name, row)))
        case .and(let left, let right):
            try collect(left, &names, row)
            try collect(right, &names, row)
        default: throw ModelError.unsupported("labels of a new node")
        }
    }

    private func properties(
        _ properties: PatternProperties?, _ row: ModelRow
    ) throws -> [String: ModelValue] {
        guard case .map(let entries, _)? = properties else { return [:] }
        var result: [String: ModelValue] = [:]
        for entry in entries {
            let value = try evaluate(entry.value, row)
            if !value.isNull { result[entry.key.text] = value }
        }
        return result
    }

    private func merge(_ clause: MergeClause, _ row: ModelRow) throws -> [ModelRow] {
        for node in clause.pattern.nodes {
            if let name = node.variable?.text, row[name] == .null {
                throw ModelError.failed("MERGE from null")
            }
        }
        let maps = clause.pattern.nodes.map(\.properties)
            + clause.pattern.relationships.map(\.properties)
        for case .map(let entries, _)? in maps {
            for entry in entries where try evaluate(entry.value, row).isNull {
                throw ModelError.failed("MERGE on a null property")
            }
        }
        let found = try matches([clause.pattern], row)
        for match in found {
            for item in clause.onMatch { try set(item, match) }
        }
        if !found.isEmpty { return found }
        var created = row
        try create(clause.pattern, &created)
        for item in clause.onCreate { try set(item, created) }
        return [created]
    }

    // MARK: SET, REMOVE, DELETE

    private func set(_ item: SetItem, _ row: ModelRow) throws {
        switch item {
        case .property(let entity, let key, let value):
            let target = try evaluate(entity, row)
            let value = try evaluate(value, row)
            try change(target) { properties in
                properties[key.text] = value.isNull ? nil : value
            }
        case .replaceProperties(let variable, let value):
            guard let target = row[variable.text], !target.isNull else { return }
            let map = try self.map(try evaluate(value, row))
            try change(target) { $0 = map.filter { !$0.value.isNull } }
        case .addProperties(let variable, let value):
            guard let target = row[variable.text], !target.isNull else { return }
            let map = try self.map(try evaluate(value, row))
            try change(target) { properties in
                for (key, value) in map { properties[key] = value.isNull ? nil : value }
            }
        case .labels(let variable, let labels):
            try changeLabels(row, variable.text, labels) { $0.insert($1) }
        case .dynamicProperty(let entity, let key, let value):
            let (target, key) = (try evaluate(entity, row), try self.key(key, row))
            let value = try evaluate(value, row)
            try change(target) { $0[key] = value.isNull ? nil : value }
        }
    }

    private func remove(_ item: RemoveItem, _ row: ModelRow) throws {
        switch item {
        case .property(let entity, let key):
            try change(try evaluate(entity, row)) { $0[key.text] = nil }
        case .labels(let variable, let labels):
            try changeLabels(row, variable.text, labels) { $0.remove($1) }
        case .dynamicProperty(let entity, let key):
            let name = try self.key(key, row)
            try change(try evaluate(entity, row)) { $0[name] = nil }
        }
    }

    private func key(_ expression: Expression, _ row: ModelRow) throws -> String {
        guard case .string(let key) = try evaluate(expression, row) else {
            throw ModelError.unsupported("key")
        }
        return key
    }

    private func map(_ value: ModelValue) throws -> [String: ModelValue] {
        switch value {
        case .map(let map): return map
        case .node(let id): return graph.nodes[id].properties
        case .relationship(let id): return graph.relationships[id].properties
        default: throw ModelError.failed("no map")
        }
    }

    private func change(
        _ entity: ModelValue, _ body: (inout [String: ModelValue]) -> Void
    ) throws {
        switch entity {
        case .null: return
        case .node(let id) where !graph.nodes[id].isDeleted:
            body(&graph.nodes[id].properties)
            try checkUnique(id)
        case .relationship(let id) where !graph.relationships[id].isDeleted:
            body(&graph.relationships[id].properties)
        default: throw ModelError.failed("SET on \(entity)")
        }
    }

    private func changeLabels(
        _ row: ModelRow, _ variable: String, _ labels: [LabelName],
        _ body: (inout Set<String>, String) -> Void
    ) throws {
        let entity = row[variable] ?? .null
        guard case .node(let id) = entity else {
            if entity.isNull { return }
            throw ModelError.failed("labels of \(entity)")
        }
        if graph.nodes[id].isDeleted { throw ModelError.failed("deleted") }
        for label in labels {
            switch label {
            case .fixed(let name): body(&graph.nodes[id].labels, name.text)
            case .dynamic(let expression):
                for name in try dynamicNames(try evaluate(expression, row)) {
                    body(&graph.nodes[id].labels, name)
                }
            }
        }
        try checkUnique(id)
    }

    /// No other node has the same value where values are unique.
    private func checkUnique(_ id: Int) throws {
        let node = graph.nodes[id]
        for (label, key) in uniqueKeys where node.labels.contains(label) {
            guard let value = node.properties[key] else { continue }
            for (other, found) in graph.nodes.enumerated()
            where other != id && !found.isDeleted && found.labels.contains(label) {
                guard let second = found.properties[key] else { continue }
                if second.groupKey == value.groupKey { throw ModelError.failed("not unique") }
            }
        }
    }

    private func delete(_ value: ModelValue, _ detach: Bool) throws {
        switch value {
        case .null: return
        case .node(let id):
            graph.nodes[id].isDeleted = true
            guard detach else { return }
            for (index, relationship) in graph.relationships.enumerated()
            where relationship.source == id || relationship.target == id {
                graph.relationships[index].isDeleted = true
            }
        case .relationship(let id): graph.relationships[id].isDeleted = true
        case .path(let nodes, let relationships):
            for id in relationships { try delete(.relationship(id), detach) }
            for id in nodes { try delete(.node(id), detach) }
        default: throw ModelError.failed("DELETE of \(value)")
        }
    }
}
