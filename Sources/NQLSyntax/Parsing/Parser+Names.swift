// Parser+Names: names with and without backticks.

import NenCore

extension Parser {
    /// A variable: any word that is not reserved, or any name in backticks.
    mutating func parseVariable(
        _ what: String = "a variable name"
    ) throws(SyntaxFailure) -> Name {
        guard isVariable(token) else {
            if token.kind == .word {
                throw unexpected(
                    what,
                    hint: "`\(text(token.span))` is a reserved word; as a name it stands in "
                        + "backticks")
            }
            throw unexpected(what)
        }
        return takeName()
    }

    /// A label, type, key, field or function name: any word, or any name in backticks.
    mutating func parseSymbol(_ what: String) throws(SyntaxFailure) -> Name {
        guard token.isName else { throw unexpected(what) }
        return takeName()
    }

    func isVariable(_ token: Token) -> Bool {
        token.kind == .quotedName || (token.kind == .word && !token.keyword.isReserved)
    }

    /// The current token, which is known to be a name.
    mutating func takeName() -> Name {
        note(.name)
        let name = Name(nameText(token), token.span)
        advance()
        return name
    }

    func nameText(_ token: Token) -> String {
        guard token.kind == .quotedName else { return text(token.span) }
        let inner = bytes[(Int(token.start) + 1)..<(Int(token.end) - 1)]
        let backtick = UInt8(ascii: "`")
        guard inner.contains(backtick) else { return String(decoding: inner, as: UTF8.self) }
        var unquoted: [UInt8] = []
        var index = inner.startIndex
        while index < inner.endIndex {
            unquoted.append(inner[index])
            index += inner[index] == backtick ? 2 : 1
        }
        return String(decoding: unquoted, as: UTF8.self)
    }

    /// `name.name.name`, as of functions and procedures.
    mutating func parseQualifiedName(_ what: String) throws(SyntaxFailure) -> Name {
        var name = try parseSymbol(what)
        while at(.dot) {
            advance()
            let part = try parseSymbol(what)
            name.text += "." + part.text
            name.span = name.span.union(part.span)
        }
        return name
    }
}
