// PointValue: a point in one of four coordinate systems, as plain data; made from named coordinates
// as `point({…})` takes them, printed as a call that reads back as the same point.

/// Where coordinates are measured; the raw value is the system's SRID.
public enum CoordinateSystem: UInt32, Sendable, Hashable, CaseIterable {
    /// Longitude and latitude in degrees on Earth.
    case wgs84 = 4326
    /// Longitude, latitude and height in metres.
    case wgs84WithHeight = 4979
    case cartesian = 7203
    case cartesian3D = 9157

    /// The name that `.crs` gives; look-up ignores case.
    public var name: String {
        switch self {
        case .wgs84: "wgs-84"
        case .wgs84WithHeight: "wgs-84-3d"
        case .cartesian: "cartesian"
        case .cartesian3D: "cartesian-3d"
        }
    }

    /// nil for a name that no system has.
    public init?(named name: String) {
        let lowercased = name.lowercased()
        if lowercased == "wgs-84-2d" {
            self = .wgs84
            return
        }
        guard let system = CoordinateSystem.allCases.first(where: { $0.name == lowercased })
        else { return nil }
        self = system
    }

    /// 2 or 3.
    public var dimensionCount: Int {
        self == .wgs84WithHeight || self == .cartesian3D ? 3 : 2
    }

    /// Whether x and y are longitude and latitude.
    public var isGeographic: Bool { self == .wgs84 || self == .wgs84WithHeight }
}

/// A point: x and y, and z where its coordinate system has three dimensions.
public struct PointValue: Sendable, Hashable {
    public let system: CoordinateSystem
    public let x: Double
    public let y: Double
    /// 0 in two dimensions.
    public let z: Double

    /// Coordinates are taken as they are, -0.0 as 0.0.
    ///
    /// - Throws: `InvalidArgumentValue` for coordinates that are not finite and for latitudes
    ///   beyond the poles; longitudes are brought into -180 ... 180.
    public init(
        system: CoordinateSystem, x: Double, y: Double, z: Double = 0
    ) throws(NQLError) {
        guard x.isFinite, y.isFinite, z.isFinite else {
            throw PointValue.invalid("The coordinates of a point must be finite numbers.")
        }
        var x = x
        if system.isGeographic {
            guard y >= -90, y <= 90 else {
                throw PointValue.invalid("A latitude is from -90 to 90 degrees, not \(y).")
            }
            if x < -180 || x > 180 {
                let turns = ((x + 180) / 360).rounded(.down)
                x -= turns * 360
            }
        }
        self.system = system
        self.x = x + 0.0
        self.y = y + 0.0
        self.z = system.dimensionCount == 3 ? z + 0.0 : 0
    }

    static func invalid(_ message: String, hint: String? = nil) -> NQLError {
        .runtime(.argument, "InvalidArgumentValue", message, hint: hint)
    }

    /// The coordinates that the system has.
    public var coordinates: [Double] { system.dimensionCount == 3 ? [x, y, z] : [x, y] }
}

extension PointValue: CustomStringConvertible {
    /// Such as `point({srid: 7203, x: 2.3, y: 4.5})`.
    public var description: String {
        let height = system.dimensionCount == 3 ? ", z: \(z)" : ""
        return "point({srid: \(system.rawValue), x: \(x), y: \(y)\(height)})"
    }
}

// MARK: named coordinates

extension PointValue {
    /// The coordinates and the system that a map names; what else it holds does not count.
    private struct Fields {
        var numbers: [String: Double] = [:]
        var system: CoordinateSystem?
        var isNull = false
    }

    private static let coordinateNames: Set<String> = [
        "x", "y", "z", "longitude", "latitude", "height",
    ]

    /// The point of a map such as `{longitude: 12.5, latitude: 55.6}`; nil when one of its values
    /// is null.
    ///
    /// - Throws: `InvalidArgumentValue` when coordinates are missing or contradict the system,
    ///   `TypeError` when they are no numbers.
    public init?(fields map: [String: Value]) throws(NQLError) {
        let fields = try PointValue.read(map)
        if fields.isNull { return nil }
        let numbers = fields.numbers
        let isGeographic = numbers["longitude"] != nil || numbers["latitude"] != nil
        let third = numbers["z"] ?? numbers["height"]
        guard let x = isGeographic ? numbers["longitude"] : numbers["x"],
            let y = isGeographic ? numbers["latitude"] : numbers["y"]
        else {
            throw PointValue.invalid(
                "A point needs `x` and `y`, or `longitude` and `latitude`.")
        }
        if isGeographic, numbers["x"] != nil || numbers["y"] != nil {
            throw PointValue.invalid("A point has `x` and `y` or `longitude` and `latitude`.")
        }
        let system = try PointValue.system(
            fields.system, isGeographic: isGeographic || numbers["height"] != nil,
            hasThird: third != nil)
        try self.init(system: system, x: x, y: y, z: third ?? 0)
    }

