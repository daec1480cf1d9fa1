// StatisticsCodec: the exact counts (inside the graph root) and the estimates (an extent of their
// own, written by ANALYZE) as bytes.
//
// Exact counts: version varint (1); label sets: count, then per set nodes varint and tracked u8;
// types: count, then per type relationships and self-loops; groups: count, then source set, type,
// target set (each + 1, 0 for folded) and relationships, ascending.
//
// Estimates: version varint (1); count, then entity u8, label or type, key, distinct f64, null
// fraction f64, flags u8 (bit 0 least, bit 1 greatest), the values (ValueCodec below).
// A value: 0 boolean u8 · 1 integer u64 · 2 float u64 · 3 string · 4 date u64.

import NenCore

/// Writes and reads statistics.
enum StatisticsCodec {
    static let version: UInt64 = 1

    static func write(_ counter: StatisticsCounter, to bytes: ByteWriter) {
        let statistics = counter.statistics
        bytes.varint(version)
        bytes.varint(statistics.nodesPerLabelSet.count)
        for (set, count) in statistics.nodesPerLabelSet.enumerated() {
            bytes.varint(count)
            bytes.byte(counter.isTracked[set] ? 1 : 0)
        }
        bytes.varint(statistics.relationshipsPerType.count)
        for (type, count) in statistics.relationshipsPerType.enumerated() {
            bytes.varint(count)
            bytes.varint(statistics.selfLoopsPerType[type])
        }
        let groups = statistics.relationshipsPerGroup.sorted { left, right in
            let a = left.key
            let b = right.key
            if a.type != b.type { return a.type < b.type }
            if a.sourceSet != b.sourceSet { return a.sourceSet < b.sourceSet }
            return a.targetSet < b.targetSet
        }
        bytes.varint(groups.count)
        for (group, count) in groups {
            bytes.varint(UInt64(group.sourceSet &+ 1))
            bytes.varint(UInt64(group.type))
            bytes.varint(UInt64(group.targetSet &+ 1))
            bytes.varint(count)
        }
    }

    static func read(
        _ contents: UnsafeRawBufferPointer, catalog: Catalog
    ) throws -> StatisticsCounter {
        var reader = ByteReader(contents, place: "statistics")
        guard try reader.varint() == version else { throw reader.damage("has a new version") }
        var statistics = GraphStatistics()
        var isTracked: [Bool] = []
        let setCount = try reader.count(bytesEach: 2)
        guard setCount == catalog.labelSets.count else {
            throw reader.damage("counts other label sets than the catalog has")
        }
        for _ in 0 ..< setCount {
            statistics.nodesPerLabelSet.append(try small(&reader))
            isTracked.append(try reader.byte() != 0)
        }
        let typeCount = try reader.count(bytesEach: 2)
        guard typeCount == catalog.types.count else {
            throw reader.damage("counts other types than the catalog has")
        }
        for _ in 0 ..< typeCount {
            statistics.relationshipsPerType.append(try small(&reader))
            statistics.selfLoopsPerType.append(try small(&reader))
        }
        var perType = [UInt64](repeating: 0, count: typeCount)
        for _ in 0 ..< (try reader.count(bytesEach: 4)) {
            let source = try reader.varint32() &- 1
            let type = try reader.varint32()
            let target = try reader.varint32() &- 1
            let group = RelationshipGroup(sourceSet: source, type: type, targetSet: target)
            let isKnown = Int(type) < typeCount
                && (source == GraphStatistics.foldedSet || Int(source) < setCount)
                && (target == GraphStatistics.foldedSet || Int(target) < setCount)
            guard isKnown else { throw reader.damage("counts an unknown group") }
            let count = try small(&reader)
            guard statistics.relationshipsPerGroup.updateValue(count, forKey: group) == nil else {
                throw reader.damage("counts a group twice")
            }
            perType[Int(type)] += count
        }
        guard perType == statistics.relationshipsPerType else {
            throw reader.damage("counts other relationships in groups than by type")
        }
        for (type, loops) in statistics.selfLoopsPerType.enumerated()
        where loops > perType[type] {
            throw reader.damage("counts more self-loops than relationships")
        }
        return StatisticsCounter(statistics: statistics, isTracked: isTracked)
    }

