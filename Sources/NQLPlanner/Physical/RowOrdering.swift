// RowOrdering: the order in which an index gives rows, and which operators hand it on.

import NQLPlan

/// Rows stand by these keys of one node or relationship, the first one first; null is the greatest
/// value.
struct RowOrdering {
    /// One key.
    struct Key: Hashable {
        enum Subject: Hashable {
            case property(String)
            /// The entity itself, or its number.
            case identity
        }

        var subject: Subject
        var isDescending: Bool
    }

    var slot: Slot
    var keys: [Key]
}

/// What is asked of the plan of a pattern whose rows shall come in an order.
struct OrderRequest {
    var ordering: RowOrdering
    /// The share of the rows that is likely to be read.
    var share: Double
    /// Rows are not asked for where the first key is null.
    var excludesNull: Bool
}

extension OperatorKind {
    /// Whether rows come out in the order of the left input's rows, and those of one row together.
    var keepsOrder: Bool {
        switch self {
        case .singleRow, .argument, .indexSeek, .entityByID, .filter, .project, .expand,
            .expandInto, .projectEndpoints, .semiExpandInto, .unwind, .partialSort, .skip, .limit,
            .eager, .hashJoin, .cartesianProduct:
            return true
        case .apply(let kind, _):
            // Left rows without a right one come behind those of their batch.
            if case .optional = kind { return false }
            return true
        case .nodeScan, .relationshipScan, .variableLengthExpand, .shortestPath, .pathSearch,
            .aggregate, .distinct, .sort, .topK, .transactions, .unionAll, .create, .merge, .set,
            .delete, .foreach, .procedureCall, .loadCSV, .weightAggregate, .weightScan,
            .produceResults:
            return false
        }
    }
}
