// CopyQuery: the query that writes the rows of COPY … FROM, made as a tree:
//
//     UNWIND $rows AS row WITH row[0] AS properties CREATE (n:Label) SET n = properties
//
// and for relationships a MATCH of both ends before it.

import NQLSyntax
import NenCore

/// Builds the queries of one target.
struct CopyQuery {
    let query: Query

    // No text can name variables with a blank at their beginning.
    private static let from = Name(" from", .none)
    private static let to = Name(" to", .none)
    private static let properties = Name(" properties", .none)
    private static let made = Name(" made", .none)

    init(_ target: CopyTarget) {
        let set = Clause(
            .set([
                .replaceProperties(
                    variable: CopyQuery.made, value: CopyQuery.variable(CopyQuery.properties))
            ]), .none)
        switch target {
        case .nodes(let labels):
            var all = LabelExpression.name(labels[0])
            for label in labels.dropFirst() { all = .and(all, .name(label)) }
            let node = NodePattern(
                variable: CopyQuery.made, labels: all, properties: nil, predicate: nil,
                span: .none)
            let create = Clause(.create([CopyQuery.path([node], [])]), .none)
            query = RowQuery.query(
                columns: [CopyQuery.properties.text], [create, set], span: .none)
        case .relationships(let from, let type, let to):
            let match = CopyQuery.match([
                CopyQuery.end(from, Name(" source", .none), CopyQuery.from),
                CopyQuery.end(to, Name(" target", .none), CopyQuery.to),
            ])
            let relationship = RelationshipPattern(
                variable: CopyQuery.made, types: .name(type), direction: .outgoing, length: nil,
                properties: nil, predicate: nil, span: .none)
            let create = Clause(
                .create([
                    CopyQuery.path(
                        [
                            CopyQuery.bare(Name(" source", .none)),
                            CopyQuery.bare(Name(" target", .none)),
                        ], [relationship])
                ]), .none)
            query = RowQuery.query(
                columns: [CopyQuery.from, CopyQuery.to, CopyQuery.properties].map(\.text),
                [match, create, set], span: .none)
        }
    }

    /// How many nodes an end finds for the one row given.
    static func count(_ end: CopyEnd) -> Query {
        let node = CopyQuery.end(end, Name(" source", .none), from)
        let item = ProjectionItem(
            expression: Expression(.countStar, .none), alias: Name("count", .none),
            sourceText: "")
        let all = Projection(
            isDistinct: false, includesAll: false, items: [item], orderBy: [], skip: nil,
            limit: nil)
        return RowQuery.query(
            columns: [from.text], [match([node]), Clause(.returning(all), .none)], span: .none)
    }

    private static func variable(_ name: Name) -> Expression {
        Expression(.variable(name.text), .none)
    }

    private static func path(
        _ nodes: [NodePattern], _ relationships: [RelationshipPattern]
    ) -> PathPattern {
        PathPattern(
            variable: nil, selector: nil, nodes: nodes, relationships: relationships,
            span: .none)
    }

    private static func bare(_ name: Name) -> NodePattern {
        NodePattern(
            variable: name, labels: nil, properties: nil, predicate: nil, span: .none)
    }

    private static func end(_ end: CopyEnd, _ name: Name, _ value: Name) -> NodePattern {
        NodePattern(
            variable: name, labels: .name(end.label),
            properties: .map([MapEntry(key: end.key, value: variable(value))], .none),
            predicate: nil, span: .none)
    }

    private static func match(_ nodes: [NodePattern]) -> Clause {
        Clause(
            .match(
                MatchClause(
                    isOptional: false, patterns: nodes.map { path([$0], []) }, predicate: nil)),
            .none)
    }
}
