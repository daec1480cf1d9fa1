// PropertyKey: the name behind a dot, resolved once per statement for all that it may be applied
// to: as a map key, as a property of the graph and as a component of temporal values.

import NenCore

/// A property name, ready for look-ups.
struct PropertyKey {
    let name: String
    /// The component of temporal values; nil when they have none of this name.
    let component: TemporalComponent?

    init(name: String) {
        self.name = name
        component = TemporalComponent(named: name)
    }
}

/// Property access.
extension CellOperators {
    /// `value.name`: a map's value, an entity's property, a component of a temporal value.
    static func property(
        of cell: Cell, _ key: PropertyKey, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        switch cell.tag {
        case .null: return .null
        case .map:
            let name = try context.builder.string(key.name)
            return value(of: cell, for: name, context.base)
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration:
            return try component(of: cell, key, &context)
        case .point:
            let point = try context.base.point(cell)
            return try context.builder.cell(try point.component(key.name))
        case .node, .relationship:
            return try EntityAccess(context.graph).property(of: cell, named: key.name)
        case .string, .boolean, .integer, .float, .list, .path:
            throw mismatch("`.\(key.name)` expects a Map, Node or Relationship", cell)
        }
    }

    private static func component(
        of cell: Cell, _ key: PropertyKey, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        let base = context.base
        guard let component = key.component else {
            throw TemporalComponent.unknown(key.name, cell.tag.name)
        }
        let value: Value?
        switch cell.tag {
        case .date: value = base.date(cell).component(component).map { .integer($0) }
        case .localTime: value = base.localTime(cell).component(component).map { .integer($0) }
        case .time: value = base.time(cell).component(component)
        case .localDateTime:
            value = base.localDateTime(cell).component(component).map { .integer($0) }
        case .dateTime: value = try base.dateTime(cell).component(component)
        default: value = try base.duration(cell).component(component).map { .integer($0) }
        }
        guard let value else { throw TemporalComponent.unknown(key.name, cell.tag.name) }
        return try context.builder.cell(value)
    }
}
