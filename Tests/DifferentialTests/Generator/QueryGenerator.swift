// QueryGenerator: random queries that are valid by construction: every variable has a type, and
// expressions are made of the type that is wanted. Results are determined up to the order of rows:
// SKIP and LIMIT within a query come only behind a total order, and updates that depend on the
// order of rows only where that order is fixed. Names that begin with `u` stand for lists in open
// order, those with `q` for one of several shortest paths.

/// Types of generated expressions.
enum GeneratedType: CaseIterable {
    case integer, float, text, boolean, mixed, integers
    case node, relationship, path, nodes, relationships
    case map
    case date, localDateTime, duration
    /// A moment, duration or point.
    case time
    /// A list whose order is open.
    case bag
    /// One of several shortest paths: only its ends and its length are known.
    case shortestPath

    var isScalar: Bool {
        switch self {
        case .integer, .float, .text, .boolean, .date, .localDateTime: true
        default: false
        }
    }
}

struct GeneratedVariable {
    var name: String
    var type: GeneratedType
}

/// How likely the parts of a query are; one style per query makes unusual mixtures likely.
struct QueryStyle {
    var clauses = 1...3
    var patterns = 1...2
    var length = 0...2
    var reuse = 0.5
    var anonymous = 0.25
    var undirected = 0.25
    var manyLength = 0.08
    /// The same within EXISTS and its kin, at most.
    var innerManyLength = 0.15
    /// DISTINCT over rows, and within aggregates.
    var distinct = 0.2
    var distinctAggregates = 0.3
    /// Clauses with quantifiers, and paths that are selected.
    var quantified = 0.04
    var selected = 0.02
    var label = 0.45
    var types = 0.6
    var properties = 0.12
    var condition = 0.5
    var optional = 0.25
    var subquery = 0.12
    var update = 0.0
    var shortest = 0.0
    /// Moments, durations and points.
    var time = 0.02
    /// Expressions that may fail.
    var failing = 0.0
    /// Whether relationships may get names: not in pattern predicates.
    var namesRelationships = true

    /// One of the shapes that the optimizer treats in ways of its own.
    static func random(_ dice: inout Dice) -> QueryStyle {
        var style = QueryStyle()
        if dice.chance(0.08) { style.failing = 0.4 }
        switch dice.number(0...11) {
        case 11:
            // Ends that are asked for without their paths.
            style.manyLength = 0.8
            style.innerManyLength = 0.8
            style.patterns = 1...1
            style.length = 1...1
            style.clauses = 1...2
            style.undirected = 0.5
            style.distinct = 0.8
            style.distinctAggregates = 0.95
            style.subquery = 0.3
            style.namesRelationships = dice.chance(0.2)
        case 9:
            style.quantified = 0.7
            style.manyLength = 0.4
            style.length = 1...2
        case 10:
            style.selected = 0.6
            style.quantified = 0.3
        case 0:
            // Trees to be counted.
            style.patterns = 1...3
            style.length = 1...3
            style.condition = 0.2
            style.properties = 0.03
            style.clauses = 1...2
        case 1:
            // Cycles.
            style.length = 2...3
            style.reuse = 0.75
            style.anonymous = 0.1
        case 2:
            // Joins by equality.
            style.patterns = 2...3
            style.length = 0...1
            style.reuse = 0.1
            style.condition = 0.9
        case 3:
            style.optional = 0.7
            style.condition = 0.7
            style.clauses = 2...4
        case 4:
            style.subquery = 0.5
            style.condition = 0.8
        case 5:
            style.manyLength = 0.4
            style.patterns = 1...1
        case 6:
            style.update = 0.6
            style.clauses = 1...4
        case 7: style.shortest = 0.5
        default: break
        }
        if dice.chance(0.2) { style.undirected = 0.7 }
        if dice.chance(0.15) { style.time = 0.35 }
        if dice.chance(0.2) { style.types = 0.1 }
        return style
    }
}

