// Subquery+WithoutSpans: the clauses of Subquery.swift with every span set to `.none`.

import NenCore

extension ClauseKind {
    /// For the clauses that hold queries or come from GQL.
    var compositionWithoutSpans: ClauseKind {
        switch self {
        case .letting(let items):
            .letting(
                items.map {
                    LetItem(variable: $0.variable.withoutSpans, value: $0.value.withoutSpans)
                })
        case .filter(let predicate): .filter(predicate.withoutSpans)
        case .forEach(let loop):
            .forEach(
                ForClause(
                    variable: loop.variable.withoutSpans, list: loop.list.withoutSpans,
                    position: loop.position?.withoutSpans, countsFromOne: loop.countsFromOne))
        case .page(let orderBy, let skip, let limit):
            .page(
                orderBy: orderBy.map(\.withoutSpans), skip: skip?.withoutSpans,
                limit: limit?.withoutSpans)
        case .finish: .finish
        case .conditional(let branches, let otherwise):
            .conditional(
                branches.map {
                    ConditionalBranch(
                        condition: $0.condition.withoutSpans, body: $0.body.withoutSpans)
                }, otherwise: otherwise?.withoutSpans)
        case .block(let query): .block(query.withoutSpans)
        default: preconditionFailure("no composition: \(self)")
        }
    }
}

extension SubqueryCall {
    var withoutSpans: SubqueryCall {
        let imports: SubqueryImports =
            switch imports {
            case .leadingWith: .leadingWith
            case .all: .all
            case .names(let names): .names(names.map(\.withoutSpans))
            }
        return SubqueryCall(
            query: query.withoutSpans, imports: imports, isOptional: isOptional,
            batches: batches?.withoutSpans)
    }
}

extension TransactionBatches {
    fileprivate var withoutSpans: TransactionBatches {
        TransactionBatches(
            isConcurrent: isConcurrent, concurrency: concurrency?.withoutSpans,
            rowCount: rowCount?.withoutSpans, onError: onError,
            retry: retry.map { BatchRetry(seconds: $0.seconds?.withoutSpans) },
            status: status?.withoutSpans, span: .none)
    }
}
