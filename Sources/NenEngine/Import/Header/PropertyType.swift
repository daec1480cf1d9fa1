// PropertyType: the types a header may give to a column, by the names of `neo4j-admin database
// import`. Narrow numbers are checked for their range and stored as Integer or Float.

import NenCore

/// The type of one value of a column.
enum PropertyScalar: UInt8, Sendable, Hashable {
    case byte, short, int, long
    case float, double
    case boolean
    case char, string
    case date, localTime, time, localDateTime, dateTime, duration
    case point

    /// The type a header names; letter case does not matter.
    init?(name: String) {
        switch name.lowercased() {
        case "byte": self = .byte
        case "short": self = .short
        case "int", "integer": self = .int
        case "long": self = .long
        case "float": self = .float
        case "double": self = .double
        case "boolean", "bool": self = .boolean
        case "char": self = .char
        case "string": self = .string
        case "date": self = .date
        case "localtime": self = .localTime
        case "time": self = .time
        case "localdatetime": self = .localDateTime
        case "datetime": self = .dateTime
        case "duration": self = .duration
        case "point": self = .point
        default: return nil
        }
    }

    /// The values an integer type admits.
    var integerRange: ClosedRange<Int64> {
        switch self {
        case .byte: Int64(Int8.min)...Int64(Int8.max)
        case .short: Int64(Int16.min)...Int64(Int16.max)
        case .int: Int64(Int32.min)...Int64(Int32.max)
        default: Int64.min...Int64.max
        }
    }

    /// The name that messages use.
    var name: String {
        switch self {
        case .localTime: "localtime"
        case .localDateTime: "localdatetime"
        case .dateTime: "datetime"
        default: "\(self)"
        }
    }

    /// How a column of the type lies in memory.
    var columnKind: BlockColumnKind {
        switch self {
        case .byte, .short, .int, .long: .integer
        case .float, .double: .float
        case .boolean: .boolean
        default: .cell
        }
    }
}

/// The type of a property column: a scalar or a list of them.
struct PropertyType: Sendable, Hashable {
    var scalar: PropertyScalar
    var isArray: Bool
    /// `{timezone:…}`: of times without one.
    var zone: TemporalZone?
    /// `{crs:…}`: of points without one.
    var coordinateSystem: String?

    /// - Throws: `ArgumentError(InvalidHeader)` for unknown names.
    init(name: String, place: String) throws(NQLError) {
        let isArray = name.hasSuffix("[]")
        let base = isArray ? String(name.dropLast(2)) : name
        guard let scalar = PropertyScalar(name: base) else {
            throw .runtime(
                .argument, "InvalidHeader", "\(place): the type '\(name)' is unknown.",
                hint: "Types are int, long, float, double, boolean, byte, short, char, string, "
                    + "date, localtime, time, localdatetime, datetime, duration, point, and "
                    + "arrays.")
        }
        self.scalar = scalar
        self.isArray = isArray
    }

    init(_ scalar: PropertyScalar, isArray: Bool = false) {
        self.scalar = scalar
        self.isArray = isArray
    }

    /// Takes an option of the header.
    ///
    /// - Throws: `ArgumentError(InvalidHeader)` for options that the type does not have.
    mutating func take(_ key: String, _ value: String, place: String) throws(NQLError) {
        switch (key.lowercased(), scalar) {
        case ("timezone", .time), ("timezone", .dateTime):
            let given = try TemporalZone.parse(value)
            if scalar == .time, case .offset = given {} else if scalar == .time {
                throw .runtime(
                    .argument, "InvalidHeader",
                    "\(place): '\(value)' has different offsets in the course of a year, and a "
                        + "time has no date.",
                    hint: "Write an offset, such as +01:00.")
            }
            zone = given
        case ("crs", .point) where CoordinateSystem(named: value) != nil:
            coordinateSystem = value
        default:
            throw .runtime(
                .argument, "InvalidHeader",
                "\(place): the option '\(key):\(value)' does not fit the type \(name).",
                hint: "Times take timezone, points crs.")
        }
    }

    var columnKind: BlockColumnKind { isArray ? .cell : scalar.columnKind }
    var name: String { isArray ? scalar.name + "[]" : scalar.name }
}
