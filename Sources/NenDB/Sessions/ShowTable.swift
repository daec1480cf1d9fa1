// ShowTable: what a SHOW statement has to show, and the query that YIELD, WHERE and RETURN make of
// it.

import NQLSyntax
import NenCore

/// Columns and rows of a SHOW statement.
struct ShowTable {
    var columns: [String]
    var rows: [[Value]]
    /// Columns behind these are shown only when YIELD asks for them; nil: all are shown.
    var shownCount: Int?
}

/// `YIELD … WHERE … RETURN …` as clauses over the rows of a table.
struct ShowQuery {
    let query: Query

    init(_ command: ShowCommand, columns: [String], shownCount: Int) {
        var items = columns.map { YieldItem(field: Name($0, .none), alias: nil) }
        if command.yield == nil { items = Array(items[..<shownCount]) }
        if let chosen = command.yield?.items { items = chosen }
        let projected = items.map { item in
            ProjectionItem(
                expression: Expression(.variable(item.field.text), item.field.span),
                alias: item.alias ?? item.field, sourceText: "")
        }
        let with = Clause(
            .with(
                Projection(
                    isDistinct: false, includesAll: false, items: projected,
                    orderBy: [], skip: nil, limit: nil),
                predicate: nil), .none)
        var clauses = [with]
        if let yield = command.yield, !yield.orderBy.isEmpty || yield.skip != nil
            || yield.limit != nil
        {
            clauses.append(
                Clause(
                    .page(orderBy: yield.orderBy, skip: yield.skip, limit: yield.limit), .none))
        }
        if let predicate = command.predicate { clauses.append(Clause(.filter(predicate), .none)) }
        let returned = items.map { item in
            ProjectionItem(
                expression: Expression(.variable((item.alias ?? item.field).text), .none),
                alias: item.alias ?? item.field, sourceText: "")
        }
        let all = Projection(
            isDistinct: false, includesAll: false, items: returned, orderBy: [], skip: nil,
            limit: nil)
        let last = Clause(.returning(command.returning ?? all), .none)
        query = RowQuery.query(columns: columns, clauses + [last], span: .none)
    }
}

extension ShowFilter {
    /// Whether a row of SHOW's table is among those asked for.
    func keeps(_ row: [Value], _ columns: [String]) -> Bool {
        func has(_ column: String, _ isRight: (Value) -> Bool) -> Bool {
            columns.firstIndex(of: column).map { isRight(row[$0]) } ?? false
        }
        switch self {
        case .indexType(let type): return has("type") { $0 == .string(type) }
        case .builtIn(let isBuiltIn): return has("isBuiltIn") { $0 == .boolean(isBuiltIn) }
        case .constraint(let entity, let kind):
            if let entity {
                let name = Value.string(entity.rawValue.uppercased())
                guard has("entityType", { $0 == name }) else { return false }
            }
            let suffix = "_" + kind.rawValue.split(separator: " ").joined(separator: "_")
            return has("type") { $0.displayText.hasSuffix(suffix) }
        }
    }
}
