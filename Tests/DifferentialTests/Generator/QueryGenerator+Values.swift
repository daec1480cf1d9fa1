// QueryGenerator+Values: expressions over lists, maps and texts, and those that may fail.

extension QueryGenerator {
    /// A node or relationship variable; nil without any.
    private mutating func entity() -> String? {
        let known = variables(.node, .relationship)
        return known.isEmpty ? nil : dice.pick(known).name
    }

    /// An integer out of something else.
    mutating func derivedInteger() -> String {
        switch dice.number(0...13) {
        case 0: return "abs(\(integer()))"
        case 1: return "toInteger(\(dice.number(0...9)).5 * \(integer()))"
        case 2: return "size(\(text()))"
        case 3: return "\(integers())[\(dice.number(-2...2))]"
        case 4: return "head(\(integers()))"
        case 5: return "last(\(integers()))"
        case 6: return "{a: \(integer()), b: \(integer())}.\(dice.pick(["a", "b", "c"]))"
        case 7:
            return "CASE \(integer()) WHEN \(integer()) THEN \(integer()) "
                + "WHEN 1, 2 THEN \(integer()) ELSE \(integer()) END"
        case 8: return "size(\(integers())[\(dice.number(0...2))..\(dice.number(1...3))])"
        case 9: return entity().map { "size(keys(\($0)))" } ?? "0"
        case 10: return "size(\(mixedList()))"
        case 11: return "\(map()).i"
        case 12: return "sign(\(integer()))"
        default: return "coalesce(null, \(integer()), \(integer()))"
        }
    }

    /// An integer, or an error.
    mutating func failingInteger() -> String {
        deeperValue { generator in
            switch generator.dice.number(0...3) {
            case 0: return "\(generator.integer()) / \(generator.integer())"
            case 1: return "\(generator.integer()) % \(generator.integer())"
            case 2: return generator.variables(.node).last.map { "\($0.name).m - 1" } ?? "1 / 0"
            default: return "9223372036854775807 + \(generator.integer())"
            }
        }
    }

    private mutating func deeperValue(_ make: (inout QueryGenerator) -> String) -> String {
        depth -= 1
        defer { depth += 1 }
        return "(" + make(&self) + ")"
    }

    mutating func derivedText() -> String {
        switch dice.number(0...8) {
        case 0: return "substring(\(text()), \(dice.number(0...2)))"
        case 1: return "substring(\(text()), \(dice.number(0...1)), \(dice.number(0...2)))"
        case 2: return "left(\(text()), \(dice.number(0...2)))"
        case 3: return "right(\(text()), \(dice.number(0...2)))"
        case 4: return "replace(\(text()), 'b', \(text()))"
        case 5: return "reverse(\(text()))"
        case 6: return "trim(' ' + \(text()))"
        case 7: return "head(split(\(text()), 'b'))"
        default: return "toLower($text + \(text()))"
        }
    }

    /// A list of values of all types.
    mutating func mixedList() -> String {
        let count = dice.number(0...3)
        var parts: [String] = []
        for _ in 0..<count { parts.append(mixed()) }
        return "[" + parts.joined(separator: ", ") + "]"
    }

    mutating func map() -> String {
        let known = variables(.map)
        if !known.isEmpty, dice.chance(0.4) { return dice.pick(known).name }
        let node = variables(.node).last?.name
        if depth <= 0 { return "{i: 1}" }
        return deeperMap(node)
    }

    private mutating func deeperMap(_ node: String?) -> String {
        depth -= 1
        defer { depth += 1 }
        switch dice.number(0...5) {
        case 0, 1: return "{i: \(integer()), m: \(mixed())}"
        case 2: return node.map { "properties(\($0))" } ?? "{}"
        case 3: return node.map { "\($0) {.i, .m, x: \(integer())}" } ?? "$map"
        case 4: return node.map { "\($0) {.*}" } ?? "{i: null}"
        default: return "{i: \(integers()), n: {m: \(mixed())}}"
        }
    }

    /// A condition over lists, maps and mixed values.
    mutating func compoundTest() -> String {
        let sign = dice.pick(["=", "<>"])
        switch dice.number(0...8) {
        case 0: return "\(integers()) \(sign) \(integers())"
        case 1: return "\(mixedList()) \(sign) \(mixedList())"
        case 2: return "\(map()) \(sign) \(map())"
        case 3: return "\(mixed()) IN \(mixedList())"
        case 4: return "[\(integer())] IN [\(integers()), \(mixedList())]"
        case 5: return "isEmpty(\(integers()))"
        case 6: return "\(mixed()) \(dice.pick(["<", ">", "<=", ">="])) \(integer())"
        case 7: return "\(mixed()) \(sign) \(mixed())"
        default:
            let name = dice.pick(["any", "all", "none", "single"])
            return "\(name)(x IN \(mixedList()) WHERE x \(sign) \(integer()))"
        }
    }
}
