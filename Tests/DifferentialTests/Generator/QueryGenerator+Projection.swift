// QueryGenerator+Projection: WITH and RETURN.

extension QueryGenerator {
    /// Items without aggregates, and the variables they make.
    mutating func plainItems() -> (text: String, variables: [GeneratedVariable]) {
        var items: [String] = []
        var produced: [GeneratedVariable] = []
        for variable in scope where dice.chance(0.6) {
            items.append(variable.name)
            produced.append(variable)
        }
        for _ in 0..<dice.number(0...2) {
            var type = dice.pick([
                GeneratedType.integer, .integer, .float, .text, .boolean, .mixed, .integers, .map,
            ])
            let times: [GeneratedType] = [.date, .localDateTime, .duration, .time]
            if dice.chance(style.time) { type = dice.pick(times) }
            let name = freshName("v")
            items.append("\(expression(type)) AS \(name)")
            produced.append(GeneratedVariable(name: name, type: type))
        }
        if items.isEmpty {
            let name = freshName("v")
            items.append("\(integer()) AS \(name)")
            produced.append(GeneratedVariable(name: name, type: .integer))
        }
        return (items.joined(separator: ", "), produced)
    }

    /// `RETURN *`, or with more beside it.
    mutating func returnAll() -> String {
        if dice.chance(0.5) { return "RETURN *" }
        return "RETURN *, \(integer()) AS \(freshName("v"))"
    }

    /// Scalars only, so that sorting by all of them leaves nothing open.
    private mutating func scalarItems() -> (text: String, variables: [GeneratedVariable]) {
        var items: [String] = []
        var produced: [GeneratedVariable] = []
        for _ in 0..<dice.number(1...3) {
            var type = dice.pick([GeneratedType.integer, .integer, .text, .boolean, .float])
            if dice.chance(style.time) { type = dice.pick([.date, .localDateTime]) }
            let name = freshName("v")
            items.append("\(expression(type)) AS \(name)")
            produced.append(GeneratedVariable(name: name, type: type))
        }
        return (items.joined(separator: ", "), produced)
    }

    /// Grouping keys and aggregates.
    mutating func aggregatedItems() -> (text: String, variables: [GeneratedVariable]) {
        var items: [String] = []
        var produced: [GeneratedVariable] = []
        let keys = scope.filter { $0.type != .bag }
        for _ in 0..<dice.number(0...2) {
            if !keys.isEmpty, dice.chance(0.6) {
                let key = dice.pick(keys)
                if produced.contains(where: { $0.name == key.name }) { continue }
                items.append(key.name)
                produced.append(key)
            } else {
                var type = dice.pick([GeneratedType.integer, .text, .mixed, .boolean])
                if dice.chance(style.time) { type = dice.pick([.date, .time]) }
                let name = freshName("v")
                items.append("\(expression(type)) AS \(name)")
                produced.append(GeneratedVariable(name: name, type: type))
            }
        }
        for _ in 0..<dice.number(1...3) {
            let (text, type) = aggregate()
            let name = freshName(type == .bag ? "u" : "v")
            items.append("\(text) AS \(name)")
            produced.append(GeneratedVariable(name: name, type: type))
        }
        return (items.joined(separator: ", "), produced)
    }