struct QueryGenerator {
    var dice: Dice
    var style: QueryStyle
    var scope: [GeneratedVariable] = []
    /// Relationship variables of the MATCH being made: none may come twice.
    var closedRelationships: Set<String> = []
    /// What was known before the MATCH being made, and whether its quantifiers need bounds.
    var clauseScope: [GeneratedVariable] = []
    var clauseIsBounded = false
    /// No `-[*]-` may stand in the clause.
    var clauseIsQuantified = false
    /// Variables that are not in `scope` exist, so that `*` must not be written.
    var hasHidden = false
    private var nameCount = 0
    /// How deep expressions and subqueries may still go.
    var depth = 3
    /// Whether the order of rows is fixed, so that updates may depend on it.
    var isOrdered = true
    /// Entities may be gone: they are not looked at any more.
    var hasDeleted = false
    private(set) var isUpdate = false
    /// Whether a pattern may stand as a condition here.
    var allowsPatterns = false

    init(seed: UInt64) {
        dice = Dice(seed: seed)
        style = QueryStyle.random(&dice)
    }

    mutating func freshName(_ prefix: String) -> String {
        nameCount += 1
        return "\(prefix)\(nameCount)"
    }

    /// An integer that an update may compute whatever the order of rows: it does not look at what
    /// rows before may have changed.
    mutating func steadyInteger() -> String {
        if isOrdered { return integer() }
        let depth = depth
        self.depth = 0
        defer { self.depth = depth }
        return integer()
    }

    /// What `make` gives where patterns may or may not stand as conditions.
    mutating func withPatterns(
        _ allowed: Bool, _ make: (inout QueryGenerator) -> String
    ) -> String {
        let before = allowsPatterns
        allowsPatterns = allowed
        defer { allowsPatterns = before }
        return make(&self)
    }

    func variables(_ types: GeneratedType...) -> [GeneratedVariable] {
        scope.filter { types.contains($0.type) }
    }

    /// A whole query.
    mutating func query() -> String {
        if style.update == 0, dice.chance(0.06) { return union() }
        if dice.chance(0.12) { return countingQuery() }
        if style.update == 0, dice.chance(0.02) { return branches() }
        var clauses: [String] = []
        for _ in 0..<dice.number(style.clauses) { clauses.append(clause()) }
        if isUpdate && dice.chance(0.3) {
            clauses.append(updateClause())
            return clauses.joined(separator: " ")
        }
        if hasDeleted {
            clauses.append("RETURN count(*) AS c")
        } else if dice.chance(0.06) {
            clauses.append(next())
        } else if isUpdate, dice.chance(0.05) {
            clauses.append("FINISH")
        } else {
            let takesAll = dice.chance(0.05) && !scope.isEmpty && !hasHidden
            clauses.append(takesAll ? returnAll() : finalReturn())
        }
        return clauses.joined(separator: " ")
    }

    private mutating func clause() -> String {
        if dice.chance(style.update) {
            isUpdate = true
            return updateClause()
        }
        if hasDeleted { return "WITH count(*) AS \(forgetAll())" }
        if dice.chance(style.shortest) { return shortestMatch() }
        if dice.chance(style.selected) { return selectorMatch() }
        return dice.chance(0.6) ? match() : otherClause()
    }

    /// Behind DELETE nothing but the number of rows goes on.
    private mutating func forgetAll() -> String {
        let name = freshName("v")
        scope = [GeneratedVariable(name: name, type: .integer)]
        hasDeleted = false
        return name
    }

    private mutating func otherClause() -> String {
        switch dice.number(0...9) {
        case 0...2:
            let list = expression(.integers)
            let name = freshName("v")
            scope.append(GeneratedVariable(name: name, type: .integer))
            return "UNWIND \(list) AS \(name)"
        case 3:
            let (list, type): (String, GeneratedType) = dice.pick([
                (expression(.nodes), .node), (expression(.integers), .integer),
                (mixedList(), .mixed), ("[\(expression(.map)), \(expression(.map))]", .map),
            ])
            let name = freshName("v")
            scope.append(GeneratedVariable(name: name, type: type))
            return "UNWIND \(list) AS \(name)"
        case 4: return callSubquery()
        case 5, 6: return linearClause()
        default: return with()
        }
    }

