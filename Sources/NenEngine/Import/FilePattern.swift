// FilePattern: names of input files by a regular expression, as `neo4j-admin` takes them: the last
// part of a path that names no file is a pattern for the names in its directory. What it finds is
// ordered by name, numbers within names as numbers.

import Glibc
import NenCore

/// Paths that a path stands for.
enum FilePattern {
    /// The path itself where a file has the name, else the files that it matches.
    ///
    /// - Throws: `ArgumentError(MissingFile)` when a pattern matches nothing.
    static func expand(_ path: String) throws(NQLError) -> [String] {
        if access(path, F_OK) == 0 || !path.contains(where: { "*+?[]()|\\^$".contains($0) }) {
            return [path]
        }
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { String(path[..<$0]) } ?? ""
        let pattern = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let expression = try storage {
            try Array(pattern.utf8).withUnsafeBytes { try RegularExpression($0) }
        }
        var found: [String] = []
        let root = slash == nil ? "." : "/"
        guard let handle = opendir(directory.isEmpty ? root : directory) else {
            throw .runtime(
                .io, nil, "Cannot read the directory of '\(path)': "
                    + "\(String(cString: strerror(errno))).")
        }
        defer { closedir(handle) }
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let matches = try storage {
                try Array(name.utf8).withUnsafeBytes { try expression.matchesWhole($0) }
            }
            if matches { found.append(slash == nil ? name : directory + "/" + name) }
        }
        guard !found.isEmpty else {
            throw .runtime(
                .argument, "MissingFile", "No file has a name that fits '\(path)'.",
                hint: "The last part of the path is a regular expression: `part_.*\\.csv`.")
        }
        return found.sorted { isBefore($0, $1) }
    }

    /// Whether a name stands before another, numbers by their value.
    private static func isBefore(_ left: String, _ right: String) -> Bool {
        var (a, b) = (left.utf8[...], right.utf8[...])
        while let x = a.first, let y = b.first {
            let (m, n) = (a.prefix { isDigit($0) }, b.prefix { isDigit($0) })
            if !m.isEmpty, !n.isEmpty {
                let (p, q) = (m.drop { $0 == 0x30 }, n.drop { $0 == 0x30 })
                if p.count != q.count { return p.count < q.count }
                if !p.elementsEqual(q) { return p.lexicographicallyPrecedes(q) }
                a = a.dropFirst(m.count)
                b = b.dropFirst(n.count)
            } else {
                if x != y { return x < y }
                a = a.dropFirst()
                b = b.dropFirst()
            }
        }
        return a.isEmpty && !b.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
