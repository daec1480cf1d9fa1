// QueryGenerator+Linear: the clauses of GQL's linear composition: LET, FILTER, FOR, a page of its
// own, WHEN within CALL, NEXT.

extension QueryGenerator {
    mutating func linearClause() -> String {
        switch dice.number(0...5) {
        case 0: return letting()
        case 1:
            let keyword = dice.chance(0.5) ? "FILTER WHERE " : "FILTER "
            return keyword + withPatterns(true) { $0.boolean() }
        case 2: return forEach()
        case 3: return page()
        case 4: return conditional()
        default: return letting()
        }
    }

    private mutating func letting() -> String {
        let count = dice.number(1...2)
        var items: [String] = []
        var produced: [GeneratedVariable] = []
        for _ in 0..<count {
            let type = dice.pick([GeneratedType.integer, .text, .boolean, .mixed, .integers])
            let name = freshName("v")
            items.append("\(name) = \(expression(type))")
            produced.append(GeneratedVariable(name: name, type: type))
        }
        scope += produced
        return "LET " + items.joined(separator: ", ")
    }

    private mutating func forEach() -> String {
        let list = "[\(integer()), \(integer()), null]"
        let (name, place) = (freshName("v"), freshName("v"))
        scope.append(GeneratedVariable(name: name, type: .integer))
        guard dice.chance(0.5) else { return "FOR \(name) IN \(list)" }
        scope.append(GeneratedVariable(name: place, type: .integer))
        return "FOR \(name) IN \(list) WITH \(dice.pick(["ORDINALITY", "OFFSET"])) \(place)"
    }

    /// `ORDER BY … LIMIT …`, where it leaves nothing open.
    private mutating func page() -> String {
        guard !scope.isEmpty, scope.allSatisfy(\.type.isScalar) else { return letting() }
        isOrdered = true
        let order = "ORDER BY " + scope.map(\.name).joined(separator: ", ")
        return dice.chance(0.6) ? order + " LIMIT \(dice.number(0...4))" : order
    }

    private mutating func conditional() -> String {
        guard depth > 0, !scope.isEmpty else { return letting() }
        let outer = scope
        let name = freshName("v")
        depth -= 1
        let condition = boolean()
        let first = "RETURN \(integer()) AS \(name)"
        let unwound = " THEN { UNWIND [1, 2] AS y RETURN y AS \(name) }"
        let middle = dice.chance(0.3) ? " WHEN \(boolean())" + unwound : ""
        let second = match(optional: false) + " RETURN \(integer()) AS \(name)"
        depth += 1
        scope = outer
        let names = outer.map(\.name).joined(separator: ", ")
        scope.append(GeneratedVariable(name: name, type: .integer))
        isOrdered = false
        let otherwise = dice.chance(0.7) ? " ELSE { \(second) }" : ""
        return "CALL (\(names)) { WHEN \(condition) THEN \(first)\(middle)\(otherwise) }"
    }

    /// `WHEN … THEN { … } ELSE { … }` as the whole query.
    mutating func branches() -> String {
        let name = freshName("v")
        let (first, second) = (boolean(), boolean())
        var bodies: [String] = []
        for _ in 0..<3 {
            scope = []
            let text = match()
            bodies.append("{ \(text) RETURN \(integer()) AS \(name) }")
        }
        let middle = dice.chance(0.4) ? " WHEN \(second) THEN \(bodies[2])" : ""
        let otherwise = dice.chance(0.8) ? " ELSE \(bodies[1])" : ""
        return "WHEN \(first) THEN \(bodies[0])\(middle)\(otherwise)"
    }

    /// `RETURN … NEXT …`: the end of a query and another one.
    mutating func next() -> String {
        let (text, produced) = dice.chance(0.4) ? aggregatedItems() : plainItems()
        scope = produced
        isOrdered = false
        style.update = 0
        let first = dice.chance(0.5) ? match() + " " : ""
        return "RETURN \(text) NEXT \(first)" + finalReturn()
    }
}
