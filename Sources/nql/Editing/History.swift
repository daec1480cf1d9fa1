// History: the statements entered before, in memory and in `~/.nql_history` (or the file that
// NQL_HISTORY names): one entry a line, line feeds and backslashes escaped.

import Glibc

/// Earlier entries, oldest first.
struct History {
    /// Entries kept; older ones are forgotten.
    static let entryCountMax = 1_000

    private(set) var entries: [String] = []
    private let path: String?

    /// The history in `path`; a file that cannot be read is an empty history.
    ///
    /// - Parameter isKept: new entries are written to the file.
    init(path: String?, isKept: Bool = true) {
        self.path = isKept ? path : nil
        guard let path, let bytes = FileBytes.read(path) else { return }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        for line in lines.suffix(History.entryCountMax) {
            entries.append(History.unescape(String(decoding: line, as: UTF8.self)))
        }
    }

    /// Where the history of this user is kept; nil without a home folder.
    static var defaultPath: String? {
        if let path = getenv("NQL_HISTORY") { return String(cString: path) }
        return getenv("HOME").map { String(cString: $0) + "/.nql_history" }
    }

    /// Remembers an entry, unless it repeats the one before; appends it to the file.
    mutating func add(_ entry: String) {
        if entry.isEmpty || entry == entries.last { return }
        entries.append(entry)
        if entries.count > History.entryCountMax { entries.removeFirst() }
        guard let path, let file = fopen(path, "a") else { return }
        fputs(History.escape(entry) + "\n", file)
        fclose(file)
    }

    static func escape(_ entry: String) -> String {
        var text = ""
        for scalar in entry.unicodeScalars {
            switch scalar {
            case "\n": text += "\\n"
            case "\\": text += "\\\\"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    static func unescape(_ line: String) -> String {
        var text = ""
        var isEscaped = false
        for scalar in line.unicodeScalars {
            if isEscaped {
                text.unicodeScalars.append(scalar == "n" ? "\n" : scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