    private static func read(_ map: [String: Value]) throws(NQLError) -> Fields {
        var fields = Fields()
        var systems: [CoordinateSystem] = []
        for (key, value) in map {
            let name = key.lowercased()
            guard coordinateNames.contains(name) || name == "crs" || name == "srid" else {
                continue
            }
            switch (name, value) {
            case (_, .null): fields.isNull = true
            case ("crs", .string(let text)):
                guard let system = CoordinateSystem(named: text) else {
                    throw unknownSystem(text)
                }
                systems.append(system)
            case ("srid", .integer(let number)):
                guard let exact = UInt32(exactly: number),
                    let system = CoordinateSystem(rawValue: exact)
                else { throw unknownSystem(String(number)) }
                systems.append(system)
            case ("crs", _), ("srid", _):
                throw .runtime(
                    .type, "InvalidArgumentValue",
                    "The coordinate system of a point is a name (`crs`) or a number (`srid`).")
            case (_, .integer(let number)): fields.numbers[name] = Double(number)
            case (_, .float(let number)): fields.numbers[name] = number
            default:
                throw .runtime(
                    .type, "InvalidArgumentValue", "The coordinate `\(key)` must be a number.")
            }
        }
        if systems.count > 1 {
            throw invalid("A point has either `crs` or `srid`.")
        }
        fields.system = systems.first
        return fields
    }

    private static func unknownSystem(_ name: String) -> NQLError {
        invalid(
            "There is no coordinate system `\(name)`.",
            hint: "The systems are cartesian (7203), cartesian-3D (9157), WGS-84 (4326) and "
                + "WGS-84-3D (4979).")
    }

    private static func system(
        _ given: CoordinateSystem?, isGeographic: Bool, hasThird: Bool
    ) throws(NQLError) -> CoordinateSystem {
        guard let given else {
            if isGeographic { return hasThird ? .wgs84WithHeight : .wgs84 }
            return hasThird ? .cartesian3D : .cartesian
        }
        if isGeographic, !given.isGeographic {
            throw invalid("`longitude`, `latitude` and `height` need a geographic system.")
        }
        guard hasThird == (given.dimensionCount == 3) else {
            throw invalid(
                "A point of \(given.name) has \(given.dimensionCount) coordinates, not "
                    + "\(hasThird ? 3 : 2).")
        }
        return given
    }
}

extension PointValue {
    /// Reads `{latitude: 12.5, longitude: 56.7}` and its kin, as files for the import have them:
    /// names as `point({…})` takes them, numbers, and system names with or without quotes.
    ///
    /// - Throws: as `init(fields:)`, and for text of another form.
    public init(parsing text: String) throws(NQLError) {
        var inner = Substring(text.filter { !$0.isWhitespace })
        guard inner.first == "{", inner.last == "}" else {
            throw PointValue.invalid("`\(text)` is no point.", hint: "Write `{x: 1.5, y: 2}`.")
        }
        inner = inner.dropFirst().dropLast()
        var fields: [String: Value] = [:]
        for entry in inner.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else {
                throw PointValue.invalid("`\(entry)` is no coordinate of a point.")
            }
            let quotes: Set<Character> = ["'", "\""]
            let value = String(parts[1].filter { !quotes.contains($0) })
            let name = parts[0].filter { !quotes.contains($0) }.lowercased()
            if name == "crs" {
                fields[name] = .string(value)
            } else if name == "srid", let number = Int64(value) {
                fields[name] = .integer(number)
            } else if let number = Double(value) {
                fields[name] = .float(number)
            } else {
                throw PointValue.invalid("`\(entry)` is no coordinate of a point.")
            }
        }
        guard let point = try PointValue(fields: fields) else {
            throw PointValue.invalid("`\(text)` is no point.")
        }
        self = point
    }
}

// MARK: components

extension PointValue {
    /// `.x`, `.longitude`, `.crs` and so on.
    ///
    /// - Throws: `InvalidArgumentValue` for a component that points of this system do not have.
    public func component(_ name: String) throws(NQLError) -> Value {
        let hasThird = system.dimensionCount == 3
        switch name.lowercased() {
        case "x": return .float(x)
        case "y": return .float(y)
        case "z" where hasThird: return .float(z)
        case "longitude" where system.isGeographic: return .float(x)
        case "latitude" where system.isGeographic: return .float(y)
        case "height" where system.isGeographic && hasThird: return .float(z)
        case "crs": return .string(system.name)
        case "srid": return .integer(Int64(system.rawValue))
        default: break
        }
        var names = ["x", "y"]
        if hasThird { names.append("z") }
        if system.isGeographic { names += ["longitude", "latitude"] }
        if system.isGeographic, hasThird { names.append("height") }
        throw PointValue.invalid(
            "A point of \(system.name) has no component `\(name)`.",
            hint: "It has \((names + ["crs", "srid"]).joined(separator: ", ")).")
    }
}
