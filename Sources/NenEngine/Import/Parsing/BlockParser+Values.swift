// The less frequent types of values: booleans, floats, characters, temporal values, lists.

import NenCore

extension BlockParser {
    /// Stores a field of one of these types, or sets `complaint`.
    @inline(never)
    mutating func storeOther(_ raw: CSVField, _ column: ColumnPlan, _ index: Int) {
        let values = columns[Int(column.column)]
        // Space belongs to text, also to the first and last text of a list.
        let isTextList = column.action == .list && !plan.trimsStrings
            && (column.scalar == .string || column.scalar == .char)
        let field = column.action == .character || isTextList ? raw : trimmed(raw)
        if field.count == 0, column.action == .list, raw.isQuoted, !plan.ignoresEmptyStrings {
            // As COPY … FROM has it: in quotes a list without elements, without them none.
            let empty = UInt64(heap.allocate(0, alignment: 16))
            values.values.assumingMemoryBound(to: Cell.self)[row] = Cell(
                .list, low: 1, aux: 0, payload: empty)
            return values.markValid(row)
        }
        if field.count == 0 {
            if values.kind == .cell {
                values.values.assumingMemoryBound(to: Cell.self)[row] = .null
            }
            return
        }
        switch column.action {
        case .boolean:
            guard let value = boolean(field) else { return complain(field, column, index) }
            values.values.storeBytes(of: value ? 1 : 0, toByteOffset: row, as: UInt8.self)
        case .float:
            guard let value = float(field, column) else { return complain(field, column, index) }
            values.values.storeBytes(of: value, toByteOffset: row &* 8, as: Double.self)
        case .list:
            guard let cell = list(field, column, index) else { return }
            values.values.assumingMemoryBound(to: Cell.self)[row] = cell
        default:
            guard let cell = scalar(field, column, index) else { return }
            values.values.assumingMemoryBound(to: Cell.self)[row] = cell
        }
        values.markValid(row)
    }

