// CSVLocation: what LOAD CSV and COPY may name: a path, or a `file://` URL with percent escapes.

import NenCore

/// Turns the text behind FROM or TO into a path.
enum CSVLocation {
    /// - Throws: `ArgumentError` for other schemes than `file`.
    static func path(of location: String) throws(NQLError) -> String {
        let scheme = "file://"
        guard location.hasPrefix(scheme) else {
            if let colon = location.firstPlace(of: "://") {
                throw .runtime(
                    .argument, "InvalidArgumentValue",
                    "Only local files can be named here; `\(location[..<colon])://` is not "
                        + "supported.",
                    hint: "Name a path of this machine, or a `file://` URL.")
            }
            return location
        }
        var bytes: [UInt8] = []
        var rest = Array(location.utf8.dropFirst(scheme.utf8.count))[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2,
                let high = hex(rest[rest.startIndex]), let low = hex(rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30 ... 0x39: byte - 0x30
        case 0x41 ... 0x46: byte - 0x37
        case 0x61 ... 0x66: byte - 0x57
        default: nil
        }
    }
}

extension String {
    /// Where `part` occurs first.
    fileprivate func firstPlace(of part: String) -> String.Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start }
            start = index(after: start)
        }
        return nil
    }
}
