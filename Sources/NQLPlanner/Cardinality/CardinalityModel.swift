// CardinalityModel: how many nodes carry labels and how many relationships run between them, from
// the statistics of the snapshot. Label questions are answered over label sets, so conjunctions,
// disjunctions and negations of labels are exact; so are relationship counts, as long as no label
// set was folded. Answers are kept, since the join order asks the same ones many times.

import NQLPlan
import NQLSyntax
import NenCore

/// Counts nodes and relationships for one snapshot.
final class CardinalityModel {
    let catalog: Catalog
    let statistics: GraphStatistics
    private var nodeCounts: [[PlanLabels]: Double] = [:]
    private var setMatches: [[PlanLabels]: [Bool]] = [:]
    private var relationshipCounts: [RelationshipQuestion: Double] = [:]
    private var participantCounts: [ParticipantQuestion: Double] = [:]
    let knowledge: (any GraphKnowledge)?
    private var indexEstimates: [UInt32: IndexEstimate?] = [:]
    private var propertyEstimates: [PropertyOwner: PropertyEstimate?] = [:]
    /// The degrees of the snapshot's nodes; nil when nothing is known.
    private(set) lazy var degrees: DegreeStatistics? = {
        wantsDegrees = true
        return knowledge?.degrees(atHand: false) ?? statistics.degrees
    }()
    /// Whether degrees have been asked for.
    private(set) var wantsDegrees = false
    /// The same, nil also where it takes more than a moment to know them: for questions that have
    /// an answer without.
    private(set) lazy var degreesAtHand = knowledge?.degrees(atHand: true) ?? statistics.degrees
    /// Properties of whose values nothing was known when they were asked for.
    private var missingProperties: Set<PropertyOwner> = []
    /// Nodes that the statement makes itself, by their labels, and by the slots that they are made
    /// in.
    private var growth: [Set<String>: Double] = [:]
    private var made: [Slot: Double] = [:]
    /// Answers to questions about degrees.
    var meetings: [MeetingQuestion: Meeting?] = [:]
    /// Entities found by their keys.
    var landmarkEntities: [LandmarkQuestion: [UInt32]?] = [:]

    private struct RelationshipQuestion: Hashable {
        var types: [String]
        var source: [PlanLabels]
        var target: [PlanLabels]
    }

    private struct ParticipantQuestion: Hashable {
        var types: [String]
        var direction: PatternDirection
        var labels: [PlanLabels]
    }

    init(
        catalog: Catalog, statistics: GraphStatistics,
        knowledge: (any GraphKnowledge)? = nil
    ) {
        self.catalog = catalog
        self.statistics = statistics
        self.knowledge = knowledge
    }

    /// What `index` knows of its values; nil when nothing is known.
    func estimate(_ index: IndexDescriptor) -> IndexEstimate? {
        if let known = indexEstimates[index.id] { return known }
        let estimate = knowledge?.estimate(index)
        indexEstimates[index.id] = .some(estimate)
        return estimate
    }

    /// All entities of an index's label or type.
    func owners(_ index: IndexDescriptor) -> Double {
        let number = Int(index.labelOrType)
        if index.entity == .node { return nodes([.name(catalog.labels[number])]) }
        let counts = statistics.relationshipsPerType
        return number < counts.count ? Double(counts[number]) : 0
    }

    /// The share of an index's owners that has one given value of each of its first `count`
    /// properties; nil when nothing is known.
    func shareOfValue(_ index: IndexDescriptor, leading count: Int) -> Double? {
        guard count > 0, let estimate = estimate(index),
            count <= estimate.distinctCounts.count,
            let distinct = estimate.distinctCounts[count - 1]
        else { return nil }
        return estimate.entryCount / max(1, distinct) / max(1, owners(index))
    }

    /// Distinct values of `key` of nodes with `labels`, by an index that begins with it; nil
    /// without one.
    func indexedDistinctCount(_ key: String, labels: [PlanLabels]) -> Double? {
        guard let number = catalog.key(key) else { return nil }
        if isUnique(key, labels: labels), knowledge == nil { return nodes(labels) }
        for index in catalog.indexes
        where index.entity == .node && index.properties.first == number {
            let isOurs = labels.contains { label in
                guard case .name(let name) = label else { return false }
                return catalog.label(name) == index.labelOrType
            }
            if isOurs, let distinct = estimate(index)?.distinctCounts.first ?? nil {
                return distinct
            }
        }
        return nil
    }

    /// Labels of a node, on average.
    var meanLabels: Double {
        let sum = zip(statistics.nodesPerLabelSet, catalog.labelSets).reduce(0.0) {
            $0 + Double($1.0) * Double($1.1.count)
        }
        return sum / max(1, nodeCount)
    }

    /// All nodes.
    var nodeCount: Double { Double(statistics.nodeCount) }

    /// Distinct values of `key` of relationships of one type, by an index that begins with it; nil
    /// without one.
    func indexedDistinctCount(_ key: String, types: [String]) -> Double? {
        guard types.count == 1, let type = catalog.type(types[0]), let number = catalog.key(key)
        else { return nil }
        for index in catalog.indexes
        where index.entity == .relationship && index.labelOrType == type
            && index.properties.first == number
        {
            if let distinct = estimate(index)?.distinctCounts.first ?? nil { return distinct }
        }
        return nil
    }

