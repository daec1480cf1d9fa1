// QueryGenerator+Patterns: MATCH clauses and the patterns within them.

extension QueryGenerator {
    /// A MATCH clause with its WHERE.
    mutating func match(optional: Bool? = nil) -> String {
        let isOptional = optional ?? dice.chance(style.optional)
        startClause()
        let isQuantified = dice.chance(style.quantified)
        let mode = isQuantified || dice.chance(0.03) ? matchMode() : ""
        var patterns: [String] = []
        for _ in 0..<dice.number(style.patterns) {
            let isNamed = dice.chance(isQuantified ? 0.2 : 0.08)
            let length = dice.number(style.length)
            if isQuantified {
                let prefix = pathPrefix()
                patterns.append(named(isNamed, prefix, quantifiedPattern(max(1, length))))
            } else {
                clauseIsQuantified = !mode.isEmpty
                patterns.append(pattern(length, isNamed: isNamed))
            }
        }
        var text = (isOptional ? "OPTIONAL MATCH " : "MATCH ") + mode
            + patterns.joined(separator: ", ")
        if dice.chance(style.condition) {
            text += " WHERE " + withPatterns(true) { $0.condition() }
        }
        return text
    }

    /// A shortest path between two nodes, which are the clause's own or known before.
    mutating func shortestMatch() -> String {
        let isOptional = dice.chance(style.optional)
        startClause()
        var ends: [String] = []
        var patterns: [String] = []
        let known = variables(.node).map(\.name)
        for _ in 0..<2 {
            if !known.isEmpty, dice.chance(0.6) {
                ends.append(dice.pick(known))
                continue
            }
            let name = freshName("n")
            ends.append(name)
            let label = dice.chance(0.6) ? ":" + self.label() : ""
            patterns.append("(\(name)\(label))")
        }
        if dice.chance(0.2) { patterns = [] }
        for name in ends where !known.contains(name) {
            scope.append(GeneratedVariable(name: name, type: .node))
        }
        let isAll = dice.chance(0.5)
        let path = freshName(isAll ? "p" : "q")
        let types = dice.pick(["", "", ":T", ":T|U"])
        let length = dice.pick(["*", "*..2", "*1..3", "*0..", "*..4"])
        let relationship = arrow("[\(types)\(length)]")
        let function = isAll ? "allShortestPaths" : "shortestPath"
        patterns.append("\(path) = \(function)((\(ends[0]))\(relationship)(\(ends[1])))")
        scope.append(GeneratedVariable(name: path, type: isAll ? .path : .shortestPath))
        var text = (isOptional ? "OPTIONAL MATCH " : "MATCH ") + patterns.joined(separator: ", ")
        if dice.chance(0.3) {
            text += " WHERE \(dice.pick(ends)).\(dice.pick(["i > 0", "s = 'a'", "b"]))"
        }
        return text
    }

    /// A WHERE that likes equalities between different nodes.
    mutating func condition() -> String {
        let nodes = variables(.node)
        if nodes.count > 1, dice.chance(0.35) {
            let (a, b) = (dice.pick(nodes).name, dice.pick(nodes).name)
            let key = dice.pick(["i", "s", "f", "m", "l"])
            let test = dice.pick(weighted: [
                (6, "\(a).\(key) = \(b).\(key)"), (2, "\(a).i = \(b).m"), (2, "\(a) <> \(b)"),
                (1, "\(a) = \(b)"), (1, "\(a).i < \(b).i"), (1, "\(a).i = \(b).i + 1"),
                (1, "[\(a).i, 1] = [\(b).i, 1]"), (1, "\(a).i IN [\(b).i, \(b).m]"),
                (1, "(\(a).f - \(a).f) / 0.0 = (\(b).f - \(b).f) / 0.0"),
            ])
            return dice.chance(0.4) ? test + " AND " + boolean() : test
        }
        return boolean()
    }

    /// `(a)-[r]->(b)…` with `length` relationships; new variables go into scope.
    mutating func pattern(_ length: Int, isNamed: Bool = false) -> String {
        var text = node()
        for _ in 0..<length {
            text += relationship()
            text += node()
        }
        return named(isNamed, "", text)
    }

    /// `p = ACYCLIC …`, or less.
    private mutating func named(_ isNamed: Bool, _ prefix: String, _ text: String) -> String {
        guard isNamed else { return prefix + text }
        let name = freshName("p")
        scope.append(GeneratedVariable(name: name, type: .path))
        return "\(name) = \(prefix)\(text)"
    }

