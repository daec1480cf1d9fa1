// CardinalityModel+Degrees: how many relationships hang on a node, on average, at most, and where a
// pattern meets in it.
//
// A node that was reached over a relationship is no average node: one with a thousand of them is
// reached a thousand times as often. So where a pattern goes on from a node that it came to over
// another relationship, the mean of the next degree is weighted by the degree of the first:
// Σ d₁·d₂ / Σ d₁ over the nodes. Two parts of a pattern that meet in a node have
// |A| · |B| · Σ d₁·d₂ / (Σ d₁ · Σ d₂) matches together.

import NQLPlan
import NQLSyntax
import NenCore

/// A pattern relationship as seen from one of its nodes.
struct PatternEnd: Hashable {
    /// Any type when empty.
    var types: [String]
    /// `outgoing`: it leaves the node.
    var direction: PatternDirection
}

/// Two relationships of a pattern at one node.
struct MeetingQuestion: Hashable {
    var first: PatternEnd
    var second: PatternEnd
    var labels: [PlanLabels]
    /// One relationship cannot be both.
    var differ: Bool
}

/// Sums over the nodes that both of two relationships may have.
struct Meeting: Hashable {
    /// Σ d₁ and Σ d₂.
    var firstTotal: Double
    var secondTotal: Double
    /// Σ d₁·d₂, pairs of a relationship with itself left out where they must differ.
    var product: Double
}

extension CardinalityModel {
    /// Relationships that one node with labels `source` has on average to nodes with `target`.
    func fanOut(
        _ types: [String], _ direction: PatternDirection, from source: [PlanLabels],
        to target: [PlanLabels]
    ) -> Double {
        steps(types, direction, from: source, to: target) / max(1, nodes(source))
    }

    /// The most relationships that one node with `labels` has; nil when only some of the nodes were
    /// looked at. As of the last look at the degrees: an upper bound for costs, not for rules.
    func maximumDegree(
        _ types: [String], _ direction: PatternDirection, from labels: [PlanLabels]
    ) -> Double? {
        degrees.flatMap { largest($0, types, direction, labels) }
    }

    /// The same, nil also where nobody has asked for the degrees yet and it takes more than a
    /// moment to know them.
    func largestDegreeAtHand(
        _ types: [String], _ direction: PatternDirection, from labels: [PlanLabels]
    ) -> Double? {
        let known = wantsDegrees ? degrees : degreesAtHand
        return known.flatMap { largest($0, types, direction, labels) }
    }

    private func largest(
        _ degrees: DegreeStatistics, _ types: [String], _ direction: PatternDirection,
        _ labels: [PlanLabels]
    ) -> Double? {
        guard degrees.share >= 1 else { return nil }
        let matches = matchingSets(labels)
        var sum = 0.0
        for end in ends(PatternEnd(types: types, direction: direction)) {
            var most = 0.0
            for (set, moments) in degrees.moments[end] ?? [:]
            where weight(of: set, matches, labels) > 0 { most = max(most, moments.maximum) }
            sum += most
        }
        return sum
    }

    /// The degrees of all nodes at one end; nil when they are not at hand.
    func moments(_ end: PatternEnd) -> DegreeMoments? {
        guard let degrees = degreesAtHand else { return nil }
        var sum = DegreeMoments()
        for end in ends(end) {
            for moments in (degrees.moments[end] ?? [:]).values {
                sum.nodeCount += moments.nodeCount
                sum.total += moments.total
                sum.squares += moments.squares
                sum.maximum = max(sum.maximum, moments.maximum)
            }
        }
        return sum.total > 0 ? sum : nil
    }

    /// Nodes with labels that have some relationship of `types` in `direction`; nil when the
    /// degrees are not at hand.
    func connected(
        _ types: [String], _ direction: PatternDirection, labels: [PlanLabels]
    ) -> Double? {
        guard let degrees = degreesAtHand else { return nil }
        let matches = matchingSets(labels)
        var sum = 0.0
        for end in ends(PatternEnd(types: types, direction: direction)) {
            for (set, moments) in degrees.moments[end] ?? [:] {
                sum += moments.nodeCount * weight(of: set, matches, labels)
            }
        }
        return sum
    }

