// StatementLayout+Expressions: expressions, patterns and brackets.

import NenCore

extension StatementLayout {
    /// What stands between two commas.
    ///
    /// - Parameter isIndented: whether it stands alone within a broken bracket, so that its
    ///   further lines begin under its first.
    func item(_ nodes: ArraySlice<Node>, isIndented: Bool) -> Layout {
        var parts: [ArraySlice<Node>] = []
        var start = nodes.startIndex
        for index in nodes.indices where index > start && beginsSoftPart(nodes[index]) {
            parts.append(nodes[start..<index])
            start = index
        }
        parts.append(nodes[start...])
        if parts.count == 1 { return chain(nodes, isIndented: isIndented) }
        let further = parts.dropFirst().map { part in
            Layout.concat([.line, chain(part, isIndented: false)])
        }
        let first = chain(parts[0], isIndented: false)
        let rest = Layout.concat(further)
        return .group([first, isIndented ? rest : .indent(rest)])
    }

    /// Whether a line may be broken before the node because of what it is.
    private func beginsSoftPart(_ node: Node) -> Bool {
        let roles = roles(of: node)
        if roles.contains(.softPart) { return true }
        if kind(of: node) == .bar { return !roles.contains(.labelBar) }
        return keyword(of: node) == .where
    }

    /// Operands between the loosest operators.
    private func chain(_ nodes: ArraySlice<Node>, isIndented: Bool) -> Layout {
        var loosest = Looseness.none
        for node in nodes { loosest = min(loosest, looseness(node)) }
        if loosest == .none { return path(nodes) }
        var operands: [(sign: Layout?, nodes: ArraySlice<Node>)] = []
        var start = nodes.startIndex
        var sign: Layout?
        for index in nodes.indices where looseness(nodes[index]) == loosest {
            operands.append((sign, nodes[start..<index]))
            sign = row(nodes[index...index])
            start = index + 1
        }
        operands.append((sign, nodes[start...]))
        // Comparisons are not broken themselves: `x = [` goes on with its list.
        let separator: Layout = loosest == .comparison ? .space : .line
        let first = chain(operands[0].nodes, isIndented: false)
        var rest: [Layout] = []
        for operand in operands.dropFirst() {
            let inner = chain(operand.nodes, isIndented: false)
            rest.append(.concat([separator, operand.sign ?? .concat([]), .space, inner]))
        }
        if loosest == .comparison { return .concat([first] + rest) }
        let further = Layout.concat(rest)
        return .group([first, isIndented ? further : .indent(further)])
    }

    private enum Looseness: Int, Comparable {
        case or, xor, and, comparison, sum, product, power, none

        static func < (left: Looseness, right: Looseness) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    private func looseness(_ node: Node) -> Looseness {
        guard roles(of: node).contains(.binary) else { return .none }
        switch keyword(of: node) {
        case .or: return .or
        case .xor: return .xor
        case .and: return .and
        case .none: break
        default: return .comparison
        }
        switch kind(of: node) {
        case .plus, .minus, .doubleBar: return .sum
        case .star, .slash, .percent: return .product
        case .caret: return .power
        default: return .comparison
        }
    }

    /// A path, which may be broken before its relationships, or anything else without operators.
    private func path(_ nodes: ArraySlice<Node>) -> Layout {
        var parts: [Layout] = []
        var start = nodes.startIndex
        for index in nodes.indices
        where index > start && roles[first(of: nodes[index])].contains(.relationship) {
            parts.append(row(nodes[start..<index]))
            start = index
        }
        let last = row(nodes[start...])
        if parts.isEmpty { return last }
        parts.append(last)
        let further = parts.dropFirst().map { Layout.concat([.softLine, $0]) }
        return .group([parts[0], .indent(.concat(further))])
    }

    /// Nodes one after the other, with spaces where they belong.
    func row(_ nodes: ArraySlice<Node>) -> Layout {
        var parts: [Layout] = []
        var previous: Int?
        for node in nodes {
            if let previous, isSpaced(previous, first(of: node)) { parts.append(.space) }
            switch node {
            case .token(let index): parts.append(token(index))
            case .verbatim(let first, let last): parts.append(verbatim(first, last))
            case .bracket(let open, let inner, let close):
                parts.append(bracket(open, inner, close))
            }
            previous = last(of: node)
        }
        return .concat(parts)
    }

