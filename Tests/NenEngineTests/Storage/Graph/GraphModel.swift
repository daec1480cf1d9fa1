// The naive graph that tests compare the stored one with: dictionaries, nothing else.
import NenCore

@testable import NenEngine

/// A property value as tests write it down.
indirect enum ModelValue: Hashable {
    case boolean(Bool)
    case integer(Int64)
    case float(UInt64)
    case string(String)
    case date(Int64)
    case localDateTime(Int64, UInt32)
    case duration([Int64])
    case list([ModelValue])
    case map([String: ModelValue])

    func cell(_ builder: CellBuilder) throws -> Cell {
        switch self {
        case .boolean(let flag): return Cell(boolean: flag)
        case .integer(let number): return Cell(integer: number)
        case .float(let bits): return Cell(.float, payload: bits)
        case .string(let text): return try builder.string(text)
        case .date(let days): return Cell(.date, payload: UInt64(bitPattern: days))
        case .localDateTime(let seconds, let nanosecond):
            return Cell(.localDateTime, aux: nanosecond, payload: UInt64(bitPattern: seconds))
        case .duration(let parts):
            let memory = try builder.arena.allocate(Int64.self, count: 4)
            for index in 0 ..< 4 { memory[index] = parts[index] }
            return Cell(.duration, payload: builder.base.offset(memory))
        case .list(let values): return try builder.list(try values.map { try $0.cell(builder) })
        case .map(let entries):
            return try builder.map(
                try entries.map { (try builder.string($0.key), try $0.value.cell(builder)) })
        }
    }

    /// What a cell holds; nil for null.
    init?(_ cell: Cell, _ base: HeapBase) {
        switch cell.tag {
        case .boolean: self = .boolean(cell.boolean)
        case .integer: self = .integer(cell.integer)
        case .float: self = .float(cell.payload)
        case .string: self = .string(base.string(cell))
        case .date: self = .date(cell.integer)
        case .localDateTime: self = .localDateTime(cell.integer, cell.aux)
        case .duration:
            let parts = base.pointer(cell.payload).assumingMemoryBound(to: Int64.self)
            self = .duration((0 ..< 4).map { parts[$0] })
        case .list:
            let elements = base.cells(cell)
            self = .list((0 ..< cell.count).compactMap { ModelValue(elements[$0], base) })
        case .map:
            let entries = base.cells(cell)
            var map: [String: ModelValue] = [:]
            for index in 0 ..< cell.count {
                map[base.string(entries[2 * index])] = ModelValue(entries[2 * index + 1], base)
            }
            self = .map(map)
        default: return nil
        }
    }

    static func random(_ random: inout SeededGenerator, depth: Int = 0) -> ModelValue {
        switch Int.random(in: 0 ..< 12, using: &random) {
        case 0: return .boolean(Bool.random(using: &random))
        case 1, 2: return .integer(Int64.random(in: -3 ... 3, using: &random))
        case 3: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 4: return .float(Double.random(in: -2 ... 2, using: &random).bitPattern)
        case 5: return .string(text(&random, 0 ... 12))
        case 6: return .string(text(&random, 0 ... 300))
        case 7: return .date(Int64.random(in: -9 ... 9, using: &random))
        case 8: return .localDateTime(Int64.random(in: -9 ... 9, using: &random), 7)
        case 9: return .duration([1, -2, 3, Int64.random(in: 0 ... 9, using: &random)])
        case 10 where depth < 3:
            let count = Int.random(in: 0 ... 4, using: &random)
            return .list((0 ..< count).map { _ in .random(&random, depth: depth + 1) })
        case 11 where depth < 3:
            var map: [String: ModelValue] = [:]
            for _ in 0 ..< Int.random(in: 0 ... 3, using: &random) {
                map[text(&random, 1 ... 20)] = .random(&random, depth: depth + 1)
            }
            return .map(map)
        default: return .integer(1)
        }
    }

    static func text(_ random: inout SeededGenerator, _ lengths: ClosedRange<Int>) -> String {
        let length = Int.random(in: lengths, using: &random)
        let letters = "abcdeé\u{0}"
        return String((0 ..< length).map { _ in letters.randomElement(using: &random) ?? "x" })
    }
}

