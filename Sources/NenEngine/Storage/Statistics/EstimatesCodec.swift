// EstimatesCodec: the stored estimates as bytes, in an extent of their own. They serve costs only:
// whoever cannot read them goes on without, and plans sample the values instead.
//
// Version varint (3); changes ever committed when they were made, varint; count of properties, then
// for each, ascending: entity u8 (0 node, 1 relationship), label or type, key, entities f64,
// distinct f64, null fraction f64, flags u8 (bit 0 least, 1 greatest, 2 mean bytes, 3 mean
// elements), what the flags say (values, then f64); count of frequent values, each value and share
// f64; count of quantiles, each value, below f64 and up to f64.
// Then has degrees u8 (0: no more of them); share f64, relationships f64; count of ends, each end,
// count of label sets, for each set + 1 (0 for folded), nodes, total, maximum and squares f64;
// count of pairs, each two ends, count of label sets, for each set + 1 and sum f64.
// Then count of statements that are remembered, for each fingerprint u64, runs varint, peak bytes
// varint, rows varint, entities varint.
// An end: type, incoming u8.
// A value: 0 boolean u8 · 1 integer u64 · 2 float u64 · 3 string · 4 date u64 · 5 local date and
// time u64, u32 · 6 instant u64, u32.
//
// Version 2 had no changes and no statements. Version 1 had of each property entity, label or type,
// key, distinct, null fraction, flags (bits 0 and 1) and their values only.

import NenCore

/// Writes and reads stored estimates.
enum EstimatesCodec {
    private static let version: UInt64 = 3
    /// Counts stay below, and sums of products of two.
    private static let countMax = 1e15
    private static let productMax = 1e30

    static func write(_ estimates: StoredEstimates, to bytes: ByteWriter) {
        bytes.varint(version)
        bytes.varint(estimates.clock)
        let sorted = estimates.properties.sorted { left, right in
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
            write(estimate, to: bytes)
        }
        bytes.byte(estimates.degrees == nil ? 0 : 1)
        if let degrees = estimates.degrees { write(degrees, to: bytes) }
        bytes.varint(estimates.feedback.count)
        for feedback in estimates.feedback {
            bytes.word64(feedback.fingerprint)
            for number in [
                feedback.runCount, feedback.peakBytes, feedback.rowCount, feedback.entityCount,
            ] { bytes.varint(number) }
        }
    }

    private static func write(_ estimate: PropertyEstimate, to bytes: ByteWriter) {
        for number in [
            estimate.entityCount, estimate.distinctCount, estimate.nullFraction,
        ] { bytes.word64(number.bitPattern) }
        let values = [estimate.minimum, estimate.maximum]
        let means = [estimate.meanBytes, estimate.meanElements]
        var flags: UInt8 = 0
        for (bit, value) in values.enumerated() where value != nil { flags |= 1 << UInt8(bit) }
        for (bit, mean) in means.enumerated() where mean != nil { flags |= 4 << UInt8(bit) }
        bytes.byte(flags)
        for case .some(let value) in values { write(value, to: bytes) }
        for case .some(let mean) in means { bytes.word64(mean.bitPattern) }
        bytes.varint(estimate.frequent.count)
        for frequent in estimate.frequent {
            write(frequent.value, to: bytes)
            bytes.word64(frequent.share.bitPattern)
        }
        bytes.varint(estimate.quantiles.count)
        for quantile in estimate.quantiles {
            write(quantile.value, to: bytes)
            bytes.word64(quantile.below.bitPattern)
            bytes.word64(quantile.upTo.bitPattern)
        }
    }

