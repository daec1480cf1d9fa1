// JSONReader: RFC 8259 text into a `JSONValue`. Recursive descent over UTF-8 bytes; nesting is
// bounded, so that no input can exhaust the stack. Escaped surrogate pairs join into one scalar;
// a lone surrogate, a control character in a string or malformed UTF-8 is an error.

/// Why a text is not JSON, with the byte where reading stopped.
public struct JSONError: Error, CustomStringConvertible {
    public var message: String
    public var byteOffset: Int
    public var description: String { "\(message) at byte \(byteOffset + 1)" }
}

/// Reads one JSON text.
public struct JSONReader {
    /// Deepest nesting of arrays and objects.
    public static let depthMax = 512

    /// Nanoseconds for a value or a part of a string, by and large.
    private static let workUnits = 100

    private let bytes: UnsafeBufferPointer<UInt8>
    /// Bytes read.
    public var position = 0
    /// Arrays and objects around the place.
    public var depth = 0
    private let account: MemoryAccount?
    /// Bytes of what was read that are charged, and that are not yet.
    public private(set) var chargedBytes = 0
    private var openBytes = 0

    /// - Parameter account: is charged with what is read; its owner releases it.
    public init(_ bytes: UnsafeBufferPointer<UInt8>, account: MemoryAccount? = nil) {
        self.bytes = bytes
        self.account = account
    }

    /// The value of `text`, which must hold nothing else but white space.
    ///
    /// - Throws: `JSONError`.
    public static func read(_ text: [UInt8]) throws -> JSONValue {
        try text.withUnsafeBufferPointer { bytes in
            var reader = JSONReader(bytes)
            reader.skipSpace()
            let value = try reader.value()
            reader.skipSpace()
            if reader.position < bytes.count {
                throw reader.error("unexpected text behind the value")
            }
            return value
        }
    }

    /// The value of `text`.
    public static func read(_ text: String) throws -> JSONValue { try read(Array(text.utf8)) }

    /// Takes note of memory that a value takes.
    ///
    /// - Throws: `MemoryLimitExceeded`.
    public mutating func count(_ byteCount: Int) throws {
        openBytes += byteCount
        guard openBytes >= 65_536, let account else { return }
        try account.charge(openBytes, for: .parameters)
        chargedBytes += openBytes
        openBytes = 0
    }

    /// Takes note of memory that was counted and is given back.
    public mutating func discount(_ byteCount: Int) { openBytes -= byteCount }

    /// The error at this place.
    public func error(_ message: String) -> JSONError {
        JSONError(message: message, byteOffset: position)
    }

    /// The byte at this place; nil at the end.
    public var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Goes over white space.
    public mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    /// Goes over this byte if it stands here.
    public mutating func take(_ byte: UInt8) -> Bool {
        if current == byte {
            position += 1
            return true
        }
        return false
    }

    /// Goes over this byte, which has to stand here.
    public mutating func expect(_ byte: UInt8) throws {
        if !take(byte) {
            throw error("expected `\(Character(UnicodeScalar(byte)))`")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) {
            throw error("expected `\(word)`")
        }
        return value
    }

    /// Reads a value of any kind.
    public mutating func value() throws -> JSONValue {
        try Interruption.spend(JSONReader.workUnits)
        switch current {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw error("unexpected end of text")
        default: return .number(try number())
        }
    }

    /// Goes over the bracket of an array or object; `depth` is counted back by the caller.
    public mutating func enter() throws {
        depth += 1
        if depth > JSONReader.depthMax {
            throw error("nested deeper than \(JSONReader.depthMax) levels")
        }
        position += 1
        skipSpace()
    }

    private mutating func object() throws -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var members: [JSONMember] = []
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a member's name") }
            let name = try string()
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            try count(MemoryLayout<JSONMember>.stride)
            members.append(JSONMember(name: name, value: try value()))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func array() throws -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            try count(MemoryLayout<JSONValue>.stride)
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
        return position - start
    }

    private mutating func number() throws -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let leadsWithZero = current == UInt8(ascii: "0")
        let integerDigits = digits()
        if integerDigits == 0 { throw error("expected a value") }
        if leadsWithZero && integerDigits > 1 { throw error("a number may not start with 0") }
        if take(UInt8(ascii: ".")), digits() == 0 { throw error("expected a digit") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if digits() == 0 { throw error("expected a digit") }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Reads a string, at whose quote this stands.
    public mutating func string() throws -> String {
        position += 1
        let first = try plainRun()
        // Most strings have no escapes and are decoded where they stand.
        if take(UInt8(ascii: "\"")) { return try decoded(first) }
        var text = Array(first)
        while true {
            switch current {
            case UInt8(ascii: "\""):
                position += 1
                return try text.withUnsafeBufferPointer { try decoded($0) }
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
                text.append(contentsOf: try plainRun())
            case nil: throw error("unexpected end of a string")
            default: throw error("a control character must be escaped")
            }
        }
    }

    /// Goes over the bytes of a string that stand for themselves.
    ///
    /// - Throws: `Interrupted`.
    private mutating func plainRun() throws -> UnsafeBufferPointer<UInt8> {
        let start = position
        while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\""),
            byte != UInt8(ascii: "\\")
        {
            position += 1
        }
        try Interruption.spend(JSONReader.workUnits &+ (position &- start))
        return UnsafeBufferPointer(rebasing: bytes[start ..< position])
    }

    private mutating func decoded(_ text: UnsafeBufferPointer<UInt8>) throws -> String {
        if text.count > 15 { try count(text.count + 48) }
        guard let valid = String(validating: text, as: UTF8.self) else {
            throw error("malformed UTF-8")
        }
        return valid
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard let byte = current else { throw error("unexpected end of a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: try scalar().utf8)
        default: throw error("unknown escape")
        }
    }

    private mutating func scalar() throws -> UnicodeScalar {
        let first = try hex()
        if let scalar = UnicodeScalar(first) { return scalar }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw error("lone surrogate")
        }
        let second = try hex()
        guard second >= 0xDC00, second <= 0xDFFF else { throw error("lone surrogate") }
        let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
        guard let scalar = UnicodeScalar(joined) else { throw error("lone surrogate") }
        return scalar
    }

    private mutating func hex() throws -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue
            else { throw error("expected four hexadecimal digits") }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
