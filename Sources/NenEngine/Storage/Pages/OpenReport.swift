// OpenReport: what an opener is told: what was found, replayed, dropped and passed over.

/// What opening a database found and did.
public struct OpenReport: Sendable, Hashable {
    /// There was no database; a new one was made.
    public var wasCreated = false
    /// Another process had the database open: its published state was taken over as it is.
    public var joinedOthers = false
    /// Transactions replayed from the log.
    public var replayedTransactions = 0
    /// Bytes of the log that they took.
    public var replayedBytes = 0
    /// Bytes of an unfinished, never acknowledged tail of the log that were cut off.
    public var droppedTailBytes = 0
    /// Damage that recovery of the last valid state passed over, in sentences.
    public var damage: [String] = []
    /// The map of free pages was unreadable and was made anew from the data.
    public var rebuiltFreeMap = false
    /// The log was not there, or not this database's, although the database is not new.
    public var logWasMissing = false
    /// The data file was written by format version 1, which does not say whether its log is needed.
    public var isOfUnknownLogState = false

    /// A database as it was left by a clean close.
    public init() {}

    /// What a user should read, in sentences: what is or may be lost.
    public var warnings: [String] {
        var found = damage.map { "Damage was passed over: \($0)." }
        if logWasMissing, isOfUnknownLogState {
            found.append(
                "The log was missing, and the file was written by an older version that does not "
                    + "say whether transactions were in it: the last ones may be lost.")
        }
        if rebuiltFreeMap {
            found.append("The map of free pages was damaged and was made anew from the data.")
        }
        return found
    }

    /// What happened at opening without anything being lost, in sentences.
    public var remarks: [String] {
        var found: [String] = []
        if replayedTransactions > 0 {
            found.append(
                "The database was not closed properly: \(replayedTransactions) "
                    + "\(replayedTransactions == 1 ? "transaction was" : "transactions were") "
                    + "brought back from the log.")
        }
        if droppedTailBytes > 0 {
            found.append(
                "\(droppedTailBytes) bytes of a transaction that was never acknowledged were cut "
                    + "off the log.")
        }
        return found
    }
}
