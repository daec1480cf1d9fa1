// ModelGraph: a property graph as two arrays. Nothing is ever removed from them: what is deleted is
// marked, so that numbers stay valid.

import NenCore

struct ModelNode: Equatable {
    var labels: Set<String> = []
    var properties: [String: ModelValue] = [:]
    var isDeleted = false
}

struct ModelRelationship: Equatable {
    var type: String
    var source: Int
    var target: Int
    var properties: [String: ModelValue] = [:]
    var isDeleted = false
}

struct ModelGraph: Equatable {
    var nodes: [ModelNode] = []
    var relationships: [ModelRelationship] = []

    /// One CREATE with all nodes (`n0`, …) and relationships (`r0`, …); nil for the empty graph.
    var createStatement: String? {
        if nodes.isEmpty { return nil }
        var parts: [String] = []
        for (index, node) in nodes.enumerated() {
            let labels = node.labels.sorted().map { ":" + $0 }.joined()
            parts.append("(n\(index)\(labels)\(Self.text(node.properties)))")
        }
        for (index, relationship) in relationships.enumerated() {
            let properties = Self.text(relationship.properties)
            parts.append(
                "(n\(relationship.source))-[r\(index):\(relationship.type)\(properties)]->"
                    + "(n\(relationship.target))")
        }
        return "CREATE " + parts.joined(separator: ", ")
    }

    private static func text(_ properties: [String: ModelValue]) -> String {
        if properties.isEmpty { return "" }
        let entries = properties.sorted { $0.key < $1.key }
        return " {" + entries.map { "\($0.key): \(text($0.value))" }.joined(separator: ", ") + "}"
    }

    private static func text(_ value: ModelValue) -> String {
        switch value {
        case .list(let list): "[" + list.map { text($0) }.joined(separator: ", ") + "]"
        case .float(let number) where number.isNaN: "(0.0 / 0.0)"
        case .float(let number) where number.isInfinite:
            number < 0 ? "(-1.0 / 0.0)" : "(1.0 / 0.0)"
        case .float(let number): number.description
        default: value.groupKey
        }
    }
}