    /// A count; bounded so that sums cannot overflow.
    private static func small(_ reader: inout ByteReader) throws -> UInt64 {
        let value = try reader.varint()
        guard value <= 1 << 32 else { throw reader.damage("counts \(value) entities") }
        return value
    }

    // MARK: Estimates

    static func write(
        estimates: [PropertyOwner: PropertyEstimate], to bytes: ByteWriter
    ) {
        bytes.varint(version)
        let sorted = estimates.sorted { left, right in
            let a = left.key
            let b = right.key
            if a.entity != b.entity { return a.entity == .node }
            if a.labelOrType != b.labelOrType { return a.labelOrType < b.labelOrType }
            return a.key < b.key
        }
        bytes.varint(sorted.count)
        for (owner, estimate) in sorted {
            bytes.byte(owner.entity == .node ? 0 : 1)
            bytes.varint(UInt64(owner.labelOrType))
            bytes.varint(UInt64(owner.key))
            bytes.word64(estimate.distinctCount.bitPattern)
            bytes.word64(estimate.nullFraction.bitPattern)
            let least = estimate.minimum.flatMap(isStorable)
            let greatest = estimate.maximum.flatMap(isStorable)
            bytes.byte((least != nil ? 1 : 0) | (greatest != nil ? 2 : 0))
            if let least { write(least, to: bytes) }
            if let greatest { write(greatest, to: bytes) }
        }
    }

    static func readEstimates(
        _ stored: VerifiedBytes, catalog: Catalog
    ) throws -> [PropertyOwner: PropertyEstimate] {
        var reader = ByteReader(stored.buffer, place: "estimates")
        guard try reader.varint() == version else { throw reader.damage("has a new version") }
        var result: [PropertyOwner: PropertyEstimate] = [:]
        for _ in 0 ..< (try reader.count(bytesEach: 20)) {
            let entity: EntityKind = try reader.byte() == 0 ? .node : .relationship
            let owner = PropertyOwner(
                entity: entity, labelOrType: try reader.varint32(), key: try reader.varint32())
            var estimate = PropertyEstimate(
                distinctCount: Double(bitPattern: try reader.word64()),
                nullFraction: Double(bitPattern: try reader.word64()))
            let names = entity == .node ? catalog.labels.count : catalog.types.count
            guard Int(owner.labelOrType) < names, Int(owner.key) < catalog.keys.count else {
                throw reader.damage("speaks of unknown names")
            }
            // Costs are computed with them: anything else would spread.
            guard (0 ... 1e15).contains(estimate.distinctCount),
                (0 ... 1).contains(estimate.nullFraction)
            else { throw reader.damage("has numbers that cannot be") }
            let flags = try reader.byte()
            if flags & 1 != 0 { estimate.minimum = try value(&reader) }
            if flags & 2 != 0 { estimate.maximum = try value(&reader) }
            result[owner] = estimate
        }
        return result
    }

    private static func isStorable(_ value: Value) -> Value? {
        switch value {
        case .boolean, .integer, .float, .string, .date: value
        default: nil
        }
    }

    private static func write(_ value: Value, to bytes: ByteWriter) {
        switch value {
        case .boolean(let flag):
            bytes.byte(0)
            bytes.byte(flag ? 1 : 0)
        case .integer(let number):
            bytes.byte(1)
            bytes.word64(UInt64(bitPattern: number))
        case .float(let number):
            bytes.byte(2)
            bytes.word64(number.bitPattern)
        case .string(let text):
            bytes.byte(3)
            bytes.string(text)
        case .date(let date):
            bytes.byte(4)
            bytes.word64(UInt64(bitPattern: date.epochDays))
        default: preconditionFailure("an estimate's bound of unstorable type")
        }
    }

    private static func value(_ reader: inout ByteReader) throws -> Value {
        switch try reader.byte() {
        case 0: return .boolean(try reader.byte() != 0)
        case 1: return .integer(Int64(bitPattern: try reader.word64()))
        case 2: return .float(Double(bitPattern: try reader.word64()))
        case 3: return .string(try reader.string())
        case 4:
            let days = Int64(bitPattern: try reader.word64())
            guard CellHeap.isPlainValid(Cell(.date, payload: UInt64(bitPattern: days))) else {
                throw reader.damage("has a date out of its range")
            }
            return .date(DateValue(epochDays: days))
        default: throw reader.damage("has a bound of unknown type")
        }
    }
}
