// QueryGenerator+Time: expressions over moments, durations and points. Nodes have a date `d`, a
// moment of any kind `t` and a point `p`.

extension QueryGenerator {
    private mutating func read(_ key: String) -> String? {
        let nodes = variables(.node)
        return nodes.isEmpty ? nil : "\(dice.pick(nodes).name).\(key)"
    }

    private mutating func named(_ type: GeneratedType) -> String? {
        let known = variables(type)
        return known.isEmpty ? nil : dice.pick(known).name
    }

    private mutating func less<Text>(_ make: (inout QueryGenerator) -> Text) -> Text {
        depth -= 1
        defer { depth += 1 }
        return make(&self)
    }

    mutating func date() -> String {
        let literal = "date('\(dice.pick(GraphGenerator.dates))')"
        if depth <= 0 || dice.chance(0.5) { return read("d") ?? named(.date) ?? literal }
        return less { generator in
            let period = "duration('\(generator.dice.pick(["P1M", "P1D", "P14M3D", "P-1M2D"]))')"
            let unit = generator.dice.pick(["decade", "year", "quarter", "month", "week", "day"])
            switch generator.dice.number(0...7) {
            case 0: return "(\(generator.date()) + \(period))"
            case 1: return "(\(generator.date()) - \(period))"
            case 2: return "date.truncate('\(unit)', \(generator.date()))"
            case 3: return "date(\(generator.localDateTime()))"
            case 4:
                return "date({year: 2020, month: \(generator.dice.number(1...12)), "
                    + "day: \(generator.dice.number(1...28))})"
            case 5: return "coalesce(\(generator.date()), \(literal))"
            default: return generator.named(.date) ?? literal
            }
        }
    }

    mutating func localDateTime() -> String {
        let literal = "localdatetime('\(dice.pick(GraphGenerator.localDateTimes))')"
        if depth <= 0 || dice.chance(0.5) { return named(.localDateTime) ?? literal }
        return less { generator in
            let unit = generator.dice.pick(["year", "month", "week", "hour", "minute", "second"])
            switch generator.dice.number(0...5) {
            case 0: return "(\(generator.localDateTime()) + \(generator.duration()))"
            case 1: return "(\(generator.localDateTime()) - \(generator.duration()))"
            case 2: return "localdatetime.truncate('\(unit)', \(generator.localDateTime()))"
            case 3: return "localdatetime.truncate('month', \(generator.date()))"
            default: return literal
            }
        }
    }

    mutating func duration() -> String {
        let literal = "duration('\(dice.pick(GraphGenerator.durations))')"
        if depth <= 0 || dice.chance(0.4) { return named(.duration) ?? literal }
        return less { generator in
            let name = generator.dice.pick(["between", "inMonths", "inDays", "inSeconds"])
            switch generator.dice.number(0...6) {
            case 0, 1: return "duration.\(name)(\(generator.date()), \(generator.date()))"
            case 2:
                return "duration.\(name)(\(generator.localDateTime()), "
                    + "\(generator.localDateTime()))"
            case 3: return "(\(generator.duration()) + \(generator.duration()))"
            case 4: return "(\(generator.duration()) - \(literal))"
            case 5: return "(\(literal) * \(generator.dice.number(-2...3)))"
            default: return literal
            }
        }
    }

    mutating func point() -> String {
        let literal = "point(\(dice.pick(GraphGenerator.points)))"
        return dice.chance(0.6) ? read("p") ?? literal : literal
    }

    /// A moment, duration or point of any kind.
    mutating func anyTime() -> String {
        switch dice.number(0...6) {
        case 0, 1: return read("t") ?? date()
        case 2: return dice.pick(GraphGenerator.moments)
        case 3: return date()
        case 4: return localDateTime()
        case 5: return duration()
        default: return point()
        }
    }

    mutating func timeComponent() -> String {
        switch dice.number(0...5) {
        case 0, 1:
            let key = dice.pick([
                "year", "month", "day", "week", "weekYear", "quarter", "dayOfQuarter",
                "ordinalDay", "dayOfWeek",
            ])
            return "(\(date())).\(key)"
        case 2:
            let key = dice.pick(["hour", "minute", "second", "millisecond", "day", "year"])
            return "(\(localDateTime())).\(key)"
        case 3:
            let key = dice.pick([
                "months", "days", "seconds", "years", "monthsOfYear", "hours", "minutesOfHour",
                "weeks", "quarters",
            ])
            return "(\(duration())).\(key)"
        case 4:
            let key = dice.pick(["hour", "epochSeconds"])
            return "datetime('2020-03-01T10:00:00+02:00').\(key)"
        default: return "time('10:30:00-01:30').\(dice.pick(["minute", "offsetMinutes"]))"
        }
    }

    mutating func timeTest() -> String {
        let sign = dice.pick(["=", "<>", "<", "<=", ">", ">="])
        switch dice.number(0...9) {
        case 0...2: return "\(date()) \(sign) \(date())"
        case 3: return "\(localDateTime()) \(sign) \(localDateTime())"
        case 4: return "\(anyTime()) \(sign) \(anyTime())"
        case 5: return "\(duration()) \(dice.pick(["=", "<>"])) \(duration())"
        case 6: return "\(point()) \(dice.pick(["=", "<>"])) \(point())"
        case 7: return "point.distance(\(point()), \(point())) < \(dice.pick(["2.5", "5", "1"]))"
        case 8:
            return "point.withinBBox(\(point()), point({x: 0, y: 0}), point({x: 2.5, y: 3}))"
        default: return "\(anyTime()) IN [\(anyTime()), \(date()), null]"
        }
    }
}
