// Scope: which names are visible at a place of the query, and the slots they stand for.

import NQLPlan
import NenCore

/// Visible names. A value: inner scopes are copies. Copies share what they have in common: names
/// lie in layers that never change, each at least twice as large as the next, and a few recent ones
/// in front, so that a clause that adds a name to 50,000 others copies a few of them only.
struct Scope: Sendable {
    /// Names before a layer of their own is made for them.
    private static let recentMax = 32

    private final class Layer: Sendable {
        let slots: [String: Slot]
        init(_ slots: [String: Slot]) { self.slots = slots }
    }

    /// The oldest and largest first; later ones hide earlier ones.
    private var layers: [Layer] = []
    private var recent: [String: Slot] = [:]
    private var named: BitSet = []
    /// Where the row's CSV file and line stand; nil where no LOAD CSV is in reach.
    var csv: CSVSlots?

    init() {}

    /// A scope of many names at once.
    init(_ slots: [String: Slot]) {
        layers = [Layer(slots)]
        named = BitSet(slots.values)
    }

    /// The slot of `name`; nil when it is not visible.
    subscript(name: String) -> Slot? {
        get {
            if let slot = recent[name] { return slot }
            for layer in layers.reversed() {
                if let slot = layer.slots[name] { return slot }
            }
            return nil
        }
        set {
            guard let newValue else { return }
            if put(newValue, name) { named = BitSet(all.values) }
        }
    }

    /// Gives a name its slot; whether it had another one, which may still be among the named.
    private mutating func put(_ slot: Slot, _ name: String) -> Bool {
        let old = self[name]
        if old == slot { return false }
        recent[name] = slot
        named.insert(slot)
        if recent.count > Scope.recentMax { settle() }
        return old != nil
    }

    /// Makes a layer of the recent names, and one of layers of similar size.
    private mutating func settle() {
        var slots = recent
        recent = [:]
        while let last = layers.last, last.slots.count < 2 * slots.count {
            slots.merge(last.slots) { newer, _ in newer }
            layers.removeLast()
        }
        layers.append(Layer(slots))
    }

    private var all: [String: Slot] {
        var slots: [String: Slot] = [:]
        for layer in layers { slots.merge(layer.slots) { _, newer in newer } }
        slots.merge(recent) { _, newer in newer }
        return slots
    }

    /// All names in alphabetical order.
    var names: [String] { all.keys.sorted() }

    /// All slots that have a name.
    var boundSlots: BitSet { csv.map { named.union([$0.file, $0.line]) } ?? named }

    /// Names of `other` hide equal ones of this scope.
    func overlaid(by other: Scope) -> Scope {
        var result = self
        let added = other.all
        let countMax = layers.reduce(recent.count) { $0 + $1.slots.count }
        if added.count > countMax / 8 {
            result = Scope(all.merging(added) { _, newer in newer })
        } else {
            var hides = false
            for (name, slot) in added where result.put(slot, name) { hides = true }
            if hides { result.named = BitSet(result.all.values) }
        }
        result.csv = other.csv ?? csv
        return result
    }
}

/// The columns behind `file()` and `linenumber()`.
struct CSVSlots: Sendable {
    var file: Slot
    var line: Slot
}

/// Aggregates found in the expressions of one projection.
final class AggregateCollector {
    /// Calls in order of appearance, equal ones once.
    var calls: [AggregateCall] = []
    /// Calls without spans and where they stand in `calls`, for finding equal ones.
    private var places: [AggregateCall: Int] = [:]
    /// Set whenever a call is met, whether new or not; cleared by the caller.
    var wasUsed = false
    /// Where arguments are bound: the scope before the projection.
    let argumentScope: Scope
    /// ORDER BY finds only what the items have: slots below must not be read by new calls.
    var forbidsNewReads = false

    init(argumentScope: Scope) { self.argumentScope = argumentScope }

    /// The slot of an equal call known already.
    func known(_ call: AggregateCall) -> Slot? {
        places[AggregateCollector.key(of: call)].map { calls[$0].slot }
    }

    func add(_ call: AggregateCall) {
        let key = AggregateCollector.key(of: call)
        if places[key] == nil { places[key] = calls.count }
        calls.append(call)
    }

    private static func key(of call: AggregateCall) -> AggregateCall {
        AggregateCall(
            slot: 0, function: call.function, arguments: call.arguments.map(\.withoutSpans),
            isDistinct: call.isDistinct)
    }
}

/// What surrounds an expression while it is bound.
struct ExpressionContext {
    var scope: Scope
    /// nil: aggregates are an error here.
    var collector: AggregateCollector?
    var isInsideAggregate = false
    /// Whether a pattern may stand here as a predicate.
    var allowsPatterns = false
    /// What `WHEN > 3` compares: the operand of the CASE around it.
    var caseOperand: PlanExpression?

    init(scope: Scope, collector: AggregateCollector? = nil, allowsPatterns: Bool = false) {
        self.scope = scope
        self.collector = collector
        self.allowsPatterns = allowsPatterns
    }

    /// The same place, where a pattern is no predicate.
    var asValue: ExpressionContext {
        var copy = self
        copy.allowsPatterns = false
        return copy
    }

    /// The same place, where a boolean is wanted.
    var asPredicate: ExpressionContext {
        var copy = self
        copy.allowsPatterns = true
        return copy
    }

    /// Inside a comprehension: one more name, no aggregates.
    func local(_ name: String, _ slot: Slot) -> ExpressionContext {
        var copy = self
        copy.scope[name] = slot
        copy.collector = nil
        return copy
    }
}
