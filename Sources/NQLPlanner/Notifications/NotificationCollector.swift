// NotificationCollector: reads a statement's tree once, when it is planned, and notes what is legal
// but dubious. It looks at names and shapes only; a plan that is kept keeps its remarks.

import NQLPlan
import NQLSyntax
import NenCore

/// Collects the remarks about one query.
struct NotificationCollector {
    let catalog: Catalog
    private(set) var found: [PlanNotification] = []
    /// Names that the statement itself brings into the graph.
    var written = WrittenNames()
    /// Variables that stand for nodes or relationships.
    var entities: Set<String> = []
    /// Those of them that stand for relationships.
    var relationships: Set<String> = []
    /// Variables of the clauses before this one.
    var bound: Set<String> = []

    init(catalog: Catalog) { self.catalog = catalog }

    /// All remarks about `query`, in the order of the text.
    static func notifications(of query: Query, catalog: Catalog) -> [PlanNotification] {
        var collector = NotificationCollector(catalog: catalog)
        collector.written.collect(query)
        collector.visit(query)
        // What has no place is the text of a written procedure.
        return collector.found.filter { $0.span != .none }
            .sorted { $0.span.start < $1.span.start }
    }

    /// Remarks about one statement; more are left out.
    static let remarksMax = 200

    /// Whether no further remark is taken, so that there is no use in making one.
    var isFull: Bool { found.count >= NotificationCollector.remarksMax }

    mutating func note(
        _ code: String, _ gqlStatus: String, _ severity: PlanNotification.Severity,
        _ message: String, hint: String? = nil, at span: SourceSpan
    ) {
        let one = PlanNotification(
            code: code, gqlStatus: gqlStatus, severity: severity, message: message, hint: hint,
            span: span)
        if !isFull, !found.contains(one) { found.append(one) }
    }

    // MARK: Queries

    mutating func visit(_ query: Query) {
        let outer = bound
        for segment in query.segments {
            for part in segment.parts {
                bound = outer
                for clause in part.clauses { visit(clause) }
                noteUnused(part)
            }
        }
        bound = outer
    }

    private mutating func visit(_ clause: Clause) {
        switch clause.kind {
        case .match(let match):
            visitMatch(match)
        case .unwind(let list, let variable):
            visit(list)
            bound.insert(variable.text)
        case .with(let projection, let predicate):
            visit(projection)
            visit(predicate)
        case .returning(let projection): visit(projection)
        case .letting(let items):
            for item in items {
                visit(item.value)
                bound.insert(item.variable.text)
            }
        case .filter(let predicate): visit(predicate)
        case .forEach(let loop):
            visit(loop.list)
            bound.insert(loop.variable.text)
        case .page(let orderBy, _, _): for item in orderBy { visit(item.expression) }
        case .callProcedure(let call):
            for argument in call.arguments ?? [] { visit(argument) }
            visit(call.predicate)
        case .callSubquery(let call): visit(call, clause.span)
        case .conditional(let branches, let otherwise):
            for branch in branches {
                visit(branch.condition)
                visit(branch.body)
            }
            if let otherwise { visit(otherwise) }
        case .block(let query): visit(query)
        case .loadCSV(let load):
            visit(load.source)
            bound.insert(load.variable.text)
        case .finish: break
        case .create, .insert, .merge, .set, .remove, .delete, .foreach: visitUpdate(clause)
        }
    }

    private mutating func visitUpdate(_ clause: Clause) {
        switch clause.kind {
        case .create(let patterns), .insert(let patterns):
            for pattern in patterns { declare(pattern) }
            for pattern in patterns { visitProperties(pattern) }
        case .merge(let merge):
            declare(merge.pattern)
            visitProperties(merge.pattern)
            for item in merge.onCreate + merge.onMatch { visit(item) }
        case .set(let items): for item in items { visit(item) }
        case .delete(let expressions, _): for expression in expressions { visit(expression) }
        case .foreach(_, let list, let body):
            visit(list)
            for clause in body { visit(clause) }
        default: break
        }
    }

    private mutating func visit(_ item: SetItem) {
        switch item {
        case .property(_, _, let value), .dynamicProperty(_, _, let value),
            .addProperties(_, let value):
            visit(value)
        case .replaceProperties(let variable, let value):
            visit(value)
            if case .variable(let name) = value.kind, entities.contains(name) {
                note(
                    "DeprecatedSyntax", "01N01", .warning,
                    "`\(variable.text) = \(name)` copies the properties of an entity; this form "
                        + "is deprecated.", hint: "Write `\(variable.text) = properties(\(name))`.",
                    at: variable.span.joined(value.span))
            }
        case .labels: break
        }
    }

    private mutating func visit(_ projection: Projection) {
        for item in projection.items {
            visit(item.expression)
            if let alias = item.alias { bound.insert(alias.text) }
        }
        for item in projection.orderBy { visit(item.expression) }
    }

    // MARK: Subqueries

    private mutating func visit(_ call: SubqueryCall, _ span: SourceSpan) {
        var imported: Set<String> = []
        switch call.imports {
        case .all: imported = bound
        case .names(let names): imported = Set(names.map(\.text))
        case .leadingWith:
            for part in call.query.parts {
                guard let first = part.clauses.first, case .with(let projection, nil) = first.kind
                else { continue }
                imported.formUnion(projection.items.map(\.impliedName))
                if projection.includesAll { imported.formUnion(bound) }
                // A written procedure's WITH has the place of the call itself.
                if !bound.isEmpty, first.span != span {
                    note(
                        "DeprecatedSyntax", "01N01", .warning,
                        "A WITH that imports variables into CALL is deprecated.",
                        hint: "Write `CALL (x) { … }`, the variables in parentheses.",
                        at: first.span)
                }
            }
        }
        noteShadowing(call.query, bound.subtracting(imported))
        let outer = bound
        bound = imported
        visit(call.query)
        bound = outer
    }

    /// A subquery that gives a name of the query around a second meaning.
    private mutating func noteShadowing(_ query: Query, _ hidden: Set<String>) {
        for clause in query.clauses {
            guard case .match(let match) = clause.kind else { continue }
            for pattern in match.patterns {
                for name in pattern.declaredNames where hidden.contains(name.text) {
                    note(
                        "SubqueryVariableShadowing", "03N60", .information,
                        "`\(name.text)` is another variable here than the one outside.",
                        hint: "Import it with `CALL (\(name.text)) { … }`, or use another name.",
                        at: name.span)
                }
            }
        }
    }

    /// A LET whose variable nothing reads.
    private mutating func noteUnused(_ query: SingleQuery) {
        // What the clauses behind each one use.
        var uses = VariableUses()
        for clause in query.clauses.reversed() {
            if uses.all || isFull { return }
            if case .letting(let items) = clause.kind {
                for item in items where !uses.names.contains(item.variable.text) {
                    note(
                        "UnusedVariable", "01000", .information,
                        "Nothing uses `\(item.variable.text)`.", at: item.variable.span)
                }
            }
            uses.collect(clause)
        }
    }
}
