// ErrorReference+State: what the state of transactions, memory, files and processes forbids.

extension ErrorKind {
    static let stateKinds: [ErrorKind] = [
        ErrorKind(
            .transaction, nil, "25000", "The transaction's state forbids the statement.",
            "See the message."),
        ErrorKind(
            .transaction, "NoTransaction", "25000", "No transaction is open.", "BEGIN first."),
        ErrorKind(
            .transaction, "TransactionIsOpen", "25G01", "A transaction is open already.",
            "COMMIT or ROLLBACK first."),
        ErrorKind(
            .transaction, "ReadOnlyTransaction", "25G03",
            "A change in a transaction or database that only reads.",
            "BEGIN without READ ONLY; open without the read-only option."),
        ErrorKind(
            .transaction, "TransactionControl", "2D000",
            "BEGIN, COMMIT or ROLLBACK where the transaction is not theirs.",
            "Use a session."),
        ErrorKind(
            .transaction, "TransactionExpired", "25000",
            "The transaction was idle for too long while another writer waited.",
            "Run all of it again; raise idle_transaction_timeout."),
        ErrorKind(
            .memory, nil, "5M000", "The statement needs more memory than it may have.",
            "Raise `--memory-budget`, or return less at once."),
        ErrorKind(
            .memory, "DatabaseMemoryExceeded", "5M000",
            "All that runs in the database together needs more memory than it may have.",
            "Raise `--memory-limit`, or run less at the same time."),
        ErrorKind(
            .capacity, nil, "5M001", "The declared capacity is used up.",
            "Raise the limit that the message names."),
        ErrorKind(
            .capacity, "TemporaryLimitExceeded", "5M001",
            "What does not fit into memory needs more room in temporary files than it may have.",
            "Raise `--temp-limit` or `--memory-budget`."),
        ErrorKind(
            .io, "TemporaryFileFailed", "58000", "A temporary file could not be made or used.",
            "See the system's message; `--temp-directory` names another place."),
        ErrorKind(
            .busy, nil, "5D001", "Another session or process holds what is needed.",
            "Try again; the message names the holder."),
        ErrorKind(
            .io, nil, "58000", "The disk or the operating system refused.",
            "See the system's message."),
        ErrorKind(
            .io, "FileReplaced", "58000",
            "A file of the open database was renamed, removed or replaced.",
            "Close the database, put its files back and open it again."),
        ErrorKind(
            .busy, "InUse", "5D001", "A database that is open cannot be replaced.",
            "Close it everywhere."),
        ErrorKind(
            .io, "FileAccessDenied", "42NFF",
            "A statement names a file that it may not read or write.",
            "Allow its directory: `nql --allow-files DIR`, `DatabaseOptions.fileAccess`."),
        ErrorKind(
            .io, "DirectoryNotEmpty", "58000", "A directory that is to be written holds files.",
            "Name one that does not exist yet."),
        ErrorKind(
            .io, "FileAccess", "58000", "A directory that is to be accessible cannot be opened.",
            "Make it, or take it out of the directories."),
        ErrorKind(
            .io, "NotARegularFile", "58000", "A directory, pipe, device or socket is no data file.",
            "Write the data to a file first."),
        ErrorKind(
            .io, "DiskFull", "58000", "The disk is full, or a limit of file sizes is reached.",
            "Free space, or raise the limit."),
        ErrorKind(
            .corruption, nil, "5D002", "The file contradicts its checksums.",
            "`nql check` tells more; restore a copy."),
        ErrorKind(
            .corruption, "Backup", "5D002", "A backup contradicts its checksums.",
            "Restore from another one; `nql check` tells which are whole."),
        ErrorKind(
            .corruption, "LostLog", "5D002",
            "The log that the data file needs is missing, cut, damaged or another one.",
            "Put it back; `--recover-last-valid` goes on without what is lost."),
        ErrorKind(
            .corruption, "SharedPage", "5D002",
            "The shared file was overwritten while the database is open.",
            "Close the database everywhere and open it again; nothing committed is lost."),
        ErrorKind(
            .database, "HardLinks", "5D000", "A file of the database has several names.",
            "Remove the other names, or copy instead of linking."),
        ErrorKind(
            .database, "NotAFile", "5D000", "The path leads to a directory, device or pipe.",
            "Give the name of a database file."),
        ErrorKind(
            .database, "NameTooLong", "5D000",
            "The name leaves no room for those of the log and the shared file.",
            "Choose a shorter one."),
        ErrorKind(
            .database, nil, "5D000", "The database cannot be used so.", "See the message."),
        ErrorKind(
            .database, "NoBackup", "5D000",
            "A directory holds no backup that leads to the wanted state.",
            "`nql check` lists what it holds."),
        ErrorKind(
            .database, "LogGap", "5D000",
            "Transactions between a backup and the wanted state are in no log.",
            "Restore to one before the gap, or behind a later backup."),
        ErrorKind(
            .database, "NotArchived", "5D000",
            "A transaction is behind all that the archive holds.",
            "`BACKUP LOG TO` adds what the log still has."),
        ErrorKind(
            .database, "OtherHistory", "5D000",
            "Backup and archive are of copies that went different ways.",
            "Keep their backups in directories of their own."),
        ErrorKind(
            .database, "PlanningFault", "5D000",
            "The optimizer made a plan that its own checks refuse; nothing was read or changed.",
            "Switch the rule off that the message names, and report the statement."),
        ErrorKind(
            .database, "NothingToSalvage", "5D000",
            "A file holds no part of a database.",
            "Check the path."),
        ErrorKind(.interrupted, nil, "57000", "The statement was interrupted.", "Run it again."),
        ErrorKind(
            .interrupted, "Timeout", "57001", "The statement took longer than it may.",
            "Raise the limit."),
        ErrorKind(
            .protocolViolation, nil, "08000", "A request is not one of the protocol.",
            "See the protocol's description."),
    ]
}
