// SchemaProcedures: `db.schema.nodeTypeProperties`, `db.schema.relTypeProperties` and `db.ping`:
// the schema that the data has, found by going over all of it.

import NenCore

/// Procedures that describe the graph.
enum SchemaProcedures {
    static let all: [Procedure] = [nodeTypeProperties, relationshipTypeProperties, ping]

    private static let nodeTypeProperties = Procedure(
        signature: ProcedureSignature(
            name: "db.schema.nodeTypeProperties", inputs: [],
            outputs: [
                ProcedureField(name: "nodeType", type: .string),
                ProcedureField(name: "nodeLabels", type: .list(.string)),
                ProcedureField(name: "propertyName", type: .string),
                ProcedureField(name: "propertyTypes", type: .list(.string)),
                ProcedureField(name: "mandatory", type: .boolean),
            ],
            summary: "The properties of the nodes of each set of labels, with the types of their "
                + "values and whether all nodes have them. Reads every node."),
        body: .graph { (graph) throws(NQLError) in
            let tallies = try storage { try tallyNodes(graph) }
            return tallies.map { tally in
                let type = tally.names.map { ":`\($0)`" }.joined()
                return [.string(type), .list(tally.names.map { .string($0) })] + tally.columns
            }
        })

    private static let relationshipTypeProperties = Procedure(
        signature: ProcedureSignature(
            name: "db.schema.relTypeProperties", inputs: [],
            outputs: [
                ProcedureField(name: "relType", type: .string),
                ProcedureField(name: "propertyName", type: .string),
                ProcedureField(name: "propertyTypes", type: .list(.string)),
                ProcedureField(name: "mandatory", type: .boolean),
            ],
            summary: "The properties of the relationships of each type, with the types of their "
                + "values and whether all relationships have them. Reads every relationship."),
        body: .graph { (graph) throws(NQLError) in
            let tallies = try storage { try tallyRelationships(graph) }
            return tallies.map { tally in
                [.string(":`" + tally.names.joined() + "`")] + tally.columns
            }
        })

    private static let ping = Procedure(
        signature: ProcedureSignature(
            name: "db.ping", inputs: [],
            outputs: [ProcedureField(name: "success", type: .boolean)],
            summary: "True: the database answers."),
        body: .rows([[.boolean(true)]]))

    /// One property of the entities with the same labels or type; no property when they have none.
    private struct Tally {
        var names: [String]
        var property: String?
        var types: [String] = []
        var isMandatory = false

        /// Property, types and whether it is mandatory, as columns.
        var columns: [Value] {
            let name = property.map { Value.string($0) } ?? .null
            let types: Value = property == nil ? .null : .list(types.map { .string($0) })
            return [name, types, .boolean(isMandatory)]
        }
    }

    /// Counts per group: entities, and per key how many have it and the types of its values.
    private struct Group {
        var count = 0
        var keys: [NameID: (count: Int, types: Set<String>)] = [:]

        mutating func add(_ key: NameID, _ cell: Cell, _ base: HeapBase) {
            keys[key, default: (0, [])].count += 1
            keys[key, default: (0, [])].types.insert(ValueType.name(of: cell, base))
        }

        func tallies(_ names: [String], _ catalog: Catalog) -> [Tally] {
            if keys.isEmpty { return [Tally(names: names)] }
            let found = keys.map { key, found in
                Tally(
                    names: names, property: catalog.keys[Int(key)], types: found.types.sorted(),
                    isMandatory: found.count == count)
            }
            return found.sorted { ($0.property ?? "") < ($1.property ?? "") }
        }
    }

    private static func tallyNodes(_ graph: GraphView) throws -> [Tally] {
        var groups: [UInt32: Group] = [:]
        for id in 0 ..< UInt32(graph.nodeChunkCount * ChunkFormat.rowsPerChunk) {
            guard try graph.nodeExists(id) else { continue }
            let set = try graph.labelSet(ofNode: id)
            groups[set, default: Group()].count += 1
            try graph.forEachNodeProperty(id) {
                groups[set, default: Group()].add($0, $1, graph.base)
            }
        }
        let catalog = graph.catalog
        let named = groups.map { set, group in
            (catalog.labelSets[Int(set)].map { catalog.labels[Int($0)] }.sorted(), group)
        }
        return named.sorted { $0.0.lexicographicallyPrecedes($1.0) }
            .flatMap { $0.1.tallies($0.0, catalog) }
    }

    private static func tallyRelationships(_ graph: GraphView) throws -> [Tally] {
        var groups: [NameID: Group] = [:]
        for id in 0 ..< UInt32(graph.relationshipChunkCount * ChunkFormat.rowsPerChunk) {
            guard try graph.relationshipExists(id) else { continue }
            let type = try graph.endpoints(ofRelationship: id).type
            groups[type, default: Group()].count += 1
            try graph.forEachRelationshipProperty(id) {
                groups[type, default: Group()].add($0, $1, graph.base)
            }
        }
        let catalog = graph.catalog
        let named = groups.map { (catalog.types[Int($0)], $1) }
        return named.sorted { $0.0 < $1.0 }.flatMap { $0.1.tallies([$0.0], catalog) }
    }
}
