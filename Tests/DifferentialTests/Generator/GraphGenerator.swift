// GraphGenerator: small random graphs with loops, parallel relationships, missing properties and
// one key (`m`) whose values have different types.

/// Makes graphs and the schema beside them.
struct GraphGenerator {
    static let labels = ["A", "B", "C"]
    static let types = ["T", "U", "V"]

    /// A random graph.
    static func graph(_ dice: inout Dice) -> ModelGraph {
        var graph = ModelGraph()
        // Many label sets make many chunks, so that several threads have something to do.
        let isWide = dice.chance(0.15)
        let labels = isWide ? labels + ["D", "E"] : labels
        let share = dice.pick([0.2, 0.5, 0.8])
        let nodeCount = isWide ? dice.number(16...22) : dice.number(0...dice.pick([4, 8, 12]))
        for _ in 0..<nodeCount {
            var node = ModelNode()
            for label in labels where dice.chance(share) { node.labels.insert(label) }
            node.properties = properties(&dice)
            if dice.chance(0.6) {
                let number = Int64(graph.nodes.count)
                node.properties[uniqueKey] =
                    dice.chance(0.2) ? .float(Double(number)) : .integer(number)
            }
            graph.nodes.append(node)
        }
        if nodeCount == 0 { return graph }
        let hasLoops = dice.chance(0.6)
        let typeCount = dice.number(1...3)
        for _ in 0..<dice.number(0...nodeCount * 2) {
            let source = dice.number(0...nodeCount - 1)
            var target = dice.chance(0.15) ? source : dice.number(0...nodeCount - 1)
            if target == source && !hasLoops { target = (source + 1) % nodeCount }
            if target == source && !hasLoops { continue }
            var relationship = ModelRelationship(
                type: types[dice.number(0...typeCount - 1)], source: source, target: target)
            if dice.chance(0.6) {
                relationship.properties["w"] = .integer(Int64(dice.number(0...3)))
            }
            if dice.chance(0.3) { relationship.properties["s"] = .string(dice.pick(texts)) }
            graph.relationships.append(relationship)
            if dice.chance(0.15) { graph.relationships.append(relationship) }
        }
        return graph
    }

    /// A key whose values differ from node to node.
    static let uniqueKey = "u"
    static let constraint = "CREATE CONSTRAINT FOR (n:A) REQUIRE n.u IS UNIQUE"

    static let texts = ["a", "b", "ab", "", "Abc"]

    private static func properties(_ dice: inout Dice) -> [String: ModelValue] {
        var result: [String: ModelValue] = [:]
        if dice.chance(0.75) { result["i"] = .integer(Int64(dice.number(-1...3))) }
        if dice.chance(0.4) { result["f"] = .float(dice.pick([-1.5, 0.5, 1.0, 2.5])) }
        if dice.chance(0.6) { result["s"] = .string(dice.pick(texts)) }
        if dice.chance(0.4) { result["b"] = .boolean(dice.chance(0.5)) }
        if dice.chance(0.5) {
            result["m"] = dice.pick([
                .integer(1), .integer(2), .float(1.5), .string("a"), .string("1"),
                .boolean(true), .list([.integer(1)]), .float(.nan), .float(1.0),
                .list([.integer(1), .string("a")]), .float(.infinity),
            ])
        }
        if dice.chance(0.3) {
            let count = dice.number(0...3)
            result["l"] = .list((0..<count).map { _ in .integer(Int64(dice.number(0...3))) })
        }
        if dice.chance(0.4), let date = ModelMoment(.date, dice.pick(dates)) {
            result["d"] = .moment(date)
        }
        if dice.chance(0.3) {
            result["t"] = dice.pick([
                ModelMoment(.date, dates[0]), ModelMoment(.localDateTime, localDateTimes[1]),
                ModelMoment(.dateTime, "2020-02-29T12:00:00+02:00"),
                ModelMoment(.time, "10:30:00+01:00"), ModelMoment(.localTime, "10:30:00"),
            ].compactMap { $0.map { .moment($0) } })
            if dice.chance(0.2), let duration = ModelDuration(dice.pick(durations)) {
                result["t"] = .duration(duration)
            }
        }
        if dice.chance(0.2) {
            let place = [Double(dice.number(0...2)), dice.pick([0.5, 1, 3])]
            result["p"] = .point(ModelPoint(system: 7_203, coordinates: place))
        }
        return result
    }

    static let dates = ["2020-02-29", "2020-01-31", "2019-12-30", "2021-01-02", "1969-07-20"]
    static let localDateTimes = [
        "2020-01-31T23:30:00", "2020-02-29T10:20:30.5", "2019-12-31T00:00:00",
        "1969-12-31T23:59:59",
    ]
    static let durations = [
        "P1M", "P30D", "PT36H", "P1Y2M3DT4H5M6.5S", "P-1M", "PT-90M", "P2W", "PT0S",
    ]
    static let points = ["{x: 1, y: 3}", "{x: 0.0, y: 0.5}", "{x: 2, y: 1, z: 3}"]
    /// Moments of kinds that have no expressions of their own.
    static let moments = [
        "datetime('2020-02-29T10:00:00+00:00')", "datetime('2020-02-29T11:30:00+02:00')",
        "time('10:30:00+01:00')", "time('09:00:00-02:00')", "localtime('10:30:00')",
        "localtime('23:59:59.5')",
    ]

    /// Statements that come before the graph: indexes.
    static func schema(_ dice: inout Dice) -> [String] {
        let all = [
            "CREATE INDEX FOR (n:A) ON (n.i)", "CREATE INDEX FOR (n:B) ON (n.s)",
            "CREATE INDEX FOR (n:C) ON (n.m)", "CREATE INDEX FOR (n:A) ON (n.i, n.s)",
            "CREATE INDEX FOR ()-[r:T]-() ON (r.w)", "CREATE INDEX FOR (n:B) ON (n.f)",
            "CREATE INDEX FOR (n:B) ON (n.i)", "CREATE INDEX FOR (n:A) ON (n.d)",
            "CREATE INDEX FOR (n:B) ON (n.t)", "CREATE INDEX FOR (n:C) ON (n.p)",
        ]
        let indexes = dice.chance(0.4) ? [] : all.filter { _ in dice.chance(0.4) }
        return dice.chance(0.3) ? indexes + [constraint] : indexes
    }

    /// Statements behind it: whether something was there and went.
    static func afterwards(_ dice: inout Dice) -> [String] {
        guard dice.chance(0.3) else { return [] }
        return [
            "UNWIND range(1, \(dice.number(1...5))) AS x MATCH (n) CREATE (:A:Z {i: 1})-[:T]->(n)"
                + "-[:U]->(:Z)",
            "MATCH (n:Z) DETACH DELETE n",
        ]
    }
}
