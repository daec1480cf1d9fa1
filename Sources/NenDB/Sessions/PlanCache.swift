// PlanCache: parsed and planned statements, so that a repeated text costs no parsing and no
// planning. An entry holds for one text with parameters of the same types; its plan for one
// state of the catalog and of the facts that rules rely on.

import NQLPlanner
import NQLSyntax
import NenCore
import Synchronization

/// What a plan depends on beside the text.
struct PlanKey: Hashable, Sendable {
    var text: String
    /// `name:type` of each parameter, sorted.
    var parameterTypes: [String]
    var limits: QueryLimits
}

/// A prepared statement.
struct PreparedStatement: Sendable {
    var statement: Statement
    var isWriting: Bool
    var plan: PhysicalPlan?
    /// The state of the graph's schema and exact facts for which `plan` holds.
    var stateOfPlan: UInt64 = 0
}

/// The prepared statements of one database, the least recently used forgotten first.
final class PlanCache: Sendable {
    /// Entries kept.
    static let entryCountMax = 512

    private struct Entry {
        var prepared: PreparedStatement
        var lastUse: UInt64
    }

    private struct State {
        var entries: [PlanKey: Entry] = [:]
        var clock: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The statement prepared under `key`; nil when there is none.
    func prepared(_ key: PlanKey) -> PreparedStatement? {
        state.withLock { state in
            state.clock += 1
            state.entries[key]?.lastUse = state.clock
            return state.entries[key]?.prepared
        }
    }

    /// Keeps a prepared statement.
    func keep(_ prepared: PreparedStatement, for key: PlanKey) {
        state.withLock { state in
            state.clock += 1
            state.entries[key] = Entry(prepared: prepared, lastUse: state.clock)
            if state.entries.count > PlanCache.entryCountMax {
                // A quarter at once, so that the sort is paid rarely.
                let byAge = state.entries.sorted { $0.value.lastUse < $1.value.lastUse }
                for old in byAge.prefix(PlanCache.entryCountMax / 4) {
                    state.entries[old.key] = nil
                }
            }
        }
    }

    /// Forgets everything.
    func removeAll() { state.withLock { $0.entries.removeAll() } }

    /// Number of entries.
    var count: Int { state.withLock { $0.entries.count } }
}
