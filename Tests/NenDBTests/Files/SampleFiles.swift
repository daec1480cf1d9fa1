// SampleFiles: a small database as files: as a clean close left it, and as a killed process did,
// with a checkpoint in its middle and transactions behind it in the log.

import Foundation
import NenDB

/// The files of a database and what it holds.
struct SampleFiles {
    enum End: CaseIterable { case closed, killed }

    var data: [UInt8]
    var log: [UInt8]
    var shared: [UInt8]
    /// Nodes `(:Half {n: 1 … count})`.
    var count: Int

    /// The answer of `query` over a whole database.
    var answer: String { "\(count),\(count * (count + 1) / 2)" }

    static let query = "MATCH (h:Half) RETURN count(*) AS c, sum(h.n) AS s"

    /// Makes the database. `lot` is how many transactions stand before and behind the checkpoint.
    static func make(_ end: End, lot: Int = 20) throws -> SampleFiles {
        let folder = try TemporaryFiles()
        let db = try Database(at: folder("a.nen"))
        try db.query("CREATE INDEX FOR (h:Half) ON (h.n)")
        for n in 1...lot { try db.query("CREATE (:Half {n: \(n)})") }
        try db.checkpoint()
        for n in lot + 1...2 * lot { try db.query("CREATE (:Half {n: \(n), text: 'half \(n)'})") }
        // A process that dies leaves what the system has of its files at that moment.
        let shared = folder.bytes("a.nen-shared")
        if end == .closed { try db.close() }
        let found = SampleFiles(
            data: folder.bytes("a.nen"), log: folder.bytes("a.nen-log"), shared: shared,
            count: 2 * lot)
        if end == .killed { try db.close() }
        return found
    }

    /// Puts the files there as the database `name`.
    func write(_ folder: TemporaryFiles, _ name: String) {
        folder.write(data, name)
        folder.write(log, name + "-log")
        folder.remove(name + "-shared")
    }
}

/// CRC32C, as all checksums of the files.
func crc32c(_ seed: UInt32, _ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = ~seed
    for byte in bytes {
        crc = CRC32CTable.entries[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8)
    }
    return ~crc
}

private enum CRC32CTable {
    static let entries: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
        return value
    }
}

extension [UInt8] {
    func word32(_ at: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(self[at + $1]) << UInt32(8 * $1) }
    }

    func word64(_ at: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(self[at + $1]) << UInt64(8 * $1) }
    }

    mutating func set32(_ value: UInt32, _ at: Int) {
        for n in 0..<4 { self[at + n] = UInt8(truncatingIfNeeded: value >> UInt32(8 * n)) }
    }

    mutating func set64(_ value: UInt64, _ at: Int) {
        for n in 0..<8 { self[at + n] = UInt8(truncatingIfNeeded: value >> UInt64(8 * n)) }
    }
}