    // MARK: Brackets

    private func bracket(_ open: Int, _ inner: [Node], _ close: Int) -> Layout {
        let (head, tail) = (token(open), token(close))
        if roles[open].contains(.caseStart) { return caseExpression(head, inner[...], tail) }
        if inner.isEmpty { return .concat([head, tail]) }
        if roles[open].contains(.quantifier) {
            return .concat([head] + inner.map { row([$0]) } + [tail])
        }
        if roles[open].contains(.tallBlock) || roles[open].contains(.block) {
            return block(open, inner, head, tail)
        }
        if clauseCount(inner) > 0 { return foreach(head, inner, tail) }
        let items = split(inner[...])
        if items.count > 1 {
            return .group([head, .indent(.concat([.softLine, self.items(items)])), .softLine, tail])
        }
        let isBreakable = inner.contains { node in
            beginsSoftPart(node) || looseness(node) < .none
        }
        if !isBreakable { return .concat([head, item(inner[...], isIndented: false), tail]) }
        let content = item(inner[...], isIndented: true)
        return .group([head, .indent(.concat([.softLine, content])), .softLine, tail])
    }

    /// A query in braces: on one line only if it is one clause and fits.
    private func block(_ open: Int, _ inner: [Node], _ head: Layout, _ tail: Layout) -> Layout {
        if clauseCount(inner) == 0 {
            let items = split(inner[...])
            let content = self.items(items)
            return .group([head, .indent(.concat([.line, content])), .line, tail])
        }
        if clauseCount(inner) == 1, !roles[open].contains(.tallBlock) {
            let content = clauses(inner[...], separator: .line)
            return .group([head, .indent(.concat([.line, content])), .line, tail])
        }
        let content = clauses(inner[...], separator: .hardLine)
        return .concat([head, .indent(.concat([.hardLine, content])), .hardLine, tail])
    }

    /// `(x IN list | clauses)`
    private func foreach(_ head: Layout, _ inner: [Node], _ tail: Layout) -> Layout {
        let first = inner.firstIndex { roles(of: $0).contains(.clause) } ?? inner.startIndex
        let isOne = clauseCount(inner) == 1
        let before = row(inner[..<first])
        let body = clauses(inner[first...], separator: isOne ? .line : .hardLine)
        let inside = Layout.indent(.concat([isOne ? .line : .hardLine, body]))
        return .group([head, before, inside, isOne ? .softLine : .hardLine, tail])
    }

    /// `CASE … END`
    private func caseExpression(
        _ head: Layout, _ inner: ArraySlice<Node>, _ tail: Layout
    ) -> Layout {
        var parts: [ArraySlice<Node>] = []
        var start = inner.startIndex
        for index in inner.indices
        where index > start && roles(of: inner[index]).contains(.softPart) {
            parts.append(inner[start..<index])
            start = index
        }
        parts.append(inner[start...])
        var branches: [Layout] = []
        var operand: Layout = .concat([])
        for part in parts {
            guard let first = part.first, roles(of: first).contains(.softPart) else {
                operand = .concat([.space, chain(part, isIndented: false)])
                continue
            }
            branches.append(.concat([.line, branch(part)]))
        }
        return .group([head, operand, .indent(.concat(branches)), .line, tail])
    }

    /// `WHEN … THEN …` or `ELSE …`
    private func branch(_ nodes: ArraySlice<Node>) -> Layout {
        let rest = nodes.dropFirst()
        let then = rest.firstIndex { keyword(of: $0) == .then } ?? rest.endIndex
        var parts: [Layout] = [row(nodes.prefix(1)), .space, commaRow(rest[..<then])]
        if then < rest.endIndex {
            parts += [.space, row(rest[then...then]), .space]
            parts.append(chain(rest[(then + 1)...], isIndented: false))
        }
        return .group(parts)
    }

    /// Operands with commas between them on one line.
    private func commaRow(_ nodes: ArraySlice<Node>) -> Layout {
        let items = split(nodes)
        if items.count == 1 { return chain(nodes, isIndented: false) }
        return self.items(items)
    }
}
