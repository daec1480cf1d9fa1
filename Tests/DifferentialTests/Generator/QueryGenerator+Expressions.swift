// QueryGenerator+Expressions: expressions by type. None of them can fail.

extension QueryGenerator {
    /// An expression of a type.
    mutating func expression(_ type: GeneratedType) -> String {
        withPatterns(false) { $0.anyExpression(type) }
    }

    private mutating func anyExpression(_ type: GeneratedType) -> String {
        switch type {
        case .integer: return integer()
        case .float: return float()
        case .text: return text()
        case .boolean: return boolean()
        case .mixed: return mixed()
        case .integers: return integers()
        case .map: return map()
        case .node, .relationship, .path, .relationships, .bag, .shortestPath:
            return variables(type).isEmpty ? "null" : dice.pick(variables(type)).name
        case .nodes:
            if let list = named(.nodes), dice.chance(0.6) { return list }
            let paths = variables(.path)
            if !paths.isEmpty { return "nodes(\(dice.pick(paths).name))" }
            let nodes = variables(.node)
            return nodes.isEmpty ? "[]" : "[\(dice.pick(nodes).name), \(dice.pick(nodes).name)]"
        }
    }

    /// A variable of the type, and rarely none.
    private mutating func named(_ type: GeneratedType) -> String? {
        let known = variables(type)
        return known.isEmpty ? nil : dice.pick(known).name
    }

    /// `n.key` of a random node.
    private mutating func read(_ key: String) -> String? { named(.node).map { "\($0).\(key)" } }

    private mutating func deeper(_ make: (inout QueryGenerator) -> String) -> String {
        depth -= 1
        defer { depth += 1 }
        return make(&self)
    }

    mutating func integer() -> String { withPatterns(false) { $0.anyInteger() } }

    private mutating func anyInteger() -> String {
        let literal = dice.chance(0.05) ? "$one" : "\(dice.number(-1...3))"
        if depth <= 0 { return read("i") ?? named(.integer) ?? literal }
        if dice.chance(style.subquery) { return countSubquery() }
        if dice.chance(style.failing) { return failingInteger() }
        if dice.chance(0.12) { return deeper { $0.derivedInteger() } }
        return deeper { generator in
            switch generator.dice.number(0...15) {
            case 0...4: return generator.read("i") ?? generator.named(.integer) ?? literal
            case 5, 6: return generator.named(.integer) ?? literal
            case 7: return generator.named(.relationship).map { "\($0).w" } ?? literal
            case 8:
                let sign = generator.dice.pick(["+", "-", "*"])
                return "(\(generator.integer()) \(sign) \(generator.integer()))"
            case 9: return "size(\(generator.integers()))"
            case 10: return "coalesce(\(generator.integer()), \(literal))"
            case 11:
                return "CASE WHEN \(generator.boolean()) THEN \(generator.integer()) "
                    + "ELSE \(literal) END"
            case 12:
                let path = generator.named(.path) ?? generator.named(.shortestPath)
                return path.map { "length(\($0))" } ?? literal
            case 13:
                let list = generator.named(.relationships) ?? generator.named(.nodes)
                return list.map { "size(\($0))" } ?? literal
            case 14:
                return "reduce(acc = 0, x IN \(generator.integers()) | acc + x)"
            default: return literal
            }
        }
    }

    private mutating func countSubquery() -> String {
        innerPattern(newVariables: true) { generator, pattern in
            let condition =
                generator.dice.chance(0.4)
                ? " WHERE " + generator.withPatterns(true) { $0.boolean() } : ""
            if generator.dice.chance(0.25) {
                return "size([\(pattern)\(condition) | \(generator.dice.pick(["1", "null"]))])"
            }
            let keyword = generator.dice.chance(0.5) ? "MATCH " : ""
            let tail = keyword.isEmpty || generator.dice.chance(0.5) ? "" : " RETURN 1 AS one"
            return "COUNT { \(keyword)\(pattern)\(condition)\(tail) }"
        }
    }

    private mutating func float() -> String {
        let read = read("f") ?? named(.float) ?? "1.5"
        return dice.pick(weighted: [(6, read), (1, "\(read) * 2.0"), (1, "\(read) + 0.5")])
    }

    mutating func text() -> String { withPatterns(false) { $0.anyText() } }

    private mutating func anyText() -> String {
        let literal = "'\(dice.pick(GraphGenerator.texts))'"
        if depth <= 0 { return read("s") ?? literal }
        if dice.chance(0.12) { return deeper { $0.derivedText() } }
        return deeper { generator in
            switch generator.dice.number(0...9) {
            case 0...4: return generator.read("s") ?? generator.named(.text) ?? literal
            case 5: return generator.named(.text) ?? literal
            case 6: return generator.named(.relationship).map { "type(\($0))" } ?? literal
            case 7: return "toString(\(generator.integer()))"
            case 8: return "(\(generator.text()) + \(literal))"
            default: return "toUpper(\(generator.text()))"
            }
        }
    }

    mutating func mixed() -> String {
        dice.pick(weighted: [
            (6, read("m") ?? "1"), (2, integer()), (1, text()), (1, "null"), (1, float()),
            (1, named(.mixed) ?? "'1'"), (1, "0.0 / 0.0"), (1, read("u") ?? "-0.0"),
            (1, integers()),
        ])
    }

    mutating func integers() -> String { withPatterns(false) { $0.anyIntegers() } }

