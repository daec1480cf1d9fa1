// ModelSink: a graph in dictionaries that an import writes to, so that its content and the
// agreement of relationship chunks with both directions of adjacency can be checked.

import NenCore

@testable import NenEngine

/// A value in a form that compares.
func describe(_ cell: Cell, _ base: HeapBase) -> String {
    switch cell.tag {
    case .string: return "'" + base.string(cell) + "'"
    case .null: return "null"
    case .boolean: return String(cell.boolean)
    case .integer: return String(cell.integer)
    case .float: return String(cell.float)
    case .list:
        let cells = base.cells(cell)
        return "[" + (0..<cell.count).map { describe(cells[$0], base) }.joined(separator: ",") + "]"
    case .duration:
        let parts = base.pointer(cell.payload).assumingMemoryBound(to: Int64.self)
        return "duration(\(parts[0]),\(parts[1]),\(parts[2]),\(parts[3]))"
    default: return "\(cell.tag)(\(cell.low),\(cell.aux),\(cell.integer))"
    }
}

final class ModelSink: GraphSink, @unchecked Sendable {
    struct Node: Equatable {
        var labels: [String]
        var properties: [String: String]
    }
    struct Relationship: Equatable {
        var type: String
        var source: UInt32
        var target: UInt32
        var properties: [String: String]
    }
    struct ListKey: Hashable {
        var chunk: Int
        var type: NameID
        var isOutgoing: Bool
    }

    let base = HeapBase(address: UnsafeRawPointer(bitPattern: 4096)!)
    private let monitor = Monitor()
    var labelSets: [[String]] = []
    var types: [String] = []
    var keys: [String] = []
    var nodes: [UInt32: Node] = [:]
    var relationships: [UInt32: Relationship] = [:]
    /// Entries (row node, neighbour, relationship) per list, in the order written.
    var lists: [ListKey: [(UInt32, UInt32, UInt32)]] = [:]
    var complaints: [String] = []
    var statistics: GraphStatistics?

    private func intern(_ name: String, _ names: inout [String]) -> NameID {
        if let index = names.firstIndex(of: name) { return NameID(index) }
        names.append(name)
        return NameID(names.count - 1)
    }

    func internLabelSet(_ labels: [String]) -> UInt32 {
        monitor.withLock {
            let wanted = Array(Set(labels)).sorted()
            if let index = labelSets.firstIndex(of: wanted) { return UInt32(index) }
            labelSets.append(wanted)
            return UInt32(labelSets.count - 1)
        }
    }

    func internType(_ name: String) -> NameID { monitor.withLock { intern(name, &types) } }
    func internKey(_ name: String) -> NameID { monitor.withLock { intern(name, &keys) } }

    private func properties(_ columns: [SinkColumn], _ row: Int) -> [String: String] {
        var result: [String: String] = [:]
        for column in columns {
            let view = BlockColumn(
                kind: column.kind, values: UnsafeMutableRawPointer(mutating: column.values),
                validity: UnsafeMutablePointer(mutating: column.validity))
            if view.isValid(row) {
                result[keys[Int(column.key)]] = describe(view.cell(row), base)
            } else if column.kind == .cell {
                let cell = column.values.load(fromByteOffset: row * 16, as: Cell.self)
                if !cell.isNull { complaints.append("row \(row): a value without its bit") }
            }
        }
        return result
    }

    func writeNodeChunk(
        _ chunk: Int, rowCount: Int, labelSet: UInt32, labelSets sets: UnsafePointer<UInt32>?,
        columns: [SinkColumn]
    ) throws {
        monitor.withLock {
            for row in 0..<rowCount {
                let set = sets?[row] ?? labelSet
                let id = UInt32(chunk * 2048 + row)
                if nodes[id] != nil { complaints.append("node \(id) twice") }
                nodes[id] = Node(labels: labelSets[Int(set)], properties: properties(columns, row))
            }
        }
    }

    func writeRelationshipChunk(
        _ chunk: Int, type: NameID, rowCount: Int, sources: UnsafePointer<UInt32>,
        targets: UnsafePointer<UInt32>, columns: [SinkColumn]
    ) throws {
        monitor.withLock {
            for row in 0..<rowCount {
                let id = UInt32(chunk * 2048 + row)
                if relationships[id] != nil { complaints.append("relationship \(id) twice") }
                relationships[id] = Relationship(
                    type: types[Int(type)], source: sources[row], target: targets[row],
                    properties: properties(columns, row))
            }
        }
    }

