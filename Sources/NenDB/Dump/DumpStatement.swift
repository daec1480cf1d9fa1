// DumpStatement: the statements of a dump as text, and a parsed statement as one of them.
//
// A dump is a script in NQL that any session can run, from top to bottom:
//
//     CREATE CONSTRAINT `nen dump` FOR (n:`nen dump`) REQUIRE n.`nen dump` IS UNIQUE;
//     UNWIND [
//     {i: 0, p: {name: 'Ada'}},
//     …
//     ] AS row CREATE (n:`nen dump`:Person {`nen dump`: row.i}) SET n += row.p;
//     …
//     UNWIND [
//     {s: 0, t: 1, p: {since: 1833}},
//     …
//     ] AS row MATCH (a:`nen dump` {`nen dump`: row.s}) MATCH (b:`nen dump` {`nen dump`: row.t})
//     CREATE (a)-[r:KNOWS]->(b) SET r = row.p;
//     …
//     MATCH (n:`nen dump`) REMOVE n:`nen dump`, n.`nen dump`;
//     DROP CONSTRAINT `nen dump`;
//     CREATE CONSTRAINT …; CREATE INDEX …;
//
// The label and property `nen dump` (or another name, if the graph has this one) number the nodes
// while the relationships are made. `nql load` recognises these statements by their form and makes
// nodes and relationships by their numbers directly: nothing of the label is left, and no row is
// planned. A script that was edited runs as it stands.

import NQLSyntax
import NenCore

/// What one statement of a dump does.
enum DumpStatement {
    /// The first one; the name is that of label, key and constraint.
    case begin(name: String)
    case nodes(labels: [String], rows: [Expression])
    case relationships(type: String, rows: [Expression])
    /// Removes the numbers.
    case end

    // MARK: Text

    /// Before the rows of nodes and of relationships.
    static let head = "UNWIND [\n"

    static func beginText(_ name: String) -> String {
        let quoted = quoted(name)
        return "CREATE CONSTRAINT \(quoted) FOR (n:\(quoted)) REQUIRE n.\(quoted) IS UNIQUE"
    }

    static func nodeTail(_ name: String, _ labels: [String]) -> String {
        let key = quoted(name)
        let list = labels.map { ":" + quoted($0) }.joined()
        return "] AS row CREATE (n:\(key)\(list) {\(key): row.i}) SET n += row.p"
    }

    static func relationshipTail(_ name: String, _ type: String) -> String {
        let key = quoted(name)
        return "] AS row MATCH (a:\(key) {\(key): row.s}) MATCH (b:\(key) {\(key): row.t}) "
            + "CREATE (a)-[r:\(quoted(type))]->(b) SET r = row.p"
    }

    static func endTexts(_ name: String) -> [String] {
        let key = quoted(name)
        return ["MATCH (n:\(key)) REMOVE n:\(key), n.\(key)", "DROP CONSTRAINT \(key)"]
    }

    private static func quoted(_ name: String) -> String {
        var text = DumpText()
        text.add(name: name)
        return String(decoding: text.bytes, as: UTF8.self)
    }
}

/// Recognises the statements of one dump.
struct DumpReader {
    /// The name that numbers nodes; nil until the dump has begun.
    private(set) var name: String?
    /// Statements without rows and places, by their text.
    private var known: [String: Statement] = [:]

    /// What a statement does; nil when it is none of a dump's own.
    mutating func read(_ statement: Statement) throws -> DumpStatement? {
        guard statement.mode == .run else { return nil }
        guard let name else { return try readBeginning(statement) }
        guard case .query(let query) = statement.kind, query.parts.count == 1,
            query.next.isEmpty,
            case .unwind(let list, let variable)? = query.parts[0].clauses.first?.kind,
            case .list(let rows) = list.kind
        else { return try readEnd(statement, name) }
        var clauses = query.parts[0].clauses
        clauses[0] = Clause(.unwind(Expression(.list([]), .none), variable: variable), .none)
        let frame = Statement(
            .query(
                Query(
                    parts: [SingleQuery(clauses: clauses, span: .none)], unionAll: [],
                    span: .none)), mode: .run, span: .none
        ).withoutSpans
        guard clauses.count > 1 else { return nil }
        if case .create(let paths) = clauses[1].kind, let node = paths.first?.nodes.first {
            let labels = Array((node.labels?.conjunction ?? []).dropFirst())
            let tail = DumpStatement.nodeTail(name, labels)
            if try same(DumpStatement.head + tail, frame) {
                return .nodes(labels: labels, rows: rows)
            }
        } else if clauses.count > 3, case .create(let paths) = clauses[3].kind,
            let type = paths.first?.relationships.first?.types?.conjunction?.first
        {
            let tail = DumpStatement.relationshipTail(name, type)
            if try same(DumpStatement.head + tail, frame) {
                return .relationships(type: type, rows: rows)
            }
        }
        return nil
    }

    private mutating func readBeginning(_ statement: Statement) throws -> DumpStatement? {
        guard case .createConstraint(let constraint) = statement.kind else { return nil }
        let found = constraint.labelOrType.text
        guard try same(DumpStatement.beginText(found), statement.withoutSpans) else { return nil }
        name = found
        return .begin(name: found)
    }

    private mutating func readEnd(
        _ statement: Statement, _ name: String
    ) throws -> DumpStatement? {
        let bare = statement.withoutSpans
        for text in DumpStatement.endTexts(name) where try same(text, bare) { return .end }
        return nil
    }

    private mutating func same(_ text: String, _ statement: Statement) throws -> Bool {
        if let statementOfText = known[text] { return statementOfText == statement }
        let parsed = try parseStatement(text).withoutSpans
        // Names in a hostile script are no reason to keep everything.
        if known.count > 1_000 { known.removeAll() }
        known[text] = parsed
        return parsed == statement
    }
}

extension LabelExpression {
    /// The names of `:A:B:C` in order; nil for anything else.
    fileprivate var conjunction: [String]? {
        switch self {
        case .name(let name): return [name.text]
        case .and(let left, let right):
            guard let first = left.conjunction, let rest = right.conjunction else { return nil }
            return first + rest
        default: return nil
        }
    }
}
