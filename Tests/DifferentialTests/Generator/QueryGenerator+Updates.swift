// QueryGenerator+Updates: update clauses whose result does not depend on the order of rows, unless
// that order is fixed.

extension QueryGenerator {
    mutating func updateClause() -> String {
        if hasDeleted { return "CREATE (:A {i: \(dice.number(0...3))})" }
        switch dice.number(0...11) {
        case 0...2: return create()
        case 3, 4: return merge()
        case 5...7: return set()
        case 8: return remove()
        case 9, 10: return delete()
        default:
            let list = isOrdered ? integers() : dice.pick(["[1, 2]", "[3, null]", "[]"])
            return "FOREACH (x IN \(list) | \(foreachBody()))"
        }
    }

    /// Update clauses over `x`, an integer or null.
    private mutating func foreachBody() -> String {
        var clauses = ["CREATE (:B {i: x})", "MERGE (:B {i: coalesce(x, 7)})"]
        if let node = variables(.node).last?.name {
            clauses += [
                "SET \(node).f = 2.5", "CREATE (:C {i: x})-[:U {w: x}]->(:A)",
                "FOREACH (y IN [x, 1] | CREATE (:C {m: y}))", "REMOVE \(node).s",
            ]
        }
        let first = dice.pick(clauses)
        return dice.chance(0.3) ? first + " " + dice.pick(clauses) : first
    }

    private mutating func create() -> String {
        // Nodes that may be null cannot be ends; those of plain MATCH clauses are not told apart
        // here, so only new ones are used unless a comparison of the two sides is wanted.
        let known = variables(.node)
        let number = steadyInteger()
        switch dice.number(0...4) {
        case 0:
            if dice.chance(0.2) { return "INSERT (\(fresh("n", .node)):A&B {i: \(number)})" }
            if dice.chance(0.2) {
                let start = fresh("n", .node)
                return "INSERT (\(start):$('C') {i: \(number)})-[:T {w: 1}]->(:B&D)"
            }
            if dice.chance(0.2) {
                return "CREATE (:$(['A', 'B']))-[:$($type) {w: \(number)}]->(:C)"
            }
            return "CREATE (\(fresh("n", .node)):A:B {i: \(number), s: 'new'})"
        case 1:
            let name = freshName("n")
            let text = "CREATE (\(name):C {i: \(number)})-[\(fresh("r", .relationship)):T {w: 7}]->"
                + "(:A {m: \(dice.number(0...2))})"
            scope.append(GeneratedVariable(name: name, type: .node))
            return text
        default:
            guard !known.isEmpty else { return "CREATE (:C {i: \(number)})" }
            let (a, b) = (dice.pick(known).name, dice.pick(known).name)
            if dice.chance(0.4) { return "CREATE (\(a))<-[:U {w: \(number)}]-(:B {i: 1})" }
            return "CREATE (\(a))-[\(fresh("r", .relationship)):V]->(\(b))"
        }
    }

    private mutating func fresh(_ prefix: String, _ type: GeneratedType) -> String {
        let name = freshName(prefix)
        scope.append(GeneratedVariable(name: name, type: type))
        return name
    }

    private mutating func merge() -> String {
        let known = variables(.node)
        let actions = [
            "", " ON CREATE SET n.b = true", " ON MATCH SET n.f = 0.5",
            " ON CREATE SET n.m = 1 ON MATCH SET n.m = 2",
        ]
        if !known.isEmpty, dice.chance(0.5) {
            let (a, b) = (dice.pick(known).name, dice.pick(known).name)
            if dice.chance(0.3) { return "MERGE (\(a))-[:U]->(:B {i: 1})" }
            if dice.chance(0.2) { return "MERGE (\(a))-[:U {w: \(dice.number(0...2))}]-(\(b))" }
            let name = fresh("r", .relationship)
            let action = isOrdered ? dice.pick(actions).replacing("n.", with: "\(name).") : ""
            isOrdered = false
            return "MERGE (\(a))-[\(name):T]->(\(b))\(action)"
        }
        let name = freshName("n")
        let value = dice.chance(0.5) ? "\(dice.number(0...3))" : "coalesce(\(steadyInteger()), 0)"
        // Whether a row creates or finds depends on the rows before it.
        let action = (isOrdered ? dice.pick(actions) : "").replacing("n.", with: "\(name).")
        scope.append(GeneratedVariable(name: name, type: .node))
        isOrdered = false
        return "MERGE (\(name):\(dice.pick(GraphGenerator.labels)) {i: \(value)})\(action)"
    }

    private mutating func set() -> String {
        let known = variables(.node)
        guard !known.isEmpty else { return "CREATE (:B {i: \(steadyInteger())})" }
        let name = dice.pick(known).name
        let constant = dice.number(0...4)
        var forms = [
            "\(name).i = \(constant)", "\(name).i = coalesce(\(name).i, 0) + 1",
            "\(name):C", "\(name):A:D", "\(name).s = 'set', \(name).b = false",
            "\(name) += {i: \(constant), s: null}", "\(name) = {i: \(constant)}",
            "\(name).i = null", "\(name).m = \(constant)", "\(name).f = 1.5, \(name):B",
        ]
        forms += [
            "\(name).u = \(constant)", "\(name).l = [\(constant), 1]",
            "\(name).f = 0.0 / 0.0", "\(name):$('K')", "\(name):$(['A', 'D'])",
            "\(name):$(CASE WHEN \(constant) > 2 THEN 'C' ELSE 'A' END)",
            "\(name)['i'] = \(constant)", "\(name)[$text] = \(constant)",
            "\(name).d = date('2020-01-31')", "\(name).t = duration('P1M')",
        ]
        // Copies of what no row of this clause changes.
        if variables(.node).count == 1 { forms.append("\(name) += properties(\(name))") }
        if isOrdered { forms.append("\(name).i = \(integer())") }
        if let relationship = variables(.relationship).last?.name {
            forms += [
                "\(relationship).w = \(constant)", "\(relationship).s = 'w'",
                "\(relationship) += {w: \(constant), x: 1}", "\(relationship) = {w: \(constant)}",
                "\(relationship)['w'] = null",
            ]
        }
        return "SET " + dice.pick(forms)
    }

    private mutating func remove() -> String {
        let known = variables(.node)
        guard !known.isEmpty else { return create() }
        let name = dice.pick(known).name
        return "REMOVE " + dice.pick([
            "\(name).i", "\(name):A", "\(name).m, \(name):B:C", "\(name)['i']",
            "\(name):$('A')", "\(name):$(['B', 'C']), \(name)[$text]",
        ])
    }

    private mutating func delete() -> String {
        let nodes = variables(.node)
        let relationships = variables(.relationship)
        guard !nodes.isEmpty || !relationships.isEmpty else { return create() }
        hasDeleted = true
        if let path = variables(.path).last?.name, dice.chance(0.4) {
            return "DETACH DELETE \(path)"
        }
        if !relationships.isEmpty, dice.chance(0.6) {
            return "DELETE \(dice.pick(relationships).name)"
        }
        guard !nodes.isEmpty else { return "DELETE \(dice.pick(relationships).name)" }
        let keyword = dice.pick(["DETACH ", "DETACH ", "DETACH ", "", "NODETACH "])
        return "\(keyword)DELETE \(dice.pick(nodes).name)"
    }
}
