// Engine+Backup: backups, archived logs, restores and their check, as the layers above see them.

import NenCore

/// What a backup wrote.
public struct BackupReport: Sendable, Hashable {
    /// False when nothing had changed since the backup before, which is the one described.
    public var isNew: Bool
    /// Everything, or what changed since the backup before.
    public var isFull: Bool
    /// Number of the backup in its directory.
    public var number: Int
    /// The last transaction in it.
    public var transaction: UInt64
    /// When it was made, milliseconds since 1970.
    public var timeMilliseconds: Int64
    public var path: String
    public var byteCount: Int
}

/// What BACKUP LOG wrote.
public struct LogBackupReport: Sendable, Hashable {
    /// The first and last transaction; the last one is below the first when there were none.
    public var firstTransaction: UInt64
    public var lastTransaction: UInt64
    public var path: String
    public var byteCount: Int
}

extension Engine {
    /// Backs the published state up while writers go on.
    /// - Parameter full: copies everything even where an increment would do.
    public func backUp(
        to directory: String, full: Bool, progress: @escaping BackupProgressReport
    ) throws(NQLError) -> BackupReport {
        try storage {
            try backUp(
                to: try BackupDirectory(writing: directory, .backups), full: full,
                progress: progress)
        }
    }

    /// As above, into a directory that the file door has opened for a statement.
    public func backUp(
        to directory: DirectoryHandle, full: Bool, progress: @escaping BackupProgressReport
    ) throws(NQLError) -> BackupReport {
        try storage {
            try backUp(
                to: try BackupDirectory(writing: directory, .backups), full: full,
                progress: progress)
        }
    }

    private func backUp(
        to place: BackupDirectory, full: Bool, progress: @escaping BackupProgressReport
    ) throws -> BackupReport {
        let (header, isNew) = try place.naming {
            try store.pages.backUp(to: place, full: full, progress: progress)
        }
        return BackupReport(
            isNew: isNew, isFull: header.kind == .full, number: Int(header.number),
            transaction: header.transaction, timeMilliseconds: header.timeMilliseconds,
            path: place.shown(header.fileName), byteCount: header.byteCount)
    }

    /// Archives the transactions that the log holds and the directory does not.
    /// - Returns: nil when there are none.
    public func archiveLog(to directory: String) throws(NQLError) -> LogBackupReport? {
        try storage {
            try archiveLog(to: try BackupDirectory(writing: directory, .archive))
        }
    }

    /// As above, into a directory that the file door has opened for a statement.
    public func archiveLog(to directory: DirectoryHandle) throws(NQLError) -> LogBackupReport? {
        try storage {
            try archiveLog(to: try BackupDirectory(writing: directory, .archive))
        }
    }

    private func archiveLog(to place: BackupDirectory) throws -> LogBackupReport? {
        try place.naming {
            guard let header = try store.pages.archiveLog(to: place) else { return nil }
            return LogBackupReport(
                firstTransaction: header.behind + 1, lastTransaction: header.last,
                path: place.shown(header.fileName), byteCount: header.byteCount)
        }
    }

    /// Makes a new database from a backup directory.
    public static func restore(
        from directory: String, to path: String, target: RestoreTarget,
        progress: @escaping BackupProgressReport
    ) throws(NQLError) -> RestoreReport {
        try storage {
            let plan = try RestorePlan(try BackupDirectory(reading: directory), target: target)
            return try Restore(plan: plan, target: path, progress: progress).run()
        }
    }

    /// Whether a backup directory would give back what it promises.
    /// - Parameter quick: compares checksums and leaves the structures out.
    public static func checkBackup(
        _ directory: String, quick: Bool, progress: @escaping BackupProgressReport
    ) throws(NQLError) -> BackupInventory {
        try storage {
            try BackupCheck(
                directory: try BackupDirectory(reading: directory), progress: progress
            ).run(quick: quick)
        }
    }
}
