// Scope: which names are visible at a place of the query, and the slots they stand for.

import NenCore

/// Visible names. A value: inner scopes are copies.
struct Scope: Sendable {
    private(set) var slots: [String: Slot] = [:]
    /// Where the row's CSV file and line stand; nil where no LOAD CSV is in reach.
    var csv: CSVSlots?

    /// The slot of `name`; nil when it is not visible.
    subscript(name: String) -> Slot? {
        get { slots[name] }
        set { slots[name] = newValue }
    }

    /// All names in alphabetical order.
    var names: [String] { slots.keys.sorted() }

    /// All slots that have a name.
    var boundSlots: Set<Slot> {
        var bound = Set(slots.values)
        if let csv { bound.formUnion([csv.file, csv.line]) }
        return bound
    }

    /// Names of `other` hide equal ones of this scope.
    func overlaid(by other: Scope) -> Scope {
        var result = self
        for (name, slot) in other.slots { result.slots[name] = slot }
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
    /// Calls without spans, for finding equal ones.
    private var keys: [AggregateCall] = []
    /// Set whenever a call is met, whether new or not; cleared by the caller.
    var wasUsed = false
    /// Where arguments are bound: the scope before the projection.
    let argumentScope: Scope
    /// ORDER BY finds only what the items have: slots below must not be read by new calls.
    var forbidsNewReads = false

    init(argumentScope: Scope) { self.argumentScope = argumentScope }

    /// The slot of an equal call known already.
    func known(_ call: AggregateCall) -> Slot? {
        let key = AggregateCollector.key(of: call)
        guard let index = keys.firstIndex(of: key) else { return nil }
        return calls[index].slot
    }

    func add(_ call: AggregateCall) {
        calls.append(call)
        keys.append(AggregateCollector.key(of: call))
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
