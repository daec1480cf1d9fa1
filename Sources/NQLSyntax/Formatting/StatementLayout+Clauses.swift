// StatementLayout+Clauses: clauses, their parts, and the lists in them.

import NenCore

extension StatementLayout {
    /// Clauses and their parts with `separator` between them.
    func clauses(_ nodes: ArraySlice<Node>, separator: Layout) -> Layout {
        var parts: [Layout] = []
        var start = nodes.startIndex
        var index = start
        var hasClause = false
        while index < nodes.endIndex {
            let roles = roles(of: nodes[index])
            // What stands before the first clause, such as EXPLAIN, is on its line.
            let isFirst = roles.contains(.clause) && !hasClause
            if roles.contains(.clause) { hasClause = true }
            let begins = !roles.isDisjoint(with: [.clause, .part, .innerPart]) && !isFirst
            if begins, index > start, !isBehindThen(index, nodes) {
                parts.append(part(nodes[start..<index]))
                start = index
            }
            index += 1
        }
        parts.append(part(nodes[start...]))
        var joined: [Layout] = []
        for (number, part) in parts.enumerated() {
            joined.append(number > 0 ? .concat([separator, part]) : part)
        }
        return .concat(joined)
    }

    /// Whether what begins at `index` goes on with the line of THEN or ELSE.
    private func isBehindThen(_ index: Int, _ nodes: ArraySlice<Node>) -> Bool {
        guard index > nodes.startIndex else { return false }
        let before = keyword(of: nodes[index - 1])
        return before == .then || before == .else
    }

    /// How many clauses stand directly in the nodes.
    func clauseCount(_ nodes: [Node]) -> Int {
        nodes.count { roles(of: $0).contains(.clause) }
    }

    /// One clause, or one part of it.
    private func part(_ nodes: ArraySlice<Node>) -> Layout {
        let isInner = nodes.first.map { roles(of: $0).contains(.innerPart) } ?? false
        var bodyStart = nodes.startIndex
        while bodyStart < nodes.endIndex, keyword(of: nodes[bodyStart]).isHead,
            !roles(of: nodes[bodyStart]).contains(.function)
        {
            bodyStart += 1
        }
        let body = nodes[bodyStart...]
        let head = row(nodes[..<bodyStart])
        let items = split(body)
        let layout: Layout
        if bodyStart == nodes.startIndex {
            layout = item(body, isIndented: false)
        } else if body.isEmpty {
            layout = head
        } else if items.count == 1 {
            layout = .concat([head, .space, item(body, isIndented: false)])
        } else {
            layout = .group([head, .indent(.concat([.line, self.items(items)]))])
        }
        return isInner ? .indent(.concat([.softLine, layout])) : layout
    }

    /// The nodes between commas.
    func split(_ nodes: ArraySlice<Node>) -> [ArraySlice<Node>] {
        var items: [ArraySlice<Node>] = []
        var start = nodes.startIndex
        for index in nodes.indices where kind(of: nodes[index]) == .comma {
            items.append(nodes[start...index])
            start = index + 1
        }
        items.append(nodes[start...])
        return items
    }

    /// Items that end in their commas, with line breaks between them.
    func items(_ items: [ArraySlice<Node>]) -> Layout {
        var parts: [Layout] = []
        let areWords = items.allSatisfy { nodes in
            nodes.count <= 2 && nodes.allSatisfy { first(of: $0) == last(of: $0) }
        }
        for (index, nodes) in items.enumerated() {
            var nodes = nodes
            var comma: Layout = .concat([])
            if let last = nodes.last, kind(of: last) == .comma {
                comma = token(self.last(of: last))
                nodes = nodes.dropLast()
            }
            if index > 0, !areWords { parts.append(.line) }
            parts.append(.concat([item(nodes, isIndented: false), comma]))
        }
        return areWords && items.count > 8 ? .fill(parts) : joinedIfWords(parts, areWords)
    }

    private func joinedIfWords(_ parts: [Layout], _ areWords: Bool) -> Layout {
        guard areWords else { return .concat(parts) }
        var joined: [Layout] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { joined.append(.line) }
            joined.append(part)
        }
        return .concat(joined)
    }
}

extension Keyword {
    /// Whether the word may belong to the beginning of a clause.
    fileprivate var isHead: Bool {
        switch self {
        case .match, .optional, .unwind, .with, .return, .distinct, .create, .merge, .set,
            .remove, .delete, .detach, .nodetach, .foreach, .call, .where, .order, .by, .skip,
            .offset, .limit, .on, .union, .explain, .profile, .verbose, .format, .table, .tree,
            .json, .let, .filter, .insert, .finish, .next:
            true
        default: false
        }
    }
}
