// FileLocation: what a statement may write where it names a file: a path, or a `file:` URL with
// percent escapes.

import NenCore

/// The name of a file as bytes, which is what the system takes: no character set is assumed.
struct FileLocation {
    /// The path; without NUL, not empty.
    let bytes: [UInt8]
    /// Written as a `file:` URL.
    let isURL: Bool

    /// Longest path, as on Linux everywhere.
    static let byteCountMax = 4_096

    var isAbsolute: Bool { bytes.first == UInt8(ascii: "/") }
    /// The path as messages show it.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// - Throws: `ArgumentError` for other schemes than `file`, and for what is no name.
    init(_ location: String) throws(NQLError) {
        if let rest = FileLocation.behindScheme(location) {
            try self.init(path: FileLocation.unescaped(rest), isURL: true)
            return
        }
        if let colon = location.firstPlace(of: "://") {
            throw .runtime(
                .argument, "InvalidArgumentValue",
                "Only local files can be named here; `\(location[..<colon])://` is not "
                    + "supported.",
                hint: "Name a path of this machine, or a `file://` URL.")
        }
        try self.init(path: Array(location.utf8), isURL: false)
    }

    /// - Throws: `ArgumentError(InvalidFileName)`.
    init(path: [UInt8], isURL: Bool = false) throws(NQLError) {
        if path.isEmpty { throw FileLocation.invalid("The name of the file is empty.") }
        if path.contains(0) {
            throw FileLocation.invalid("The name of the file holds a NUL character.")
        }
        if path.count > FileLocation.byteCountMax {
            throw FileLocation.invalid(
                "The name of the file has \(path.count) bytes; the most are "
                    + "\(FileLocation.byteCountMax).")
        }
        bytes = path
        self.isURL = isURL
    }

    /// The parts between slashes, those left out that lead nowhere.
    static func parts(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).map(Array.init).filter { $0 != [0x2E] }
    }

    /// Whether a path can only name a directory: its last part is empty, `.` or `..`.
    var namesDirectory: Bool {
        let last = bytes.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
        ).last ?? []
        return last.isEmpty || last.elementsEqual([0x2E]) || last.elementsEqual([0x2E, 0x2E])
    }

    /// A name that cannot be one of a file.
    static func invalid(_ message: String) -> NQLError {
        .runtime(.argument, "InvalidFileName", message)
    }

    // MARK: URLs

    /// What follows `file://`, `file://localhost` or `file:`; nil for what is no such URL.
    private static func behindScheme(_ location: String) -> Substring? {
        let scheme = "file:/"
        guard location.utf8.count >= scheme.utf8.count,
            location.prefix(scheme.count).lowercased() == scheme
        else { return nil }
        let path = location.dropFirst(scheme.count - 1)
        guard path.hasPrefix("//") else { return path }
        let rest = path.dropFirst(2)
        let host = "localhost/"
        return rest.prefix(host.count).lowercased() == host
            ? rest.dropFirst(host.count - 1) : rest
    }

    private static func unescaped(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
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
        return bytes
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
        let (bytes, sought) = (Array(utf8), Array(part.utf8))
        guard bytes.count >= sought.count else { return nil }
        for start in 0...(bytes.count - sought.count)
        where bytes[start..<(start + sought.count)].elementsEqual(sought) {
            return utf8.index(startIndex, offsetBy: start)
        }
        return nil
    }
}
