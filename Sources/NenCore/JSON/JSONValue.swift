// JSONValue: one JSON text as a tree. Numbers keep their text, so that no digit is lost between
// the wire and `Value`; objects keep the order of their members.

/// Any JSON value.
public enum JSONValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// The number's text as RFC 8259 spells it.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// The value of the last member called `name`; nil when this is no object or has none.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The text of a string; nil for everything else.
    public var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

/// One `"name": value` of an object.
public struct JSONMember: Sendable, Hashable {
    public var name: String
    public var value: JSONValue

    public init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}
