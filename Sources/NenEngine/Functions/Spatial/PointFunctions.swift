// PointFunctions: `point`, `point.distance` and `point.withinBBox`.

import NenCore

/// Functions on points.
enum PointFunctions {
    static let definitions: [ScalarFunction] = [point, distance, withinBBox]

    static let point = ScalarFunction(
        "point", [.map], to: .point, mayFail: true,
        summary: "A point from its coordinates: x and y, and z in three dimensions, or longitude, "
            + "latitude and height; null when one of them is null. `crs` or `srid` name the "
            + "coordinate system: cartesian (7203), cartesian-3D (9157), WGS-84 (4326), "
            + "WGS-84-3D (4979).",
        examples: [
            FunctionExample("point({x: 2.3, y: 4.5}).srid", "7203"),
            FunctionExample(
                "point({longitude: 56.7, latitude: 12.78, height: 8})",
                "point({srid: 4979, x: 56.7, y: 12.78, z: 8.0})"),
        ]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        if cell.tag == .point { return cell }
        guard cell.tag == .map else { throw FunctionArgument.mismatch("point", "a Map", cell) }
        let base = context.base
        let cells = base.cells(cell)
        var fields: [String: Value] = [:]
        for index in 0 ..< cell.count {
            fields[base.string(cells[2 * index])] = scalar(cells[2 * index + 1], base)
        }
        guard let point = try PointValue(fields: fields) else { return .null }
        return try context.builder.point(point)
    }

    /// What a coordinate or the name of a system may be; anything else as a boolean, which is none.
    private static func scalar(_ cell: Cell, _ base: HeapBase) -> Value {
        switch cell.tag {
        case .null: .null
        case .integer: .integer(cell.integer)
        case .float: .float(cell.float)
        case .string: .string(base.string(cell))
        default: .boolean(false)
        }
    }

    static let distance = ScalarFunction(
        "point.distance", [.point, .point], to: .float, mayFail: true,
        summary: "The distance of two points, on Earth in metres along the sphere; null when their "
            + "coordinate systems differ.",
        examples: [
            FunctionExample(
                "point.distance(point({x: 2.3, y: 4.5}), point({x: 1.1, y: 5.4}))", "1.5"),
            FunctionExample(
                "round(point.distance(point({longitude: 12.564590, latitude: 55.672874}), "
                    + "point({longitude: 12.994341, latitude: 55.611784})))", "27842.0"),
        ]
    ) { context, arguments throws(NQLError) in
        let from = try value(arguments[0], "point.distance", context.base)
        let to = try value(arguments[1], "point.distance", context.base)
        guard let distance = from.distance(to: to) else { return .null }
        return Cell(float: distance)
    }

    static let withinBBox = ScalarFunction(
        "point.withinBBox", [.point, .point, .point], to: .boolean, mayFail: true,
        summary: "Whether a point lies in the box between a lower left and an upper right point; "
            + "null when their coordinate systems differ. On Earth the box may cross the 180th "
            + "meridian.",
        examples: [
            FunctionExample(
                "point.withinBBox(point({x: 5, y: 5}), point({x: 0, y: 0}), point({x: 10, y: 10}))",
                "true")
        ]
    ) { context, arguments throws(NQLError) in
        let point = try value(arguments[0], "point.withinBBox", context.base)
        let low = try value(arguments[1], "point.withinBBox", context.base)
        let high = try value(arguments[2], "point.withinBBox", context.base)
        return CellOperators.cell(point.isWithin(lowerLeft: low, upperRight: high))
    }

    private static func value(
        _ cell: Cell, _ function: StaticString, _ base: HeapBase
    ) throws(NQLError) -> PointValue {
        guard cell.tag == .point else {
            throw FunctionArgument.mismatch(function, "a Point", cell)
        }
        return try base.point(cell)
    }
}
