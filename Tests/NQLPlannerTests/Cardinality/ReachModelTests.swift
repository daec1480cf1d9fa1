// Goal: searches grow as long as they find what is new: along a chain to its end, down a tree level
// by level, and among hubs hardly at all. Method: degrees of such graphs, and how far is reached.

import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct ReachModelTests {
    private func even(_ count: Double, _ degree: Double) -> DegreeMoments {
        DegreeMoments(
            nodeCount: count, total: count * degree, maximum: degree,
            squares: count * degree * degree)
    }

    @Test func aChainIsFollowedToItsEnd() {
        let model = ReachModel(targets: even(10_000, 1), onward: 0.9999, branching: 1)
        #expect(model.reached(levels: [1], maximum: nil) > 3_000)
        #expect(model.reached(levels: [1], maximum: nil) <= 10_000)
        let near = model.reached(levels: [1], maximum: 5)
        #expect(near > 4.9 && near <= 5)
    }

    @Test func aTreeHasLevels() {
        // Eight below each; most nodes are leaves.
        let model = ReachModel(targets: even(30_000, 1), onward: 1, branching: 8)
        #expect(model.reached(levels: [1], maximum: nil) < 10)
        var grown = model
        grown.onward = 8
        let below = grown.reached(levels: [8, 64, 512], maximum: nil)
        #expect(below > 4_000 && below < 20_000)
        #expect(grown.trails(levels: [8, 64], maximum: 3, minimum: 1) == 8 + 64 + 512)
        #expect(grown.trails(levels: [8, 64], maximum: 3, minimum: 3) == 512)
    }

    @Test func hubsAreMetAgainAndAgain() {
        // 10,000 nodes of which few have most of the 50,000 relationships.
        let uneven = DegreeMoments(
            nodeCount: 10_000, total: 50_000, maximum: 20_000, squares: 5e8)
        let among = ReachModel(targets: uneven, onward: 5, branching: 5)
        let evenly = ReachModel(targets: even(10_000, 5), onward: 5, branching: 5)
        let (few, many) = (
            among.reached(levels: [40], maximum: 20), evenly.reached(levels: [40], maximum: 20)
        )
        #expect(few < many / 5)
        #expect(many <= 10_000)
    }

    @Test func whatHasEndedGoesNoFurther() {
        let model = ReachModel(targets: even(1_000, 3), onward: 0, branching: 3)
        #expect(model.reached(levels: [3, 7], maximum: nil) == 10)
    }
}
