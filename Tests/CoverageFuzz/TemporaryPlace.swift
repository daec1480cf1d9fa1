// TemporaryPlace: a folder for the files of one fuzzing process, below TMPDIR.

import Foundation

/// A folder that is emptied between two inputs.
struct TemporaryPlace: Sendable {
    let path: String

    init(_ name: String) {
        let path = NSTemporaryDirectory() + "\(name)-\(getpid())"
        needed("a folder") {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        }
        self.path = path
    }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ name: String, _ bytes: some Sequence<UInt8>) {
        needed(name) { try Data(bytes).write(to: URL(fileURLWithPath: self(name))) }
    }

    /// Leaves the folder empty.
    func removeFiles() {
        needed("an empty folder") {
            for name in try FileManager.default.contentsOfDirectory(atPath: path) {
                try FileManager.default.removeItem(atPath: self(name))
            }
        }
    }
}