    /// What holds at the beginning of every MATCH.
    mutating func startClause() {
        closedRelationships = []
        isOrdered = false
        clauseScope = scope
        clauseIsBounded = false
        clauseIsQuantified = false
    }

    mutating func node() -> String {
        var inside = ""
        let known = variables(.node)
        var isKnown = false
        if !known.isEmpty, dice.chance(style.reuse) {
            // The latest ones more often: they make chains and cycles.
            let recent = known.suffix(3)
            inside = dice.chance(0.6) ? dice.pick(Array(recent)).name : dice.pick(known).name
            isKnown = true
        }
        var fresh: String?
        if !isKnown, !dice.chance(style.anonymous) {
            let name = freshName("n")
            inside = name
            fresh = name
        }
        if dice.chance(isKnown ? 0.1 : style.label) { inside += ":" + label() }
        if dice.chance(isKnown ? 0.03 : style.properties) { inside += " " + properties() }
        if let fresh {
            scope.append(GeneratedVariable(name: fresh, type: .node))
            if depth > 1, dice.chance(0.02) { inside += " WHERE \(fresh).i > 0" }
        }
        return "(\(inside))"
    }

    mutating func label() -> String {
        let name = dice.pick(GraphGenerator.labels)
        return dice.pick(weighted: [
            (14, name), (1, "A|B"), (1, "!\(name)"), (1, "A&!B"), (1, "B:C"), (1, "%"),
        ])
    }

    private mutating func properties() -> String {
        if dice.chance(0.3), let number = variables(.integer).last {
            return "{i: \(number.name)}"
        }
        return dice.pick([
            "{u: 1}", "{u: 2.0}", "{i: $one}", "{m: [1]}", "{s: $text}", "{i: null}",
            "{i: 1}", "{i: 2}", "{s: 'a'}", "{m: 1}", "{i: 1, s: 'b'}", "{b: true}", "{i: 1.0}",
        ])
    }

    mutating func relationship() -> String {
        var inside = ""
        let isMany = !clauseIsQuantified && dice.chance(style.manyLength)
        let known = variables(.relationship).filter { !closedRelationships.contains($0.name) }
        if !isMany, !known.isEmpty, dice.chance(0.06) {
            let name = dice.pick(known).name
            closedRelationships.insert(name)
            return arrow("[\(name)]")
        }
        if style.namesRelationships, dice.chance(isMany ? 0.3 : 0.4) {
            let name = freshName("r")
            inside = name
            closedRelationships.insert(name)
            scope.append(
                GeneratedVariable(name: name, type: isMany ? .relationships : .relationship))
        }
        if dice.chance(style.types) {
            inside += types()
        }
        if isMany {
            inside += dice.pick(["*", "*1..2", "*0..1", "*2", "*0..2", "*..2", "*2..3", "*0.."])
        }
        if dice.chance(style.properties * 0.7) { inside += " {w: \(dice.number(0...2))}" }
        return arrow(inside.isEmpty ? "" : "[\(inside)]")
    }

    mutating func arrow(_ inside: String) -> String {
        if dice.chance(style.undirected) { return "-\(inside)-" }
        return dice.chance(0.65) ? "-\(inside)->" : "<-\(inside)-"
    }

    /// A pattern for EXISTS, COUNT and comprehensions, at least one relationship long; `body` is
    /// made while its variables are in scope.
    mutating func innerPattern<Text>(
        newVariables: Bool, _ body: (inout QueryGenerator, String) -> Text
    ) -> Text {
        let (outer, outerStyle, closed) = (scope, style, closedRelationships)
        let outerClause = (clauseScope, clauseIsBounded, clauseIsQuantified)
        (clauseScope, clauseIsBounded, clauseIsQuantified) = (scope, false, false)
        depth -= 1
        closedRelationships = []
        style.manyLength = min(style.manyLength, style.innerManyLength)
        style.reuse = 0.55
        if !newVariables {
            style.anonymous = 1
            style.namesRelationships = false
        }
        let isQuantified = dice.chance(style.quantified * 0.5)
        let text = isQuantified ? quantifiedStep() : pattern(dice.number(1...2))
        let result = body(&self, text)
        depth += 1
        (clauseScope, clauseIsBounded, clauseIsQuantified) = outerClause
        (scope, style, closedRelationships) = (outer, outerStyle, closed)
        return result
    }

    /// `(a)-[:T]->+(b)`
    private mutating func quantifiedStep() -> String {
        let start = node()
        let many = quantifiedRelationship(isExpression: true)
        return start + many + node()
    }
}