    /// - Throws: a corruption error for anything that `write` would not have written.
    static func read(_ stored: VerifiedBytes, catalog: Catalog) throws -> StoredEstimates {
        var reader = ByteReader(stored.buffer, place: "estimates")
        let version = try reader.varint()
        guard (1 ... EstimatesCodec.version).contains(version) else {
            throw reader.damage("has a new version")
        }
        var result = StoredEstimates()
        if version > 2 {
            result.clock = try reader.varint()
            guard result.clock <= StatisticsCounter.clockMax else {
                throw reader.damage("has numbers that cannot be")
            }
        }
        for _ in 0 ..< (try reader.count(bytesEach: 20)) {
            let entity: EntityKind = try reader.byte() == 0 ? .node : .relationship
            let owner = PropertyOwner(
                entity: entity, labelOrType: try reader.varint32(), key: try reader.varint32())
            let names = entity == .node ? catalog.labels.count : catalog.types.count
            guard Int(owner.labelOrType) < names, Int(owner.key) < catalog.keys.count else {
                throw reader.damage("speaks of unknown names")
            }
            result.properties[owner] = try estimate(&reader, version: version)
        }
        if version > 1, try reader.byte() != 0 {
            result.degrees = try degrees(&reader, catalog)
        }
        if version > 2 {
            for _ in 0 ..< (try reader.count(bytesEach: 12)) {
                result.feedback.append(
                    StatementFeedback(
                        fingerprint: try reader.word64(), runCount: try whole(&reader),
                        peakBytes: try whole(&reader), rowCount: try whole(&reader),
                        entityCount: try whole(&reader)))
            }
        }
        return result
    }

    /// A count that is far from overflowing.
    private static func whole(_ reader: inout ByteReader) throws -> UInt64 {
        let number = try reader.varint()
        guard number < 1 << 62 else { throw reader.damage("has numbers that cannot be") }
        return number
    }

    private static func estimate(
        _ reader: inout ByteReader, version: UInt64
    ) throws -> PropertyEstimate {
        let entityCount = version > 1 ? try number(&reader) : 0
        var estimate = PropertyEstimate(
            distinctCount: try number(&reader), nullFraction: try share(&reader),
            entityCount: entityCount)
        let flags = try reader.byte()
        if flags & 1 != 0 { estimate.minimum = try value(&reader) }
        if flags & 2 != 0 { estimate.maximum = try value(&reader) }
        if version == 1 { return estimate }
        if flags & 4 != 0 { estimate.meanBytes = try number(&reader) }
        if flags & 8 != 0 { estimate.meanElements = try number(&reader) }
        for _ in 0 ..< (try reader.count(bytesEach: 10)) {
            estimate.frequent.append(
                FrequentValue(value: try value(&reader), share: try share(&reader)))
        }
        for _ in 0 ..< (try reader.count(bytesEach: 18)) {
            estimate.quantiles.append(
                Quantile(
                    value: try value(&reader), below: try share(&reader),
                    upTo: try share(&reader)))
        }
        return estimate
    }

    /// Costs are computed with the numbers: anything that cannot be would spread.
    private static func number(
        _ reader: inout ByteReader, max most: Double = countMax
    ) throws -> Double {
        let number = Double(bitPattern: try reader.word64())
        guard (0 ... most).contains(number) else {
            throw reader.damage("has numbers that cannot be")
        }
        return number
    }

    private static func share(_ reader: inout ByteReader) throws -> Double {
        let share = Double(bitPattern: try reader.word64())
        guard (0 ... 1).contains(share) else { throw reader.damage("has numbers that cannot be") }
        return share
    }

    // MARK: Degrees

    private static func write(_ degrees: DegreeStatistics, to bytes: ByteWriter) {
        bytes.word64(degrees.share.bitPattern)
        bytes.word64(degrees.relationshipCount.bitPattern)
        bytes.varint(degrees.moments.count)
        for end in degrees.moments.keys.sorted(by: isLess) {
            write(end, to: bytes)
            let sets = (degrees.moments[end] ?? [:]).sorted { $0.key < $1.key }
            bytes.varint(sets.count)
            for (set, moments) in sets {
                bytes.varint(UInt64(set &+ 1))
                for number in [
                    moments.nodeCount, moments.total, moments.maximum, moments.squares,
                ] { bytes.word64(number.bitPattern) }
            }
        }
        bytes.varint(degrees.products.count)
        let pairs = degrees.products.keys.sorted { a, b in
            a.first == b.first ? isLess(a.second, b.second) : isLess(a.first, b.first)
        }
        for pair in pairs {
            write(pair.first, to: bytes)
            write(pair.second, to: bytes)
            let sets = (degrees.products[pair] ?? [:]).sorted { $0.key < $1.key }
            bytes.varint(sets.count)
            for (set, sum) in sets {
                bytes.varint(UInt64(set &+ 1))
                bytes.word64(sum.bitPattern)
            }
        }
    }

