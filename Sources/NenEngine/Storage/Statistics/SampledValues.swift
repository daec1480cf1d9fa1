// SampledValues: what some values of a property tell of all of them: distinct and frequent values,
// quantiles, widths.

import NenCore

/// Values drawn from a column.
struct SampledValues {
    private let values: [Cell]
    /// Entities that were looked at, those without a value counted.
    private let rowCount: Double
    private let entityCount: Double
    private let base: HeapBase

    init(_ values: [Cell], rowCount: Int, entityCount: Double, base: HeapBase) {
        self.values = values
        self.rowCount = Double(rowCount)
        self.entityCount = max(entityCount, Double(rowCount))
        self.base = base
    }

    private var isWhole: Bool { rowCount >= entityCount }

    /// The estimate. O(n log n).
    func estimate() -> PropertyEstimate {
        let count = Double(values.count)
        var estimate = PropertyEstimate(
            distinctCount: 1, nullFraction: 1 - count / rowCount, entityCount: entityCount)
        guard !values.isEmpty else { return estimate }
        countDistinct(&estimate)
        addWidths(&estimate)
        estimate.quantiles = quantiles()
        estimate.minimum = estimate.quantiles.first?.value
        estimate.maximum = estimate.quantiles.last?.value
        return estimate
    }

    // MARK: Distinct and frequent values

    private struct Occurrence {
        var count: Int
        var place: Int
    }

    private func countDistinct(_ estimate: inout PropertyEstimate) {
        var occurrences: [UInt64: Occurrence] = [:]
        occurrences.reserveCapacity(values.count)
        for (place, cell) in values.enumerated() {
            occurrences[CellOrder.hash(cell, base), default: Occurrence(count: 0, place: place)]
                .count += 1
        }
        let distinct = Double(occurrences.count)
        let count = Double(values.count)
        let singles = Double(occurrences.values.count { $0.count == 1 })
        let all = max(count, entityCount * (1 - estimate.nullFraction))
        if isWhole {
            estimate.distinctCount = distinct
        } else {
            let rest = count - singles + singles * count / all
            estimate.distinctCount = max(distinct, min(all, count * distinct / max(rest, 1)))
        }
        estimate.frequent = frequent(occurrences)
    }

    /// Values that are more frequent than the mean by a quarter, or all where they are few: then a
    /// rare one is not taken for a middling one.
    private func frequent(_ occurrences: [UInt64: Occurrence]) -> [FrequentValue] {
        let mean = Double(values.count) / Double(occurrences.count)
        let areFew = occurrences.count <= PropertyEstimate.frequentMax
            && (isWhole || mean >= SampledValues.fewMeanMin)
        let least = areFew ? 1 : max(2, mean * 1.25)
        return occurrences.values.filter { Double($0.count) >= least }
            .sorted { $0.count == $1.count ? $0.place < $1.place : $0.count > $1.count }
            .prefix(PropertyEstimate.frequentMax)
            .compactMap { occurrence in
                let cell = values[occurrence.place]
                if cell.tag == .string, cell.byteCount > PropertyEstimate.stringBytesMax {
                    return nil
                }
                return SampledValues.value(cell, base).map {
                    FrequentValue(value: $0, share: Double(occurrence.count) / rowCount)
                }
            }
    }

    /// From how many occurrences of a value on, on average, a sample is taken to have met all
    /// values.
    private static let fewMeanMin = 8.0

    // MARK: Widths

    private func addWidths(_ estimate: inout PropertyEstimate) {
        var (strings, bytes, lists, elements) = (0, 0, 0, 0)
        for cell in values {
            switch cell.tag {
            case .string:
                strings += 1
                bytes += cell.byteCount
            case .list:
                lists += 1
                elements += cell.count
            default: break
            }
        }
        if strings > 0 { estimate.meanBytes = Double(bytes) / Double(strings) }
        if lists > 0 { estimate.meanElements = Double(elements) / Double(lists) }
    }

    // MARK: Quantiles

    /// A value with the place that its first eight bytes, or all of it, have in the order.
    private struct Ordered {
        var key: UInt64
        var cell: Cell
    }

