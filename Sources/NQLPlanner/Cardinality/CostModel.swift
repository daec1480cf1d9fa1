// CostModel: nanoseconds of one core for each kind of work, per row unless said otherwise. The
// figures are those of a vectorised executor on data in memory; what matters is their proportion.

import NQLPlan
import NenCore

/// Costs in nanoseconds.
enum CostModel {
    static let scanRow = 1.5
    /// What begins a scan, when it is compared with a look-up.
    static let scanStart = 200.0
    /// A scan is taken only where it is this much cheaper than a look-up: where the estimate is
    /// wrong a look-up costs a little more, but a scan as much as the label has nodes.
    static let scanRegret = 3.0
    /// The same where the value asked for is known to be frequent.
    static let scanRegretOfSure = 1.2
    /// What is done, by and large, with a row that a scan or a look-up gives.
    static let rowBehindLeaf = 15.0
    static let labelTest = 0.5
    static let expandStart = 12.0
    static let expandRow = 2.5
    static let expandInto = 20.0
    static let semiExpandInto = 15.0
    /// A side of a row's intersection, and a neighbour of the least side looked for in another.
    static let intersectSide = 55.0
    static let intersectStep = 1.5
    /// A scanned relationship: 0.6 ns, and what comes of its ends being in no order, so that what
    /// follows finds neither neighbours nor properties in the cache.
    static let relationshipScanRow = 6.5
    static let seekStart = 400.0
    /// A further key of a list: all go down the index together. (Measured: 190 ns for ascending
    /// keys over 10^6 entries, 470 for random ones, less in smaller indexes.)
    static let seekKey = 200.0
    /// A row that an index gives (measured: 40 to 70 ns, most of it to find the entity's values).
    static let seekRow = 45.0
    /// An entity that is looked at because an index may not hold it.
    static let unindexedRow = 8.0
    /// What is read in an index's order until a limit is met may be so much more than expected,
    /// where values go with the order.
    static let orderRegret = 2.0
    /// A row in the order of an index: what follows finds neither its neighbours nor its chunk in
    /// the cache. (Measured over 10^6 nodes: 220 ns, a sort 160.)
    static let orderedRow = 180.0
    static let idSeek = 60.0
    static let filterRow = 3.0
    /// A comparison of a property with a constant, chunk by chunk. (Measured over 3.1 million rows:
    /// 1.2 ns; 0.2 where the zone maps rule most chunks out.)
    static let compareInOrder = 1.3
    /// The same with a string, or with what may be one.
    static let compareTextInOrder = 3.0
    static let propertyRead = 4.0
    static let projectRow = 3.0
    /// A value looked for in a list, by hash.
    static let membership = 30.0
    static let hashBuildRow = 40.0
    static let hashProbeRow = 20.0
    static let joinRow = 4.0
    static let productRow = 2.0
    static let aggregateRow = 15.0
    /// A row of an aggregate without keys.
    static let foldRow = 1.0
    static let groupRow = 30.0
    static let sortRow = 20.0
    static let unwindRow = 5.0
    static let applyBatch = 2_000.0
    static let applyRow = 600.0
    static let nestedRow = 800.0
    static let writeRow = 500.0
    static let variableLengthRow = 40.0
    static let shortestPathRow = 5_000.0
    /// A relationship or node that a search for paths goes over.
    static let searchStep = 60.0
    /// A path that a search has found, put together.
    static let foundPath = 400.0
    /// A relationship that a search for the nodes within reach goes over.
    static let reachStep = 6.0
    static let weightStep = 2.0
    static let storedCount = 500.0
    static let weightScanRow = 2.0
    /// A node that a way around a cycle begins at, one it arrives at, and what it takes more to
    /// mark that.
    static let weightStart = 110.0
    static let weightArrival = 2.0
    static let weightMark = 8.0
    /// Of a matrix of pairs: to clear a byte, to set a bit, and to look up one pair.
    static let pairByte = 0.15
    static let pairStep = 3.0
    static let pairTest = 8.0
    /// Of the ways to the nodes of pairs: a node begun from in order, one that is gone through, how
    /// much more of these where a node may have several relationships, and one that is reached.
    static let pairStart = 3.0
    static let pairPassage = 9.0
    static let pairRunFactor = 3.0
    static let pairArrival = 3.0
    /// An end of a relationship that may be a side of triangles, and a node that may close one.
    static let triangleStep = 12.0
    static let triangleTest = 1.2
    static let resultRow = 10.0
    static let procedureRow = 1_000.0

