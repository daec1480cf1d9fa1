// Database+Backup: backups while the database is in use, archived logs, restore.

import NenCore
import NenEngine

/// How far a backup or a restore is.
public typealias BackupProgress = NenEngine.BackupProgress
/// What a backup wrote.
public typealias BackupReport = NenEngine.BackupReport
/// What an archived log holds.
public typealias LogBackupReport = NenEngine.LogBackupReport
/// Up to where a restore goes.
public typealias RestoreTarget = NenEngine.RestoreTarget
/// What a restore made.
public typealias RestoreReport = NenEngine.RestoreReport
/// What a backup directory holds.
public typealias BackupInventory = NenEngine.BackupInventory

extension Database {
    /// Backs the committed state up into a directory, while readers and writers of this and other
    /// processes go on. The first backup of a directory holds everything, those behind it what
    /// changed since.
    ///
    /// - Parameters:
    ///   - directory: is made unless it is there.
    ///   - full: copies everything whatever the directory holds.
    ///   - cancellation: ends the backup.
    ///   - progress: called now and then; what it throws ends the backup.
    /// - Throws: `NQLError`; the directory then holds what it held before.
    @discardableResult
    public func backup(
        to directory: String, full: Bool = false, cancellation: Cancellation = Cancellation(),
        progress: @escaping (BackupProgress) throws -> Void = { _ in }
    ) throws -> BackupReport {
        try engine.backUp(to: directory, full: full) {
            try cancellation.check("The backup")
            try progress($0)
        }
    }

    /// Adds to a backup directory the transactions that the log holds and the directory does not,
    /// so that a restore can go to any of them. See `DatabaseOptions.logArchive` for an archive
    /// without gaps.
    ///
    /// - Returns: nil when nothing was committed since.
    @discardableResult
    public func backupLog(to directory: String) throws -> LogBackupReport? {
        try engine.archiveLog(to: directory)
    }

    /// Makes a new database at `path` from a backup directory, as a whole or not at all.
    ///
    /// - Throws: `NQLError`, when no backup leads to the target, transactions in between are
    ///   missing, files are damaged, or there is a file at `path`.
    @discardableResult
    public static func restore(
        from directory: String, to path: String, target: RestoreTarget = .latest,
        cancellation: Cancellation = Cancellation(),
        progress: @escaping (BackupProgress) throws -> Void = { _ in }
    ) throws -> RestoreReport {
        try Engine.restore(from: directory, to: path, target: target) {
            try cancellation.check("The restore")
            try progress($0)
        }
    }

    /// Compares all files of a backup directory with their checksums, and checks the newest state
    /// as `check` does a database.
    ///
    /// - Parameter quick: compares checksums and leaves the structures out.
    public static func checkBackup(
        at directory: String, quick: Bool = false, cancellation: Cancellation = Cancellation()
    ) throws -> BackupInventory {
        try Engine.checkBackup(directory, quick: quick) { _ in
            try cancellation.check("The check")
        }
    }
}

extension Cancellation {
    /// - Throws: `Interrupted` once it was cancelled.
    func check(_ what: String) throws {
        if isCancelled {
            throw NQLError.runtime(.interrupted, "Cancelled", "\(what) was cancelled.")
        }
    }
}
