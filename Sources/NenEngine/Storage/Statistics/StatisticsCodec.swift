// StatisticsCodec: the exact counts as bytes, which lie inside the graph root.
//
// Version varint (2); label sets: count, then per set nodes varint and tracked u8; types: count,
// then per type relationships and self-loops; groups: count, then source set, type, target set
// (each + 1, 0 for folded) and relationships, ascending; changes ever committed, by and large,
// varint.
//
// Version 1 had no changes.

import NenCore

/// Writes and reads the exact counts.
enum StatisticsCodec {
    static let version: UInt64 = 2

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
        bytes.varint(counter.changeClock)
    }

    static func read(
        _ contents: UnsafeRawBufferPointer, catalog: Catalog
    ) throws -> StatisticsCounter {
        var reader = ByteReader(contents, place: "statistics")
        let version = try reader.varint()
        guard version == 1 || version == StatisticsCodec.version else {
            throw reader.damage("has a new version")
        }
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
        let clock = version > 1 ? try reader.varint() : 0
        guard clock <= StatisticsCounter.clockMax else {
            throw reader.damage("counts \(clock) changes")
        }
        return StatisticsCounter(
            statistics: statistics, isTracked: isTracked, changeClock: clock)
    }

    /// A count; bounded so that sums cannot overflow.
    private static func small(_ reader: inout ByteReader) throws -> UInt64 {
        let value = try reader.varint()
        guard value <= 1 << 32 else { throw reader.damage("counts \(value) entities") }
        return value
    }
}
