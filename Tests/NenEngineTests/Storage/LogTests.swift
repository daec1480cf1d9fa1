// Goal: the log gives back exactly the groups appended, and after damage a true prefix of them.
// Method: random groups through writer and reader; then torn, flipped and cut bytes.
import CNenKernels
import NenCore
import Testing

@testable import NenEngine

/// CRC32C of a superblock's 512 bytes at `offset`.
func nen_checksum(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    guard let start = bytes.baseAddress else { return 0 }
    return nen_crc32c(0, start + offset, Superblock.byteCount)
}

@Suite struct LogTests {
    private static let databaseID = (0..<16).map { UInt8($0 &* 7 &+ 3) }
    private static let segmentBytes = 8_192

    private func writer(_ file: any File, end: LogContents? = nil) throws -> LogWriter {
        try LogWriter(
            file: file, databaseID: Self.databaseID, segmentBytes: Self.segmentBytes, start: 0,
            position: end?.end ?? LogPosition(lsn: 0, chain: 0),
            highestGeneration: end?.highestGeneration ?? 0, fresh: true)
    }

    private func read(_ file: any File) throws -> LogContents {
        try LogReader(
            file: file, databaseID: Self.databaseID, segmentBytes: Self.segmentBytes
        ).read(from: LogPosition(lsn: 0, chain: 0), behind: 0)
    }

    private func payloads(of contents: LogContents) -> [[UInt8]] {
        contents.withGroups { groups in groups.map { Array($0.payload) } }
    }

    private func append(
        _ count: Int, to log: LogWriter, after written: inout [[UInt8]], synced: Bool,
        _ random: inout SeededGenerator
    ) throws {
        for _ in 0..<count {
            let length = Int.random(in: 0..<4, using: &random) == 0
                ? Int.random(in: 0..<30_000, using: &random)
                : Int.random(in: 0..<300, using: &random)
            let payload = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let claims = LogWriter.Claims(synced: synced ? log.position.lsn : 0, checkpoint: 1)
            _ = try payload.withUnsafeBytes {
                try log.append($0, transaction: UInt64(written.count + 1), claims: claims)
            }
            written.append(payload)
        }
    }

    @Test func groupsComeBackOverManySegmentsAndReopenings() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let file = try disk.open("log", .create)
        var written: [[UInt8]] = []
        var contents: LogContents?
        for _ in 0..<6 {
            let log = try writer(file, end: contents)
            try append(8, to: log, after: &written, synced: true, &random)
            let found = try read(file)
            #expect(found.damage == nil)
            #expect(found.tornBytes == 0)
            #expect(payloads(of: found) == written, "seed \(seed)")
            contents = found
        }
    }

    @Test func damagedBytesLeaveATruePrefix() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let file = try disk.open("log", .create)
        var written: [[UInt8]] = []
        try append(14, to: try writer(file), after: &written, synced: false, &random)
        let bytes = try #require(disk.content("log"))
        for round in 0..<400 {
            var damaged = bytes
            let at = Int.random(in: 0..<damaged.count, using: &random)
            switch round % 3 {
            case 0: damaged[at] ^= UInt8.random(in: 1...255, using: &random)
            case 1: damaged.removeLast(damaged.count - at)
            default: for n in at..<min(at + 512, damaged.count) { damaged[n] = 0 }
            }
            let found = try read(try SimulatedDisk(files: ["log": damaged]).open("log", .readWrite))
            let groups = payloads(of: found)
            #expect(found.damage == nil, "nothing was known to be synced, seed \(seed)")
            #expect(groups == Array(written.prefix(groups.count)), "seed \(seed), at \(at)")
        }
    }

    @Test func aHoleBelowAKnownSyncedPositionIsCorruption() throws {
        var random = SeededGenerator(seed: 3)
        let disk = SimulatedDisk()
        let file = try disk.open("log", .create)
        var written: [[UInt8]] = []
        try append(14, to: try writer(file), after: &written, synced: true, &random)
        var bytes = try #require(disk.content("log"))
        for n in 512..<1_024 { bytes[n] = 0 }
        let found = try read(try SimulatedDisk(files: ["log": bytes]).open("log", .readWrite))
        #expect(found.damage?.code == .corruption)
        #expect(found.groups.isEmpty)
    }

    /// A record cut by recovery must not be found again behind what is written later.
    @Test func cutRecordsStayCut() throws {
        var random = SeededGenerator(seed: 4)
        let disk = SimulatedDisk()
        let file = try disk.open("log", .create)
        var written: [[UInt8]] = []
        let log = try writer(file)
        try append(3, to: log, after: &written, synced: false, &random)
        let cut = log.position
        var lost = written
        try append(5, to: log, after: &lost, synced: false, &random)
        // Recovery that saw only three groups: the rest had not reached the disk then.
        let contents = LogContents(start: cut)
        contents.highestGeneration = log.position.lsn / UInt64(Self.segmentBytes)
        try append(1, to: try writer(file, end: contents), after: &written, synced: false, &random)
        #expect(payloads(of: try read(file)) == written)
    }
}
