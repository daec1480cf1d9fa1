// Trial: one damaged file is opened, checked, read, written, opened and checked again. A signal or
// an endless loop ends the process, which its parent sees; everything else is judged here.

import FileDamage
import Foundation
import NenCore
import NenDB

/// What was wrong with how a damaged file was treated.
struct Verdict {
    /// Answers that differ from the sound database's.
    var wrongAnswers: [String] = []
    /// Checks that found nothing, by the phase.
    var cleanChecks: [String] = []
    /// Whether the file was refused at open, or some statement or check named damage.
    var isNoticed = false
    /// Whether damage hit bytes in use.
    var isInUse = false

    var isSound: Bool { wrongAnswers.isEmpty && cleanChecks.isEmpty }
}

/// Tries damaged copies of one sound database.
final class Trials {
    private let damage: Damage
    private let log: [UInt8]
    private let folder: String
    private let kind: DamageKind
    private let seed: UInt64
    /// Answers of the sound database, before and after the writes.
    private var before: [String] = []
    private var after: [String] = []

    static let name = "graph.nen"

    /// - Parameter folder: holds the sound database; copies come into folders below.
    init(folder: String, kind: DamageKind, seed: UInt64) throws {
        self.folder = folder
        self.kind = kind
        self.seed = seed
        let sound = try Trials.content("\(folder)/\(Trials.name)")
        log = (try? Trials.content("\(folder)/\(Trials.name)-log")) ?? []
        damage = Damage(sound)
        let copy = try makeFolder("sound", sound)
        let database = try Trials.open(copy)
        before = Statements.reads.map { Trials.answer($0, database) }
        for write in Statements.writes {
            let answer = Trials.answer(write, database)
            if answer.hasPrefix("error") { throw FuzzError.statement(write, answer) }
        }
        after = Statements.reads.map { Trials.answer($0, database) }
        for (read, answer) in zip(Statements.reads, before) where answer.hasPrefix("error") {
            throw FuzzError.statement(read, answer)
        }
        try database.close()
        try FileManager.default.removeItem(atPath: copy)
    }

    /// The sound database, made anew.
    static func build(in folder: String) throws {
        let database = try open(folder)
        for statement in Statements.build {
            let answer = answer(statement, database)
            if answer.hasPrefix("error") { throw FuzzError.statement(statement, answer) }
        }
        try database.close()
    }

    /// Damages a copy in the way of its number, and sees what becomes of it.
    func run(_ number: Int) throws -> Verdict {
        var random = SplitMix(seed: seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
        let (bytes, isInUse) = damage.make(kind, &random)
        let copy = try makeFolder("\(kind.rawValue)-\(number)", bytes)
        var verdict = Verdict()
        verdict.isInUse = isInUse
        visit(copy, &verdict, &random)
        try? FileManager.default.removeItem(atPath: copy)
        return verdict
    }

    private func visit(_ copy: String, _ verdict: inout Verdict, _ random: inout SplitMix) {
        guard let database = attempt(&verdict, { try Trials.open(copy) }) else { return }
        // What was touched before a write must not matter.
        let plan = Int.random(in: 0 ..< 4, using: &random)
        if plan & 1 != 0 { check(database, "first", &verdict) }
        if plan & 2 != 0 { compare(database, before, "before the writes", &verdict, &random) }
        var areAllWritten = true
        for write in Statements.writes {
            // Statistics made anew take the damage of the old ones along, which checks must find.
            if write == "ANALYZE" && kind == .raw { continue }
            if plan == 3 && Bool.random(using: &random) {
                areAllWritten = false
                continue
            }
            if Trials.answer(write, database).hasPrefix("error") {
                areAllWritten = false
                verdict.isNoticed = true
            }
        }
        check(database, "after the writes", &verdict)
        let expected = areAllWritten ? after : nil
        compare(database, expected, "after the writes", &verdict, &random)
        _ = attempt(&verdict) { try database.close() }
        guard let again = attempt(&verdict, { try Trials.open(copy) }) else { return }
        compare(again, expected, "opened again", &verdict, &random)
        check(again, "opened again", &verdict)
        _ = attempt(&verdict) { try again.close() }
    }

    private func attempt<Result>(
        _ verdict: inout Verdict, _ body: () throws -> Result
    ) -> Result? {
        do { return try body() } catch {
            verdict.isNoticed = true
            return nil
        }
    }

    private func check(_ database: Database, _ phase: String, _ verdict: inout Verdict) {
        let findings = (try? database.check()) ?? ["cannot be checked"]
        if !findings.isEmpty { verdict.isNoticed = true }
        if kind == .raw && verdict.isInUse && findings.isEmpty {
            verdict.cleanChecks.append(phase)
        }
        if Trials.concernEstimatesOnly(findings) { verdict.isInUse = false }
    }

    /// Whether nothing but the statistics is damaged: maintenance makes them anew from the graph,
    /// which ends the damage rightly.
    private static func concernEstimatesOnly(_ findings: [String]) -> Bool {
        findings.count == 2 && findings[0].hasPrefix("pages: ")
            && findings[1].hasPrefix("estimates: ")
    }

    /// Reads half of all; forged damage may change answers, raw damage may not. `expected` nil:
    /// some writes failed, so that answers may differ. A plan is no answer: statistics that cannot
    /// be sampled are assumed, and what is estimated from them differs.
    private func compare(
        _ database: Database, _ expected: [String]?, _ phase: String, _ verdict: inout Verdict,
        _ random: inout SplitMix
    ) {
        for (index, read) in Statements.reads.enumerated() where Bool.random(using: &random) {
            let answer = Trials.answer(read, database)
            if answer.hasPrefix("error") {
                verdict.isNoticed = true
            } else if kind == .raw, let expected, answer != expected[index],
                !read.hasPrefix("EXPLAIN")
            {
                verdict.wrongAnswers.append("\(phase): \(read)")
            }
        }
    }

    // MARK: Databases

    private static func open(_ folder: String) throws -> Database {
        var options = DatabaseOptions()
        options.durability = .off
        options.limits.threadCount = 2
        options.limits.memoryBudgetBytes = 1 << 28
        return try Database(at: "\(folder)/\(name)", options: options)
    }

    /// The rows as text, sorted; `error: …` for errors.
    private static func answer(_ statement: String, _ database: Database) -> String {
        do {
            return try database.query(statement).rows().map { "\($0)" }.sorted()
                .joined(separator: "\n")
        } catch {
            return "error: \(error)"
        }
    }

    private func makeFolder(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(folder)/\(name)"
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(Trials.name)"))
        try Data(log).write(to: URL(fileURLWithPath: "\(path)/\(Trials.name)-log"))
        return path
    }

    private static func content(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

/// What is wrong with the fuzzer itself.
enum FuzzError: Error {
    case statement(String, String)
    case arguments(String)
}
