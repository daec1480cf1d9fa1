// ScriptFileReader: a file, or an open descriptor, in blocks.

import Glibc
import NenCore
import NenEngine

/// Reads bytes from front to back.
final class ScriptFileReader {
    private let descriptor: Int32
    private let path: String
    private static let blockByteCount = 1 << 18

    /// Opens a regular file.
    init(path: String) throws {
        (descriptor, self.path) = (try FileDoor.openTrusted(path: path), path)
    }

    deinit { close(descriptor) }

    /// The next bytes; nil at the end.
    func next() throws -> [UInt8]? {
        let block = ScriptFileReader.blockByteCount
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: block) { buffer, initialized in
                count = read(descriptor, buffer.baseAddress, block)
                initialized = max(0, count)
            }
            if count > 0 { return bytes }
            if count == 0 { return nil }
            if errno != EINTR {
                throw NQLError.runtime(
                    .io, nil, "Cannot read '\(path)': \(String(cString: strerror(errno))).")
            }
        }
    }
}
