// StatementRun+ShowStatistics: SHOW STATISTICS: the exact counts, what the planner takes the values
// and degrees for, and how much of the graph has changed since each was found. What is not known
// yet is sampled now.

import NenCore

extension StatementRun {
    private static let columns = [
        "kind", "pattern", "count", "distinctValues", "nulls", "least", "greatest", "frequent",
        "mean", "maximum", "changesSince",
    ]

    /// One row for each label set, group of relationships, property, and type with direction.
    func showStatistics() throws -> ShowTable {
        var rows = [changesRow()] + countRows() + degreeRows()
        for owner in try transaction.propertyOwners() {
            try Interruption.check()
            if let estimate = transaction.knowledge.estimate(owner) {
                rows.append(propertyRow(owner, estimate))
            }
        }
        rows.sort { left, right in
            let first = (left[0].displayText, left[1].displayText)
            return first < (right[0].displayText, right[1].displayText)
        }
        return ShowTable(columns: StatementRun.columns, rows: rows)
    }

    /// A row whose columns behind the third are null where they are not given.
    private func row(
        _ kind: String, _ pattern: String, _ count: Double, _ more: [String: Value] = [:]
    ) -> [Value] {
        let first: [Value] = [.string(kind), .string(pattern), whole(count)]
        return first + StatementRun.columns.dropFirst(3).map { more[$0] ?? .null }
    }

    /// How fresh the estimates are: changes since, and at how many they are made anew.
    private func changesRow() -> [Value] {
        let changes = transaction.estimateChanges
        return row(
            "changes", "since the estimates", Double(changes.count),
            ["maximum": whole(Double(changes.most))])
    }

    private func age(_ changes: UInt64?) -> Value {
        changes.map { .integer(Int64(clamping: $0)) } ?? .null
    }

    private func whole(_ count: Double) -> Value { .integer(Int64(count.rounded())) }

    private func countRows() -> [[Value]] {
        let statistics = transaction.statistics
        var rows: [[Value]] = []
        for (set, count) in statistics.nodesPerLabelSet.enumerated() where count > 0 {
            rows.append(row("nodes", "(\(setText(UInt32(set))))", Double(count)))
        }
        for (group, count) in statistics.relationshipsPerGroup where count > 0 {
            let type = catalog.types[Int(group.type)]
            let text = "(\(setText(group.sourceSet)))-[:\(type)]->(\(setText(group.targetSet)))"
            rows.append(row("relationships", text, Double(count)))
        }
        for (type, count) in statistics.selfLoopsPerType.enumerated() where count > 0 {
            rows.append(row("loops", "()-[:\(catalog.types[type])]->()", Double(count)))
        }
        return rows
    }

    /// How many nodes have relationships of a type in a direction, and how many each.
    private func degreeRows() -> [[Value]] {
        guard let degrees = transaction.knowledge.degrees(atHand: false) else { return [] }
        return degrees.moments.map { end, sets in
            var all = DegreeMoments()
            for moments in sets.values { all.add(moments) }
            let type = catalog.types[Int(end.type)]
            return row(
                "degrees", end.isIncoming ? "()<-[:\(type)]-" : "()-[:\(type)]->", all.nodeCount,
                [
                    "mean": .float(all.total / max(1, all.nodeCount)),
                    "maximum": whole(all.maximum),
                    "changesSince": age(transaction.changesSinceDegrees),
                ])
        }
    }

    private func propertyRow(_ owner: PropertyOwner, _ estimate: PropertyEstimate) -> [Value] {
        let name = self.owner(owner.entity, owner.labelOrType).displayText
        let key = catalog.keys[Int(owner.key)]
        let frequent = estimate.frequent.prefix(StatementRun.frequentShown).map { one in
            Value.list([one.value, whole(one.share * estimate.entityCount)])
        }
        var more: [String: Value] = [
            "distinctValues": whole(estimate.distinctCount),
            "nulls": whole(estimate.nullFraction * estimate.entityCount),
            "least": estimate.minimum ?? .null, "greatest": estimate.maximum ?? .null,
            "frequent": .list(Array(frequent)),
            "changesSince": age(transaction.changes(sinceEstimateOf: owner)),
        ]
        if let mean = estimate.meanBytes ?? estimate.meanElements { more["mean"] = .float(mean) }
        let pattern = owner.entity == .node ? "(:\(name)).\(key)" : "[:\(name)].\(key)"
        return row("property", pattern, estimate.entityCount, more)
    }

    /// Frequent values that are shown.
    private static let frequentShown = 5

    private func setText(_ set: UInt32) -> String {
        if set == GraphStatistics.foldedSet { return "other" }
        return catalog.labelSets[Int(set)].map { ":" + catalog.labels[Int($0)] }.sorted().joined()
    }
}
