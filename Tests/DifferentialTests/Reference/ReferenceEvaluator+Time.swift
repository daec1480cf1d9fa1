// ReferenceEvaluator+Time: functions, components and arithmetic of moments, durations and points.

import NenCore

extension ReferenceEvaluator {
    /// A function of time or space; nil for another.
    func timeCall(_ name: String, _ arguments: [ModelValue]) throws -> ModelValue? {
        switch (name, arguments.count) {
        case ("date", 1), ("localtime", 1), ("time", 1), ("localdatetime", 1), ("datetime", 1):
            return .moment(try moment(name, arguments[0]))
        case ("duration", 1):
            guard case .string(let text) = arguments[0], let made = ModelDuration(text) else {
                throw ModelError.unsupported("duration(\(arguments[0]))")
            }
            return .duration(made)
        case ("date.truncate", 2), ("localdatetime.truncate", 2), ("localtime.truncate", 2):
            guard case .string(let unit) = arguments[0], case .moment(let value) = arguments[1]
            else { throw ModelError.mayFail(name) }
            return .moment(try truncated(name, unit, value))
        case ("duration.between", 2), ("duration.inmonths", 2), ("duration.indays", 2),
            ("duration.inseconds", 2):
            guard case .moment(let from) = arguments[0], case .moment(let to) = arguments[1]
            else { throw ModelError.mayFail(name) }
            return .duration(try difference(name, from, to))
        case ("point", 1): return .point(try point(arguments[0]))
        case ("point.distance", 2), ("distance", 2):
            guard case .point(let a) = arguments[0], case .point(let b) = arguments[1],
                a.system == b.system
            else { return .null }
            if a.system < 7_000 { throw ModelError.unsupported("distance on Earth") }
            let squares = zip(a.coordinates, b.coordinates).map { ($0 - $1) * ($0 - $1) }
            return .float(squares.reduce(0, +).squareRoot())
        case ("point.withinbbox", 3):
            guard case .point(let a) = arguments[0], case .point(let low) = arguments[1],
                case .point(let high) = arguments[2], a.system == low.system,
                a.system == high.system
            else { return .null }
            return .boolean(
                a.coordinates.indices.allSatisfy {
                    low.coordinates[$0] <= a.coordinates[$0]
                        && a.coordinates[$0] <= high.coordinates[$0]
                })
        default: return nil
        }
    }

    private func moment(_ name: String, _ argument: ModelValue) throws -> ModelMoment {
        guard let kind = ModelMoment.Kind(rawValue: name) else {
            throw ModelError.unsupported(name)
        }
        switch argument {
        case .string(let text):
            if let made = ModelMoment(kind, text) { return made }
        case .moment(let other) where kind == .date && other.hasDay:
            return ModelMoment(.date, day: other.day)
        case .moment(let other) where kind == .localTime && other.hasClock:
            return ModelMoment(.localTime, clock: other.clock)
        case .map(let fields):
            func field(_ key: String, _ missing: Int) -> Int {
                if case .integer(let number)? = fields[key] { return Int(number) }
                return missing
            }
            let day = ModelCalendar.day(
                field("year", 1970), field("month", 1), field("day", 1))
            let clock = (field("hour", 0) * 60 + field("minute", 0)) * 60 * ModelMoment.second
            switch kind {
            case .date: return ModelMoment(.date, day: day)
            case .localDateTime: return ModelMoment(.localDateTime, day: day, clock: clock)
            case .localTime: return ModelMoment(.localTime, clock: clock)
            case .time, .dateTime: break
            }
        default: break
        }
        throw ModelError.unsupported("\(name)(\(argument))")
    }

