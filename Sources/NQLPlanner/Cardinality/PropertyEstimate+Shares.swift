// PropertyEstimate+Shares: shares of entities by the value of a property: of one value, and of the
// values below another, from frequent values and quantiles.

import NQLPlan
import NenCore

extension PropertyEstimate {
    /// The share of entities that have some value.
    var valueShare: Double { max(0, 1 - nullFraction) }

    /// The share taken for what nobody has: half an entity.
    var leastShare: Double {
        entityCount > 0 ? 0.5 / max(1, entityCount) : DefaultSelectivity.least
    }

    /// The share of entities that have one value about which nothing is known.
    func shareOfAnyValue(distinct: Double) -> Double { valueShare / max(1, distinct) }

    /// The share of entities whose value equals `value`.
    ///
    /// - Parameter distinct: the number of distinct values.
    func share(of value: Value, distinct: Double) -> Double {
        if case .null = value { return 0 }
        for one in frequent where LinePlace.areEqual(one.value, value) { return one.share }
        let taken = frequent.reduce(0) { $0 + $1.share }
        let others = distinct - Double(frequent.count)
        // Not one of the frequent values, and there are no others: a value that nobody has, or
        // one that the sample has missed.
        guard others >= 1, valueShare > taken else { return leastShare }
        if let least = LinePlace(minimum), let largest = LinePlace(maximum),
            let place = LinePlace(value), entityCount > 0,
            place.isLess(least) || largest.isLess(place)
        { return leastShare }
        return (valueShare - taken) / others
    }

    /// The share of entities whose value is less than `value`, or with `isInclusive` not greater;
    /// nil when nothing is known.
    func share(below value: Value, isInclusive: Bool) -> Double? {
        guard let place = LinePlace(value) else { return nil }
        return share(below: place, isInclusive: isInclusive).map { $0 * valueShare }
    }

    /// The same, among the values.
    func share(below place: LinePlace, isInclusive: Bool) -> Double? {
        if quantiles.isEmpty { return linearShare(below: place) }
        var lower: (place: LinePlace, upTo: Double)?
        for quantile in quantiles {
            guard let here = LinePlace(quantile.value), here.isComparable(to: place) else {
                return nil
            }
            if here.isLess(place) {
                lower = (here, quantile.upTo)
                continue
            }
            if !place.isLess(here) { return isInclusive ? quantile.upTo : quantile.below }
            guard let lower else { return 0 }
            let part = place.fraction(from: lower.place, to: here)
            return lower.upTo + part * max(0, quantile.below - lower.upTo)
        }
        return 1
    }

    /// Between the least and the largest value alone.
    private func linearShare(below place: LinePlace) -> Double? {
        guard let least = LinePlace(minimum), let largest = LinePlace(maximum),
            least.isLess(largest), least.isComparable(to: place)
        else { return nil }
        if place.isLess(least) { return 0 }
        return largest.isLess(place) ? 1 : place.fraction(from: least, to: largest)
    }

    /// The share of entities whose strings satisfy `test`, tried on the values that are known; nil
    /// when there are none.
    func share(ofStrings test: (String) -> Bool) -> Double? {
        var (tried, passed, before) = (0.0, 0.0, 0.0)
        for quantile in quantiles {
            guard case .string(let text) = quantile.value else { return nil }
            let weight = quantile.upTo - before
            before = quantile.upTo
            tried += weight
            if test(text) { passed += weight }
        }
        guard tried > 0 else { return nil }
        let least = 0.5 / Double(quantiles.count)
        return max(passed / tried, least) * valueShare
    }

    /// The share of entities whose strings begin with `prefix`; nil when nothing is known.
    func share(withPrefix prefix: String) -> Double? {
        var end = Array(prefix.utf8)
        while let last = end.last, last == 0xFF { end.removeLast() }
        guard let last = end.last, let below = share(
            below: .bytes(Array(prefix.utf8)), isInclusive: false)
        else { return nil }
        end[end.count - 1] = last + 1
        guard let upTo = share(below: .bytes(end), isInclusive: false) else { return nil }
        let share = max(0, upTo - below)
        guard let most = shareBetween(prefix) else { return share * valueShare }
        return max(share, (max(share, leastShare) * most).squareRoot()) * valueShare
    }

