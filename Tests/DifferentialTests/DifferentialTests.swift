// Goal: optimizer and executor give what the language says. Method: random queries over random small
// graphs, each run in several ways, all of which must agree with the reference evaluator, in rows,
// in their order, in the graph they leave and in whether they fail. A difference is printed with
// its seed, made smaller.
//
// `NQLDIFF_SEED=7 NQLDIFF_GRAPHS=1000 swift test --filter DifferentialTests` runs more of them.

import Foundation
import NQLSyntax
import NenCore
import NenDB
import Testing

@Suite struct DifferentialTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func fixedSeeds(seed: UInt64) throws {
        try check(Campaign(firstSeed: seed &* 1_000_000, graphs: 12, queriesPerGraph: 20))
    }

    @Test func freshSeed() throws {
        let seed = UInt64.random(in: 0..<1 << 40)
        try check(Campaign(firstSeed: seed, graphs: 12, queriesPerGraph: 20))
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["NQLDIFF_SEED"] != nil))
    func givenSeeds() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = UInt64(environment["NQLDIFF_SEED"] ?? "") ?? 1
        let graphs = Int(environment["NQLDIFF_GRAPHS"] ?? "") ?? 100
        let queries = Int(environment["NQLDIFF_QUERIES"] ?? "") ?? 20
        try check(Campaign(firstSeed: seed, graphs: graphs, queriesPerGraph: queries))
    }

    private func check(_ campaign: Campaign) throws {
        var campaign = campaign
        try campaign.run()
        print(campaign.summary)
        #expect(campaign.failures.isEmpty, "\(campaign.failures.joined(separator: "\n\n"))")
        // Most generated queries are valid and within the reference's reach.
        #expect(campaign.judged * 10 > campaign.queries * 8, "\(campaign.summary)")
    }
}
