// FileMutation: damage that knows the formats: fields of superblocks, free maps, log headers and
// records get values chosen to hurt, and checksums are put right; or any bytes are damaged raw.

import FileDamage
import Foundation

/// One way to damage the files of a database.
struct FileMutation {
    /// What is damaged.
    enum Target: String, CaseIterable {
        case superblock, freeMap, logHeader, logRecord
    }

    var target: Target
    /// Whether checksums are put right afterwards.
    var isSealed: Bool

    /// Damages `sample` and says what it did.
    func apply(to sample: inout SampleFiles, using random: inout SeededGenerator) -> String {
        let count = Int.random(in: 1...3, using: &random)
        var said: [String] = []
        for _ in 0..<count {
            switch target {
            case .superblock: said.append(damageSuperblocks(&sample.data, &random))
            case .freeMap: said.append(damageMap(&sample.data, &random))
            case .logHeader: said.append(damageHeader(&sample.log, &random))
            case .logRecord: said.append(damageRecord(&sample.log, &random))
            }
        }
        return "\(target.rawValue)\(isSealed ? ", sealed" : ""): " + said.joined(separator: "; ")
    }

    /// Values at the edges of what integers and sizes may be.
    private func value(_ old: UInt64, _ random: inout SeededGenerator) -> UInt64 {
        let edges: [UInt64] = [
            0, 1, 2, 3, 7, 255, 256, 4_095, 4_096, 0x7FFF, 0xFFFF, 0x1_0000, 0x7FFF_FFFF,
            0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000,
            .max, .max - 1, 1 << 62, (1 << 62) - 1, 1 << 61, 1 << 40, 1 << 36,
        ]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return old &+ UInt64.random(in: 0..<4, using: &random) &- 2
        case 1: return old ^ 1 << UInt64.random(in: 0..<64, using: &random)
        case 2: return UInt64.random(in: 0 ... .max, using: &random)
        default: return edges.randomElement(using: &random) ?? 0
        }
    }

    /// Changes one field of 4 or 8 bytes at one of `places`, given from `start` on.
    private func change(
        _ bytes: inout [UInt8], _ start: Int, _ places: [(offset: Int, width: Int)],
        _ random: inout SeededGenerator
    ) -> String {
        guard let place = places.randomElement(using: &random) else { return "" }
        let at = start + place.offset
        guard at + place.width <= bytes.count else { return "beyond the end" }
        if place.width == 4 {
            let new = UInt32(truncatingIfNeeded: value(UInt64(bytes.word32(at)), &random))
            bytes.set32(new, at)
            return "u32 at \(at) = \(new)"
        }
        let new = value(bytes.word64(at), &random)
        bytes.set64(new, at)
        return "u64 at \(at) = \(new)"
    }

    private func damageRaw(
        _ bytes: inout [UInt8], _ range: Range<Int>, _ random: inout SeededGenerator
    ) -> String {
        let range = range.clamped(to: 0..<bytes.count)
        guard !range.isEmpty else { return "nothing" }
        let at = Int.random(in: range, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            return "bit flipped at \(at)"
        case 1:
            let end = min(range.upperBound, at + Int.random(in: 1..<600, using: &random))
            for n in at..<end { bytes[n] = UInt8.random(in: 0...255, using: &random) }
            return "noise at \(at)..<\(end)"
        default:
            let end = min(range.upperBound, at + Int.random(in: 1..<5_000, using: &random))
            for n in at..<end { bytes[n] = 0 }
            return "zeros at \(at)..<\(end)"
        }
    }

    // MARK: Superblocks

    private static let superblockFields: [(offset: Int, width: Int)] =
        [(32, 8), (40, 8), (48, 4), (52, 4), (56, 4), (60, 4), (64, 8), (72, 8), (80, 4), (84, 4),
            (88, 8), (96, 8), (104, 4), (108, 4), (112, 4), (16, 8), (8, 4)]

    private func damageSuperblocks(
        _ data: inout [UInt8], _ random: inout SeededGenerator
    ) -> String {
        let slot = Bool.random(using: &random) ? 4_096 : 0
        guard isSealed else { return damageRaw(&data, slot..<slot + 4_096, &random) }
        let both = Bool.random(using: &random)
        let said = change(&data, slot, Self.superblockFields, &random)
        if both {
            for n in 0..<512 { data[4_096 - slot + n] = data[slot + n] }
        }
        for slot in [0, 4_096] {
            data.set32(0, slot + 12)
            data.set32(crc32c(0, data[slot..<slot + 512]), slot + 12)
        }
        return said + (both ? " in both slots" : "")
    }

    // MARK: Free map

    private func damageMap(_ data: inout [UInt8], _ random: inout SeededGenerator) -> String {
        let page = Bool.random(using: &random) ? 8_192 : 12_288
        guard isSealed else { return damageRaw(&data, page..<page + 4_096, &random) }
        var fields: [(offset: Int, width: Int)] = [(16, 8), (24, 4)]
        for _ in 0..<4 { fields.append((32 + 8 * Int.random(in: 0..<508, using: &random), 8)) }
        let said = change(&data, page, fields, &random)
        var sums: [UInt32] = []
        for page in [8_192, 12_288] {
            let sum = crc32c(0, data[page + 8..<page + 4_096])
            data.set32(sum, page + 4)
            sums.append(sum)
        }
        // One group only: the superblock sums up one checksum, of the copy that was changed.
        let sum = sums[page == 8_192 ? 0 : 1]
        for slot in [0, 4_096] {
            data.set32(crc32c(0, (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(8 * $0)) }),
                slot + 104)
            data.set32(0, slot + 12)
            data.set32(crc32c(0, data[slot..<slot + 512]), slot + 12)
        }
        return said
    }

    // MARK: Log

    private func damageHeader(_ log: inout [UInt8], _ random: inout SeededGenerator) -> String {
        let places = log.count / LogChain.segmentByteCount
        guard places > 0 else { return "no segment" }
        let start = Int.random(in: 0..<places, using: &random) * LogChain.segmentByteCount
        guard isSealed else { return damageRaw(&log, start..<start + 512, &random) }
        let fields: [(offset: Int, width: Int)] =
            [(12, 4), (16, 8), (32, 8), (40, 8), (48, 4), (52, 4), (56, 8), (64, 8), (72, 8)]
        let said = change(&log, start, fields, &random)
        LogChain.sealHeader(&log, at: start)
        return said
    }

    private func damageRecord(_ log: inout [UInt8], _ random: inout SeededGenerator) -> String {
        guard isSealed else {
            let end = (log.lastIndex { $0 != 0 } ?? 0) + 1
            return damageRaw(&log, 512..<max(513, end), &random)
        }
        var starts: [Int] = []
        var at = 512
        while at + 64 <= log.count, log.word64(at + 16) == log.word64(16) {
            starts.append(at)
            at += 64 + (Int(log.word32(at)) + 7) & ~7
            if at < 0 { break }
        }
        guard let start = starts.randomElement(using: &random) else { return "no record" }
        var fields: [(offset: Int, width: Int)] =
            [(0, 4), (12, 4), (24, 8), (32, 8), (40, 8), (48, 8), (56, 8)]
        let length = Int(log.word32(start))
        if length >= 4 {
            for _ in 0..<8 {
                fields.append((64 + Int.random(in: 0...length - 4, using: &random), 4))
            }
        }
        let said = change(&log, start, fields, &random)
        LogChain.sealRecords(&log, from: start)
        return said
    }
}