    private func truncated(
        _ name: String, _ unit: String, _ value: ModelMoment
    ) throws -> ModelMoment {
        var result = value
        result.kind = ModelMoment.Kind(rawValue: String(name.dropLast(9))) ?? value.kind
        result.clock = 0
        let (year, month, _) = ModelCalendar.civil(value.day)
        switch unit {
        case "decade": result.day = ModelCalendar.day(year.floored(10) * 10, 1, 1)
        case "year": result.day = ModelCalendar.day(year, 1, 1)
        case "quarter": result.day = ModelCalendar.day(year, (month - 1) / 3 * 3 + 1, 1)
        case "month": result.day = ModelCalendar.day(year, month, 1)
        case "week": result.day -= ModelCalendar.dayOfWeek(value.day) - 1
        case "day": break
        default:
            let units = ["hour": 3_600, "minute": 60, "second": 1]
            guard let length = units[unit], value.hasClock else { throw ModelError.mayFail(unit) }
            result.clock = value.clock - value.clock % (length * ModelMoment.second)
        }
        return result
    }

    /// Whole months, then whole days, then the rest.
    private func difference(
        _ name: String, _ from: ModelMoment, _ to: ModelMoment
    ) throws -> ModelDuration {
        guard from.offset == 0, to.offset == 0, from.hasDay == to.hasDay else {
            throw ModelError.unsupported("\(name) of \(from), \(to)")
        }
        // A day that is not over does not count.
        var end = to.day
        if end > from.day && to.clock < from.clock { end -= 1 }
        if end < from.day && to.clock > from.clock { end += 1 }
        let (first, last) = (ModelCalendar.civil(from.day), ModelCalendar.civil(end))
        var months = (last.year - first.year) * 12 + last.month - first.month
        if months > 0 && last.day < first.day { months -= 1 }
        if months < 0 && last.day > first.day { months += 1 }
        let whole = (to.day - from.day) * ModelMoment.dayLength + to.clock - from.clock
        switch name {
        case "duration.inmonths": return ModelDuration(months: months)
        case "duration.indays": return ModelDuration(days: end - from.day)
        case "duration.inseconds": return ModelDuration(nanoseconds: whole)
        default:
            let middle = ModelCalendar.adding(months: months, to: from.day)
            var days = to.day - middle
            if days > 0 && to.clock < from.clock { days -= 1 }
            if days < 0 && to.clock > from.clock { days += 1 }
            let rest = (to.day - middle - days) * ModelMoment.dayLength + to.clock - from.clock
            return ModelDuration(months: months, days: days, nanoseconds: rest)
        }
    }

    private func point(_ argument: ModelValue) throws -> ModelPoint {
        guard case .map(let map) = argument else { throw ModelError.mayFail("point") }
        var coordinates: [Double] = []
        for key in ["x", "y", "z"] {
            if let value = map[key]?.number { coordinates.append(value) }
        }
        var system = coordinates.count == 3 ? 9_157 : 7_203
        if case .integer(let number)? = map["srid"] { system = Int(number) }
        guard coordinates.count >= 2, system > 7_000 else {
            throw ModelError.unsupported("point(\(argument))")
        }
        return ModelPoint(system: system, coordinates: coordinates)
    }

    // MARK: Components

    func component(_ value: ModelMoment, _ key: String) throws -> ModelValue {
        let (year, month, day) = ModelCalendar.civil(value.day)
        let week = ModelCalendar.week(value.day)
        let first = ModelCalendar.day(year, (month - 1) / 3 * 3 + 1, 1)
        let ofDay: [String: Int] = [
            "year": year, "month": month, "day": day, "week": week.week, "weekyear": week.year,
            "quarter": (month - 1) / 3 + 1, "dayofquarter": value.day - first + 1,
            "ordinalday": value.day - ModelCalendar.day(year, 1, 1) + 1,
            "dayofweek": ModelCalendar.dayOfWeek(value.day),
            "weekday": ModelCalendar.dayOfWeek(value.day),
        ]
        let seconds = value.clock / ModelMoment.second
        let ofClock: [String: Int] = [
            "hour": seconds / 3_600, "minute": seconds / 60 % 60, "second": seconds % 60,
            "millisecond": value.clock % ModelMoment.second / 1_000_000,
            "microsecond": value.clock % ModelMoment.second / 1_000,
            "nanosecond": value.clock % ModelMoment.second,
        ]
        let ofZone = ["offsetseconds": value.offset, "offsetminutes": value.offset / 60]
        let key = key.lowercased()
        if value.hasDay, let found = ofDay[key] { return .integer(Int64(found)) }
        if value.hasClock, let found = ofClock[key] { return .integer(Int64(found)) }
        let isZoned = value.kind == .time || value.kind == .dateTime
        if isZoned, let found = ofZone[key] { return .integer(Int64(found)) }
        if value.kind == .dateTime, key == "epochseconds" {
            return .integer(Int64(value.order[0]))
        }
        throw ModelError.mayFail("\(key) of \(value)")
    }

