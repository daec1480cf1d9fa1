// GraphPlanner+Landmarks: nodes that a pattern names by a key, `(:Tag {name: 'music'})`. Which ones
// these are is looked up while the plan is made, and their own relationships are counted: a hub has
// a thousand times what its label has on average, and it is the hub that people ask about. Where
// the key is a parameter the plan says what it was made for (`LandmarkCheck`).

import NQLPlan
import NQLSyntax
import NenCore

/// The nodes that a pattern node is, found by its key.
struct Landmark {
    var nodes: [UInt32]
    /// The condition that names them; nil where several do, or a clause before.
    var condition: Int?
    /// Where the key is a parameter.
    var check: ParameterLookUp?
}

/// A look-up by parameters, and what was found.
struct ParameterLookUp {
    var question: LandmarkQuestion
    var check: LandmarkCheck
}

extension GraphPlanner {
    /// The pattern's landmarks, by node: those of this pattern and those that the input binds.
    func findLandmarks() -> [Slot: Landmark] {
        var found: [Slot: Landmark] = [:]
        for slot in nodeSlots {
            if input.available.contains(slot) {
                found[slot] = planner.facts.landmarks[slot]
            } else if let landmark = landmark(slot) {
                found[slot] = landmark
                var behind = landmark
                behind.condition = nil
                planner.facts.note(slot, landmark: behind)
            }
        }
        return found
    }

    private func landmark(_ slot: Slot) -> Landmark? {
        guard planner.session.isEnabled("use-indexes") else { return nil }
        let catalog = planner.context.catalog
        for index in catalog.indexes
        where index.entity == .node
            && (staticLabels[slot] ?? []).contains(.name(catalog.labels[Int(index.labelOrType)]))
        {
            let keys = keys(slot, catalog.keys[Int(index.properties[0])])
            if keys.isEmpty { continue }
            let (entities, check) = planner.lookUp(index, keys.map(\.key))
            guard let entities, entities.count <= LandmarkCheck.entitiesMax else { continue }
            return Landmark(
                nodes: entities, condition: keys.count == 1 ? keys[0].condition : nil,
                check: check)
        }
        return nil
    }

    /// What conditions on the node alone say about one of its properties: one equality, one list,
    /// or a bound on either side.
    private func keys(
        _ slot: Slot, _ name: String
    ) -> [(condition: Int, key: LandmarkCheck.Key)] {
        var (lower, upper): ((Int, LandmarkCheck.Key)?, (Int, LandmarkCheck.Key)?)
        for index in conditions(reading: slot) where conditions[index].reads == [slot] {
            guard case .predicate(let predicate) = conditions[index].content,
                case .binary(let op, let left, let right) = predicate.kind
            else { continue }
            for (op, side, value) in [(op, left, right), (op.flipped, right, left)] {
                guard let op, let (owner, key) = side.plainProperty, owner == slot, key == name
                else { continue }
                switch op {
                case .equal: return [(index, .equal(value))]
                case .inList: return [(index, .oneOf(value))]
                case .greater, .greaterOrEqual:
                    lower = lower ?? (index, .lower(value, isInclusive: op == .greaterOrEqual))
                case .less, .lessOrEqual:
                    upper = upper ?? (index, .upper(value, isInclusive: op == .lessOrEqual))
                default: continue
                }
            }
        }
        return [lower, upper].compactMap { $0 }
    }

    /// The mean number of relationships that the landmarks `slot` have at one end; nil when the
    /// node is no landmark.
    func landmarkDegree(_ end: PatternEnd, at slot: Slot) -> Double? {
        guard let landmark = landmarks[slot] else { return nil }
        let ends = cardinality.ends(ofLandmark: end)
        let degree = cardinality.knowledge?.meanDegree(landmark.nodes, ends)
        if let lookUp = landmark.check, hasChoice {
            planner.session.note(
                lookUp, ends, degree: LandmarkCheck.magnitude(degree ?? 0))
        }
        return degree.map { max($0, GraphPlanner.landmarkDegreeMin) }
    }

    /// Whether it may matter how many relationships a landmark has: from the only landmark along
    /// the only relationship the pattern is walked in any case, and its plan need not be checked.
    private var hasChoice: Bool { relationships.count + landmarks.count > 2 }

