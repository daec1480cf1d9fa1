// QueryGenerator+Paths: quantified paths and relationships, match modes, path modes and selectors.
// Variables whose values depend on which of several paths a selector took are used within the
// pattern only; the names of such paths begin with `q` where at least their length is sure.

/// How much of a path is the same whichever path a selector takes.
private enum PathCertainty {
    /// Its ends.
    case ends
    /// Its ends and its length.
    case length
    /// All paths are taken.
    case everything
}

extension QueryGenerator {
    // MARK: Pieces

    /// `-[r:T WHERE …]->{1,3}`
    mutating func quantifiedRelationship(isExpression: Bool = false) -> String {
        var inside = ""
        var name: String?
        if style.namesRelationships, dice.chance(0.5) {
            let fresh = freshName("r")
            inside = fresh
            name = fresh
        }
        if dice.chance(style.types) { inside += types() }
        if dice.chance(style.properties) { inside += " {w: \(dice.number(0...2))}" }
        if let name, dice.chance(0.3) {
            inside += " WHERE " + innerCondition([name], [.relationship])
        }
        if let name { scope.append(GeneratedVariable(name: name, type: .relationships)) }
        // In expressions `--{1}` is arithmetic.
        let isBare = inside.isEmpty && !isExpression
        return arrow(isBare ? "" : "[\(inside)]") + quantifier(atLeast: 0)
    }

    /// `((a)-[r]->(b) WHERE …){1,3}`
    mutating func quantifiedPath(atLeast minimum: Int = 0) -> String {
        var names: [String] = []
        var kinds: [GeneratedType] = []
        func add(_ name: String, _ type: GeneratedType) {
            names.append(name)
            kinds.append(type)
        }
        var text = ""
        let steps = dice.chance(0.75) ? 1 : 2
        for index in 0...steps {
            var inside = ""
            if dice.chance(0.6) {
                inside = freshName("n")
                add(inside, .node)
            } else if index == 2, dice.chance(0.3), let known = names.first, kinds[0] == .node {
                inside = known
            }
            if dice.chance(0.25) { inside += ":" + label() }
            if dice.chance(style.properties) { inside += " {i: \(dice.number(0...2))}" }
            text += "(\(inside))"
            if index == steps { break }
            var between = ""
            if dice.chance(0.5) {
                between = freshName("r")
                add(between, .relationship)
            }
            if dice.chance(style.types) { between += types() }
            text += arrow(between.isEmpty ? "" : "[\(between)]")
        }
        if !names.isEmpty, dice.chance(0.5) { text += " WHERE " + innerCondition(names, kinds) }
        for (name, kind) in zip(names, kinds) {
            let type: GeneratedType = kind == .node ? .nodes : .relationships
            scope.append(GeneratedVariable(name: name, type: type))
        }
        return "(\(text))" + quantifier(atLeast: minimum)
    }

    mutating func types() -> String {
        dice.pick(weighted: [
            (8, ":T"), (5, ":U"), (2, ":V"), (3, ":T|U"), (1, ":!T"), (1, ":!(T|V)"), (1, ":%"),
            (1, ":T&!U"), (1, ":$('T')"), (1, ":$($type)"), (1, ":V|$('T')"),
        ])
    }

    /// A condition on elements of one repetition; it sees earlier clauses, nothing of its own.
    private mutating func innerCondition(_ names: [String], _ kinds: [GeneratedType]) -> String {
        let (outer, failing) = (scope, style.failing)
        style.failing = 0
        scope = clauseScope
        for (name, kind) in zip(names, kinds) {
            scope.append(GeneratedVariable(name: name, type: kind))
        }
        defer { (scope, style.failing) = (outer, failing) }
        let number = dice.number(0...2)
        let nodes = zip(names, kinds).filter { $0.1 == .node }.map(\.0)
        let steps = zip(names, kinds).filter { $0.1 == .relationship }.map(\.0)
        if nodes.count > 1, dice.chance(0.4) {
            let sign = dice.pick(["<", "<>", "=", "<="])
            return "\(nodes[0]).i \(sign) \(nodes[nodes.count - 1]).i"
        }
        if let step = steps.last, dice.chance(0.5) {
            return dice.pick([
                "\(step).w > \(number)", "\(step).w <= \(number)", "NOT \(step):U",
                "\(step).w IS NOT NULL",
            ])
        }
        if let node = nodes.last, dice.chance(0.5) {
            return dice.pick(["\(node).i >= \(number)", "\(node):A", "NOT \(node):B|C"])
        }
        let depth = depth
        self.depth = min(depth, 2)
        defer { self.depth = depth }
        return withPatterns(true) { $0.boolean() }
    }

