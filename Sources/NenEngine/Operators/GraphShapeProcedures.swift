// GraphShapeProcedures: the schema that the data has as a graph of labels and types:
// `db.schema.visualization`, and `apoc.meta.…`, which frameworks show to language models.

import NenCore

/// Procedures about which labels, types and properties go together.
enum GraphShapeProcedures {
    static let all: [Procedure] = [visualization, stats, data, schema] + schemaNodes

    private static func field(_ name: String, _ type: NQLType) -> ProcedureField {
        ProcedureField(name: name, type: type)
    }

    /// How often a type goes from nodes of one label to nodes of another.
    private struct Link: Hashable {
        var source: NameID
        var type: NameID
        var target: NameID
    }

    private static func links(_ graph: GraphView) throws(NQLError) -> [(Link, Int64)] {
        try storage {
            var counts: [Link: Int64] = [:]
            let sets = graph.catalog.labelSets
            for id in 0 ..< UInt32(graph.relationshipChunkCount * ChunkFormat.rowsPerChunk) {
                guard try graph.relationshipExists(id) else { continue }
                try Interruption.spend(100)
                let ends = try graph.endpoints(ofRelationship: id)
                let sources = sets[Int(try graph.labelSet(ofNode: ends.source))]
                let targets = sets[Int(try graph.labelSet(ofNode: ends.target))]
                for source in sources {
                    for target in targets {
                        let link = Link(source: source, type: ends.type, target: target)
                        counts[link, default: 0] += 1
                    }
                }
            }
            return counts.sorted {
                ($0.key.source, $0.key.type, $0.key.target)
                    < ($1.key.source, $1.key.type, $1.key.target)
            }
        }
    }

    private static func labelCounts(_ graph: GraphView) -> [NameID: Int64] {
        var counts: [NameID: Int64] = [:]
        for (set, count) in graph.statistics.nodesPerLabelSet.enumerated() where count > 0 {
            for label in graph.catalog.labelSets[set] {
                counts[label, default: 0] += Int64(clamping: count)
            }
        }
        return counts
    }

    private static let visualization = Procedure(
        signature: ProcedureSignature(
            name: "db.schema.visualization", inputs: [],
            outputs: [field("nodes", .list(.map)), field("relationships", .list(.map))],
            summary: "The labels and the types between them, as maps: a node has `name`, a "
                + "relationship `name`, `source` and `target`. Reads every relationship."),
        body: .graph { (graph) throws(NQLError) in
            let catalog = graph.catalog
            let labels = labelCounts(graph).keys.sorted().map { catalog.labels[Int($0)] }.sorted()
            let nodes = labels.map {
                Value.map(["name": .string($0), "labels": .list([.string($0)])])
            }
            let relationships = try links(graph).map { link, count in
                Value.map([
                    "name": .string(catalog.types[Int(link.type)]),
                    "source": .string(catalog.labels[Int(link.source)]),
                    "target": .string(catalog.labels[Int(link.target)]),
                    "count": .integer(count),
                ])
            }
            return [[.list(nodes), .list(relationships)]]
        })

    private static let stats = Procedure(
        signature: ProcedureSignature(
            name: "apoc.meta.stats", inputs: [],
            outputs: [
                field("labelCount", .integer), field("relTypeCount", .integer),
                field("propertyKeyCount", .integer), field("nodeCount", .integer),
                field("relCount", .integer), field("labels", .map), field("relTypesCount", .map),
            ], summary: "Counts of nodes and relationships, per label and type."),
        body: .graph { (graph) throws(NQLError) in
            let catalog = graph.catalog
            var labels: [String: Value] = [:]
            for (label, count) in labelCounts(graph) {
                labels[catalog.labels[Int(label)]] = .integer(count)
            }
            var types: [String: Value] = [:]
            let perType = graph.statistics.relationshipsPerType
            for (type, count) in perType.enumerated() where count > 0 {
                types[catalog.types[type]] = .integer(Int64(clamping: count))
            }
            let nodes = graph.statistics.nodesPerLabelSet.reduce(0, +)
            return [
                [
                    .integer(Int64(labels.count)), .integer(Int64(types.count)),
                    .integer(Int64(catalog.keys.count)), .integer(Int64(clamping: nodes)),
                    .integer(Int64(clamping: perType.reduce(0, +))), .map(labels), .map(types),
                ]
            ]
        })

