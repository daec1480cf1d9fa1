// RestorePlan: which backup and which archived transactions lead to the wanted state. Decided from
// headers alone, before anything is written.
import NenCore

/// Up to where a restore goes.
public enum RestoreTarget: Sendable, Hashable {
    /// As far as backups and archive reach.
    case latest
    /// The state behind this transaction.
    case transaction(UInt64)
    /// All transactions up to the first one committed after this moment (milliseconds since 1970).
    case time(Int64)
}

/// The way to a state.
struct RestorePlan {
    var chain: BackupChain
    /// The archive files of the same database, in order.
    var pieces: [ArchiveFile]
    var target: RestoreTarget

    /// - Throws: `DatabaseError` when no backup leads there.
    init(_ directory: BackupDirectory, target: RestoreTarget) throws {
        let chains = try BackupChain.all(in: directory)
        guard let newest = chains.last else {
            throw NQLError.runtime(
                .database, "NoBackup", "'\(directory.path)' holds no whole backup",
                hint: "nql check tells what is wrong with the files there")
        }
        let own = chains.filter { $0.newest.sourceID == newest.newest.sourceID }
        let found = own.last { chain in
            switch target {
            case .latest: true
            case .transaction(let number): chain.newest.transaction <= number
            case .time(let moment): chain.newest.timeMilliseconds <= moment
            }
        }
        guard let found else {
            throw NQLError.runtime(
                .database, "NoBackup",
                "all backups in '\(directory.path)' are later than the wanted state; the first is "
                    + "of transaction \(own.first?.newest.transaction ?? 0)",
                hint: "a restore goes on from a backup; it cannot go back")
        }
        chain = found
        pieces = try ArchiveFile.all(in: directory).filter {
            $0.header.sourceID == newest.newest.sourceID
        }
        self.target = target
        if case .transaction = target { return }
        try demandWhole(directory, chains)
    }

    /// Without a number to reach, a damaged file behind the chosen backup would just shorten what
    /// is restored: that must be asked for.
    private func demandWhole(_ directory: BackupDirectory, _ chains: [BackupChain]) throws {
        let backups = Set(chains.compactMap { $0.files.last?.name })
        for name in try directory.names() {
            let isDamaged: Bool
            if BackupChain.isBackup(name) {
                let number = UInt64(name.prefix { $0 != "-" }) ?? 0
                isDamaged = number > chain.newest.number && !backups.contains(name)
            } else {
                isDamaged =
                    try ArchiveHeader.isArchive(name) && ArchiveFile(name, in: directory) == nil
            }
            if !isDamaged { continue }
            throw NQLError.runtime(
                .corruption, "Backup",
                "'\(directory.shown(name))' is damaged, so that nobody knows how far it would lead",
                hint: "nql check lists what is whole; restore to a transaction of it by number")
        }
    }

    /// Calls `body` with every archived transaction between the backup and the target, in order.
    /// - Throws: `DatabaseError(LogGap)` when transactions in between are missing, or
    ///   `NotArchived` when the target lies behind all that is there.
    func forEachGroup(_ body: (ArchivedGroup) throws -> Void) throws {
        var position = Position(chain.newest)
        while !isReached(position.transaction) {
            guard let piece = pieces.last(where: { $0.header.behind <= position.transaction
                && $0.header.last > position.transaction })
            else { return try end(at: position) }
            if try !follow(piece, from: &position, body) { return }
        }
    }

    /// A place in the stream of transactions.
    private struct Position {
        var transaction: UInt64
        var chain: UInt32

        init(_ backup: BackupHeader) {
            transaction = backup.transaction
            chain = backup.logEnd.chain
        }
    }

    private func isReached(_ transaction: UInt64) -> Bool {
        if case .transaction(let number) = target { return transaction >= number }
        return false
    }

    /// Hands out a piece's groups behind `position`; false when the target is reached.
    private func follow(
        _ piece: ArchiveFile, from position: inout Position,
        _ body: (ArchivedGroup) throws -> Void
    ) throws -> Bool {
        var now = position
        var isDone = false
        if piece.header.behind == now.transaction, piece.header.start.chain != now.chain {
            throw otherHistory(piece)
        }
        try piece.forEachGroup { group in
            if group.transaction <= now.transaction {
                if group.transaction == now.transaction, group.chain != now.chain {
                    throw otherHistory(piece)
                }
                return true
            }
            if case .time(let moment) = target, group.timeMilliseconds > moment {
                isDone = true
                return false
            }
            try body(group)
            now.transaction = group.transaction
            now.chain = group.chain
            if isReached(now.transaction) { isDone = true }
            return !isDone
        }
        position = now
        return !isDone
    }

    /// The archive does not go on behind `position`: well for `latest`, unless there is more.
    private func end(at position: Position) throws {
        let next = position.transaction + 1
        if let later = pieces.map(\.header).filter({ $0.behind >= next }).min(by: {
            $0.behind < $1.behind
        }) {
            let isBulk = pieces.contains {
                $0.header.last == position.transaction && $0.header.isFollowedByBulk
            }
            throw NQLError.runtime(
                .database, "LogGap",
                "the archive has no transactions from \(next) to \(later.behind)"
                    + (isBulk ? ": a bulk load or a very large transaction, which no log has" : ""),
                hint: "restore to transaction \(position.transaction), or to one behind a backup "
                    + "made after the gap")
        }
        if case .transaction(let number) = target {
            throw NQLError.runtime(
                .database, "NotArchived",
                "transaction \(number) is not in the archive, which ends at "
                    + "\(position.transaction)",
                hint: "BACKUP LOG TO the directory adds what the database's log still holds")
        }
    }

    private func otherHistory(_ piece: ArchiveFile) -> NQLError {
        .runtime(
            .database, "OtherHistory",
            "the archive '\(piece.name)' does not continue backup \(chain.newest.number): it is of "
                + "a copy of the database that went its own way",
            hint: "keep backups of such copies in directories of their own")
    }
}
