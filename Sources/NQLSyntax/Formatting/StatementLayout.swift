// StatementLayout: where the lines of a statement may be broken.
//
// Tokens become a tree by their brackets; `CASE … END` is one. Clauses and their parts take lines
// of their own. What does not fit on its line is broken at its commas, else at its loosest
// operators, else between the relationships of its path.

import NenCore

/// Lays out one statement.
struct StatementLayout {
    /// A token, or all from an opening bracket to its closing one.
    indirect enum Node {
        case token(Int)
        case bracket(open: Int, [Node], close: Int)
        /// A column that is called as it is written.
        case verbatim(first: Int, last: Int)
    }

    let list: TokenList
    let roles: [TokenRole]
    /// Comments by the token that they follow (`ownsLine` false) or precede.
    private var commentsBefore: [Int: [Comment]] = [:]
    private var commentsAfter: [Int: [Comment]] = [:]
    private var verbatimEnds: [Int: Int] = [:]

    /// - Parameter commentsBehind: the comments behind the statement on its last line.
    init(_ list: TokenList, _ notes: SyntaxNotes, commentsBehind: [Comment]) {
        self.list = list
        roles = notes.roles
        for column in notes.namedByText { verbatimEnds[column.first] = column.last }
        // The last token is the end of the input.
        let count = list.tokens.count - 1
        let lexer = Lexer(bytes: list.bytes)
        for index in 1..<max(1, count) {
            let gap = Int(list.tokens[index - 1].end)..<Int(list.tokens[index].start)
            if gap.count < 2 { continue }
            for comment in lexer.comments(in: gap) {
                if comment.ownsLine {
                    commentsBefore[index, default: []].append(comment)
                } else {
                    commentsAfter[index - 1, default: []].append(comment)
                }
            }
        }
        if !commentsBehind.isEmpty { commentsAfter[count - 1] = commentsBehind }
    }

    /// The whole statement, its `;` included.
    func statement() -> Layout {
        var position = 0
        var nodes = nodes(from: &position, until: list.tokens.count - 1)
        var end: Layout = .concat([])
        if case .token(let last) = nodes.last, list.tokens[last].kind == .semicolon {
            nodes.removeLast()
            end = token(last)
        }
        return .concat([clauses(nodes[...], separator: .hardLine), end])
    }

    // MARK: Tree

    /// The nodes up to the closing bracket or to `end`.
    private func nodes(from position: inout Int, until end: Int) -> [Node] {
        var nodes: [Node] = []
        while position < end {
            let index = position
            if let last = verbatimEnds[index] {
                nodes.append(.verbatim(first: index, last: last))
                position = last + 1
            } else if opens(index) {
                position += 1
                let inner = self.nodes(from: &position, until: end)
                nodes.append(.bracket(open: index, inner, close: position))
                position += 1
            } else if closes(index) {
                return nodes
            } else {
                nodes.append(.token(index))
                position += 1
            }
        }
        return nodes
    }

    private func opens(_ index: Int) -> Bool {
        switch list.tokens[index].kind {
        case .leftParenthesis, .leftBracket, .leftBrace: true
        default: roles[index].contains(.caseStart)
        }
    }

    private func closes(_ index: Int) -> Bool {
        switch list.tokens[index].kind {
        case .rightParenthesis, .rightBracket, .rightBrace: true
        default: roles[index].contains(.caseEnd)
        }
    }

    /// The roles of a node that is a token, else none.
    func roles(of node: Node) -> TokenRole {
        if case .token(let index) = node { return roles[index] }
        return []
    }

    func kind(of node: Node) -> TokenKind? {
        if case .token(let index) = node { return list.tokens[index].kind }
        return nil
    }

    /// A keyword, if the node is one in its own right.
    func keyword(of node: Node) -> Keyword {
        guard case .token(let index) = node, !roles[index].contains(.name) else { return .none }
        return list.tokens[index].keyword
    }

    func first(of node: Node) -> Int {
        switch node {
        case .token(let index): index
        case .bracket(let open, _, _): open
        case .verbatim(let first, _): first
        }
    }

    func last(of node: Node) -> Int {
        switch node {
        case .token(let index): index
        case .bracket(_, _, let close): close
        case .verbatim(_, let last): last
        }
    }

    // MARK: Tokens

    /// A token with its comments.
    func token(_ index: Int) -> Layout { withComments(index, index, text(index)) }

    func verbatim(_ first: Int, _ last: Int) -> Layout {
        let range = Int(list.tokens[first].start)..<Int(list.tokens[last].end)
        return withComments(first, last, String(decoding: list.bytes[range], as: UTF8.self))
    }

    private func withComments(_ first: Int, _ last: Int, _ text: String) -> Layout {
        let before = commentsBefore[first] ?? []
        let after = commentsAfter[last] ?? []
        if before.isEmpty && after.isEmpty { return .text(text) }
        return .concat(before.map(Layout.comment) + [.text(text)] + after.map(Layout.comment))
    }

    private func text(_ index: Int) -> String {
        let token = list.tokens[index]
        let range = Int(token.start)..<Int(token.end)
        let text = String(decoding: list.bytes[range], as: UTF8.self)
        if token.keyword == .none || roles[index].contains(.name) { return text }
        if roles[index].contains(.constant) { return text.lowercased() }
        if roles[index].contains(.function) { return token.keyword.functionName }
        return token.keyword.rawValue
    }
}

extension Keyword {
    /// As it is written in front of a parenthesis.
    fileprivate var functionName: String {
        switch self {
        case .shortestPath: "shortestPath"
        case .allShortestPaths: "allShortestPaths"
        case .allReduce: "allReduce"
        default: rawValue.lowercased()
        }
    }
}
