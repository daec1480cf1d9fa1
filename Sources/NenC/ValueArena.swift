// ValueArena: values as C sees them, in memory that is used again for the next batch of rows.

import CNenDB
import NenCore
import NenDB

/// Memory for values; all of it is given up at once.
final class ValueArena {
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var block = 0
    private var used = 0

    deinit {
        for block in blocks { block.deallocate() }
    }

    func reset() {
        block = 0
        used = 0
    }

    func bytes(_ count: Int) -> UnsafeMutableRawPointer {
        while block < blocks.count {
            if used + count <= blocks[block].count, let base = blocks[block].baseAddress {
                defer { used += (count + 15) & ~15 }
                return base + used
            }
            block += 1
            used = 0
        }
        let size = max(count + 16, 1 << 16)
        blocks.append(.allocate(byteCount: size, alignment: 16))
        return bytes(count)
    }

    func array<Element>(_ count: Int, of kind: Element.Type) -> UnsafeMutablePointer<Element> {
        bytes(count * MemoryLayout<Element>.stride).bindMemory(to: kind, capacity: max(1, count))
    }

    func text(_ string: String) -> nen_text {
        var string = string
        return string.withUTF8 { utf8 in
            let copy = bytes(max(1, utf8.count))
            if let base = utf8.baseAddress {
                copy.copyMemory(from: base, byteCount: utf8.count)
            }
            return nen_text(
                bytes: UnsafePointer(copy.assumingMemoryBound(to: CChar.self)),
                length: utf8.count)
        }
    }

    private func stored<Element>(_ element: Element) -> UnsafePointer<Element> {
        let place = array(1, of: Element.self)
        place.initialize(to: element)
        return UnsafePointer(place)
    }

    private func map(_ entries: [String: Value]) -> nen_map {
        let keys = array(entries.count, of: nen_text.self)
        let values = array(entries.count, of: nen_value.self)
        for (place, key) in entries.keys.sorted().enumerated() {
            keys[place] = text(key)
            values[place] = value(entries[key] ?? .null)
        }
        return nen_map(keys: keys, values: values, count: entries.count)
    }

    private func node(_ node: NodeValue) -> nen_node {
        let labels = array(node.labels.count, of: nen_text.self)
        for (place, label) in node.labels.enumerated() { labels[place] = text(label) }
        return nen_node(
            id: node.id, label_count: node.labels.count, labels: labels,
            properties: map(node.properties))
    }

    private func relationship(_ step: RelationshipValue) -> nen_relationship {
        nen_relationship(
            id: step.id, source: step.source, target: step.target, type: text(step.type),
            properties: map(step.properties))
    }

    func value(_ value: Value) -> nen_value {
        var out = nen_value()
        switch value {
        case .null: out.type = NEN_NULL.rawValue
        case .boolean(let flag):
            out.type = NEN_BOOLEAN.rawValue
            out.as.boolean = flag
        case .integer(let number):
            out.type = NEN_INTEGER.rawValue
            out.as.integer = number
        case .float(let number):
            out.type = NEN_FLOAT.rawValue
            out.as.real = number
        case .string(let string):
            out.type = NEN_STRING.rawValue
            out.as.string = text(string)
        case .list(let items):
            let copies = array(items.count, of: nen_value.self)
            for (place, item) in items.enumerated() { copies[place] = self.value(item) }
            out.type = NEN_LIST.rawValue
            out.as.list.items = UnsafePointer(copies)
            out.as.list.count = items.count
        case .map(let entries):
            out.type = NEN_MAP.rawValue
            out.as.map = stored(map(entries))
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration, .point:
            temporal(value, &out)
        case .node(let entity):
            out.type = NEN_NODE.rawValue
            out.as.node = stored(node(entity))
        case .relationship(let step):
            out.type = NEN_RELATIONSHIP.rawValue
            out.as.relationship = stored(relationship(step))
        case .path(let path):
            let nodes = array(path.nodes.count, of: nen_node.self)
            for (place, one) in path.nodes.enumerated() { nodes[place] = node(one) }
            let steps = array(path.relationships.count, of: nen_relationship.self)
            for (place, one) in path.relationships.enumerated() {
                steps[place] = relationship(one)
            }
            out.type = NEN_PATH.rawValue
            out.as.path = stored(
                nen_path(
                    nodes: nodes, relationships: steps,
                    relationship_count: path.relationships.count))
        }
        return out
    }

    private func temporal(_ value: Value, _ out: inout nen_value) {
        switch value {
        case .date(let date):
            out.type = NEN_DATE.rawValue
            out.as.integer = date.epochDays
        case .localTime(let time):
            out.type = NEN_LOCAL_TIME.rawValue
            out.as.integer = time.nanosecondOfDay
        case .time(let time):
            out.type = NEN_TIME.rawValue
            out.as.integer = time.nanosecondOfDay
            out.extra = time.offsetSeconds
        case .localDateTime(let time):
            out.type = NEN_LOCAL_DATETIME.rawValue
            out.as.integer = time.epochSeconds
            out.extra = time.nanosecond
        case .dateTime(let time):
            out.type = NEN_DATETIME.rawValue
            let zone = time.zoneName.map(text) ?? nen_text(bytes: nil, length: 0)
            out.as.datetime = stored(
                nen_datetime(
                    seconds: time.epochSeconds, nanosecond: time.nanosecond,
                    offset: time.offsetSeconds, zone: zone))
        case .duration(let span):
            out.type = NEN_DURATION.rawValue
            out.as.duration = stored(
                nen_duration(
                    months: span.months, days: span.days, seconds: span.seconds,
                    nanosecond: span.nanosecond))
        case .point(let point):
            out.type = NEN_POINT.rawValue
            out.as.point = stored(
                nen_point(srid: point.system.rawValue, x: point.x, y: point.y, z: point.z))
        default: break
        }
    }
}
