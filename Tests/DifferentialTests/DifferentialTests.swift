// Goal: optimizer and executor give what the language says. Method: random queries over random
// small graphs, each run in several ways (as users run it, on two threads, without any rule of the
// optimizer, with one rule less, with one rule only), all of which must agree with the reference
// evaluator in rows, in their order, in the graph they leave and in whether they fail. A difference
// is printed with its seed, made smaller.
//
// Long runs are `make differential`, or, by hand (each variable may be left out):
// `NQLDIFF_SEED=7` runs graphs from this seed on (`fresh`: a new one), `NQLDIFF_GRAPHS=1000` so
// many of them, `NQLDIFF_QUERIES=20` queries on each, until `NQLDIFF_MAX=10` differences are found.
// `NQLDIFF_TRACE=file` keeps what runs next in a file, for runs that end in a crash.

import Foundation
import NQLSyntax
import NenCore
import NenDB
import Testing

@Suite struct DifferentialTests {
    @Test func fixedSeed() throws {
        try check(Campaign(firstSeed: 1_000_000, graphs: 6, queriesPerGraph: 20))
    }

    @Test func freshSeed() throws {
        let seed = UInt64.random(in: 0..<1 << 40)
        try check(Campaign(firstSeed: seed, graphs: 6, queriesPerGraph: 20))
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["NQLDIFF_SEED"] != nil))
    func givenSeeds() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed =
            UInt64(environment["NQLDIFF_SEED"] ?? "") ?? UInt64.random(in: 0..<1 << 40)
        let graphs = Int(environment["NQLDIFF_GRAPHS"] ?? "") ?? 100
        let queries = Int(environment["NQLDIFF_QUERIES"] ?? "") ?? 20
        var campaign = Campaign(firstSeed: seed, graphs: graphs, queriesPerGraph: queries)
        campaign.reports = true
        try check(campaign)
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
