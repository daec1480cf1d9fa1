// Random operations on a write transaction and the model at once.
import NenCore

@testable import NenEngine

/// Draws operations from a seed and applies them to both graphs.
struct GraphWorkload {
    var random: SeededGenerator
    var model = GraphModel()
    let pool = PagePool(limitBytes: 1 << 28)
    var labelNames = ["A", "B", "C"]
    var typeNames = ["R", "S"]
    var keyNames = ["k", "l", "m", "n"]
    /// Nodes kept at most; beyond, deletes prevail.
    var nodeCountMax = 400
    /// Nodes and relationships deleted in this transaction, whose ids must not come back in it.
    private var freed: Set<UInt32> = []
    private var freedRelationships: Set<UInt32> = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0 ..< 100, using: &random) < percent
    }

    /// A new transaction may reuse what earlier ones freed.
    mutating func beginTransaction() {
        freed.removeAll()
        freedRelationships.removeAll()
    }

    /// What a rollback brings back.
    struct Moment {
        fileprivate var model: GraphModel
        fileprivate var freed: Set<UInt32>
        fileprivate var freedRelationships: Set<UInt32>
    }

    var moment: Moment {
        Moment(model: model, freed: freed, freedRelationships: freedRelationships)
    }

    mutating func goBack(to moment: Moment) {
        model = moment.model
        freed = moment.freed
        freedRelationships = moment.freedRelationships
    }

    /// Applies one random operation; returns a flaw.
    mutating func step(_ writer: WriteTransaction) throws -> String? {
        let isFull = model.nodes.count > nodeCountMax
        let choice = Int.random(in: 0 ..< 100, using: &random)
        switch choice {
        case 0 ..< 25: return isFull ? try deleteNode(writer) : try createNode(writer)
        case 25 ..< 55:
            return model.relationships.count > 4 * nodeCountMax
                ? try deleteRelationship(writer) : try createRelationship(writer)
        case 55 ..< 70: return try setNodeProperty(writer)
        case 70 ..< 76: return try setRelationshipProperty(writer)
        case 76 ..< 84: return try changeLabel(writer)
        case 84 ..< 94: return try deleteRelationship(writer)
        default: return try deleteNode(writer)
        }
    }

    private mutating func properties() -> [String: ModelValue] {
        var result: [String: ModelValue] = [:]
        for key in keyNames where chance(40) { result[key] = .random(&random) }
        return result
    }

    private func cells(
        _ properties: [String: ModelValue], _ writer: WriteTransaction, _ builder: CellBuilder
    ) throws -> [(NameID, Cell)] {
        try properties.map { (try writer.internKey($0.key), try $0.value.cell(builder)) }
    }

    private mutating func someNode() -> UInt32? {
        // Sorted, so that a seed gives the same run.
        model.nodes.keys.sorted().randomElement(using: &random)
    }

    private mutating func someRelationship() -> UInt32? {
        model.relationships.keys.sorted().randomElement(using: &random)
    }

    mutating func createNode(_ writer: WriteTransaction) throws -> String? {
        var labels: Set<String> = []
        for label in labelNames where chance(35) { labels.insert(label) }
        let properties = properties()
        let builder = CellBuilder(arena: Arena(pool: pool), base: writer.base)
        let id = try writer.createNode(
            labels: try labels.map { try writer.internLabel($0) },
            properties: try cells(properties, writer, builder))
        if model.nodes[id] != nil { return "node \(id) exists" }
        if freed.contains(id) { return "node \(id) reused in the same transaction" }
        model.nodes[id] = GraphModel.Node(labels: labels, properties: properties)
        return nil
    }

    mutating func createRelationship(_ writer: WriteTransaction) throws -> String? {
        guard let source = someNode(), let other = someNode() else { return nil }
        // Loops, and a hub now and then.
        let target = chance(10) ? source : (chance(30) ? model.nodes.keys.min() ?? other : other)
        guard let type = typeNames.randomElement(using: &random) else { return nil }
        let properties = chance(50) ? properties() : [:]
        let builder = CellBuilder(arena: Arena(pool: pool), base: writer.base)
        let id = try writer.createRelationship(
            type: try writer.internType(type), source: source, target: target,
            properties: try cells(properties, writer, builder))
        if model.relationships[id] != nil { return "relationship \(id) exists" }
        if freedRelationships.contains(id) { return "relationship \(id) reused" }
        model.relationships[id] = GraphModel.Relationship(
            type: type, source: source, target: target, properties: properties)
        return nil
    }

    mutating func setNodeProperty(_ writer: WriteTransaction) throws -> String? {
        guard let id = someNode(), let key = keyNames.randomElement(using: &random) else {
            return nil
        }
        let value: ModelValue? = chance(30) ? nil : .random(&random)
        let builder = CellBuilder(arena: Arena(pool: pool), base: writer.base)
        let number = try writer.internKey(key)
        let didChange = try writer.setNodeProperty(
            id, number, try value?.cell(builder) ?? .null)
        let old = model.nodes[id]?.properties[key]
        if old != value && !didChange { return "node \(id).\(key): a change went unnoticed" }
        if value == nil && old == nil && didChange { return "removing nothing is no change" }
        model.nodes[id]?.properties[key] = value
        return nil
    }

    mutating func setRelationshipProperty(_ writer: WriteTransaction) throws -> String? {
        guard let id = someRelationship(), let key = keyNames.randomElement(using: &random) else {
            return nil
        }
        let value: ModelValue? = chance(30) ? nil : .random(&random)
        let builder = CellBuilder(arena: Arena(pool: pool), base: writer.base)
        let number = try writer.internKey(key)
        _ = try writer.setRelationshipProperty(id, number, try value?.cell(builder) ?? .null)
        model.relationships[id]?.properties[key] = value
        return nil
    }

    mutating func changeLabel(_ writer: WriteTransaction) throws -> String? {
        guard let id = someNode(), let label = labelNames.randomElement(using: &random),
            var node = model.nodes[id]
        else { return nil }
        let number = try writer.internLabel(label)
        let had = node.labels.contains(label)
        if chance(50) {
            if try writer.addLabels([number], to: id) == (had ? 1 : 0) {
                return "addLabel's answer"
            }
            node.labels.insert(label)
        } else {
            if try writer.removeLabels([number], from: id) != (had ? 1 : 0) {
                return "removeLabel's answer"
            }
            node.labels.remove(label)
        }
        model.nodes[id] = node
        return nil
    }

    mutating func deleteRelationship(_ writer: WriteTransaction) throws -> String? {
        guard let id = someRelationship() else { return nil }
        return try delete(relationship: id, writer)
    }

    private mutating func delete(
        relationship id: UInt32, _ writer: WriteTransaction
    ) throws -> String? {
        guard let one = model.relationships[id] else { return nil }
        try writer.deleteRelationship(id)
        try writer.deleteRelationship(id)
        if !writer.isDeleted(relationship: id) { return "deleted relationship \(id) is not known" }
        let ends = try writer.endpoints(ofRelationship: id)
        if ends.source != one.source || ends.target != one.target { return "ends of \(id)" }
        model.relationships[id] = nil
        freedRelationships.insert(id)
        return nil
    }

    mutating func deleteNode(_ writer: WriteTransaction) throws -> String? {
        guard let id = someNode() else { return nil }
        let attached = model.relationships(at: id)
        // The node first or its relationships first: the order within a statement is free.
        let isNodeFirst = chance(50)
        if isNodeFirst { try writer.deleteNode(id) }
        if isNodeFirst && !attached.isEmpty {
            do {
                try writer.checkDeletedNodes()
                return "node \(id) was deleted with relationships"
            } catch let error as NQLError {
                if error.detail != "DeleteConnectedNode" { return "\(error)" }
            }
        }
        for relationship in attached {
            if let flaw = try delete(relationship: relationship, writer) { return flaw }
        }
        if !isNodeFirst { try writer.deleteNode(id) }
        try writer.checkDeletedNodes()
        if !writer.isDeleted(node: id) { return "deleted node \(id) is not known" }
        model.nodes[id] = nil
        freed.insert(id)
        return nil
    }
}