    /// `apoc.meta.data` and `apoc.meta.schema` say of each label and type which properties and
    /// neighbours its entities have.
    private static func elements(_ graph: GraphView) throws(NQLError) -> [MetaElement] {
        let catalog = graph.catalog
        var found: [MetaElement] = []
        for (label, count) in labelCounts(graph).sorted(by: { $0.key < $1.key }) {
            found.append(
                MetaElement(
                    name: catalog.labels[Int(label)], isNode: true, count: count, label: label))
        }
        for (type, count) in graph.statistics.relationshipsPerType.enumerated() where count > 0 {
            found.append(
                MetaElement(
                    name: catalog.types[type], isNode: false, count: Int64(clamping: count),
                    label: NameID(type)))
        }
        try storage {
            for index in found.indices { try found[index].readProperties(graph) }
        }
        for (link, count) in try links(graph) {
            let type = catalog.types[Int(link.type)]
            let target = catalog.labels[Int(link.target)]
            let source = catalog.labels[Int(link.source)]
            for index in found.indices {
                if found[index].isNode, found[index].label == link.source {
                    found[index].add(type, "out", target, count)
                }
                if found[index].isNode, found[index].label == link.target {
                    found[index].add(type, "in", source, count)
                }
                if !found[index].isNode, found[index].label == link.type {
                    found[index].add(source, "out", target, count)
                }
            }
        }
        return found
    }

    private static let config = ProcedureField(
        name: "config", type: .map, defaultValue: .map([:]))

    private static let data = Procedure(
        signature: ProcedureSignature(
            name: "apoc.meta.data", inputs: [config],
            outputs: [
                field("label", .string), field("property", .string), field("count", .integer),
                field("unique", .boolean), field("index", .boolean), field("existence", .boolean),
                field("type", .string), field("array", .boolean), field("left", .integer),
                field("right", .integer), field("other", .list(.string)),
                field("elementType", .string),
            ],
            summary: "A row for each property of each label and type, and for each type that "
                + "leaves a label, with the labels at its other end. Reads the graph, not a "
                + "sample of it."),
        body: .graph { (graph) throws(NQLError) in
            try elements(graph).flatMap { $0.rows(graph.catalog) }
        })

    private static let schema = Procedure(
        signature: ProcedureSignature(
            name: "apoc.meta.schema", inputs: [config], outputs: [field("value", .map)],
            summary: "A map of labels and types to their properties and neighbours. Reads the "
                + "graph, not a sample of it."),
        body: .graph { (graph) throws(NQLError) in
            var map: [String: Value] = [:]
            for element in try elements(graph) { map[element.name] = element.map(graph.catalog) }
            return [[.map(map)]]
        })
}

extension GraphShapeProcedures {
    /// `apoc.schema.nodes` and `apoc.schema.relationships`: indexes as rows.
    private static let schemaNodes: [Procedure] = [EntityKind.node, .relationship].map { entity in
        Procedure(
            signature: ProcedureSignature(
                name: entity == .node ? "apoc.schema.nodes" : "apoc.schema.relationships",
                inputs: [ProcedureField(name: "config", type: .map, defaultValue: .map([:]))],
                outputs: [
                    ProcedureField(name: "name", type: .string),
                    ProcedureField(name: entity == .node ? "label" : "type", type: .string),
                    ProcedureField(name: "properties", type: .list(.string)),
                    ProcedureField(name: "status", type: .string),
                    ProcedureField(name: entity == .node ? "type" : "kind", type: .string),
                    ProcedureField(name: "size", type: .integer),
                    ProcedureField(name: "valuesSelectivity", type: .float),
                ],
                summary: "The indexes of \(entity.rawValue)s; the selectivity is 1 where values "
                    + "are unique, else null."),
            body: .graph { (graph) throws(NQLError) in
                let catalog = graph.catalog
                return catalog.indexes.filter { $0.entity == entity }.map { index in
                    let owner = Int(index.labelOrType)
                    let name = entity == .node ? catalog.labels[owner] : catalog.types[owner]
                    var size: UInt64 = 0
                    if entity == .node {
                        for (set, count) in graph.statistics.nodesPerLabelSet.enumerated()
                        where catalog.labelSets[set].contains(index.labelOrType) { size += count }
                    } else if owner < graph.statistics.relationshipsPerType.count {
                        size = graph.statistics.relationshipsPerType[owner]
                    }
                    return [
                        .string(index.name), .string(name),
                        .list(index.properties.map { .string(catalog.keys[Int($0)]) }),
                        .string("ONLINE"), .string("RANGE"), .integer(Int64(clamping: size)),
                        index.isUnique ? .float(1) : .null,
                    ]
                }
            })
    }
}

/// A label or a type with what its entities have.
private struct MetaElement {
    var name: String
    var isNode: Bool
    var count: Int64
    /// The number of the label or type.
    var label: NameID
    /// Types of the values of each property.
    private var properties: [NameID: Set<String>] = [:]
    /// Other names by type and direction; of a type, target labels by source label.
    private var links: [String: (direction: String, others: [String], count: Int64)] = [:]