    private mutating func quantifier(atLeast minimum: Int) -> String {
        if !clauseIsBounded, dice.chance(0.35) {
            let some = ["+", "{1,}", "{2,}"]
            return dice.pick(minimum > 0 ? some : some + ["*", "{,}"])
        }
        let sure = ["{1}", "{2}", "{1,2}", "{1,3}", "{2,3}"]
        return dice.pick(minimum > 0 ? sure : sure + ["{0,1}", "{,2}", "{0,2}"])
    }

    // MARK: Clauses

    /// A path of a clause whose relationships may be quantified.
    mutating func quantifiedPattern(_ length: Int) -> String {
        clauseIsQuantified = true
        var text = ""
        var needsNode = true
        for index in 0..<length {
            guard dice.chance(0.35) else {
                if needsNode { text += node() }
                let isMany = dice.chance(style.manyLength)
                text += isMany ? quantifiedRelationship() : relationship()
                text += node()
                needsNode = false
                continue
            }
            // A node may be left out beside a path that stands for one node at least.
            let isBare = needsNode && dice.chance(0.2)
            if needsNode && !isBare { text += node() }
            text += " " + quantifiedPath(atLeast: isBare ? 1 : 0)
            needsNode = true
            if index + 1 < length, dice.chance(0.5) { continue }
            if isBare, dice.chance(0.3), index + 1 == length { return text }
            text += " " + node()
            needsNode = false
        }
        return text.isEmpty ? node() : text
    }

    /// `REPEATABLE ELEMENTS ` and the like; bounds what follows where it must be.
    mutating func matchMode() -> String {
        clauseIsBounded = false
        switch dice.number(0...9) {
        case 0, 1:
            clauseIsBounded = true
            return dice.pick(["REPEATABLE ELEMENTS ", "REPEATABLE ELEMENT BINDINGS "])
        case 2: return dice.pick(["DIFFERENT RELATIONSHIPS ", "DIFFERENT RELATIONSHIP "])
        default: return ""
        }
    }

    /// `ACYCLIC `; a path of most modes is finite by itself.
    mutating func pathPrefix() -> String {
        dice.chance(0.25) ? dice.pick(["TRAIL ", "ACYCLIC ", "SIMPLE ", "WALK ", "ALL "]) : ""
    }

