// GrammarRun: how long the grammar's tests run and with which seeds. `make grammar` sets
//
//     GRAMMAR_SENTENCES   sentences, and as many mutated ones (default 4,000)
//     GRAMMAR_SEED        one seed for all of them instead of three fixed and a fresh one

import Foundation
import NenCore

/// The extent of the grammar's tests.
enum GrammarRun {
    private static let environment = ProcessInfo.processInfo.environment

    private static let sentenceTotal =
        environment["GRAMMAR_SENTENCES"].flatMap { Int($0) } ?? 4_000

    /// Three seeds that are always run, and one that nobody has seen. What fails prints its seed.
    static let seeds: [UInt64] =
        environment["GRAMMAR_SEED"].flatMap { UInt64($0) }.map { [$0] }
        ?? [1, 2, 3, UInt64.random(in: 4..<1_000_000_000)]

    /// Sentences per seed.
    static let sentenceCount = seeds.count == 1 ? sentenceTotal : sentenceTotal / 4

    /// Mutated sentences per seed.
    static let mutationCount = sentenceCount

    /// Differences shown by one test.
    static let complaintCountMax =
        environment["GRAMMAR_COMPLAINTS"].flatMap { Int($0) } ?? 3

    /// Whether the error is about a value or a size, which no grammar says.
    static func isAboutValues(_ error: NQLError) -> Bool {
        switch error.detail {
        case "IntegerOverflow", "FloatingPointOverflow", "NestingLimitExceeded",
            "UndefinedVariable":
            true
        default: false
        }
    }
}