/// Nodes, relationships and nothing clever.
struct GraphModel: Equatable {
    struct Node: Equatable {
        var labels: Set<String>
        var properties: [String: ModelValue]
    }
    struct Relationship: Equatable {
        var type: String
        var source: UInt32
        var target: UInt32
        var properties: [String: ModelValue]
    }
    var nodes: [UInt32: Node] = [:]
    var relationships: [UInt32: Relationship] = [:]

    /// Ids of relationships at a node.
    func relationships(at node: UInt32) -> [UInt32] {
        relationships.filter { $0.value.source == node || $0.value.target == node }
            .map(\.key).sorted()
    }

    /// Reads everything a view has.
    init(_ view: GraphView) throws {
        let catalog = view.catalog
        for chunk in 0 ..< view.nodeChunkCount {
            let handle = try view.nodeChunk(chunk)
            for row in 0 ..< handle.rowCount where handle.isLive(row) {
                let id = UInt32(chunk * 2_048 + row)
                let labels = catalog.labelSets[Int(handle.labelSet(row))]
                var node = Node(labels: [], properties: [:])
                for label in labels { node.labels.insert(catalog.labels[Int(label)]) }
                try view.forEachNodeProperty(id) {
                    node.properties[catalog.keys[Int($0)]] = ModelValue($1, view.base)
                }
                nodes[id] = node
            }
        }
        for chunk in 0 ..< view.relationshipChunkCount {
            let handle = try view.relationshipChunk(chunk)
            for row in 0 ..< handle.rowCount where handle.isLive(row) {
                let id = UInt32(chunk * 2_048 + row)
                let ends = try view.endpoints(ofRelationship: id)
                var relationship = Relationship(
                    type: catalog.types[Int(ends.type)], source: ends.source,
                    target: ends.target, properties: [:])
                try view.forEachRelationshipProperty(id) {
                    relationship.properties[catalog.keys[Int($0)]] = ModelValue($1, view.base)
                }
                relationships[id] = relationship
            }
        }
    }

    init() {}

    /// The first contradiction between a view and this model; nil when there is none.
    func difference(from view: GraphView) throws -> String? {
        let found = try GraphModel(view)
        if found.nodes.count != nodes.count {
            return "\(found.nodes.count) nodes, not \(nodes.count)"
        }
        for (id, node) in nodes where found.nodes[id] != node {
            return "node \(id): \(String(describing: found.nodes[id])), not \(node)"
        }
        if found.relationships.count != relationships.count {
            return "\(found.relationships.count) relationships, not \(relationships.count)"
        }
        for (id, one) in relationships where found.relationships[id] != one {
            return "relationship \(id): \(String(describing: found.relationships[id])), not \(one)"
        }
        return try adjacencyDifference(view) ?? statisticsDifference(view)
            ?? indexDifference(view)
    }

    // MARK: Adjacency

    private struct Group: Hashable {
        var node: UInt32
        var type: NameID
        var isOutgoing: Bool
    }