    /// A node that a way around a cycle goes through, one of `nodes`: of many, what is known of it
    /// is not in the cache.
    static func weightPassage(among nodes: Double) -> Double { nodes > 200_000 ? 28 : 12 }

    /// A hash join of `build` rows on the right with `probe` rows on the left that gives `rows`.
    static func hashJoin(probe: Double, build: Double, rows: Double) -> Double {
        build * hashBuildRow + probe * hashProbeRow + rows * joinRow
    }

    /// A walk along one relationship, `isInto`: between bound nodes.
    static func expand(rowsIn: Double, rowsOut: Double, isInto: Bool) -> Double {
        rowsIn * (isInto ? expandInto : expandStart) + rowsOut * expandRow
    }

    /// An intersection of `sides` runs, of which the least has `leastRun` neighbours on average.
    static func intersect(
        rowsIn: Double, rowsOut: Double, sides: Int, leastRun: Double
    ) -> Double {
        let others = Double(sides - 1)
        return rowsIn * (Double(sides) * intersectSide + leastRun * others * intersectStep)
            + rowsOut * expandRow
    }

    /// A walk along a pattern of variable length.
    static func expandVariable(rowsIn: Double, rowsOut: Double) -> Double {
        rowsIn * expandStart * 4 + rowsOut * variableLengthRow
    }

    /// The cost of evaluating `expression` once.
    static func evaluation(_ expression: PlanExpression) -> Double {
        var cost = 0.0
        switch expression.kind {
        case .constant, .slot, .parameter: cost = 0.5
        case .property: cost = propertyRead
        case .nested(let plan):
            // What reads nothing of the row is found once.
            if !plan.root.freeSlots.isEmpty { cost = nestedRow + plan.root.estimate.cost }
        case .subquery: cost = nestedRow
        case .call: cost = 20
        case .binary(.inList, _, _): cost = membership
        case .listComprehension, .quantifier, .reduce: cost = 100
        default: cost = 2
        }
        expression.forEachChild { cost += evaluation($0) }
        return cost
    }

    /// The cost of `predicate` for each row of a scan, which reads properties as they are stored.
    static func evaluationInOrder(_ predicate: PlanExpression) -> Double {
        let whole = filterRow + evaluation(predicate)
        guard case .binary(let symbol, let left, let right) = predicate.kind else { return whole }
        switch symbol {
        case .equal, .less, .lessOrEqual, .greater, .greaterOrEqual: break
        default: return whole
        }
        let fixed = left.isPropertyOfSlot ? right : left
        guard (left.isPropertyOfSlot || right.isPropertyOfSlot) && fixed.isFixed else {
            return whole
        }
        let mayBeText = fixed.type == .string || fixed.type == .any
        return mayBeText ? compareTextInOrder : compareInOrder
    }

    /// The cost of all expressions of an operator, once.
    static func evaluation(_ kind: OperatorKind) -> Double {
        var cost = 0.0
        kind.forEachExpression { cost += evaluation($0) }
        return cost
    }
}

extension PlanExpression {
    fileprivate var isPropertyOfSlot: Bool {
        if case .property(let entity, _) = kind { return entity.plainSlot != nil }
        return false
    }

    /// The same for each row of a statement.
    fileprivate var isFixed: Bool {
        switch kind {
        case .constant, .parameter: true
        default: false
        }
    }
}