    /// `MATCH p = SHORTEST 2 (a)-->+(b)`
    mutating func selectorMatch() -> String {
        let isOptional = dice.chance(style.optional)
        startClause()
        let isRepeatable = dice.chance(0.35)
        let (selector, tail, certainty): (String, String, PathCertainty) = dice.pick([
            ("ANY", "", .ends), ("ANY 2", "", .ends), ("ANY $one", " PATHS", .ends),
            ("ANY SHORTEST", "", .length), ("ANY SHORTEST", " PATH", .length),
            ("SHORTEST 1", "", .length), ("SHORTEST 2", "", .length),
            ("SHORTEST 3", " PATHS", .length), ("ALL SHORTEST", "", .everything),
            ("ALL SHORTEST", " PATHS", .everything), ("SHORTEST", " GROUP", .everything),
            ("SHORTEST 2", " GROUPS", .everything), ("ALL", "", .everything),
            ("SHORTEST 2", " PATH GROUPS", .everything),
        ])
        let mode = dice.chance(0.3) ? dice.pick([" TRAIL", " ACYCLIC", " SIMPLE", " WALK"]) : ""
        let isFinite = !isRepeatable || !["", " WALK"].contains(mode)
        let takesOne = ["ANY", "ANY SHORTEST", "SHORTEST 1", "ALL SHORTEST", "SHORTEST"]
        let isOpen = isFinite || takesOne.contains(selector) && dice.chance(0.6)
        clauseIsBounded = !isOpen
        clauseIsQuantified = true
        let before = scope
        let (start, startName) = selectedEnd()
        let middle = selectedMiddle(mayReuse: isFinite || !isOpen)
        // Endless walks go with no condition between an inner node and the end.
        let isEndless = !isFinite && isOpen
        let (end, endName) = selectedEnd(isEndless ? before.map(\.name) : nil)
        var element = start + middle + end
        let inner = scope.filter { variable in
            !before.contains { $0.name == variable.name }
        }
        if isFinite || !isOpen, dice.chance(0.3) {
            let names = [startName, endName] + inner.map(\.name)
            element = parenthesised(element, names, canName: selector != "ALL")
        }
        // Only what is sure stays known.
        let ends = inner.filter { $0.name == startName || $0.name == endName }
        scope = before + (certainty == .everything ? inner : ends)
        if certainty != .everything { hasHidden = true }
        var prefix = ""
        if certainty != .ends, dice.chance(0.7) {
            let name = freshName(certainty == .everything ? "p" : "q")
            prefix = "\(name) = "
            let type: GeneratedType = certainty == .everything ? .path : .shortestPath
            scope.append(GeneratedVariable(name: name, type: type))
        }
        var text = isOptional ? "OPTIONAL MATCH " : "MATCH "
        if isRepeatable { text += "REPEATABLE ELEMENTS " }
        text += "\(prefix)\(selector)\(mode)\(tail) \(element)"
        if isRepeatable, let endName, dice.chance(0.3) {
            text += ", (\(endName))-[:\(dice.pick(GraphGenerator.types))]->(\(freshMiddle()))"
        }
        if dice.chance(style.condition * 0.6) {
            text += " WHERE " + withPatterns(true) { $0.boolean() }
        }
        return text
    }

    /// A node at the end of a selected path: a known one, a new one or one without a name.
    private mutating func selectedEnd(
        _ choice: [String]? = nil
    ) -> (text: String, name: String?) {
        let known = variables(.node).map(\.name).filter { choice?.contains($0) ?? true }
        if !known.isEmpty, dice.chance(0.4) {
            let name = dice.pick(known)
            return ("(\(name))", name)
        }
        let label = dice.chance(0.5) ? ":" + self.label() : ""
        if dice.chance(0.15) { return ("(\(label))", nil) }
        let name = freshName("n")
        scope.append(GeneratedVariable(name: name, type: .node))
        let condition = dice.chance(0.1) ? " WHERE \(name).i > 0" : ""
        let properties = condition.isEmpty && dice.chance(0.08) ? " {i: 1}" : ""
        return ("(\(name)\(label)\(properties)\(condition))", name)
    }

    private mutating func selectedMiddle(mayReuse: Bool) -> String {
        switch dice.number(0...9) {
        case 0...3: return quantifiedRelationship()
        case 4...6: return " " + quantifiedPath() + " "
        case 7:
            let many = quantifiedRelationship()
            let node = mayReuse ? selectedEnd().text : "(\(freshMiddle()))"
            return many + node + relationship()
        case 8:
            let many = quantifiedRelationship() + "(\(freshMiddle()))"
            return many + quantifiedRelationship()
        default: return relationship()
        }
    }

    private mutating func freshMiddle() -> String {
        let name = freshName("n")
        scope.append(GeneratedVariable(name: name, type: .node))
        return dice.chance(0.5) ? name : "\(name):\(label())"
    }

    /// `(p = … WHERE …)`
    private mutating func parenthesised(
        _ element: String, _ names: [String?], canName: Bool
    ) -> String {
        let name = canName ? freshName("k") : ""
        let nodes = variables(.node).map(\.name).filter { names.contains($0) }
        let lists = variables(.relationships).map(\.name).filter { names.contains($0) }
        var tests = ["true"]
        if canName {
            tests = [
                "length(\(name)) > 1", "length(\(name)) % 2 = 0",
                "none(x IN nodes(\(name)) WHERE x:C)",
            ]
        }
        if let list = lists.last {
            tests += ["all(x IN \(list) WHERE x.w > 0)", "size(\(list)) < 3"]
        }
        if nodes.count > 1 { tests.append("\(nodes[0]).i < \(nodes[1]).i") }
        let test = dice.pick(tests)
        hasHidden = true
        let isNamed = canName && test.contains(name)
        return "(\(isNamed ? "\(name) = " : "")\(element) WHERE \(test))"
    }
}