    private func adjacencyDifference(_ view: GraphView) throws -> String? {
        var expected: [Group: [[UInt32]]] = [:]
        for (id, one) in relationships {
            guard let type = view.catalog.type(one.type) else { return "no type \(one.type)" }
            expected[Group(node: one.source, type: type, isOutgoing: true), default: []]
                .append([one.target, id])
            expected[Group(node: one.target, type: type, isOutgoing: false), default: []]
                .append([one.source, id])
        }
        var groupCount = 0
        for chunk in 0 ..< view.nodeChunkCount {
            let handle = try view.nodeChunk(chunk)
            var flaw: String?
            try handle.forEachAdjacency { group in
                for row in 0 ..< handle.rowCount {
                    let node = UInt32(chunk * 2_048 + row)
                    var found: [[UInt32]] = []
                    group.forEachRun(row) { run in
                        for index in 0 ..< run.count {
                            found.append([run.neighbours[index], run.relationships[index]])
                        }
                    }
                    let key = Group(
                        node: node, type: group.type,
                        isOutgoing: group.direction == .outgoing)
                    let sorted = (expected[key] ?? []).sorted { $0.lexicographicallyPrecedes($1) }
                    if found != sorted { flaw = "adjacency of \(key): \(found), not \(sorted)" }
                    if group.degree(row) != sorted.count { flaw = "degree of \(key)" }
                    if let run = group.singleRun(row), run.count != sorted.count {
                        flaw = "single run of \(key)"
                    }
                    if !found.isEmpty { groupCount += 1 }
                }
            }
            if let flaw { return flaw }
        }
        return groupCount == expected.count ? nil : "\(groupCount) groups, not \(expected.count)"
    }

    // MARK: Statistics

    private func statisticsDifference(_ view: GraphView) throws -> String? {
        let statistics = view.statistics
        var nodesPerSet = [UInt64](repeating: 0, count: view.catalog.labelSets.count)
        for id in nodes.keys { nodesPerSet[Int(try view.labelSet(ofNode: id))] += 1 }
        if statistics.nodesPerLabelSet != nodesPerSet { return "nodes per label set" }
        var perType = [UInt64](repeating: 0, count: view.catalog.types.count)
        var loops = perType
        var groups: [RelationshipGroup: UInt64] = [:]
        let isTracked = view.counter.isTracked
        func counted(_ node: UInt32) throws -> UInt32 {
            let set = try view.labelSet(ofNode: node)
            return isTracked[Int(set)] ? set : GraphStatistics.foldedSet
        }
        for one in relationships.values {
            guard let type = view.catalog.type(one.type) else { return "type \(one.type)" }
            perType[Int(type)] += 1
            if one.source == one.target { loops[Int(type)] += 1 }
            let group = RelationshipGroup(
                sourceSet: try counted(one.source), type: type,
                targetSet: try counted(one.target))
            groups[group, default: 0] += 1
        }
        if statistics.relationshipsPerType != perType { return "relationships per type" }
        if statistics.selfLoopsPerType != loops { return "self-loops per type" }
        if statistics.relationshipsPerGroup != groups { return "relationships per group" }
        return nil
    }

    // MARK: Indexes

    /// Entries of every index against the entities that belong there.
    private func indexDifference(_ view: GraphView) throws -> String? {
        for index in view.catalog.indexes {
            guard let tree = view.indexTree(index.id) else { return "no index \(index.name)" }
            try tree.check()
            var found: [[UInt8]] = []
            var cursor = BTreeCursor(tree)
            try cursor.seekFirst()
            while let key = try cursor.next() { found.append(Array(key)) }
            var expected: [[UInt8]] = []
            let ids = index.entity == .node ? Array(nodes.keys) : Array(relationships.keys)
            for id in ids where belongs(id, to: index, view.catalog) {
                var key = IndexKey()
                var isComplete = true
                for property in index.properties {
                    let cell = index.entity == .node
                        ? try view.nodeProperty(id, property)
                        : try view.relationshipProperty(id, property)
                    if cell.isNull { isComplete = false } else { try key.append(cell, view.base) }
                }
                key.append(entity: id)
                if isComplete { expected.append(key.bytes) }
            }
            expected.sort { $0.lexicographicallyPrecedes($1) }
            if found != expected {
                return "index \(index.name): \(found.count) entries, not \(expected.count)"
            }
        }
        return nil
    }

    private func belongs(_ id: UInt32, to index: IndexDescriptor, _ catalog: Catalog) -> Bool {
        if index.entity == .node {
            return nodes[id]?.labels.contains(catalog.labels[Int(index.labelOrType)]) ?? false
        }
        return relationships[id]?.type == catalog.types[Int(index.labelOrType)]
    }
}