    /// Nodes that satisfy all of `labels`; exact unless one is dynamic.
    func nodes(_ labels: [PlanLabels]) -> Double {
        if labels.isEmpty { return nodeCount }
        if let known = nodeCounts[labels] { return known }
        let matches = matchingSets(labels)
        var sum: Double = 0
        for (set, count) in statistics.nodesPerLabelSet.enumerated()
        where set < matches.count && matches[set] {
            sum += Double(count)
        }
        nodeCounts[labels] = sum
        return sum
    }

    /// Notes that the statement makes `count` nodes with `labels` before or while what is planned
    /// next runs.
    func note(_ slot: Slot, grows labels: Set<String>, by count: Double) {
        growth[labels, default: 0] += count - (made[slot] ?? 0)
        made[slot] = count
    }

    /// Nodes that satisfy all of `labels` and that the statement makes itself: a scan meets them,
    /// too. They do not count for how many rows there are.
    func growth(_ labels: [PlanLabels]) -> Double {
        growth.reduce(0) { sum, made in
            let isMeant = labels.allSatisfy {
                holds($0, isBare: made.key.isEmpty, made.key.contains)
            }
            return isMeant ? sum + made.value : sum
        }
    }

    /// Which label sets satisfy all of `labels`.
    func matchingSets(_ labels: [PlanLabels]) -> [Bool] {
        if let known = setMatches[labels] { return known }
        let count = max(catalog.labelSets.count, statistics.nodesPerLabelSet.count)
        var matches = [Bool](repeating: true, count: count)
        for (number, set) in catalog.labelSets.enumerated() {
            matches[number] = labels.allSatisfy {
                holds($0, isBare: set.isEmpty) { name in
                    catalog.label(name).map { set.contains($0) } ?? false
                }
            }
        }
        setMatches[labels] = matches
        return matches
    }

    /// Whether a node satisfies `labels`: `isBare`, it has none; `has`, it has one of a name.
    private func holds(_ labels: PlanLabels, isBare: Bool, _ has: (String) -> Bool) -> Bool {
        switch labels {
        case .name(let name): return has(name)
        case .dynamic, .dynamicAny: return true
        case .wildcard: return !isBare
        case .not(let inner):
            return inner.isDynamic ? true : !holds(inner, isBare: isBare, has)
        case .and(let left, let right):
            return holds(left, isBare: isBare, has) && holds(right, isBare: isBare, has)
        case .or(let left, let right):
            return holds(left, isBare: isBare, has) || holds(right, isBare: isBare, has)
        }
    }

    /// Relationships of any of `types` (all when empty) from nodes with `source` to nodes with
    /// `target` labels, along their direction.
    func relationships(
        _ types: [String], from source: [PlanLabels], to target: [PlanLabels]
    ) -> Double {
        let question = RelationshipQuestion(types: types, source: source, target: target)
        if let known = relationshipCounts[question] { return known }
        var numbers: Set<NameID> = []
        for name in types {
            if let number = catalog.type(name) { numbers.insert(number) }
        }
        var sum: Double = 0
        if !types.isEmpty && numbers.isEmpty {
            sum = 0
        } else if statistics.relationshipsPerGroup.isEmpty {
            sum = total(numbers) * share(source) * share(target)
        } else if source.isEmpty && target.isEmpty {
            sum = total(numbers)
        } else {
            sum = grouped(numbers, source, target)
        }
        relationshipCounts[question] = sum
        return sum
    }

    private func total(_ numbers: Set<NameID>) -> Double {
        var sum: Double = 0
        for (type, count) in statistics.relationshipsPerType.enumerated()
        where numbers.isEmpty || numbers.contains(NameID(type)) {
            sum += Double(count)
        }
        return sum
    }

    private func grouped(
        _ numbers: Set<NameID>, _ source: [PlanLabels], _ target: [PlanLabels]
    ) -> Double {
        let sources = matchingSets(source)
        let targets = matchingSets(target)
        var sum: Double = 0
        for (group, count) in statistics.relationshipsPerGroup {
            if !numbers.isEmpty && !numbers.contains(group.type) { continue }
            let first = weight(of: group.sourceSet, sources, source)
            if first == 0 { continue }
            sum += Double(count) * first * weight(of: group.targetSet, targets, target)
        }
        return sum
    }

    /// 1 when the set matches, 0 when it does not, the share of all nodes for folded sets.
    func weight(
        of set: UInt32, _ matches: [Bool], _ labels: [PlanLabels]
    ) -> Double {
        if set == GraphStatistics.foldedSet { return labels.isEmpty ? 1 : share(labels) }
        return Int(set) < matches.count && matches[Int(set)] ? 1 : 0
    }

    private func share(_ labels: [PlanLabels]) -> Double {
        nodes(labels) / max(nodeCount, 1)
    }

