// CellBuilder+Temporal: cells of the six temporal types, as `Cell.swift` lays them out.

import NenCore

extension Cell {
    /// Added to an offset in seconds so that it is never negative in `low`.
    static let offsetBias: Int32 = 65_536
    /// Set in `low` of a dateTime with a named zone; the other bits are the zone's number.
    static let namedZoneBit: UInt32 = 1 << 26

    init(_ date: DateValue) {
        self.init(.date, payload: UInt64(bitPattern: date.epochDays))
    }

    init(_ time: LocalTimeValue) {
        self.init(.localTime, payload: UInt64(bitPattern: time.nanosecondOfDay))
    }

    init(_ time: TimeValue) {
        self.init(
            .time, low: UInt32(bitPattern: time.offsetSeconds &+ Cell.offsetBias),
            payload: UInt64(bitPattern: time.nanosecondOfDay))
    }

    init(_ dateTime: LocalDateTimeValue) {
        self.init(
            .localDateTime, aux: UInt32(bitPattern: dateTime.nanosecond),
            payload: UInt64(bitPattern: dateTime.epochSeconds))
    }

    /// - Throws: `InvalidArgumentValue` for a zone name without a number.
    init(_ dateTime: DateTimeValue) throws(NQLError) {
        var zone = UInt32(bitPattern: dateTime.offsetSeconds &+ Cell.offsetBias)
        if let name = dateTime.zoneName {
            guard let number = TimeZoneNames.number(of: name) else {
                throw .runtime(
                    .argument, "InvalidArgumentValue", "There is no time zone `\(name)`.")
            }
            zone = Cell.namedZoneBit | number
        }
        self.init(
            .dateTime, low: zone, aux: UInt32(bitPattern: dateTime.nanosecond),
            payload: UInt64(bitPattern: dateTime.epochSeconds))
    }
}

extension CellBuilder {
    /// A duration.
    func duration(_ duration: DurationValue) throws(NQLError) -> Cell {
        let memory = try arena.allocate(Int64.self, count: 4)
        memory[0] = duration.months
        memory[1] = duration.days
        memory[2] = duration.seconds
        memory[3] = Int64(duration.nanosecond)
        return Cell(.duration, payload: base.offset(memory))
    }
}

extension CellBuilder {
    /// The cell of a parameter or literal; entities become their numbers.
    func cell(_ value: Value) throws(NQLError) -> Cell {
        switch value {
        case .null: return .null
        case .boolean(let boolean): return Cell(boolean: boolean)
        case .integer(let integer): return Cell(integer: integer)
        case .float(let float): return Cell(float: float)
        case .string(let text): return try string(text)
        case .list(let elements):
            let memory = try reserveCells(elements.count)
            for (index, element) in elements.enumerated() { memory[index] = try cell(element) }
            return try list(in: memory, count: elements.count)
        case .map(let entries):
            let memory = try reserveCells(2 * entries.count)
            var index = 0
            for (key, entry) in entries {
                memory[index] = try string(key)
                memory[index + 1] = try cell(entry)
                index += 2
            }
            return try map(in: memory, count: entries.count)
        case .date(let date): return try checked(Cell(date))
        case .localTime(let time): return try checked(Cell(time))
        case .time(let time): return try checked(Cell(time), offset: time.offsetSeconds)
        case .localDateTime(let dateTime): return try checked(Cell(dateTime))
        case .dateTime(let dateTime):
            return try checked(try Cell(dateTime), offset: dateTime.offsetSeconds)
        case .duration(let duration): return try self.duration(duration)
        case .node(let node): return Cell(node: node.id)
        case .relationship(let relationship): return Cell(relationship: relationship.id)
        case .path(let path): return try self.path(path)
        case .point(let point): return try self.point(point)
        }
    }

    /// A temporal value that calendar and clock have: a program can put together others, which no
    /// store takes back.
    private func checked(_ cell: Cell, offset: Int32 = 0) throws(NQLError) -> Cell {
        let isOffset = (-TemporalZone.offsetMax ... TemporalZone.offsetMax).contains(offset)
        if isOffset && CellHeap.isPlainValid(cell) { return cell }
        throw .runtime(
            .argument, "InvalidArgumentValue",
            "A value of type \(cell.tag.typeName) is out of its range.",
            hint: "Years go from \(GregorianCalendar.yearMin) to \(GregorianCalendar.yearMax), a "
                + "day has 86,400 seconds, and offsets are at most 18 hours.")
    }

    private func path(_ path: PathValue) throws(NQLError) -> Cell {
        let count = 2 * path.relationships.count + 1
        let memory = try arena.allocate(UInt32.self, count: count)
        for (index, node) in path.nodes.enumerated() { memory[2 * index] = node.id }
        for (index, relationship) in path.relationships.enumerated() {
            memory[2 * index + 1] = relationship.id
        }
        return Cell(
            .path, aux: UInt32(path.relationships.count), payload: base.offset(memory))
    }
}