    private static func isLess(_ a: DegreeEnd, _ b: DegreeEnd) -> Bool {
        a.type != b.type ? a.type < b.type : !a.isIncoming && b.isIncoming
    }

    private static func write(_ end: DegreeEnd, to bytes: ByteWriter) {
        bytes.varint(UInt64(end.type))
        bytes.byte(end.isIncoming ? 1 : 0)
    }

    private static func degrees(
        _ reader: inout ByteReader, _ catalog: Catalog
    ) throws -> DegreeStatistics {
        var degrees = DegreeStatistics(
            share: try share(&reader), relationshipCount: try number(&reader))
        for _ in 0 ..< (try reader.count(bytesEach: 3)) {
            let end = try end(&reader, catalog)
            for _ in 0 ..< (try reader.count(bytesEach: 33)) {
                let set = try set(&reader, catalog)
                degrees.moments[end, default: [:]][set] = DegreeMoments(
                    nodeCount: try number(&reader), total: try number(&reader),
                    maximum: try number(&reader),
                    squares: try number(&reader, max: productMax))
            }
        }
        for _ in 0 ..< (try reader.count(bytesEach: 5)) {
            let pair = DegreePair(try end(&reader, catalog), try end(&reader, catalog))
            for _ in 0 ..< (try reader.count(bytesEach: 9)) {
                let set = try set(&reader, catalog)
                let sum = try number(&reader, max: productMax)
                degrees.products[pair, default: [:]][set] = sum
            }
        }
        return degrees
    }

    private static func end(_ reader: inout ByteReader, _ catalog: Catalog) throws -> DegreeEnd {
        let type = try reader.varint32()
        guard Int(type) < catalog.types.count else { throw reader.damage("has an unknown type") }
        return DegreeEnd(type: type, isIncoming: try reader.byte() != 0)
    }

    private static func set(_ reader: inout ByteReader, _ catalog: Catalog) throws -> UInt32 {
        let set = try reader.varint32() &- 1
        guard set == GraphStatistics.foldedSet || Int(set) < catalog.labelSets.count else {
            throw reader.damage("has an unknown label set")
        }
        return set
    }

    // MARK: Values

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
        case .localDateTime(let time):
            bytes.byte(5)
            bytes.word64(UInt64(bitPattern: time.epochSeconds))
            bytes.word32(UInt32(bitPattern: time.nanosecond))
        case .dateTime(let time):
            bytes.byte(6)
            bytes.word64(UInt64(bitPattern: time.epochSeconds))
            bytes.word32(UInt32(bitPattern: time.nanosecond))
        default: preconditionFailure("an estimate keeps a value of another type: \(value)")
        }
    }

    private static func value(_ reader: inout ByteReader) throws -> Value {
        switch try reader.byte() {
        case 0: return .boolean(try reader.byte() != 0)
        case 1: return .integer(Int64(bitPattern: try reader.word64()))
        case 2: return .float(Double(bitPattern: try reader.word64()))
        case 3: return .string(try reader.string())
        case 4:
            return try plain(Cell(.date, payload: try reader.word64()), reader)
        case 5:
            let seconds = try reader.word64()
            return try plain(
                Cell(.localDateTime, aux: try reader.word32(), payload: seconds), reader)
        case 6:
            let seconds = try reader.word64()
            return try plain(
                Cell(.dateTime, low: 65_536, aux: try reader.word32(), payload: seconds), reader)
        default: throw reader.damage("has a value of unknown type")
        }
    }

    /// A date or time within its range.
    private static func plain(_ cell: Cell, _ reader: ByteReader) throws -> Value {
        guard CellHeap.isPlainValid(cell), let value = SampledValues.temporalValue(cell) else {
            throw reader.damage("has a date or time out of its range")
        }
        return value
    }
}