    /// The share of the values between two quantiles among which all strings with a prefix are; nil
    /// where a quantile has it. Texts are not spread evenly over bytes: how many of those values
    /// begin with it is anything between none and all.
    private func shareBetween(_ prefix: String) -> Double? {
        var before = 0.0
        for quantile in quantiles {
            guard case .string(let text) = quantile.value, !text.hasPrefix(prefix) else {
                return nil
            }
            if prefix.utf8.lexicographicallyPrecedes(text.utf8) { return quantile.below - before }
            before = quantile.upTo
        }
        return nil
    }
}

/// A value's place in the order of its type.
enum LinePlace {
    case number(Double)
    /// UTF-8.
    case bytes([UInt8])

    /// nil for types without a line, and for no value.
    init?(_ value: Value?) {
        switch value {
        case .string(let text): self = .bytes(Array(text.utf8))
        case .boolean(let flag): self = .number(flag ? 1 : 0)
        case .some(let value):
            guard let place = value.magnitudeOnLine else { return nil }
            self = .number(place)
        case nil: return nil
        }
    }

    /// Whether two values are equal as `=` compares them, for those that estimates keep.
    static func areEqual(_ a: Value, _ b: Value) -> Bool {
        switch (a, b) {
        case (.integer(let a), .float(let b)), (.float(let b), .integer(let a)): Double(a) == b
        case (.dateTime(let a), .dateTime(let b)):
            a.epochSeconds == b.epochSeconds && a.nanosecond == b.nanosecond
        default: a == b
        }
    }

    func isComparable(to other: LinePlace) -> Bool {
        switch (self, other) {
        case (.number, .number), (.bytes, .bytes): true
        case (.number, .bytes), (.bytes, .number): false
        }
    }

    func isLess(_ other: LinePlace) -> Bool {
        switch (self, other) {
        case (.number(let a), .number(let b)): a < b
        case (.bytes(let a), .bytes(let b)): a.lexicographicallyPrecedes(b)
        case (.number, .bytes), (.bytes, .number): false
        }
    }

    /// How far this place is on the way from `start` to `end`, 0 ... 1.
    func fraction(from start: LinePlace, to end: LinePlace) -> Double {
        switch (self, start, end) {
        case (.number(let here), .number(let start), .number(let end)):
            return end > start ? min(1, max(0, (here - start) / (end - start))) : 0
        case (.bytes(let here), .bytes(let start), .bytes(let end)):
            var common = 0
            while common < min(start.count, end.count), start[common] == end[common] {
                common += 1
            }
            let (low, high) = (
                LinePlace.number(start, from: common), LinePlace.number(end, from: common)
            )
            let place = LinePlace.number(here, from: common)
            return high > low ? min(1, max(0, (place - low) / (high - low))) : 0
        default: return 0
        }
    }

    /// Six bytes as a number; bytes that are not there count as zero.
    private static func number(_ bytes: [UInt8], from start: Int) -> Double {
        var number = 0.0
        for index in start ..< start + 6 {
            number = number * 256 + (index < bytes.count ? Double(bytes[index]) : 0)
        }
        return number
    }
}

extension Value {
    /// Numbers and points in time as a place on a line; nil for all other values.
    var magnitudeOnLine: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .float(let value): value.isFinite ? value : nil
        case .date(let date): Double(date.epochDays)
        case .localDateTime(let value):
            Double(value.epochSeconds) + Double(value.nanosecond) * 1e-9
        case .dateTime(let value): Double(value.epochSeconds) + Double(value.nanosecond) * 1e-9
        default: nil
        }
    }
}