    /// Nodes with `labels` that have some relationship of `types` in `direction`, or whose label
    /// set has where the degrees are not known: those that a pattern relationship can reach.
    func participants(
        _ types: [String], _ direction: PatternDirection, labels: [PlanLabels]
    ) -> Double {
        let all = nodes(labels)
        if statistics.relationshipsPerGroup.isEmpty { return all }
        let question = ParticipantQuestion(types: types, direction: direction, labels: labels)
        if let known = participantCounts[question] { return known }
        let numbers = Set(types.compactMap { catalog.type($0) })
        var sets: Set<UInt32> = []
        for (group, count) in statistics.relationshipsPerGroup where count > 0 {
            if !types.isEmpty && !numbers.contains(group.type) { continue }
            if direction != .incoming { sets.insert(group.sourceSet) }
            if direction != .outgoing { sets.insert(group.targetSet) }
        }
        var sum = all
        if !sets.contains(GraphStatistics.foldedSet) {
            let matches = matchingSets(labels)
            sum = 0
            for set in sets where Int(set) < statistics.nodesPerLabelSet.count {
                if Int(set) < matches.count, matches[Int(set)] {
                    sum += Double(statistics.nodesPerLabelSet[Int(set)])
                }
            }
        }
        if let connected = connected(types, direction, labels: labels) {
            sum = min(sum, max(1, connected))
        }
        participantCounts[question] = sum
        return sum
    }

    /// Ways to go from one node to another over the pattern's relationship, its ends' labels known.
    func steps(
        _ types: [String], _ direction: PatternDirection, from source: [PlanLabels],
        to target: [PlanLabels]
    ) -> Double {
        switch direction {
        case .outgoing: relationships(types, from: source, to: target)
        case .incoming: relationships(types, from: target, to: source)
        case .both:
            relationships(types, from: source, to: target)
                + relationships(types, from: target, to: source)
        }
    }

    /// Self-loops of any of `types`.
    func selfLoops(_ types: [String]) -> UInt64 {
        if types.isEmpty { return statistics.selfLoopsPerType.reduce(0, &+) }
        var sum: UInt64 = 0
        for name in Set(types) {
            if let number = catalog.type(name),
                Int(number) < statistics.selfLoopsPerType.count
            {
                sum &+= statistics.selfLoopsPerType[Int(number)]
            }
        }
        return sum
    }

    /// Estimates for a property of nodes with `labels`, by the rarest of them; nil when nothing is
    /// known.
    func property(_ key: String, labels: [PlanLabels]) -> PropertyEstimate? {
        guard let number = catalog.key(key) else { return nil }
        var rarest: (label: NameID, nodes: Double)?
        for label in labels {
            guard case .name(let name) = label, let id = catalog.label(name) else { continue }
            let count = nodes([label])
            if rarest.map({ count < $0.nodes }) ?? true { rarest = (id, count) }
        }
        if rarest == nil && !labels.isEmpty { return nil }
        return estimate(
            PropertyOwner(
                entity: .node, labelOrType: rarest?.label ?? PropertyOwner.anyName, key: number))
    }

    /// Estimates for a property of relationships of `types`; nil when nothing is known.
    func property(_ key: String, types: [String]) -> PropertyEstimate? {
        guard let number = catalog.key(key), types.count <= 1 else { return nil }
        var type = PropertyOwner.anyName
        if let name = types.first {
            guard let known = catalog.type(name) else { return nil }
            type = known
        }
        return estimate(PropertyOwner(entity: .relationship, labelOrType: type, key: number))
    }

    private func estimate(_ owner: PropertyOwner) -> PropertyEstimate? {
        if let known = propertyEstimates[owner] { return known }
        let estimate = knowledge?.estimate(owner) ?? statistics.properties[owner]
        if estimate == nil { missingProperties.insert(owner) }
        propertyEstimates[owner] = .some(estimate)
        return estimate
    }

    /// What was asked for and is not known, in the words of EXPLAIN.
    var missingStatistics: [String] {
        var result = missingProperties.map { owner in
            let names = owner.entity == .node ? catalog.labels : catalog.types
            let name = owner.labelOrType == PropertyOwner.anyName
                ? "" : ":" + names[Int(owner.labelOrType)]
            let key = catalog.keys[Int(owner.key)]
            return owner.entity == .node
                ? "values of (\(name) {\(key)})" : "values of [\(name) {\(key)}]"
        }
        if wantsDegrees {
            if let share = degrees?.share, share < 1 {
                result.append("degrees of all nodes but \(Int((share * 100).rounded())) %")
            } else if degrees == nil, statistics.relationshipsPerType.contains(where: { $0 > 0 }) {
                result.append("degrees")
            }
        }
        return result
    }

    /// Whether a unique index covers `key` alone for one of `labels`.
    func isUnique(_ key: String, labels: [PlanLabels]) -> Bool {
        guard let number = catalog.key(key) else { return false }
        return catalog.indexes.contains { index in
            guard index.isUnique, index.entity == .node, index.properties == [number] else {
                return false
            }
            return labels.contains { label in
                guard case .name(let name) = label else { return false }
                return catalog.label(name) == index.labelOrType
            }
        }
    }
}
