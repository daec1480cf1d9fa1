// StoreScript: what an input of the `store` target says: changes of 13 bytes each, so that flipping
// a bit of the input makes a small difference to the file. Byte 0: what is changed (bits 0 ... 2:
// 0 ... 4 an extent, 5 a superblock, 6 and 7 the log) and how (bits 3 ... 5); bytes 1 and 2: which
// extent; bytes 3 and 4: where in it; bytes 5 ... 12: the new value.

/// Changes of a database's files.
struct StoreScript {
    /// What is changed.
    enum Place {
        /// By its number in the order of depth, the root first.
        case extent(Int)
        /// By its offset.
        case superblock(Int)
        case log
    }

    /// One change.
    struct Change {
        let place: Place
        /// 0 ... 3: a value of 1, 2, 4 or 8 bytes; 4: added to 4 bytes; 5: a copy of 24 bytes from
        /// elsewhere in the same range; 6: the same of 96 bytes; 7: zeros.
        let form: UInt8
        let offset: Int
        let value: UInt64

        /// Changes `bytes` within `range`; `source` is what they were.
        func apply(_ bytes: inout [UInt8], _ range: Range<Int>, _ source: [UInt8]) {
            let range = range.clamped(to: 0 ..< bytes.count)
            guard !range.isEmpty else { return }
            let width = [1, 2, 4, 8, 4, 24, 96, 8][Int(form)]
            let at = range.lowerBound + offset % range.count / min(width, 4) * min(width, 4)
            guard at + width <= range.upperBound else { return }
            let room = range.count - width + 1
            let from = range.lowerBound + Int(value % UInt64(room)) / 4 * 4
            for place in 0 ..< width {
                let part = UInt8(truncatingIfNeeded: value >> UInt64(8 * (place & 7)))
                switch form {
                case 0 ... 3: bytes[at + place] = part
                case 4: break
                case 5, 6: bytes[at + place] = source[from + place]
                default: bytes[at + place] = 0
                }
            }
            if form == 4 { add(&bytes, at) }
        }

        private func add(_ bytes: inout [UInt8], _ at: Int) {
            var word: UInt32 = 0
            for place in 0 ..< 4 { word |= UInt32(bytes[at + place]) << UInt32(8 * place) }
            word &+= UInt32(truncatingIfNeeded: value)
            for place in 0 ..< 4 {
                bytes[at + place] = UInt8(truncatingIfNeeded: word >> UInt32(8 * place))
            }
        }
    }

    private(set) var changes: [Change] = []
    private static let changeByteCount = 13
    private static let changesMax = 12

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var at = 0
        while at + StoreScript.changeByteCount <= bytes.count,
            changes.count < StoreScript.changesMax
        {
            let head = bytes[at]
            let number = Int(bytes[at + 1]) | Int(bytes[at + 2]) << 8
            let offset = Int(bytes[at + 3]) | Int(bytes[at + 4]) << 8
            var value: UInt64 = 0
            for place in 0 ..< 8 { value |= UInt64(bytes[at + 5 + place]) << UInt64(8 * place) }
            let place: Place = switch head & 7 {
            case 0 ... 4: .extent(number)
            case 5: .superblock(number & 1 == 0 ? 0 : 4_096)
            default: .log
            }
            // The log is longer than two bytes can say.
            let reach = if case .log = place { offset << 5 | number & 31 } else { offset }
            changes.append(
                Change(place: place, form: head >> 3 & 7, offset: reach, value: value))
            at += StoreScript.changeByteCount
        }
    }
}
