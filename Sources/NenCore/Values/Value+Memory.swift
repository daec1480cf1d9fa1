// Value+Memory: what values take, for the accounts of memory. The figures are those of Swift's
// containers and glibc's heap on 64 bits: an array has 32 bytes before its elements, a dictionary
// some three quarters of its places in use, a string longer than 15 bytes lies in the heap.

extension Value {
    /// Bytes of the value and of everything behind it.
    public var memoryByteCount: Int {
        MemoryLayout<Value>.stride + contentByteCount
    }

    /// Bytes behind the value.
    private var contentByteCount: Int {
        switch self {
        case .null, .boolean, .integer, .float, .date, .localTime: return 0
        case .string(let text): return ValueBytes.string(text.utf8.count)
        case .list(let elements):
            return elements.reduce(ValueBytes.list(elements.count)) { $0 + $1.contentByteCount }
        case .map(let entries): return Value.byteCount(entries)
        case .time, .localDateTime, .dateTime, .duration, .point: return ValueBytes.box
        case .node(let node): return Value.byteCount(node)
        case .relationship(let relationship): return Value.byteCount(relationship)
        case .path(let path):
            let nodes = path.nodes.reduce(0) { $0 + Value.byteCount($1) }
            return path.relationships.reduce(ValueBytes.box + nodes) {
                $0 + Value.byteCount($1)
            }
        }
    }

    private static func byteCount(_ entries: [String: Value]) -> Int {
        entries.reduce(ValueBytes.map(entries.count)) {
            $0 + ValueBytes.string($1.key.utf8.count) + $1.value.contentByteCount
        }
    }

    private static func byteCount(_ node: NodeValue) -> Int {
        ValueBytes.node(labels: node.labels.count) + byteCount(node.properties)
    }

    private static func byteCount(_ relationship: RelationshipValue) -> Int {
        ValueBytes.relationship + byteCount(relationship.properties)
    }
}

/// Bytes of the parts of values.
public enum ValueBytes {
    /// What lies behind a rare or large value of fixed size.
    public static let box = 64
    /// A relationship without its properties.
    public static let relationship = 96

    /// The bytes of a string behind its 16.
    public static func string(_ byteCount: Int) -> Int {
        byteCount <= 15 ? 0 : byteCount + 48
    }

    /// An array of values, without what is behind its elements.
    public static func list(_ count: Int) -> Int {
        count == 0 ? 0 : 32 + count * MemoryLayout<Value>.stride
    }

    /// A map, without what is behind its keys and values.
    public static func map(_ count: Int) -> Int { count == 0 ? 0 : 64 + count * 56 }

    /// A node without its properties.
    public static func node(labels: Int) -> Int { 96 + labels * 16 }
}
