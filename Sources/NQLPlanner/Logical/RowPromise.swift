// RowPromise: what a logical plan promises of its rows on every graph: how many there are at least
// and at most, and in which order. A rule must keep every promise; `LogicalVerifier` asks.

import NQLPlan
import NenCore

/// What holds of the rows of a plan, for each row of its `argument` leaf.
struct RowPromise: Sendable {
    /// There is one at least.
    var isNonempty: Bool
    /// No more than these; nil: any number.
    var maximum: Int?
    /// Rows come in this order.
    var order: [SortKey] = []

    /// What a step promises over inputs that promise `inputs`.
    init(_ kind: LogicalKind, _ inputs: [RowPromise]) {
        let left = inputs.first ?? RowPromise(isNonempty: true, maximum: 1)
        let some = RowPromise(isNonempty: false, maximum: left.maximum == 0 ? 0 : nil)
        switch kind {
        case .unit, .argument: self.init(isNonempty: true, maximum: 1)
        case .empty: self.init(isNonempty: false, maximum: 0)
        case .match, .unwind, .loadCSV: self = some
        case .call(let call): self = call.isVoid ? left : some
        case .filter: self.init(isNonempty: false, maximum: left.maximum, order: left.order)
        case .project, .barrier, .batches, .results: self = left
        case .aggregate(let keys, _):
            self = keys.isEmpty
                ? RowPromise(isNonempty: true, maximum: 1) : left.unordered
        case .distinct: self = left.unordered
        case .order(let keys):
            self.init(isNonempty: left.isNonempty, maximum: left.maximum, order: keys)
        case .slice(let skip, let limit): self = left.slice(skip, limit)
        case .apply(let kind, _):
            self = inputs.count > 1 ? left.apply(kind, inputs[1]) : left
        case .unionAll:
            self = inputs.dropFirst().reduce(left.unordered) { $0.followed(by: $1) }
        case .update(.merge, _):
            self.init(isNonempty: left.isNonempty, maximum: some.maximum)
        case .update: self = left
        }
    }

    private init(isNonempty: Bool, maximum: Int?, order: [SortKey] = []) {
        self.isNonempty = isNonempty
        self.maximum = maximum
        self.order = order
    }

    private var unordered: RowPromise { RowPromise(isNonempty: isNonempty, maximum: maximum) }

    private func slice(_ skip: PlanExpression?, _ limit: PlanExpression?) -> RowPromise {
        var result = self
        if skip != nil { result.isNonempty = false }
        guard let limit else { return result }
        if case .integer(let count) = limit.constantValue {
            if count <= 0 { result.isNonempty = false }
            let most = Int(clamping: max(0, count))
            result.maximum = min(maximum ?? most, most)
        } else {
            result.isNonempty = false
        }
        return result
    }

    private func apply(_ kind: ApplyKind, _ right: RowPromise) -> RowPromise {
        switch kind {
        case .mark, .count, .collect, .effect: return self
        case .semi, .anti:
            return RowPromise(isNonempty: false, maximum: maximum, order: order)
        case .inner:
            return RowPromise(
                isNonempty: isNonempty && right.isNonempty,
                maximum: RowPromise.product(maximum, right.maximum))
        case .optional:
            return RowPromise(
                isNonempty: isNonempty,
                maximum: RowPromise.product(maximum, right.maximum.map { max(1, $0) }))
        }
    }

    private func followed(by other: RowPromise) -> RowPromise {
        var most: Int?
        if let mine = maximum, let its = other.maximum {
            let (sum, overflow) = mine.addingReportingOverflow(its)
            most = overflow ? nil : sum
        }
        return RowPromise(isNonempty: isNonempty || other.isNonempty, maximum: most)
    }

    private static func product(_ first: Int?, _ second: Int?) -> Int? {
        if first == 0 || second == 0 { return 0 }
        guard let first, let second else { return nil }
        let (product, overflow) = first.multipliedReportingOverflow(by: second)
        return overflow ? nil : product
    }

    /// What of `promised` this does not promise, in words; nil when it keeps all.
    func breach(of promised: RowPromise) -> String? {
        if promised.isNonempty, !isNonempty { return "may lose the row that must be there" }
        if let most = promised.maximum, maximum.map({ $0 > most }) ?? true {
            return "may give more rows than \(most)"
        }
        let isTrivial = maximum.map { $0 <= 1 } ?? false
        if !isTrivial, !order.starts(with: promised.order) { return "loses the order of rows" }
        return nil
    }
}
