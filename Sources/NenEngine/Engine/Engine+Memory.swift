// Engine+Memory: what of memory an open database holds, for SHOW MEMORY.

import Glibc
import NenCore

/// Memory of one kind.
public struct MemoryUse: Sendable, Hashable {
    /// What it is.
    public var name: String
    /// Bytes now, the most there may be, and the most there ever were.
    public var bytes: Int
    public var limitBytes: Int?
    public var peakBytes: Int?
    /// Things it holds.
    public var count: Int?

    public init(
        _ name: String, bytes: Int, limitBytes: Int? = nil, peakBytes: Int? = nil,
        count: Int? = nil
    ) {
        self.name = name
        self.bytes = bytes
        self.limitBytes = limitBytes
        self.peakBytes = peakBytes
        self.count = count
    }
}

extension Engine {
    /// The statements at work and those kept for their next run.
    public var runningStatements: [RunningStatement] { running.all }

    /// Ends the statement at work with this number; its text, nil when there is none.
    public func stopStatement(_ number: UInt64) -> String? { running.stop(number) }

    /// What statements, transactions and plans hold together.
    public var poolUse: MemoryUse {
        MemoryUse(
            "database", bytes: memory.heldBytes, limitBytes: memory.limitBytes,
            peakBytes: memory.peakBytes)
    }

    /// Blocks of query memory that are kept for the next statement of any database.
    public var recycledUse: MemoryUse {
        MemoryUse(
            "recycled blocks", bytes: BlockReserve.keptByteCount,
            limitBytes: BlockReserve.keptByteCountMax)
    }

    /// Estimates sampled for plans, and remembered statements.
    public var estimateUses: [MemoryUse] {
        let estimates = store.context.estimates.propertyCount
        let statements = store.context.feedback.count
        return [
            MemoryUse("estimates", bytes: estimates * Engine.estimateBytes, count: estimates),
            MemoryUse(
                "remembered statements", bytes: statements * Engine.feedbackBytes,
                count: statements),
        ]
    }

    /// Bytes of an estimate with its frequent values and quantiles, by and large.
    private static let estimateBytes = 4_096
    /// Bytes of a remembered statement.
    private static let feedbackBytes = 96

    /// Pages of the database that are in use and mapped; the system keeps in memory what is read.
    public var mappedUse: MemoryUse {
        MemoryUse(
            "data in use", bytes: store.pages.usedByteCount(),
            limitBytes: store.pages.options.capacityBytes)
    }

    /// The memory of the process as the system sees it, mapped pages included.
    public static var processUse: MemoryUse {
        let kibibytes = ProcessStatus.fields(["VmRSS:", "VmHWM:"])
        return MemoryUse(
            "resident", bytes: kibibytes[0] * 1_024, peakBytes: kibibytes[1] * 1_024)
    }
}

/// What the system tells of the process.
private enum ProcessStatus {
    /// Numbers of `/proc/self/status`; 0 for those that are not there.
    static func fields(_ names: [String]) -> [Int] {
        let file = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        if file < 0 { return names.map { _ in 0 } }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = read(file, &bytes, bytes.count)
        let lines = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            .split(separator: "\n")
        return names.map { name in
            guard let line = lines.first(where: { $0.hasPrefix(name) }) else { return 0 }
            let words = line.dropFirst(name.count).split { $0 == " " || $0 == "\t" }
            return words.first.flatMap { Int($0) } ?? 0
        }
    }
}