    func writeAdjacency(
        nodeChunk: Int, type: NameID, direction: SinkDirection, rowCount: Int,
        offsets: UnsafePointer<UInt32>, neighbours: UnsafePointer<UInt32>,
        relationships: UnsafePointer<UInt32>
    ) throws {
        monitor.withLock {
            let key = ListKey(chunk: nodeChunk, type: type, isOutgoing: direction == .outgoing)
            if lists[key] != nil { complaints.append("list \(key) twice") }
            var entries: [(UInt32, UInt32, UInt32)] = []
            for row in 0..<rowCount {
                for place in Int(offsets[row])..<Int(offsets[row + 1]) {
                    entries.append(
                        (UInt32(nodeChunk * 2048 + row), neighbours[place], relationships[place]))
                }
            }
            lists[key] = entries
        }
    }

    func finish(_ statistics: GraphStatistics) throws { self.statistics = statistics }

    /// Sentences about everything that does not fit together; empty when all is well.
    func check() -> [String] {
        var found = complaints
        for isOutgoing in [true, false] {
            var seen: Set<UInt32> = []
            for (key, entries) in lists where key.isOutgoing == isOutgoing {
                var last: (UInt32, UInt32, UInt32)?
                for entry in entries {
                    if let last, (last.0, last.1, last.2) >= entry {
                        found.append("\(key): \(last) before \(entry)")
                    }
                    last = entry
                    guard let relationship = relationships[entry.2] else {
                        found.append("\(key): no relationship \(entry.2)")
                        continue
                    }
                    seen.insert(entry.2)
                    let ends = isOutgoing
                        ? (relationship.source, relationship.target)
                        : (relationship.target, relationship.source)
                    if ends != (entry.0, entry.1) || relationship.type != types[Int(key.type)] {
                        found.append("\(key): \(entry) is \(relationship)")
                    }
                }
            }
            if seen.count != relationships.count {
                found.append("\(seen.count) list entries of \(relationships.count)")
            }
        }
        return found + checkStatistics()
    }

    private func checkStatistics() -> [String] {
        guard let statistics else { return ["nothing was published"] }
        var expected = GraphStatistics()
        expected.nodesPerLabelSet = labelSets.map { set in
            UInt64(nodes.values.filter { $0.labels == set }.count)
        }
        func set(_ node: UInt32) -> UInt32 {
            UInt32(labelSets.firstIndex(of: nodes[node]?.labels ?? []) ?? 0)
        }
        for (number, type) in types.enumerated() {
            let all = relationships.values.filter { $0.type == type }
            expected.relationshipsPerType.append(UInt64(all.count))
            expected.selfLoopsPerType.append(
                UInt64(all.filter { $0.source == $0.target }.count))
            for relationship in all {
                let group = RelationshipGroup(
                    sourceSet: set(relationship.source), type: NameID(number),
                    targetSet: set(relationship.target))
                expected.relationshipsPerGroup[group, default: 0] += 1
            }
        }
        var result: [String] = []
        func compare(_ name: String, _ found: [UInt64], _ wanted: [UInt64]) {
            let length = max(found.count, wanted.count)
            let pad = { (list: [UInt64]) in
                list + Array(repeating: 0, count: length - list.count)
            }
            if pad(found) != pad(wanted) { result.append("\(name): \(found), not \(wanted)") }
        }
        compare("label sets", statistics.nodesPerLabelSet, expected.nodesPerLabelSet)
        compare("types", statistics.relationshipsPerType, expected.relationshipsPerType)
        compare("loops", statistics.selfLoopsPerType, expected.selfLoopsPerType)
        if statistics.relationshipsPerGroup != expected.relationshipsPerGroup {
            result.append("groups: \(statistics.relationshipsPerGroup)")
        }
        return result
    }

    /// The graph by identifiers: nodes and relationships as sorted lines.
    func content(idKey: String) -> (nodes: [String], relationships: [String]) {
        func line(_ properties: [String: String]) -> String {
            properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                .joined(separator: " ")
        }
        let nodeLines = nodes.values.map { node in
            node.labels.joined(separator: ":") + " " + line(node.properties)
        }
        let relationshipLines = relationships.values.map { relationship in
            let source = nodes[relationship.source]?.properties[idKey] ?? "?"
            let target = nodes[relationship.target]?.properties[idKey] ?? "?"
            return "\(source) \(relationship.type) \(target) \(line(relationship.properties))"
        }
        return (nodeLines.sorted(), relationshipLines.sorted())
    }
}
