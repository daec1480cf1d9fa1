// FoundationValues: types of Foundation as parameters, in rows and in decoded types: `Date`,
// `UUID`, `Data` and `Decimal`. A module of its own, so that a program that needs none of them does
// not carry Foundation: the engine does without it.
//
// | Swift   | NQL                                                                                |
// | Date    | DateTime in UTC; reading takes any DateTime                                        |
// | UUID    | String, in lower case, as randomUUID() gives it                                    |
// | Data    | String, in Base64                                                                  |
// | Decimal | Integer, or Float where that has all its digits, else String; reading takes either |

@_exported import NenDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Date: ValueConvertible {
    public static var valueTypeName: String { "DateTime" }

    /// The instant; fractions below what a `Date` holds are lost.
    public init?(value: Value) {
        guard case .dateTime(let instant) = value else { return nil }
        let seconds = Double(instant.epochSeconds) - Date.timeIntervalBetween1970AndReferenceDate
        self.init(timeIntervalSinceReferenceDate: seconds + Double(instant.nanosecond) / 1e9)
    }

    /// The instant to the microsecond, in UTC; null for one that is not finite.
    public var value: Value {
        let microseconds = (timeIntervalSince1970 * 1e6).rounded()
        guard let whole = Int64(exactly: microseconds) else { return .null }
        let (seconds, rest) = whole.quotientAndRemainder(dividingBy: 1_000_000)
        let isBefore = rest < 0
        return .dateTime(
            DateTimeValue(
                epochSeconds: isBefore ? seconds - 1 : seconds,
                nanosecond: Int32((isBefore ? rest + 1_000_000 : rest) * 1_000),
                offsetSeconds: 0))
    }
}

extension UUID: ValueConvertible {
    public static var valueTypeName: String { "String" }
    public init?(value: Value) {
        guard case .string(let text) = value, let own = UUID(uuidString: text) else { return nil }
        self = own
    }
    public var value: Value { .string(uuidString.lowercased()) }
}

extension Data: ValueConvertible {
    public static var valueTypeName: String { "String" }
    public init?(value: Value) {
        guard case .string(let text) = value, let own = Data(base64Encoded: text) else {
            return nil
        }
        self = own
    }
    public var value: Value { .string(base64EncodedString()) }
}

extension Decimal: ValueConvertible {
    public static var valueTypeName: String { "Number" }
    public init?(value: Value) {
        switch value {
        case .integer(let number): self.init(number)
        case .float(let number):
            guard number.isFinite, let own = Decimal(string: number.description) else {
                return nil
            }
            self = own
        case .string(let text):
            guard let own = Decimal(string: text) else { return nil }
            self = own
        default: return nil
        }
    }
    public var value: Value {
        let text = description
        if let number = Int64(text) { return .integer(number) }
        if let number = Double(text), number.isFinite, Decimal(string: number.description) == self {
            return .float(number)
        }
        return .string(text)
    }
}
