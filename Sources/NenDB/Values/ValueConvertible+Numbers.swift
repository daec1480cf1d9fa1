// ValueConvertible+Numbers: the narrower numbers of Swift. An integer that does not fit is no value
// of the type.

import NenCore

extension Float: ValueConvertible {
    public static var valueTypeName: String { "Float" }
    /// Rounds to the nearest.
    public init?(value: Value) {
        guard let number = Double(value: value) else { return nil }
        self = Float(number)
    }
    public var value: Value { .float(Double(self)) }
}

extension Int8: ValueConvertible {
    public static var valueTypeName: String { "Integer" }
    public init?(value: Value) {
        guard case .integer(let number) = value else { return nil }
        self.init(exactly: number)
    }
    public var value: Value { .integer(Int64(self)) }
}

extension Int16: ValueConvertible {
    public static var valueTypeName: String { "Integer" }
    public init?(value: Value) {
        guard case .integer(let number) = value else { return nil }
        self.init(exactly: number)
    }
    public var value: Value { .integer(Int64(self)) }
}

extension Int32: ValueConvertible {
    public static var valueTypeName: String { "Integer" }
    public init?(value: Value) {
        guard case .integer(let number) = value else { return nil }
        self.init(exactly: number)
    }
    public var value: Value { .integer(Int64(self)) }
}

extension UInt8: ValueConvertible {
    public static var valueTypeName: String { "Integer" }
    public init?(value: Value) {
        guard case .integer(let number) = value else { return nil }
        self.init(exactly: number)
    }
    public var value: Value { .integer(Int64(self)) }
}

extension UInt16: ValueConvertible {
    public static var valueTypeName: String { "Integer" }
    public init?(value: Value) {
        guard case .integer(let number) = value else { return nil }
        self.init(exactly: number)
    }
    public var value: Value { .integer(Int64(self)) }
}

extension UInt32: ValueConvertible {
    public static var valueTypeName: String { "Integer" }
    public init?(value: Value) {
        guard case .integer(let number) = value else { return nil }
        self.init(exactly: number)
    }
    public var value: Value { .integer(Int64(self)) }
}
