// TZifReader: reads a TZif file (RFC 8536), versions 1 to 4.
//
// Header, 44 bytes, big-endian: magic "TZif", version, 15 reserved, then six UInt32 counts:
// UT/local indicators, standard/wall indicators, leap seconds, transition times, local time
// types, designation bytes. Version 1 data has 4-byte times; from version 2 on a second header
// and data block with 8-byte times follow, then a footer: newline, POSIX TZ string, newline.

/// Bounds-checked reading of a TZif file.
struct TZifReader {
    let bytes: [UInt8]
    let name: String
    private var offset = 0

    init(bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
    }

    /// What `TimeZoneRules` needs.
    struct Content {
        var transitions: [Int64]
        var offsets: [Int32]
        var firstOffset: Int32
        var rule: PosixTimeZoneRule?
    }

    private struct Header {
        var version: UInt8
        var utIndicators: Int
        var standardIndicators: Int
        var leapSeconds: Int
        var transitions: Int
        var types: Int
        var designationBytes: Int

        func dataByteCount(timeByteCount: Int) -> Int {
            let times = transitions * (timeByteCount + 1)
            let leaps = leapSeconds * (timeByteCount + 4)
            return times + types * 6 + designationBytes + leaps + standardIndicators
                + utIndicators
        }
    }

    mutating func read() throws(NQLError) -> Content {
        var header = try readHeader()
        var timeByteCount = 4
        if header.version >= 0x32 {
            offset += header.dataByteCount(timeByteCount: 4)
            header = try readHeader()
            timeByteCount = 8
        }
        guard offset + header.dataByteCount(timeByteCount: timeByteCount) <= bytes.count,
            header.types > 0
        else { throw damaged() }
        var content = try readData(header, timeByteCount)
        if timeByteCount == 8 { content.rule = try readFooter() }
        return content
    }

    private mutating func readHeader() throws(NQLError) -> Header {
        guard offset >= 0, offset + 44 <= bytes.count,
            bytes[offset ..< offset + 4].elementsEqual([0x54, 0x5A, 0x69, 0x66])
        else { throw damaged() }
        let version = bytes[offset + 4]
        var counts: [Int] = []
        for index in 0 ..< 6 {
            let count = Int(unsigned32(offset + 20 + 4 * index))
            guard count <= bytes.count else { throw damaged() }
            counts.append(count)
        }
        offset += 44
        return Header(
            version: version, utIndicators: counts[0], standardIndicators: counts[1],
            leapSeconds: counts[2], transitions: counts[3], types: counts[4],
            designationBytes: counts[5])
    }

    private mutating func readData(
        _ header: Header, _ timeByteCount: Int
    ) throws(NQLError) -> Content {
        let timesStart = offset
        let indexStart = timesStart + header.transitions * timeByteCount
        let typesStart = indexStart + header.transitions
        var typeOffsets: [Int32] = []
        for index in 0 ..< header.types {
            let seconds = Int32(bitPattern: unsigned32(typesStart + 6 * index))
            guard abs(Int64(seconds)) <= 93_599 else { throw damaged() }
            typeOffsets.append(seconds)
        }
        var transitions: [Int64] = []
        var offsets: [Int32] = []
        for index in 0 ..< header.transitions {
            let place = timesStart + index * timeByteCount
            let time =
                timeByteCount == 8
                ? signed64(place) : Int64(Int32(bitPattern: unsigned32(place)))
            let type = Int(bytes[indexStart + index])
            guard type < typeOffsets.count else { throw damaged() }
            if let last = transitions.last, time <= last { throw damaged() }
            transitions.append(time)
            offsets.append(typeOffsets[type])
        }
        offset += header.dataByteCount(timeByteCount: timeByteCount)
        return Content(
            transitions: transitions, offsets: offsets, firstOffset: typeOffsets[0], rule: nil)
    }

    private func readFooter() throws(NQLError) -> PosixTimeZoneRule? {
        guard offset < bytes.count, bytes[offset] == 0x0A else { return nil }
        let start = offset + 1
        guard let end = bytes[start...].firstIndex(of: 0x0A) else { throw damaged() }
        if end == start { return nil }
        guard let rule = PosixTimeZoneRule(bytes[start ..< end]) else { throw damaged() }
        return rule
    }

    private func unsigned32(_ place: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in 0 ..< 4 { value = value << 8 | UInt32(bytes[place + index]) }
        return value
    }

    private func signed64(_ place: Int) -> Int64 {
        let high = UInt64(unsigned32(place))
        let low = UInt64(unsigned32(place + 4))
        return Int64(bitPattern: high << 32 | low)
    }

    private func damaged() -> NQLError {
        .runtime(
            .database, "TimeZoneNotAvailable",
            "The system's file for the time zone `\(name)` is no valid TZif file.")
    }
}