    /// Ascending; nil when the values are of several types or of one without a line.
    private func ordered() -> [Ordered]? {
        let rank = CellOrder.rank(values[0].tag)
        var result: [Ordered] = []
        result.reserveCapacity(values.count)
        for cell in values {
            guard CellOrder.rank(cell.tag) == rank, let key = cell.orderKey(base) else {
                return nil
            }
            if cell.tag == .float, cell.float.isNaN { continue }
            result.append(Ordered(key: key, cell: cell))
        }
        let base = base
        result.sort { a, b in
            a.key != b.key ? a.key < b.key : CellOrder.compare(a.cell, b.cell, base) < 0
        }
        return result
    }

    private func quantiles() -> [Quantile] {
        guard let ordered = ordered(), let last = ordered.indices.last else { return [] }
        let count = Double(ordered.count)
        var result: [Quantile] = []
        var start = 0
        for place in SampledValues.places(last: last) {
            let cell = ordered[place].cell
            let isSame = CellOrder.compare(ordered[start].cell, cell, base) == 0
            if isSame && !result.isEmpty { continue }
            start = firstPlace(notBelow: cell, in: ordered)
            let end = firstPlace(above: cell, in: ordered)
            guard let value = SampledValues.value(cell, base) else { return [] }
            result.append(
                Quantile(value: value, below: Double(start) / count, upTo: Double(end) / count))
        }
        return result
    }

    /// Where quantiles are taken: evenly, and closer and closer towards both ends.
    private static func places(last: Int) -> [Int] {
        let parts = PropertyEstimate.partCount
        var places = Set((0 ... parts).map { $0 * last / parts })
        var distance = 1
        while distance < last / parts {
            places.insert(distance)
            places.insert(last - distance)
            distance *= 2
        }
        return places.sorted()
    }

    private func firstPlace(notBelow cell: Cell, in ordered: [Ordered]) -> Int {
        firstPlace(in: ordered) { CellOrder.compare($0, cell, base) >= 0 }
    }

    private func firstPlace(above cell: Cell, in ordered: [Ordered]) -> Int {
        firstPlace(in: ordered) { CellOrder.compare($0, cell, base) > 0 }
    }

    private func firstPlace(in ordered: [Ordered], _ isBehind: (Cell) -> Bool) -> Int {
        var low = 0
        var length = ordered.count
        while length > 0 {
            let half = length / 2
            if isBehind(ordered[low + half].cell) {
                length = half
            } else {
                low += half + 1
                length -= half + 1
            }
        }
        return low
    }

    /// The value of a cell that estimates keep; long strings are cut, which keeps their order.
    static func value(_ cell: Cell, _ base: HeapBase) -> Value? {
        switch cell.tag {
        case .integer: .integer(cell.integer)
        case .float: .float(cell.float)
        case .boolean: .boolean(cell.boolean)
        case .string:
            base.withBytes(cell) { bytes in
                .string(
                    String(
                        decoding: bytes.prefix(PropertyEstimate.stringBytesMax), as: UTF8.self))
            }
        default: temporalValue(cell)
        }
    }

    /// A date, or a date with a time; the zone, which does not enter comparisons, is UTC.
    static func temporalValue(_ cell: Cell) -> Value? {
        let nanosecond = Int32(bitPattern: cell.aux)
        switch cell.tag {
        case .date: return .date(DateValue(epochDays: cell.integer))
        case .localDateTime:
            return .localDateTime(
                LocalDateTimeValue(epochSeconds: cell.integer, nanosecond: nanosecond))
        case .dateTime:
            return .dateTime(
                DateTimeValue(
                    epochSeconds: cell.integer, nanosecond: nanosecond, offsetSeconds: 0))
        default: return nil
        }
    }
}

extension Cell {
    /// A number that orders values of one rank as `CellOrder.compare` does, except that it may be
    /// the same for different ones; nil for types without a line.
    fileprivate func orderKey(_ base: HeapBase) -> UInt64? {
        switch tag {
        case .boolean: return payload
        case .date, .localDateTime, .dateTime: return payload ^ 1 &<< 63
        case .integer: return Cell.orderKey(Double(integer))
        case .float: return Cell.orderKey(float)
        case .string:
            return base.withBytes(self) { bytes in
                var key: UInt64 = 0
                for byte in bytes.prefix(8) { key = key &<< 8 | UInt64(byte) }
                return bytes.count >= 8 ? key : key &<< UInt64(8 * (8 - bytes.count))
            }
        default: return nil
        }
    }

    private static func orderKey(_ number: Double) -> UInt64 {
        let bits = (number == 0 ? 0 : number).bitPattern
        return bits &>> 63 == 0 ? bits | 1 &<< 63 : ~bits
    }
}