    private func boolean(_ field: CSVField) -> Bool? {
        switch String(decoding: field.bytes, as: UTF8.self).lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    private func float(_ field: CSVField, _ column: ColumnPlan) -> Double? {
        guard let value = NumberParsing.float(field.start, field.count) else { return nil }
        guard column.scalar == .float, value.isFinite else { return value }
        return abs(value) <= Double(Float.greatestFiniteMagnitude) ? value : nil
    }

    /// Any value as a cell; nil after a complaint.
    private mutating func scalar(
        _ field: CSVField, _ column: ColumnPlan, _ index: Int
    ) -> Cell? {
        switch column.scalar {
        case .byte, .short, .int, .long:
            if let value = NumberParsing.integer(field.start, field.count),
                column.scalar.integerRange.contains(value)
            {
                return Cell(integer: value)
            }
        case .float, .double:
            if let value = float(field, column) { return Cell(float: value) }
        case .boolean:
            if let value = boolean(field) { return Cell(boolean: value) }
        case .string:
            return isUTF8(field, index) ? text(field) : nil
        case .char:
            guard isUTF8(field, index) else { return nil }
            if String(decoding: field.bytes, as: UTF8.self).count == 1 { return text(field) }
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration:
            if let value = temporal(field, column.scalar, index) { return value }
        case .point:
            if let value = point(field, index) { return value }
        }
        complain(field, column, index)
        return nil
    }

    /// Elements separated by the array delimiter.
    private mutating func list(_ field: CSVField, _ column: ColumnPlan, _ index: Int) -> Cell? {
        var cells: [Cell] = []
        var start = 0
        var position = 0
        while position <= field.count {
            let isEnd = position == field.count
            if isEnd || field.start[position] == plan.arrayDelimiter {
                var element = field
                element.start = field.start + start
                element.count = position - start
                let isText = column.scalar == .string || column.scalar == .char
                if !isText || plan.trimsStrings { element = trimmed(element) }
                guard let cell = scalar(element, column, index) else { return nil }
                cells.append(cell)
                start = position + 1
            }
            position += 1
        }
        let offset = heap.allocate(cells.count * 16, alignment: 16)
        let target = (heap.start + offset).bindMemory(to: Cell.self, capacity: cells.count)
        for (place, cell) in cells.enumerated() { target[place] = cell }
        return Cell(.list, low: 1, aux: UInt32(cells.count), payload: UInt64(offset))
    }

    /// A point such as `{longitude: 12.5, latitude: 55.6}`; nil for anything else.
    private mutating func point(_ field: CSVField, _ index: Int) -> Cell? {
        var text = String(decoding: field.bytes, as: UTF8.self)
        if let system = plan.coordinateSystems[index], text.last == "}", !text.contains("crs") {
            text = text.dropLast() + ", crs: '\(system)'}"
        }
        guard let point = try? PointValue(parsing: text) else { return nil }
        let coordinates = point.coordinates
        let offset = heap.allocate(8 * coordinates.count, alignment: 16)
        let memory = (heap.start + offset).bindMemory(
            to: Double.self, capacity: coordinates.count)
        for (index, coordinate) in coordinates.enumerated() { memory[index] = coordinate }
        return Cell(.point, low: point.system.rawValue, payload: UInt64(offset))
    }

    /// A temporal value; nil when the text does not have the type's form.
    private mutating func temporal(
        _ field: CSVField, _ type: PropertyScalar, _ index: Int
    ) -> Cell? {
        if !plan.zones.isEmpty, let zone = plan.zones[index] {
            return try? anyTemporal(field, type, zone)
        }
        return quickTemporal(field, type) ?? (try? anyTemporal(field, type, .utc))
    }

    /// The frequent forms; nil for all others.
    private func quickTemporal(_ field: CSVField, _ type: PropertyScalar) -> Cell? {
        var text = TimestampText(field.start, field.count)
        var cell: Cell?
        switch type {
        case .date:
            cell = text.date().map { Cell(DateValue(epochDays: $0)) }
        case .localTime:
            cell = text.timeOfDay().map { Cell(LocalTimeValue(nanosecondOfDay: $0)) }
        case .time:
            guard let time = text.timeOfDay() else { return nil }
            guard let offset = text.isAtEnd ? 0 : text.zoneOffset() else { return nil }
            cell = Cell(TimeValue(nanosecondOfDay: time, offsetSeconds: offset))
        case .localDateTime:
            guard let moment = localDateTime(&text) else { return nil }
            cell = Cell(
                LocalDateTimeValue(epochSeconds: moment.seconds, nanosecond: moment.nanosecond))
        case .dateTime:
            guard let moment = localDateTime(&text) else { return nil }
            guard let offset = text.isAtEnd ? 0 : text.zoneOffset() else { return nil }
            cell = try? Cell(
                DateTimeValue(
                    epochSeconds: moment.seconds - Int64(offset), nanosecond: moment.nanosecond,
                    offsetSeconds: offset))
        default: return nil
        }
        return text.isAtEnd ? cell : nil
    }

    private func localDateTime(
        _ text: inout TimestampText
    ) -> (seconds: Int64, nanosecond: Int32)? {
        guard let days = text.date() else { return nil }
        if text.isAtEnd { return (days * 86_400, 0) }
        guard text.takeDateTimeSeparator(), let time = text.timeOfDay() else { return nil }
        return (days * 86_400 + time / 1_000_000_000, Int32(time % 1_000_000_000))
    }

    /// Every form of the language; in `zone` where one is wanted and none is given.
    private mutating func anyTemporal(
        _ field: CSVField, _ type: PropertyScalar, _ zone: TemporalZone
    ) throws(NQLError) -> Cell {
        let text = String(decoding: field.bytes, as: UTF8.self)
        switch type {
        case .date: return Cell(try DateValue(parsing: text))
        case .localTime: return Cell(try LocalTimeValue(parsing: text))
        case .time:
            if case .offset(let seconds) = zone, seconds != 0,
                let local = try? LocalTimeValue(parsing: text)
            {
                return Cell(
                    TimeValue(
                        nanosecondOfDay: local.nanosecondOfDay, offsetSeconds: seconds))
            }
            return Cell(try TimeValue(parsing: text, now: 0))
        case .localDateTime: return Cell(try LocalDateTimeValue(parsing: text))
        case .dateTime: return try Cell(DateTimeValue(parsing: text, defaultZone: zone))
        default: break
        }
        let duration = try DurationValue(parsing: text)
        let offset = heap.allocate(32, alignment: 16)
        let parts = (heap.start + offset).bindMemory(to: Int64.self, capacity: 4)
        parts[0] = duration.months
        parts[1] = duration.days
        parts[2] = duration.seconds
        parts[3] = Int64(duration.nanosecond)
        return Cell(.duration, payload: UInt64(offset))
    }
}