    /// `CALL (x) { … }`
    private mutating func callSubquery() -> String {
        guard depth > 0, !scope.isEmpty else { return with() }
        let imports = scope.filter { _ in dice.chance(0.6) }
        if style.update > 0, dice.chance(0.5) { return callUpdate(imports) }
        let outer = scope
        scope = imports
        depth -= 1
        let inner = dice.chance(style.selected) ? selectorMatch() : match()
        let (items, produced) = dice.chance(0.5) ? aggregatedItems() : plainItems()
        depth += 1
        scope = outer
        isOrdered = false
        if produced.contains(where: { item in outer.contains { $0.name == item.name } }) {
            return match()
        }
        scope += produced
        let body = "\(inner) RETURN \(items)"
        let names = imports.map(\.name).joined(separator: ", ")
        if dice.chance(0.2) { return "OPTIONAL CALL (\(names)) { \(body) }" }
        if dice.chance(0.1), !imports.isEmpty { return "CALL { WITH \(names) \(body) }" }
        if dice.chance(0.1), imports.count == outer.count, !hasHidden {
            return "CALL (*) { \(body) }"
        }
        guard dice.chance(0.2) else { return "CALL (\(names)) { \(body) }" }
        // The same columns again, from nothing.
        let constants = produced.map { "null AS \($0.name)" }.joined(separator: ", ")
        let kind = dice.chance(0.5) ? "UNION ALL" : "UNION"
        return "CALL (\(names)) { \(body) \(kind) RETURN \(constants) }"
    }

    /// `CALL (n) { CREATE … }`: updates row by row.
    private mutating func callUpdate(_ imports: [GeneratedVariable]) -> String {
        let outer = scope
        scope = imports
        isUpdate = true
        isOrdered = false
        let body = updateClause()
        scope = outer
        let names = imports.map(\.name).joined(separator: ", ")
        guard dice.chance(0.5) else { return "CALL (\(names)) { \(body) }" }
        let name = freshName("v")
        if !hasDeleted { scope.append(GeneratedVariable(name: name, type: .integer)) }
        return "CALL (\(names)) { \(body) RETURN \(dice.number(0...3)) AS \(name) }"
    }

    /// A count over a pattern, as the optimizer likes it.
    private mutating func countingQuery() -> String {
        style.manyLength = 0
        style.patterns = 1...3
        style.length = 1...2
        style.properties = 0.03
        let isPlain = dice.chance(0.7)
        if isPlain { style.condition = 0 }
        var text = match(optional: false)
        let nodes = variables(.node)
        if isPlain, nodes.count > 1, dice.chance(0.4) {
            text += " WHERE \(dice.pick(nodes).name) <> \(dice.pick(nodes).name)"
        }
        while dice.chance(0.35) { text += " " + match(optional: dice.chance(0.7)) }
        let entities = variables(.node, .relationship)
        if dice.chance(0.6) || entities.isEmpty { return text + " RETURN count(*) AS c" }
        let counted = dice.pick(entities).name
        if dice.chance(0.6) {
            return text + " RETURN count(\(dice.chance(0.3) ? "DISTINCT " : "")\(counted)) AS c"
        }
        return text + " RETURN \(dice.pick(entities).name) AS k, count(\(counted)) AS c"
    }

    private mutating func union() -> String {
        let count = dice.number(1...2)
        var types: [GeneratedType] = []
        for _ in 0..<count { types.append(dice.pick([.integer, .text, .mixed, .node])) }
        let kind = dice.chance(0.5) ? " UNION " : " UNION ALL "
        var parts: [String] = []
        for _ in 0..<dice.number(2...3) {
            scope = []
            let text = match(optional: dice.chance(0.2))
            let items = types.enumerated().map { index, type -> String in
                let isMissing = type == .node && variables(.node).isEmpty
                return "\(expression(isMissing ? .text : type)) AS c\(index)"
            }
            parts.append(text + " RETURN " + items.joined(separator: ", "))
        }
        return parts.joined(separator: kind)
    }
}
