// NotificationCollector+Expressions: what is dubious in expressions, and which variables they use.

import NQLPlan
import NQLSyntax
import NenCore

extension NotificationCollector {
    mutating func visit(_ expression: Expression?) {
        guard let expression else { return }
        switch expression.kind {
        case .property(let base, let key):
            if case .variable(let name) = base.kind, entities.contains(name) { noteKey(key) }
        case .binary(let symbol, let left, let right)
        where symbol == .equal || symbol == .notEqual:
            let message = "A comparison with null is null, which is never true."
            noteNull(left, message)
            noteNull(right, message)
        case .hasLabels(let base, let labels):
            if case .variable(let name) = base.kind, entities.contains(name) {
                visitLabels(labels, relationships.contains(name) ? .relationship : .node)
            }
        case .call(let call):
            if call.name.text.lowercased() == "exists", call.arguments.count == 1,
                case .patternPredicate = call.arguments[0].kind
            {
                note(
                    "DeprecatedSyntax", "01N01", .warning,
                    "The function `exists` is deprecated.", hint: "Write `EXISTS { … }`.",
                    at: call.name.span)
            }
        case .patternPredicate(let pattern), .shortestPath(let pattern, _): visit(pattern)
        case .patternComprehension(_, let pattern, _, _):
            declare(pattern)
            visit(pattern)
        case .subquery(_, let body): visit(body)
        default: break
        }
        for child in expression.children { visit(child) }
    }

    private mutating func visit(_ body: SubqueryBody) {
        switch body {
        case .query(let query): visit(query)
        case .pattern(let patterns, let predicate):
            for pattern in patterns { declare(pattern) }
            for pattern in patterns { visit(pattern) }
            visit(predicate)
        }
    }
}

extension Expression {
    /// The expressions that stand directly within this one; patterns and queries left out.
    var children: [Expression] {
        switch kind {
        case .property(let base, _), .unary(_, let base), .isNull(let base, _),
            .isTyped(let base, _, _), .hasLabels(let base, _):
            return [base]
        case .subscripted(let left, let right), .binary(_, let left, let right):
            return [left, right]
        case .slice(let base, let from, let to): return [base] + [from, to].compactMap { $0 }
        case .list(let items), .comparisonChain(let items, _): return items
        case .map(let entries): return entries.map(\.value)
        case .mapProjection(let base, let items):
            return [base]
                + items.compactMap { item in
                    switch item {
                    case .entry(let entry): entry.value
                    case .variable(let name): Expression(.variable(name.text), name.span)
                    case .property, .all: nil
                    }
                }
        case .call(let call): return call.arguments
        case .caseWhen(let operand, let branches, let otherwise):
            return [operand, otherwise].compactMap { $0 }
                + branches.flatMap { $0.conditions + [$0.result] }
        case .listComprehension(_, let list, let predicate, let projection):
            return [list] + [predicate, projection].compactMap { $0 }
        case .quantifier(_, _, let list, let predicate):
            return [list] + (predicate.map { [$0] } ?? [])
        case .reduce(_, let initial, _, let list, let step): return [initial, list, step]
        case .patternComprehension(_, _, let predicate, let projection):
            return (predicate.map { [$0] } ?? []) + [projection]
        default: return []
        }
    }
}

/// Names that the statement itself writes.
struct WrittenNames {
    var labels: Set<String> = []
    var types: Set<String> = []
    var keys: Set<String> = []
    /// Keys come from maps whose content is not known.
    var isOpen = false

    mutating func collect(_ query: Query) {
        for clause in query.clauses { collect(clause) }
    }

    private mutating func collect(_ clause: Clause) {
        for query in clause.kind.innerQueries { collect(query) }
        switch clause.kind {
        case .create(let patterns), .insert(let patterns): for one in patterns { collect(one) }
        case .merge(let merge):
            collect(merge.pattern)
            for item in merge.onCreate + merge.onMatch { collect(item) }
        case .set(let items): for item in items { collect(item) }
        case .foreach(_, _, let body): for clause in body { collect(clause) }
        default: break
        }
    }

    private mutating func collect(_ pattern: PathPattern) {
        for node in pattern.nodes {
            if let names = node.labels { labels.formUnion(names.names) }
            collect(node.properties)
        }
        for relationship in pattern.relationships {
            if let names = relationship.types { types.formUnion(names.names) }
            collect(relationship.properties)
        }
    }

    private mutating func collect(_ properties: PatternProperties?) {
        switch properties {
        case .map(let entries, _): keys.formUnion(entries.map(\.key.text))
        case .parameter: isOpen = true
        case nil: break
        }
    }

    private mutating func collect(_ item: SetItem) {
        switch item {
        case .property(_, let key, _): keys.insert(key.text)
        case .dynamicProperty: isOpen = true
        case .replaceProperties(_, let value), .addProperties(_, let value):
            if case .map(let entries) = value.kind {
                keys.formUnion(entries.map(\.key.text))
            } else {
                isOpen = true
            }
        case .labels(_, let names):
            for case .fixed(let name) in names { labels.insert(name.text) }
        }
    }
}

extension LabelExpression {
    /// All names in the expression.
    fileprivate var names: [String] {
        switch self {
        case .name(let name): [name.text]
        case .not(let inner): inner.names
        case .and(let left, let right), .or(let left, let right): left.names + right.names
        default: []
        }
    }
}

/// Variables that expressions and clauses read.
struct VariableUses {
    var names: Set<String> = []
    /// A `*` stands for all of them, or something is not looked into.
    var all = false

    mutating func collect(_ expression: Expression?) {
        guard let expression else { return }
        switch expression.kind {
        case .variable(let name): names.insert(name)
        case .patternPredicate(let pattern), .shortestPath(let pattern, _),
            .patternComprehension(_, let pattern, _, _):
            names.formUnion(pattern.names)
            all = true
        case .subquery: all = true
        default: break
        }
        for child in expression.children { collect(child) }
    }

    mutating func collect(_ clause: Clause) {
        switch clause.kind {
        case .with(let projection, let predicate):
            collect(projection)
            collect(predicate)
        case .returning(let projection): collect(projection)
        case .filter(let predicate): collect(predicate)
        case .letting(let items): for item in items { collect(item.value) }
        case .unwind(let list, _): collect(list)
        default: all = true
        }
    }

    private mutating func collect(_ projection: Projection) {
        if projection.includesAll { all = true }
        for item in projection.items { collect(item.expression) }
        for item in projection.orderBy { collect(item.expression) }
    }
}
