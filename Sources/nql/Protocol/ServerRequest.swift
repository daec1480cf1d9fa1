// ServerRequest: one line of `--json-lines`, read straight into what is asked. Parameters become
// values as they are read, typed ones and plain ones, without a tree of JSON in between: of a list
// of a million numbers that would be six times the values.

import NenCore
import NenDB

/// A request with its parameters.
struct ServerRequest {
    /// Members other than `params`; of a repeated name the last.
    private var members: [String: JSONValue] = [:]
    private(set) var parameters: [String: Value] = [:]

    subscript(name: String) -> JSONValue? { members[name] }

    /// Reads a line.
    ///
    /// - Parameter account: is charged while the line is read.
    /// - Throws: `JSONError`, `ProtocolViolation`, `MemoryLimitExceeded`.
    init(_ line: UnsafeBufferPointer<UInt8>, account: MemoryAccount) throws {
        var reader = JSONReader(line, account: account)
        defer { account.release(reader.chargedBytes) }
        reader.skipSpace()
        guard reader.current == UInt8(ascii: "{") else {
            _ = try reader.value()
            throw ProtocolViolation("a request needs `reset`, `query`, `fetch` or `procedure`")
        }
        try reader.members { reader, name in
            guard name == "params" else {
                members[name] = try reader.value()
                return
            }
            guard reader.current == UInt8(ascii: "{") else {
                _ = try reader.value()
                throw ProtocolViolation("`params` must be an object")
            }
            parameters = try reader.typedMembers()
        }
        reader.skipSpace()
        if reader.position < line.count {
            throw reader.error("unexpected text behind the value")
        }
    }
}

extension JSONReader {
    /// Reads an object; `body` reads the value of each member.
    mutating func members(_ body: (inout JSONReader, String) throws -> Void) throws {
        try enter()
        defer { depth -= 1 }
        if take(UInt8(ascii: "}")) { return }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a member's name") }
            let name = try string()
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            try body(&self, name)
            skipSpace()
            if take(UInt8(ascii: "}")) { return }
            try expect(UInt8(ascii: ","))
        }
    }

    /// Reads an object whose members are values in their wire form.
    fileprivate mutating func typedMembers() throws -> [String: Value] {
        var values: [String: Value] = [:]
        try members { reader, name in
            try reader.count(ValueBytes.map(1))
            values[name] = try reader.typedValue()
        }
        return values
    }

    /// Reads a value in its wire form, `{"$type": …, "_value": …}`, or as plain JSON.
    private mutating func typedValue() throws -> Value {
        if current == UInt8(ascii: "[") { return .list(try typedElements()) }
        let (start, level) = (position, depth)
        if let value = try wireValue() { return value }
        // The members come in another order, or it is no value: then by way of the tree.
        (position, depth) = (start, level)
        return try TypedValue.read(try value())
    }

    /// The same where `$type` comes first; nil otherwise.
    private mutating func wireValue() throws -> Value? {
        guard current == UInt8(ascii: "{") else { return nil }
        try enter()
        defer { depth -= 1 }
        guard current == UInt8(ascii: "\""), try string() == "$type" else { return nil }
        skipSpace()
        try expect(UInt8(ascii: ":"))
        skipSpace()
        guard current == UInt8(ascii: "\"") else { return nil }
        let type = try string()
        skipSpace()
        guard take(UInt8(ascii: ",")) else { return nil }
        skipSpace()
        guard current == UInt8(ascii: "\""), try string() == "_value" else { return nil }
        skipSpace()
        try expect(UInt8(ascii: ":"))
        skipSpace()
        guard let value = try payload(type) else { return nil }
        skipSpace()
        guard take(UInt8(ascii: "}")) else { return nil }
        return value
    }

    private mutating func payload(_ type: String) throws -> Value? {
        switch (type, current) {
        case ("List", UInt8(ascii: "[")): return .list(try typedElements())
        case ("Map", UInt8(ascii: "{")): return .map(try typedMembers())
        default: return try TypedValue.read(type, try value())
        }
    }

    /// Makes room in a list; while its elements are moved it stands there twice.
    private mutating func grow(_ elements: inout [Value]) throws {
        let stride = MemoryLayout<Value>.stride
        let capacity = max(4, elements.count * 2)
        try count(capacity * stride)
        elements.reserveCapacity(capacity)
        discount(elements.count * stride)
    }

    private mutating func typedElements() throws -> [Value] {
        try enter()
        defer { depth -= 1 }
        var elements: [Value] = []
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            skipSpace()
            if elements.count == elements.capacity { try grow(&elements) }
            elements.append(try typedValue())
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            try expect(UInt8(ascii: ","))
        }
    }
}