    private mutating func aggregate() -> (String, GeneratedType) {
        let distinct = dice.chance(style.distinctAggregates) ? "DISTINCT " : ""
        switch dice.number(0...10) {
        case 0...2: return ("count(*)", .integer)
        case 3, 4:
            let entities = variables(.node, .relationship)
            let counted = entities.isEmpty ? integer() : dice.pick(entities).name
            return ("count(\(distinct)\(counted))", .integer)
        case 5: return ("count(\(distinct)\(integer()))", .integer)
        case 6: return ("sum(\(distinct)\(integer()))", .integer)
        case 7:
            if dice.chance(0.3) { return ("collect(\(distinct)\(mixed()))", .bag) }
            if dice.chance(0.3) {
                let name = dice.pick(["percentileDisc", "percentileCont"])
                return ("\(name)(\(integer()), \(dice.pick(["0.0", "0.5", "0.9", "1"])))", .float)
            }
            if dice.chance(0.2) { return ("stDevP(\(integer()))", .float) }
            return ("avg(\(integer()))", .float)
        case 8: return ("\(dice.pick(["min", "max"]))(\(integer()))", .integer)
        case 9: return ("collect(\(distinct)\(integer()))", .bag)
        default:
            if dice.chance(0.3) { return ("sum(\(expression(.float)))", .mixed) }
            if dice.chance(0.4) { return ("count(*) + \(dice.number(1...2))", .integer) }
            return ("\(dice.pick(["min", "max"]))(\(expression(.mixed)))", .mixed)
        }
    }

    private mutating func order(_ names: [String]) -> String {
        " ORDER BY "
            + names.shuffled(using: &dice).map { $0 + (dice.chance(0.4) ? " DESC" : "") }
            .joined(separator: ", ")
    }

    /// Sorted by values of all types, or by what is not returned.
    private mutating func returnSorted() -> String {
        let (text, produced) = plainItems()
        let sorted: [GeneratedType] = [.integer, .text, .mixed, .integers, .time, .duration]
        let sortable = produced.filter { sorted.contains($0.type) }
        var keys = sortable.map(\.name)
        if keys.isEmpty || dice.chance(0.4) { keys.append(mixed()) }
        let limit = dice.chance(0.5) ? " LIMIT \(dice.number(0...5))" : ""
        return "RETURN \(text)" + order(keys) + limit
    }

    mutating func with() -> String {
        if dice.chance(0.06), !scope.isEmpty, !hasHidden {
            let name = freshName("v")
            let text = "WITH *, \(integer()) AS \(name)"
            scope.append(GeneratedVariable(name: name, type: .integer))
            isOrdered = false
            return text + withCondition()
        }
        let distinct = dice.chance(style.distinct) ? "DISTINCT " : ""
        hasHidden = false
        if dice.chance(0.2) {
            let (text, produced) = scalarItems()
            scope = produced
            var result = "WITH \(distinct)\(text)" + order(produced.map(\.name))
            if dice.chance(0.3) { result += " SKIP \(dice.number(0...2))" }
            if dice.chance(0.6) { result += " LIMIT \(dice.number(0...5))" }
            isOrdered = true
            return result + withCondition()
        }
        let (text, produced) = dice.chance(0.4) ? aggregatedItems() : plainItems()
        scope = produced
        isOrdered = false
        return "WITH \(distinct)\(text)" + withCondition()
    }

    private mutating func withCondition() -> String {
        dice.chance(style.condition * 0.6)
            ? " WHERE " + withPatterns(true) { $0.boolean() } : ""
    }

    mutating func finalReturn() -> String {
        let distinct = dice.chance(style.distinct) ? "DISTINCT " : ""
        switch dice.number(0...9) {
        case 0, 1:
            if dice.chance(0.3) { return returnSorted() }
            let (text, produced) = scalarItems()
            var result = "RETURN \(distinct)\(text)" + order(produced.map(\.name))
            if dice.chance(0.3) { result += " SKIP \(dice.number(0...2))" }
            if dice.chance(0.7) { result += " LIMIT \(dice.number(0...6))" }
            return result
        case 2...5:
            let (text, produced) = aggregatedItems()
            let scalars = produced.filter { $0.type.isScalar }.map(\.name)
            let isSorted = !scalars.isEmpty && dice.chance(0.3)
            return "RETURN \(text)" + (isSorted ? order(scalars) : "")
        default:
            let (text, produced) = plainItems()
            let scalars = produced.filter { $0.type.isScalar }.map(\.name)
            var result = "RETURN \(distinct)\(text)"
            if !scalars.isEmpty, dice.chance(0.3) { result += order(scalars) }
            else if dice.chance(0.15) { result += " LIMIT \(dice.number(0...4))" }
            return result
        }
    }
}
