// PlanCache: parsed and planned statements, so that a repeated text costs no parsing and no
// planning. An entry holds for one text with parameters of the same types, lists of about the same
// length; its plan for one state of the catalog and of the facts that rules rely on.
//
// The cache is bounded in bytes as well as in entries, and charged to the database: what does not
// fit is not kept, and a statement is then prepared again the next time.

import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore
import Synchronization

/// What a plan depends on beside the text.
struct PlanKey: Hashable, Sendable {
    var text: String
    /// `name:type` of each parameter, sorted; of a list with its magnitude.
    var parameterTypes: [String]
    var limits: QueryLimits

    /// By the bytes of the text: strings are equal also where Unicode takes them for equivalent,
    /// but `size('é')` tells them apart.
    static func == (left: PlanKey, right: PlanKey) -> Bool {
        left.text.utf8.count == right.text.utf8.count
            && left.limits == right.limits && left.parameterTypes == right.parameterTypes
            && haveSameBytes(left.text, right.text)
    }

    private static func haveSameBytes(_ left: String, _ right: String) -> Bool {
        var (left, right) = (left, right)
        return left.withUTF8 { a in right.withUTF8 { b in a.elementsEqual(b) } }
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(parameterTypes)
        hasher.combine(limits)
    }
}

extension PlanKey {
    /// What the plan depends on of a parameter: what ten rows are best looked up for one by one,
    /// ten thousand are not.
    static func type(ofParameter name: String, _ value: Value) -> String {
        guard case .list(let items) = value else { return "\(name):\(value.typeName)" }
        // One more for each time that it is four times as long.
        let bits = Int.bitWidth - items.count.leadingZeroBitCount
        return "\(name):\(value.typeName)#\((bits + 1) / 2)"
    }
}

/// A prepared statement.
struct CachedStatement: Sendable {
    var statement: Statement
    var isWriting: Bool
    /// Names the statement in what is remembered of its runs.
    let fingerprint: UInt64?
    /// The plans for one state of the graph's schema and exact facts, the last made first: keys
    /// given as parameters may find a hub once and a leaf the next time.
    private(set) var plans: [PhysicalPlan] = []
    private(set) var stateOfPlans: UInt64 = 0

    /// Plans kept.
    private static let planCountMax = 4

    init(statement: Statement, isWriting: Bool, fingerprint: UInt64? = nil) {
        self.statement = statement
        self.fingerprint = fingerprint
        self.isWriting = isWriting
    }

    /// Keeps a plan for `state`; those for another state are of no use any more.
    mutating func keep(_ plan: PhysicalPlan, for state: UInt64) {
        if state != stateOfPlans { plans = [] }
        stateOfPlans = state
        plans.insert(plan, at: 0)
        if plans.count > CachedStatement.planCountMax { plans.removeLast() }
    }
}

/// The prepared statements of one database, the least recently used forgotten first.
final class PlanCache: Sendable {
    /// Entries kept.
    static let entryCountMax = 512
    /// Bytes kept with a large budget.
    static let byteCountMost = 64 << 20

    private struct Entry {
        var prepared: CachedStatement
        var byteCount: Int
        var lastUse: UInt64
    }

    private struct State {
        var entries: [PlanKey: Entry] = [:]
        var byteCount = 0
        var clock: UInt64 = 0
        /// Times that everything was forgotten.
        var generation = 0
    }

    private let state = Mutex(State())
    private let account: MemoryAccount
    /// Bytes kept.
    let byteCountMax: Int

    /// - Parameters:
    ///   - account: what the entries are charged to.
    ///   - memoryBudgetBytes: what one statement may hold; the cache keeps to an eighth of it.
    init(_ account: MemoryAccount, memoryBudgetBytes: Int) {
        self.account = account
        byteCountMax = min(PlanCache.byteCountMost, memoryBudgetBytes / 8)
    }

    deinit { removeAll() }

    /// The statement prepared under `key`; nil when there is none.
    func prepared(_ key: PlanKey) -> CachedStatement? {
        state.withLock { state in
            state.clock += 1
            state.entries[key]?.lastUse = state.clock
            return state.entries[key]?.prepared
        }
    }

    /// Keeps a prepared statement, unless it alone would take a quarter of the cache.
    func keep(_ prepared: CachedStatement, for key: PlanKey) {
        let bytes = prepared.plans.reduce(StatementText(key.text).parsedBytes) {
            $0 + $1.operatorBytes
        }
        state.withLock { state in
            remove([key], &state)
            guard bytes <= byteCountMax / 4, (try? account.charge(bytes, for: .text)) != nil
            else { return }
            state.clock += 1
            state.byteCount += bytes
            state.entries[key] = Entry(
                prepared: prepared, byteCount: bytes, lastUse: state.clock)
            if state.entries.count > PlanCache.entryCountMax || state.byteCount > byteCountMax {
                forgetOldest(&state)
            }
        }
    }

    /// Forgets so many entries that a quarter of the cache is free; so the sort is paid rarely.
    private func forgetOldest(_ state: inout State) {
        let byAge = state.entries.sorted { $0.value.lastUse < $1.value.lastUse }
        var gone: [PlanKey] = []
        var bytes = state.byteCount
        for old in byAge {
            let isEnough = byAge.count - gone.count <= PlanCache.entryCountMax / 4 * 3
                && bytes <= byteCountMax / 4 * 3
            if isEnough { break }
            gone.append(old.key)
            bytes -= old.value.byteCount
        }
        remove(gone, &state)
    }

    private func remove(_ keys: [PlanKey], _ state: inout State) {
        for key in keys {
            guard let entry = state.entries.removeValue(forKey: key) else { continue }
            state.byteCount -= entry.byteCount
            account.release(entry.byteCount)
        }
    }

    /// Forgets everything.
    func removeAll() {
        state.withLock { state in
            state.entries.removeAll()
            account.release(state.byteCount)
            state.byteCount = 0
            state.generation += 1
        }
    }

    /// Changes when everything is forgotten: what was made of older plans is to be forgotten, too.
    var generation: Int { state.withLock { $0.generation } }

    /// Number of entries.
    var count: Int { state.withLock { $0.entries.count } }
    /// Bytes of the entries.
    var byteCount: Int { state.withLock { $0.byteCount } }
}