    init(name: String, isNode: Bool, count: Int64, label: NameID) {
        self.name = name
        self.isNode = isNode
        self.count = count
        self.label = label
    }

    mutating func readProperties(_ graph: GraphView) throws {
        var found: [NameID: Set<String>] = [:]
        func add(_ key: NameID, _ cell: Cell) {
            let type = ValueType.name(of: cell, graph.base)
            found[key, default: []].insert(
                type.hasSuffix(" NOT NULL") ? String(type.dropLast(9)) : type)
        }
        let chunks = isNode ? graph.nodeChunkCount : graph.relationshipChunkCount
        for id in 0 ..< UInt32(chunks * ChunkFormat.rowsPerChunk) {
            if isNode {
                guard try graph.nodeExists(id) else { continue }
                let set = Int(try graph.labelSet(ofNode: id))
                guard graph.catalog.labelSets[set].contains(label) else { continue }
                try graph.forEachNodeProperty(id) { add($0, $1) }
            } else {
                guard try graph.relationshipExists(id),
                    try graph.endpoints(ofRelationship: id).type == label
                else { continue }
                try graph.forEachRelationshipProperty(id) { add($0, $1) }
            }
            try Interruption.spend(200)
        }
        properties = found
    }

    mutating func add(_ name: String, _ direction: String, _ other: String, _ count: Int64) {
        let key = name + " " + direction
        var link = links[key] ?? (direction, [], 0)
        if !link.others.contains(other) { link.others.append(other) }
        link.count += count
        links[key] = link
    }

    private var kind: String { isNode ? "node" : "relationship" }

    /// The name of the type among several: a list's is LIST.
    private func type(_ types: Set<String>) -> String {
        guard types.count == 1, let only = types.first else { return "ANY" }
        return only.hasPrefix("LIST") ? "LIST" : only
    }

    private func isIndexed(_ key: NameID, _ catalog: Catalog, unique: Bool) -> Bool {
        let entity: EntityKind = isNode ? .node : .relationship
        return catalog.indexes.contains {
            $0.entity == entity && $0.labelOrType == label && $0.properties == [key]
                && (!unique || $0.isUnique)
        }
    }

    private func mustExist(_ key: NameID, _ catalog: Catalog) -> Bool {
        let entity: EntityKind = isNode ? .node : .relationship
        return catalog.constraints.contains {
            $0.entity == entity && $0.labelOrType == label && $0.properties.contains(key)
                && ($0.kind == .exists || $0.kind == .key)
        }
    }

    func rows(_ catalog: Catalog) -> [[Value]] {
        var rows: [[Value]] = []
        for (key, types) in properties.sorted(by: { $0.key < $1.key }) {
            let type = type(types)
            rows.append([
                .string(name), .string(catalog.keys[Int(key)]), .integer(0),
                .boolean(isIndexed(key, catalog, unique: true)),
                .boolean(isIndexed(key, catalog, unique: false)),
                .boolean(mustExist(key, catalog)), .string(type), .boolean(type == "LIST"),
                .integer(0), .integer(0), .list([]), .string(kind),
            ])
        }
        for (key, link) in links.sorted(by: { $0.key < $1.key }) where link.direction == "out" {
            rows.append([
                .string(name), .string(String(key.dropLast(4))), .integer(link.count),
                .boolean(false), .boolean(false), .boolean(false), .string("RELATIONSHIP"),
                .boolean(true), .integer(0), .integer(0),
                .list(link.others.map { .string($0) }), .string(kind),
            ])
        }
        return rows
    }

    func map(_ catalog: Catalog) -> Value {
        var shown: [String: Value] = [:]
        for (key, types) in properties {
            let type = type(types)
            shown[catalog.keys[Int(key)]] = .map([
                "type": .string(type), "array": .boolean(type == "LIST"),
                "indexed": .boolean(isIndexed(key, catalog, unique: false)),
                "unique": .boolean(isIndexed(key, catalog, unique: true)),
                "existence": .boolean(mustExist(key, catalog)),
            ])
        }
        var value: [String: Value] = [
            "type": .string(kind), "count": .integer(count), "properties": .map(shown),
        ]
        if isNode {
            var relationships: [String: Value] = [:]
            for (key, link) in links {
                let name = String(key.dropLast(link.direction.count + 1))
                relationships[name] = .map([
                    "direction": .string(link.direction), "count": .integer(link.count),
                    "labels": .list(link.others.map { .string($0) }), "properties": .map([:]),
                ])
            }
            value["labels"] = .list([])
            value["relationships"] = .map(relationships)
        }
        return .map(value)
    }
}
