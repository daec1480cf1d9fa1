// LostLog: what is said when the log a data file relies on is not there, is another one, or lacks
// what is known to have been in it. Nothing of it is passed over silently: opening is refused with
// what is missing as far as it is known, and goes on only when told to.
import NenCore

/// Judges a log against what the data file knows of it.
struct LostLog {
    let logPath: String
    let superblock: Superblock
    /// What the data file claims about the log's end.
    let note: LogNote?

    /// The error when something is missing from what was read; nil when all is there.
    func judge(_ contents: LogContents) -> NQLError? {
        guard superblock.logState == .inUse else {
            return contents.damage.map { describe($0, contents) }
        }
        if contents.isForeign { return foreign }
        if !contents.hasSegments {
            return error(
                "the log '\(logPath)' is empty or damaged from its beginning",
                reached: superblock.transaction)
        }
        let reached = contents.groups.last?.transaction ?? superblock.transaction
        if contents.isCut {
            return error("the log '\(logPath)' was cut", reached: reached)
        }
        if !contents.isAnchored {
            return error(
                "the log '\(logPath)' does not continue at position \(superblock.logStart), where "
                    + "the data file ends: it is damaged there, or not the one that belongs to it",
                reached: superblock.transaction)
        }
        return contents.damage.map { describe($0, contents) }
    }

    /// The log's file does not exist.
    var missing: NQLError {
        error("the log '\(logPath)' is missing", reached: superblock.transaction)
    }

    /// The log is another database's: it is not touched.
    private var foreign: NQLError {
        error(
            "the log '\(logPath)' belongs to another database", reached: superblock.transaction,
            hint: "move it away and put the right log there, or restore a backup; without its log "
                + "the database opens only with recovery of the last valid state")
    }

    private func error(_ what: String, reached: UInt64, hint: String? = nil) -> NQLError {
        .runtime(
            .corruption, "LostLog", "\(what). \(loss(behind: reached))",
            hint: hint ?? "put the log back beside the data file or restore a backup; to go on "
                + "without what is lost, open with recovery of the last valid state "
                + "(--recover-last-valid)")
    }

    /// Adds how much is missing to what the reader found.
    private func describe(_ damage: NQLError, _ contents: LogContents) -> NQLError {
        guard note != nil, let detail = damage.detail else { return damage }
        let reached = contents.groups.last?.transaction ?? superblock.transaction
        return .runtime(
            damage.code, detail, "\(damage.message). \(loss(behind: reached))", hint: damage.hint)
    }

    /// How much is missing behind transaction `reached`.
    private func loss(behind reached: UInt64) -> String {
        guard let note, note.transaction > reached else {
            return "What was committed behind transaction \(reached), if anything, is lost"
        }
        let count = note.transaction - reached
        let bytes = note.position > superblock.logStart ? note.position - superblock.logStart : 0
        return "At least \(count) committed \(count == 1 ? "transaction is" : "transactions are") "
            + "lost, \(reached + 1) to \(note.transaction), of \(bytes) bytes of log"
    }
}
