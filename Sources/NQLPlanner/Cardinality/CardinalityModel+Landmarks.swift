// CardinalityModel+Landmarks: a few entities, looked up in an index as the plan is made, and the
// number of relationships that they have.

import NQLPlan
import NQLSyntax
import NenCore

/// A look-up in an index.
struct LandmarkQuestion: Hashable {
    var index: UInt32
    var ranges: [KeyRange]
    var most: Int
}

extension CardinalityModel {
    /// The entities that `index` has in the ranges; nil where they are more than `most`, and where
    /// nothing can be looked up.
    func entities(_ index: IndexDescriptor, _ ranges: [KeyRange], most: Int) -> [UInt32]? {
        let question = LandmarkQuestion(index: index.id, ranges: ranges, most: most)
        if let known = landmarkEntities[question] { return known }
        let found = knowledge.flatMap { $0.entities(index, ranges, most: most) }
        landmarkEntities[question] = .some(found)
        return found
    }

    /// The kinds of relationships that an end of a pattern relationship is looked for among.
    func ends(ofLandmark end: PatternEnd) -> [LandmarkCheck.End] {
        let types: [NameID?] = end.types.isEmpty
            ? [nil] : Set(end.types.compactMap { catalog.type($0) }).sorted()
        return types.flatMap { type in
            [false, true].filter { end.direction != ($0 ? .outgoing : .incoming) }
                .map { LandmarkCheck.End(type: type, isIncoming: $0) }
        }
    }
}

extension GraphKnowledge {
    /// The entities of several ranges, each once; nil where they are more than `most`.
    func entities(
        _ index: IndexDescriptor, _ ranges: [KeyRange], most: Int
    ) -> [UInt32]? {
        var found: Set<UInt32> = []
        for range in ranges {
            guard let some = entities(index, range, most: most) else { return nil }
            found.formUnion(some)
            if found.count > most { return nil }
        }
        return found.sorted()
    }

    /// The mean number of relationships at some nodes; nil when they cannot be read.
    func meanDegree(_ nodes: [UInt32], _ ends: [LandmarkCheck.End]) -> Double? {
        if nodes.isEmpty { return nil }
        var sum = 0.0
        for node in nodes {
            for end in ends {
                guard let degree = degree(of: node, type: end.type, isIncoming: end.isIncoming)
                else { return nil }
                sum += degree
            }
        }
        return sum / Double(nodes.count)
    }
}

extension LandmarkCheck {
    /// Entities that are looked at one by one.
    static let entitiesMax = 32

    /// Whether parameters find about as much as those that the plan was made for.
    func holds(for parameters: [String: Value], _ knowledge: any GraphKnowledge) -> Bool {
        let values = ParameterValues(parameters)
        guard let ranges = LandmarkCheck.ranges(keys, values),
            let found = knowledge.entities(index, ranges, most: LandmarkCheck.entitiesMax)
        else { return countMagnitude == nil }
        let isUnique = index.isUnique && index.properties.count == 1 && keys.count == 1
        guard isUnique || countMagnitude == LandmarkCheck.magnitude(Double(found.count)) else {
            return false
        }
        return magnitudes.allSatisfy { ends, magnitude in
            LandmarkCheck.magnitude(knowledge.meanDegree(found, ends) ?? 0) == magnitude
        }
    }

    /// What the keys ask for; nil where a value is not known.
    static func ranges(_ keys: [Key], _ values: ParameterValues) -> [KeyRange]? {
        var range = KeyRange()
        for key in keys {
            switch key {
            case .equal(let expression):
                guard let value = values[expression] else { return nil }
                return [KeyRange(equals: [value])]
            case .oneOf(let expression):
                guard case .list(let items) = values[expression],
                    items.count <= entitiesMax
                else { return nil }
                return items.map { KeyRange(equals: [$0]) }
            case .lower(let expression, let isInclusive):
                guard let value = values[expression] else { return nil }
                range.lower = KeyRange.Bound(value: value, isInclusive: isInclusive)
            case .upper(let expression, let isInclusive):
                guard let value = values[expression] else { return nil }
                range.upper = KeyRange.Bound(value: value, isInclusive: isInclusive)
            }
        }
        return range.lower == nil && range.upper == nil ? nil : [range]
    }
}

extension PhysicalPlan {
    /// Whether the plan is as good for these values of its parameters as for those that it was made
    /// for; it is right for all.
    public func suits(
        _ parameters: [String: Value], _ knowledge: any GraphKnowledge
    ) -> Bool {
        landmarks.allSatisfy { $0.holds(for: parameters, knowledge) }
    }
}
