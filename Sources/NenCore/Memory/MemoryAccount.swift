// MemoryAccount: who holds how many bytes, and how many they may hold. Accounts form a chain: what
// a statement is charged is charged to its write transaction and to the database as well, so that a
// statement keeps to its budget, and all statements together to the database's limit.
//
// Two ways to count. `charge` asks before memory is taken and refuses what does not fit: for all
// that grows by large steps. `note` records what was taken by code that cannot fail in its middle
// (a chunk's arrays, a node of an index), in small steps; whoever drives that code calls `check`
// between two steps. So a limit is exceeded by one step at most.

import Synchronization

/// Counts bytes against a limit, and against those of the accounts above; thread-safe.
public final class MemoryAccount: Sendable {
    /// Whose memory is counted; it decides which setting an error names.
    public enum Owner: Sendable, Hashable {
        /// One statement, from its text to its last row.
        case statement
        /// What a write transaction has changed so far.
        case transaction
        /// Everything of one open database.
        case database
    }

    /// What takes the memory; it is named by errors.
    public enum Use: String, Sendable, Hashable, CaseIterable {
        case rows = "rows, tables and lists"
        case changes = "changed data"
        case log = "the log of changes"
        case index = "the pages of an index"
        case commit = "the images of changed pages"
        case text = "the statement's text and plan"
        case parameters = "parameters"
        case results = "rows of the result"
        case input = "lines of a file"
        case analysis = "statistics"
    }

    public let owner: Owner
    private let parent: MemoryAccount?
    private let limit: Atomic<Int>
    private let held = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)

    /// - Parameters:
    ///   - limitBytes: what may be held at once.
    ///   - parent: is charged with all that this account is charged with.
    public init(_ owner: Owner, limitBytes: Int = .max, parent: MemoryAccount? = nil) {
        self.owner = owner
        self.parent = parent
        limit = Atomic(max(0, limitBytes))
    }

    /// What is still held ends with the account.
    deinit { parent?.release(heldBytes) }

    /// Bytes that may be held at once by this account.
    public var limitBytes: Int { limit.load(ordering: .relaxed) }
    /// Bytes held now.
    public var heldBytes: Int { held.load(ordering: .relaxed) }
    /// Most bytes ever held.
    public var peakBytes: Int { peak.load(ordering: .relaxed) }

    /// Bytes that a charge may take now, here and above.
    public var freeBytes: Int {
        let mine = max(0, limitBytes &- heldBytes)
        return parent.map { min(mine, $0.freeBytes) } ?? mine
    }

    /// Sets another limit; what is held already stays.
    public func setLimit(_ bytes: Int) { limit.store(max(0, bytes), ordering: .relaxed) }

    /// Takes `bytes` before they are allocated.
    ///
    /// - Throws: `MemoryLimitExceeded`; then nothing is charged.
    public func charge(_ bytes: Int, for use: Use) throws(NQLError) {
        assert(bytes >= 0, "a charge of \(bytes) bytes")
        let (now, isTooMuch) = heldBytes.addingReportingOverflow(bytes)
        if isTooMuch || now > limitBytes { throw refusal(bytes, use) }
        // Another thread may have come between; then the sum says so.
        let sum = held.wrappingAdd(bytes, ordering: .relaxed).newValue
        if sum > limitBytes {
            held.wrappingSubtract(bytes, ordering: .relaxed)
            throw refusal(bytes, use)
        }
        if let parent {
            do {
                try parent.charge(bytes, for: use)
            } catch {
                held.wrappingSubtract(bytes, ordering: .relaxed)
                throw error
            }
        }
        raisePeak(to: sum)
    }

    /// Records `bytes` that were allocated already, whatever the limits; `check` judges.
    public func note(_ bytes: Int) {
        let sum = held.wrappingAdd(bytes, ordering: .relaxed).newValue
        raisePeak(to: sum)
        parent?.note(bytes)
    }

    /// Gives back what `charge` or `note` took.
    public func release(_ bytes: Int) {
        let left = held.wrappingSubtract(bytes, ordering: .relaxed).newValue
        assert(left >= 0, "\(owner): released \(-left) bytes more than were held")
        parent?.release(bytes)
    }

    /// Whether more is held than may be, here or above.
    @inline(__always)
    public var isExceeded: Bool {
        var account = self
        while true {
            if account.heldBytes > account.limitBytes { return true }
            guard let above = account.parent else { return false }
            account = above
        }
    }

    /// Between two steps of code that uses `note`.
    ///
    /// - Throws: `MemoryLimitExceeded` when more is held than may be.
    @inline(__always)
    public func check(for use: Use) throws(NQLError) {
        if isExceeded { throw excess(use) }
    }

    private func raisePeak(to sum: Int) {
        var highest = peak.load(ordering: .relaxed)
        while sum > highest {
            let exchange = peak.compareExchange(
                expected: highest, desired: sum, ordering: .relaxed)
            if exchange.exchanged { return }
            highest = exchange.original
        }
    }
}

// MARK: Errors

extension MemoryAccount {
    /// The account, here or above, that has no room for `bytes` more.
    private func refusal(_ bytes: Int, _ use: Use) -> NQLError {
        error(
            "\(subject) holds \(heldBytes) bytes and needs \(bytes) more for \(use.rawValue), "
                + "which exceeds \(setting) of \(limitBytes) bytes.")
    }

    private func excess(_ use: Use) -> NQLError {
        var account = self
        while account.heldBytes <= account.limitBytes, let above = account.parent {
            account = above
        }
        return account.error(
            "\(account.subject) holds \(account.heldBytes) bytes, of late for \(use.rawValue), "
                + "which exceeds \(account.setting) of \(account.limitBytes) bytes.")
    }

    private func error(_ message: String) -> NQLError {
        .runtime(
            .memory, owner == .database ? "DatabaseMemoryExceeded" : "MemoryBudgetExceeded",
            message, hint: remedy)
    }

    private var subject: String {
        switch owner {
        case .statement: "The statement"
        case .transaction: "The transaction"
        case .database: "The database"
        }
    }

    private var setting: String {
        owner == .database ? "the memory limit" : "the memory budget"
    }

    private var remedy: String {
        switch owner {
        case .statement:
            "Raise memory_budget (--memory-budget), or make the statement return or collect less."
        case .transaction:
            "Raise memory_budget (--memory-budget), or change less at once: "
                + "CALL { … } IN TRANSACTIONS commits as it goes."
        case .database:
            "Raise memory_limit (--memory-limit), or run less at the same time."
        }
    }

    /// The system refused memory although the accounts had room.
    public static func refusedBySystem(_ bytes: Int, for use: Use) -> NQLError {
        .runtime(
            .memory, "OutOfMemory",
            "The system refused \(bytes) bytes of memory for \(use.rawValue).",
            hint: "Lower memory_budget below what the machine has free, or raise the limit of "
                + "virtual memory (ulimit -v).")
    }
}
