// FileBytes: a whole file, or all of standard input, as bytes.

import Glibc

/// Reads files.
enum FileBytes {
    /// The bytes of the file at `path`; nil with `errno` set when it cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        defer { close(descriptor) }
        return read(descriptor: descriptor)
    }

    /// All bytes up to the end of `descriptor`; nil with `errno` set on an error.
    static func read(descriptor: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 {
                bytes.append(contentsOf: chunk[..<count])
            } else if count == 0 {
                return bytes
            } else if errno != EINTR {
                return nil
            }
        }
    }
}
