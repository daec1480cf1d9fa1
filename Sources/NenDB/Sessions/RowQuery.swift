// RowQuery: clauses that begin with rows given as values: how a statement goes on with what another
// part of it found. The rows are a parameter that no text can name.

import NQLSyntax
import NenCore

/// Builds queries over given rows.
enum RowQuery {
    /// The parameter that holds the rows, a list of lists. Its blank keeps it apart from `$name`.
    static let parameter = " rows"
    /// A column that stands for nothing, where there would be none.
    static let unit = " row"
    private static let nothing = " nothing"

    /// Whether a column is one of those that no text names.
    static func isHidden(_ column: String) -> Bool { column == unit || column == nothing }

    /// `UNWIND $rows AS row WITH row[0] AS first, …` and then `clauses`.
    static func query(columns: [String], _ clauses: [Clause], span: SourceSpan) -> Query {
        query([unwound] + [named(columns)] + clauses, span)
    }

    /// `clauses`, all their variables returned.
    static func returningAll(_ clauses: [Clause], span: SourceSpan) -> Query {
        let one = item(Expression(.literal(.integer(1)), .none), unit)
        let with = Clause(.with(projection([one], includesAll: true), predicate: nil), .none)
        let all = Clause(.returning(projection([], includesAll: true)), .none)
        return query(clauses + [with, all], span)
    }

    /// `RETURN expression`
    static func constant(_ expression: Expression) -> Query {
        let all = projection([item(expression, unit)], includesAll: false)
        return query([Clause(.returning(all), expression.span)], expression.span)
    }

    private static func query(_ clauses: [Clause], _ span: SourceSpan) -> Query {
        Query(parts: [SingleQuery(clauses: clauses, span: span)], unionAll: [], span: span)
    }

    private static var unwound: Clause {
        Clause(
            .unwind(Expression(.parameter(parameter), .none), variable: Name(unit, .none)),
            .none)
    }

    private static func named(_ columns: [String]) -> Clause {
        let row = Expression(.variable(unit), .none)
        var items: [ProjectionItem] = []
        for (index, column) in columns.enumerated() {
            let number = Expression(.literal(.integer(Int64(index))), .none)
            items.append(item(Expression(.subscripted(row, number), .none), column))
        }
        if items.isEmpty {
            items.append(item(Expression(.literal(.integer(1)), .none), nothing))
        }
        return Clause(.with(projection(items, includesAll: false), predicate: nil), .none)
    }

    private static func item(_ expression: Expression, _ alias: String) -> ProjectionItem {
        ProjectionItem(expression: expression, alias: Name(alias, .none), sourceText: "")
    }

    private static func projection(
        _ items: [ProjectionItem], includesAll: Bool
    ) -> Projection {
        Projection(
            isDistinct: false, includesAll: includesAll, items: items, orderBy: [], skip: nil,
            limit: nil)
    }
}