    private mutating func anyIntegers() -> String {
        let literal = dice.pick(["[]", "[1, 2]", "[0, 1, 1, 3]", "[1, null]", "[2]"])
        if depth <= 0 { return read("l") ?? literal }
        return deeper { generator in
            switch generator.dice.number(0...8) {
            case 0, 1: return generator.read("l") ?? literal
            case 2: return "range(0, \(generator.dice.number(-1...3)))"
            case 3: return "[\(generator.integer()), \(generator.integer())]"
            case 4: return "[x IN \(generator.integers()) WHERE x > 0 | x + \(literal.count)]"
            case 5: return "(\(generator.integers()) + \(generator.integers()))"
            case 6: return generator.named(.bag).map { "[size(\($0))]" } ?? literal
            case 7:
                if let list = generator.named(.nodes) { return "[x IN \(list) | x.i]" }
                return generator.named(.relationships).map { "[x IN \($0) | x.w]" } ?? literal
            default: return literal
            }
        }
    }

    // MARK: Conditions

    mutating func boolean() -> String {
        if depth <= 0 { return comparison() }
        if dice.chance(style.subquery) { return exists() }
        if dice.chance(0.08) { return deeper { $0.compoundTest() } }
        return deeper { generator in
            switch generator.dice.number(0...17) {
            case 0...5: return generator.comparison()
            case 6, 7: return "(\(generator.boolean()) AND \(generator.boolean()))"
            case 8, 9: return "(\(generator.boolean()) OR \(generator.boolean()))"
            case 10: return "NOT (\(generator.boolean()))"
            case 11: return "(\(generator.boolean()) XOR \(generator.boolean()))"
            case 12: return generator.entityTest()
            case 13: return generator.exists()
            case 14:
                let name = generator.dice.pick(["any", "all", "none", "single"])
                return "\(name)(x IN \(generator.integers()) WHERE x > \(generator.integer()))"
            case 15:
                let operation = generator.dice.pick(["STARTS WITH", "ENDS WITH", "CONTAINS"])
                return "\(generator.text()) \(operation) \(generator.text())"
            case 16:
                let operand = generator.withPatterns(false) { $0.boolean() }
                return "(\(operand)) IS NOT NULL"
            default: return generator.read("b") ?? generator.named(.boolean) ?? "true"
            }
        }
    }

    private mutating func comparison() -> String {
        let sign = dice.pick(["=", "=", "=", "<>", "<", "<=", ">", ">="])
        switch dice.number(0...12) {
        case 0...4: return "\(integer()) \(sign) \(integer())"
        case 5: return "\(text()) \(sign) \(text())"
        case 6: return "\(read("m") ?? "1") \(dice.pick(["=", "<>", "<", ">"])) \(integer())"
        case 7: return "\(read("m") ?? "2") = \(mixed())"
        case 8: return "\(float()) \(sign) \(dice.chance(0.5) ? integer() : float())"
        case 9: return "\(integer()) IN \(integers())"
        case 10:
            let subject = read(dice.pick(["i", "s", "m", "f"])) ?? integer()
            return "\(subject) IS \(dice.chance(0.5) ? "NOT " : "")NULL"
        case 11: return "\(dice.number(-1...1)) <= \(integer()) < \(dice.number(1...3))"
        default: return entityTest()
        }
    }

    private mutating func entityTest() -> String {
        let nodes = variables(.node)
        guard !nodes.isEmpty else { return "true" }
        let (a, b) = (dice.pick(nodes).name, dice.pick(nodes).name)
        switch dice.number(0...8) {
        case 0...2:
            let label = label()
            // Within a comprehension `A|B` would end the condition.
            return label == "A|B" ? "\(a):(A|B)" : "\(a):\(label)"
        case 3: return "\(a) <> \(b)"
        case 4: return "\(a) = \(b)"
        case 5: return "\(a) IS NULL"
        case 6: return "'A' IN labels(\(a))"
        case 7:
            guard let relationship = named(.relationship) else { return "\(a) IN [\(b)]" }
            return "startNode(\(relationship)) = \(a)"
        default:
            return named(.path).map { "\(a) IN nodes(\($0))" } ?? "NOT \(a):A"
        }
    }

    /// A pattern predicate or EXISTS.
    private mutating func exists() -> String {
        guard depth > 0 else { return comparison() }
        let not = dice.chance(0.4) ? "NOT " : ""
        if allowsPatterns, !variables(.node).isEmpty, dice.chance(0.4) {
            return innerPattern(newVariables: false) { not + $1 }
        }
        return innerPattern(newVariables: true) { generator, pattern in
            let condition =
                generator.dice.chance(0.6)
                ? " WHERE " + generator.withPatterns(true) { $0.boolean() } : ""
            switch generator.dice.number(0...4) {
            case 4:
                let value = generator.integer()
                return "\(not)\(generator.dice.number(0...2)) IN COLLECT { MATCH \(pattern)"
                    + "\(condition) RETURN \(value) AS one }"
            case 0: return "\(not)EXISTS { \(pattern)\(condition) }"
            case 1: return "\(not)EXISTS { MATCH \(pattern)\(condition) }"
            case 2:
                let isSelected = generator.dice.chance(generator.style.selected)
                let more =
                    isSelected ? generator.selectorMatch() : generator.match(optional: false)
                return "\(not)EXISTS { MATCH \(pattern)\(condition) \(more) RETURN 1 AS one }"
            default: return "\(not)EXISTS { MATCH \(pattern)\(condition) RETURN true AS t }"
            }
        }
    }
}