    /// The same along a relationship of the pattern, to nodes with the labels of its other end.
    func landmarkDegree(_ relationship: GraphRelationship, at slot: Slot) -> Double? {
        let end = relationship.end(at: slot)
        guard let degree = landmarkDegree(end, at: slot) else { return nil }
        let other = slot == relationship.from ? relationship.to : relationship.from
        let ends = cardinality.steps(end.types, end.direction, from: [], to: [])
        let wanted = cardinality.steps(
            end.types, end.direction, from: [], to: knownLabels[other] ?? [])
        return degree * (ends > 0 ? wanted / ends : 1)
    }

    /// What has no relationship now may have some when the plan runs.
    private static let landmarkDegreeMin = 0.5

    /// How much more often than at one of `nodes` nodes that it may lead to a relationship is found
    /// at the landmark `slot`; 1 where the node is none.
    func prominence(
        _ relationship: GraphRelationship, at slot: Slot, among nodes: Double
    ) -> Double {
        guard relationship.length == nil,
            let degree = landmarkDegree(relationship, at: slot)
        else { return 1 }
        let end = relationship.end(at: slot)
        let other = slot == relationship.from ? relationship.to : relationship.from
        let all = cardinality.steps(
            end.types, end.direction, from: knownLabels[slot] ?? [], to: knownLabels[other] ?? [])
        return all > 0 ? degree * nodes / all : 1
    }

    /// The share of the ways along `relationship` that lead to the landmark `slot`, and the
    /// condition that says it; nil where the node is none.
    func arrival(
        _ relationship: GraphRelationship, at slot: Slot
    ) -> (condition: Int, share: Double)? {
        guard relationship.length == nil, let landmark = landmarks[slot],
            let condition = landmark.condition
        else { return nil }
        let nodes = reachableNodes(slot)
        let share = Double(landmark.nodes.count) / nodes
            * prominence(relationship, at: slot, among: nodes)
        return (condition, min(1, share))
    }
}

extension PhysicalPlanner {
    /// Entities that are counted for a key that is constant: nobody counts them again when the plan
    /// runs another time.
    private var constantEntitiesMax: Int { 1_024 }

    /// The entities that an index has for `keys`, nil where these are not known or they are too
    /// many; where parameters say which, with what the plan must say of it.
    func lookUp(
        _ index: IndexDescriptor, _ keys: [LandmarkCheck.Key]
    ) -> (entities: [UInt32]?, check: ParameterLookUp?) {
        guard let ranges = LandmarkCheck.ranges(keys, facts.values) else { return (nil, nil) }
        guard keys.contains(where: \.isParameter) else {
            return (cardinality.entities(index, ranges, most: constantEntitiesMax), nil)
        }
        let most = LandmarkCheck.entitiesMax
        let found = cardinality.entities(index, ranges, most: most)
        let count = found.map { LandmarkCheck.magnitude(Double($0.count)) }
        let lookUp = ParameterLookUp(
            question: LandmarkQuestion(index: index.id, ranges: ranges, most: most),
            check: LandmarkCheck(index: index, keys: keys, countMagnitude: count))
        // Of a unique key there is one entity or none: only its relationships can matter.
        let isSingle = index.isUnique && index.properties.count == 1 && keys[0].isEqual
        if !isSingle { session.note(lookUp) }
        return (found, lookUp)
    }
}

extension PlanningSession {
    /// Notes that the plan was chosen by a look-up, and by how many relationships it found.
    func note(_ lookUp: ParameterLookUp, _ ends: [LandmarkCheck.End] = [], degree: Int = 0) {
        let number = landmarkNumbers[lookUp.question] ?? landmarks.count
        if number == landmarks.count {
            landmarkNumbers[lookUp.question] = number
            landmarks.append(lookUp.check)
        }
        if !ends.isEmpty { landmarks[number].magnitudes[ends] = degree }
    }
}

extension LandmarkCheck.Key {
    fileprivate var isEqual: Bool {
        if case .equal = self { return true }
        return false
    }

    fileprivate var isParameter: Bool {
        switch self {
        case .equal(let value), .oneOf(let value), .lower(let value, _), .upper(let value, _):
            value.constantValue == nil
        }
    }
}