    /// The mean number of relationships `next` at a node with labels `middle` that was reached
    /// over, or left by, a relationship `previous`; both as seen from that node. `differ`: they may
    /// not be one relationship. nil when the degrees are not known.
    func fanOutBehind(
        previous: PatternEnd, next: PatternEnd, middle: [PlanLabels], differ: Bool = true
    ) -> Double? {
        guard let meeting = meeting(previous, next, middle, differ), meeting.firstTotal > 0 else {
            return nil
        }
        return meeting.product / meeting.firstTotal
    }

    /// The share of all pairs of a relationship `first` and a relationship `second` that meet in
    /// one node with `labels`; both as seen from it. nil when the degrees are not known.
    func meetingShare(
        _ first: PatternEnd, _ second: PatternEnd, at labels: [PlanLabels], differ: Bool = true
    ) -> Double? {
        guard let meeting = meeting(first, second, labels, differ), meeting.firstTotal > 0,
            meeting.secondTotal > 0
        else { return nil }
        return meeting.product / meeting.firstTotal / meeting.secondTotal
    }

    private func meeting(
        _ first: PatternEnd, _ second: PatternEnd, _ labels: [PlanLabels], _ differ: Bool
    ) -> Meeting? {
        let question = MeetingQuestion(
            first: first, second: second, labels: labels, differ: differ)
        if let known = meetings[question] { return known }
        let meeting = degrees.flatMap { sum($0, question) }
        meetings[question] = .some(meeting)
        return meeting
    }

    private func sum(_ degrees: DegreeStatistics, _ question: MeetingQuestion) -> Meeting? {
        let (firstEnds, secondEnds) = (ends(question.first), ends(question.second))
        // Of a graph with hundreds of types only a few pairs are kept anyway.
        guard firstEnds.count * secondEnds.count <= 1_024 else { return nil }
        let matches = matchingSets(question.labels)
        func total(_ ends: [DegreeEnd]) -> Double {
            ends.reduce(0) { sum, end in
                (degrees.moments[end] ?? [:]).reduce(sum) {
                    $0 + $1.value.total * weight(of: $1.key, matches, question.labels)
                }
            }
        }
        var meeting = Meeting(
            firstTotal: total(firstEnds), secondTotal: total(secondEnds), product: 0)
        for first in firstEnds {
            for second in secondEnds {
                let pair = DegreePair(first, second)
                if first == second {
                    // d² - d: a relationship is no pair with itself.
                    for (set, moments) in degrees.moments[first] ?? [:] {
                        let itself = question.differ ? moments.total : 0
                        meeting.product += (moments.squares - itself)
                            * weight(of: set, matches, question.labels)
                    }
                } else if let products = degrees.products[pair] {
                    for (set, product) in products {
                        meeting.product += product * weight(of: set, matches, question.labels)
                    }
                } else if !isPaired(first, second, degrees) {
                    return nil
                }
            }
        }
        return meeting
    }

    /// Whether sums over both ends are kept, so that one that is not there is 0.
    private func isPaired(
        _ first: DegreeEnd, _ second: DegreeEnd, _ degrees: DegreeStatistics
    ) -> Bool {
        degrees.moments[first] == nil || degrees.moments[second] == nil
            || (hasPair(first, degrees) && hasPair(second, degrees))
    }

    private func hasPair(_ end: DegreeEnd, _ degrees: DegreeStatistics) -> Bool {
        degrees.products[DegreePair(end, end)] != nil
    }

    private func ends(_ end: PatternEnd) -> [DegreeEnd] {
        var types = Set(end.types.compactMap { catalog.type($0) }).sorted()
        if end.types.isEmpty { types = catalog.types.indices.map { NameID($0) } }
        return types.flatMap { type -> [DegreeEnd] in
            switch end.direction {
            case .outgoing: [DegreeEnd(type: type, isIncoming: false)]
            case .incoming: [DegreeEnd(type: type, isIncoming: true)]
            case .both:
                [
                    DegreeEnd(type: type, isIncoming: false),
                    DegreeEnd(type: type, isIncoming: true),
                ]
            }
        }
    }
}
