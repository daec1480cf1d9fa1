// EntityAccess: labels, types and properties of single entities, for functions and results. An
// entity that the graph no longer holds was deleted earlier in the statement: its content is an
// error, its number, type and ends are not (openCypher, and rule 5 of what a clause sees).

import NenCore

/// Reads single entities through a view of the graph.
struct EntityAccess {
    let graph: GraphView

    init(_ graph: GraphView) { self.graph = graph }

    /// Runs a storage call; its errors as `NQLError`.
    @inline(__always)
    private func read<Result>(_ body: () throws -> Result) throws(NQLError) -> Result {
        do {
            return try body()
        } catch let error as NQLError {
            throw error
        } catch {
            throw .runtime(.io, nil, "The storage cannot be read: \(error).")
        }
    }

    private func deleted(_ kind: StaticString, _ id: UInt32) -> NQLError {
        .runtime(
            .entityNotFound, "DeletedEntityAccess",
            "The \(kind) \(id) was deleted earlier in this statement.")
    }

    func nodeExists(_ id: UInt32) throws(NQLError) -> Bool {
        try read { try graph.nodeExists(id) }
    }

    func relationshipExists(_ id: UInt32) throws(NQLError) -> Bool {
        try read { try graph.relationshipExists(id) }
    }

    /// Checks that a node is there to be read.
    ///
    /// - Throws: `EntityNotFound(DeletedEntityAccess)`.
    func requireNode(_ id: UInt32) throws(NQLError) {
        if try !nodeExists(id) { throw deleted("node", id) }
    }

    /// Checks that a relationship is there to be read.
    ///
    /// - Throws: `EntityNotFound(DeletedEntityAccess)`.
    func requireRelationship(_ id: UInt32) throws(NQLError) {
        if try !relationshipExists(id) { throw deleted("relationship", id) }
    }

    // MARK: names

    /// Label numbers of a node, ascending.
    func labels(ofNode id: UInt32) throws(NQLError) -> [NameID] {
        let set = try read { try graph.labelSet(ofNode: id) }
        guard Int(set) < graph.catalog.labelSets.count else {
            throw .runtime(.corruption, "Structure", "Node \(id) has no known label set \(set).")
        }
        return graph.catalog.labelSets[Int(set)]
    }

    /// The name of a label.
    func labelName(_ label: NameID) throws(NQLError) -> String {
        guard Int(label) < graph.catalog.labels.count else {
            throw .runtime(.corruption, "Structure", "There is no label number \(label).")
        }
        return graph.catalog.labels[Int(label)]
    }

    /// The name of a property key.
    func keyName(_ key: NameID) throws(NQLError) -> String {
        guard Int(key) < graph.catalog.keys.count else {
            throw .runtime(.corruption, "Structure", "There is no property key number \(key).")
        }
        return graph.catalog.keys[Int(key)]
    }

    /// Type, source and target; also of a relationship deleted in this statement.
    func ends(
        of id: UInt32
    ) throws(NQLError) -> (type: NameID, source: UInt32, target: UInt32) {
        try read { try graph.endpoints(ofRelationship: id) }
    }

    /// The name of a relationship's type.
    func typeName(of id: UInt32) throws(NQLError) -> String {
        let type = try ends(of: id).type
        guard Int(type) < graph.catalog.types.count else {
            throw .runtime(.corruption, "Structure", "There is no type number \(type).")
        }
        return graph.catalog.types[Int(type)]
    }

    // MARK: properties

    /// The property of a node or relationship; null when it has none of this name.
    func property(of entity: Cell, named name: String) throws(NQLError) -> Cell {
        let id = entity.entity
        if entity.tag == .node { try requireNode(id) } else { try requireRelationship(id) }
        guard let key = graph.catalog.key(name) else { return .null }
        if entity.tag == .node { return try read { try graph.nodeProperty(id, key) } }
        return try read { try graph.relationshipProperty(id, key) }
    }

    /// All properties of a node or relationship, ascending by key number.
    func properties(of entity: Cell) throws(NQLError) -> [(key: NameID, value: Cell)] {
        let id = entity.entity
        var found: [(key: NameID, value: Cell)] = []
        if entity.tag == .node {
            try requireNode(id)
            try read { try graph.forEachNodeProperty(id) { found.append(($0, $1)) } }
        } else {
            try requireRelationship(id)
            try read { try graph.forEachRelationshipProperty(id) { found.append(($0, $1)) } }
        }
        return found
    }
}
