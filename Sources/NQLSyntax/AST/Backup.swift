// Backup: BACKUP [FULL | LOG] TO.

import NenCore

/// `BACKUP [FULL | LOG] TO 'directory'`
public struct BackupCommand: Sendable, Hashable {
    /// What is written.
    public enum Kind: Sendable, Hashable {
        /// What changed since the last backup in the directory; all, where there is none.
        case changes
        /// All, whatever the directory holds.
        case full
        /// The transactions that the log holds and the directory does not.
        case log
    }

    public var kind: Kind
    /// The directory.
    public var destination: Expression
    public init(kind: Kind, destination: Expression) {
        self.kind = kind
        self.destination = destination
    }
}