    func component(_ value: ModelDuration, _ key: String) throws -> ModelValue {
        let seconds = value.nanoseconds.floored(ModelMoment.second)
        let found: [String: Int] = [
            "years": value.months / 12, "quarters": value.months / 3, "months": value.months,
            "monthsofyear": value.months % 12, "weeks": value.days / 7, "days": value.days,
            "daysofweek": value.days % 7, "hours": seconds / 3_600, "minutes": seconds / 60,
            "seconds": seconds, "minutesofhour": seconds / 60 % 60,
            "secondsofminute": seconds % 60, "milliseconds": value.nanoseconds / 1_000_000,
        ]
        guard let number = found[key.lowercased()] else { throw ModelError.mayFail(key) }
        return .integer(Int64(number))
    }

    func component(_ value: ModelPoint, _ key: String) throws -> ModelValue {
        if key == "srid" { return .integer(Int64(value.system)) }
        guard let place = ["x", "y", "z"].firstIndex(of: key), place < value.coordinates.count
        else { throw ModelError.mayFail(key) }
        return .float(value.coordinates[place])
    }

    // MARK: Arithmetic

    /// Sums and multiples; nil where neither side is of this kind.
    func timeArithmetic(
        _ isSum: Bool, _ sign: Int, _ left: ModelValue, _ right: ModelValue
    ) throws -> ModelValue? {
        switch (left, right) {
        case (.moment(let moment), .duration(let duration)) where isSum:
            return .moment(try sum(moment, duration, sign))
        case (.duration(let duration), .moment(let moment)) where isSum && sign > 0:
            return .moment(try sum(moment, duration, 1))
        case (.duration(let a), .duration(let b)) where isSum:
            return .duration(
                ModelDuration(
                    months: a.months + sign * b.months, days: a.days + sign * b.days,
                    nanoseconds: a.nanoseconds + sign * b.nanoseconds))
        case (.duration(let a), .integer(let count)) where !isSum:
            let count = Int(count)
            return .duration(
                ModelDuration(
                    months: a.months * count, days: a.days * count,
                    nanoseconds: a.nanoseconds * count))
        case (.moment, _), (_, .moment), (.duration, _), (_, .duration), (.point, _), (_, .point):
            throw ModelError.mayFail("\(left) and \(right)")
        default: return nil
        }
    }

    private func sum(
        _ moment: ModelMoment, _ duration: ModelDuration, _ sign: Int
    ) throws -> ModelMoment {
        var result = moment
        if moment.hasDay {
            result.day = ModelCalendar.adding(months: sign * duration.months, to: moment.day)
            result.day += sign * duration.days
        }
        if !moment.hasClock {
            if duration.nanoseconds != 0 { throw ModelError.unsupported("hours of a date") }
            return result
        }
        let clock = moment.clock + sign * duration.nanoseconds
        if moment.hasDay { result.day += clock.floored(ModelMoment.dayLength) }
        result.clock = clock.modulo(ModelMoment.dayLength)
        return result
    }
}
