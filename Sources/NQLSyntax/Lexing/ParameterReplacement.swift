// ParameterReplacement: a text with something else in the place of parameters, for queries that
// are given as texts to be made a part of others.

import NenCore

/// `text` with what `replacement` gives in the place of each `$name`; nil leaves it.
public func replacingParameters(
    in text: String, _ replacement: (String) -> String?
) -> String {
    let list = Lexer.tokens(of: text)
    var result: [UInt8] = []
    var done = 0
    for (dollar, name) in zip(list.tokens, list.tokens.dropFirst())
    where dollar.kind == .dollar && name.isName && name.start == dollar.end {
        var bytes = Array(list.bytes[Int(name.start)..<Int(name.end)])
        if name.kind == .quotedName { bytes = Array(bytes.dropFirst().dropLast()) }
        guard let other = replacement(String(decoding: bytes, as: UTF8.self)) else { continue }
        result += list.bytes[done..<Int(dollar.start)]
        result += other.utf8
        done = Int(name.end)
    }
    result += list.bytes[done..<text.utf8.count]
    return String(decoding: result, as: UTF8.self)
}
