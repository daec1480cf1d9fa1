// FileNames: names of files that begin as what is typed, for completion.

import Glibc

/// Files by the beginning of their paths.
enum FileNames {
    /// Paths that begin with `typed`, directories with a slash behind them, ascending. Hidden files
    /// are left out unless the typed name begins with a dot.
    static func beginning(_ typed: String) -> [String] {
        let folder = typed.lastIndex(of: "/").map { String(typed[...$0]) } ?? ""
        let start = typed.dropFirst(folder.count)
        guard let directory = opendir(folder.isEmpty ? "." : folder) else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let isHidden = name.hasPrefix(".") && !start.hasPrefix(".")
            if isHidden || name == "." || name == ".." || !name.hasPrefix(start) { continue }
            var status = stat()
            let isFolder = stat(folder + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            found.append(folder + name + (isFolder ? "/" : ""))
        }
        return found.sorted()
    }
}
