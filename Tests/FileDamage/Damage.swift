// Damage: what a disk, or somebody with the format at hand, may do to a file. Raw damage leaves the
// checksums as they are; forged damage changes single fields and puts all checksums right again.

/// Which files are tried.
package enum DamageKind: String, CaseIterable, Sendable {
    case raw
    case forged
}

/// Damages copies of one sound file.
package struct Damage: Sendable {
    private let map: ExtentMap
    private let sound: [UInt8]

    /// - Parameter sound: a database file that was closed properly.
    package init(_ sound: [UInt8]) {
        self.sound = sound
        map = ExtentMap(sound)
    }

    /// A damaged file; whether a byte in use differs.
    package func make(
        _ kind: DamageKind, _ random: inout SplitMix
    ) -> (bytes: [UInt8], isInUse: Bool) {
        var bytes = sound
        switch kind {
        case .raw:
            for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) { spoil(&bytes, &random) }
        case .forged:
            for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) {
                let number = pick(&random)
                forge(map.extents[number], in: &bytes, &random)
                map.repair(number, in: &bytes)
            }
        }
        var isInUse = false
        for extent in map.extents where !isInUse {
            let range = extent.start ..< extent.start + extent.byteCount
            isInUse = range.upperBound > bytes.count || bytes[range] != sound[range]
        }
        return (bytes, isInUse)
    }

    /// An extent; the small ones that steer the rest are as likely as the many with values.
    private func pick(_ random: inout SplitMix) -> Int {
        let count = map.extents.count
        // They are in the order of their depth: the root first.
        let reach = Bool.random(using: &random) ? count : min(count, 24)
        return Int.random(in: 0 ..< reach, using: &random)
    }

    // MARK: Raw

    private func spoil(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let extent = map.extents[pick(&random)]
        let isAnywhere = Int.random(in: 0 ..< 8, using: &random) == 0
        let at = isAnywhere
            ? Int.random(in: 0 ..< bytes.count, using: &random)
            : extent.start + Int.random(in: 0 ..< extent.byteCount, using: &random)
        guard at < bytes.count else { return }
        let end = min(bytes.count, at + Int.random(in: 1 ... 600, using: &random))
        switch Int.random(in: 0 ..< 16, using: &random) {
        case 0: bytes.removeLast(bytes.count - at)
        case 1, 2: for place in at ..< end { bytes[place] = 0 }
        case 3, 4:
            for place in at ..< end { bytes[place] = .random(in: 0 ... 255, using: &random) }
        case 5:
            // A sector that was written to the wrong place.
            let from = Int.random(in: 0 ..< bytes.count, using: &random) / 512 * 512
            let to = at / 512 * 512
            let count = min(512, bytes.count - max(from, to))
            bytes.replaceSubrange(to ..< to + count, with: Array(bytes[from ..< from + count]))
        case 6:
            // A page as it was before, or of another extent.
            let from = map.extents[pick(&random)].start
            let to = at / 4_096 * 4_096
            guard max(from, to) + 4_096 <= bytes.count else { return }
            bytes.replaceSubrange(to ..< to + 4_096, with: Array(bytes[from ..< from + 4_096]))
        default: bytes[at] ^= 1 << UInt8.random(in: 0 ..< 8, using: &random)
        }
    }

    // MARK: Forged

    private func forge(
        _ extent: ExtentMap.Extent, in bytes: inout [UInt8], _ random: inout SplitMix
    ) {
        // The head of a structure steers everything: hit it more often.
        let reach = Bool.random(using: &random) ? min(extent.byteCount, 240) : extent.byteCount
        for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) {
            let at = Int.random(in: 0 ..< reach, using: &random)
            switch Int.random(in: 0 ..< 10, using: &random) {
            case 0: moveReference(extent, in: &bytes, &random)
            case 1: copyWithin(extent, in: &bytes, &random)
            case 2: putWord(extent, at / 2 * 2, width: 2, in: &bytes, &random)
            case 3, 4, 5: putWord(extent, at / 4 * 4, width: 4, in: &bytes, &random)
            case 6: putWord(extent, at / 8 * 8, width: 8, in: &bytes, &random)
            default:
                let choices: [UInt8] = [0, 1, 2, 0x7F, 0x80, 0xFF, .random(in: 0 ... 255)]
                bytes[extent.start + at] = choices.randomElement(using: &random) ?? 0
            }
        }
    }

    /// A number at the edges of what fits, or beside the one that is there.
    private func putWord(
        _ extent: ExtentMap.Extent, _ at: Int, width: Int, in bytes: inout [UInt8],
        _ random: inout SplitMix
    ) {
        guard at + width <= extent.byteCount else { return }
        var old: UInt64 = 0
        for place in 0 ..< width {
            old |= UInt64(bytes[extent.start + at + place]) << UInt64(8 * place)
        }
        let top = UInt64(1) << UInt64(8 * width - 1)
        let choices: [UInt64] = [
            0, 1, 2, 63, 64, 2_047, 2_048, top, top &- 1, .max, old &+ 1, old &- 1, old &* 2,
            .random(in: 0 ... .max, using: &random), .random(in: 0 ..< 4_096, using: &random),
        ]
        let new = choices.randomElement(using: &random) ?? 0
        for place in 0 ..< width {
            bytes[extent.start + at + place] = UInt8(truncatingIfNeeded: new >> UInt64(8 * place))
        }
    }

    /// A reference in this extent that leads to something sound, but to another thing.
    private func moveReference(
        _ extent: ExtentMap.Extent, in bytes: inout [UInt8], _ random: inout SplitMix
    ) {
        let range = extent.start ..< extent.start + extent.byteCount
        let own = map.extents.flatMap(\.references).filter { range.contains($0.offset) }
        let others = map.extents.flatMap(\.references)
        guard let target = own.randomElement(using: &random),
            let source = others.randomElement(using: &random)
        else { return }
        let copy = Array(sound[source.offset ..< source.offset + 24])
        bytes.replaceSubrange(target.offset ..< target.offset + 24, with: copy)
    }

    private func copyWithin(
        _ extent: ExtentMap.Extent, in bytes: inout [UInt8], _ random: inout SplitMix
    ) {
        let sizes = [4, 8, 16, 32, 96, 112]
        let count = min(extent.byteCount, sizes.randomElement(using: &random) ?? 4)
        let last = (extent.byteCount - count) / 4
        let from = extent.start + 4 * Int.random(in: 0 ... last, using: &random)
        let to = extent.start + 4 * Int.random(in: 0 ... last, using: &random)
        bytes.replaceSubrange(to ..< to + count, with: Array(bytes[from ..< from + count]))
    }
}

/// Random numbers of a seed: SplitMix64 (Steele, Lea, Flood 2014).
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
