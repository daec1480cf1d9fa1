// Goal: nothing in superblocks, free map, log or shared page, damaged raw or with checksums put
// right, ends the process or hangs it; raw damage never gives a wrong answer or loses a commit in
// silence.
// Method: damaged copies of a closed and a killed database, each read, written and checked by
// processes of their own.
//
// NEN_FUZZ_FILES sets how many files (default 32; `make fuzz-files` takes 5,000).

import Foundation
import NenDB
import Testing

@Suite(.serialized) struct DamagedStoreTests {
    private var fileCount: Int {
        Int(ProcessInfo.processInfo.environment["NEN_FUZZ_FILES"] ?? "") ?? 32
    }

    private let seed =
        UInt64(ProcessInfo.processInfo.environment["NEN_FUZZ_SEED"] ?? "")
        ?? UInt64.random(in: 0 ... .max)

    /// What came out of many files.
    private struct Tally: CustomStringConvertible {
        var files = 0
        var right = 0
        var refused = 0
        var other = 0
        var signals = 0
        var hangs = 0

        var description: String {
            "\(files) files: \(right) answered right, \(refused) refused, \(other) answered "
                + "otherwise, \(signals) signals, \(hangs) hangs"
        }

        mutating func note(_ run: IsolatedRun) {
            if case .signal = run.end { signals += 1 }
            if run.end == .hang { hangs += 1 }
        }
    }

    @Test(arguments: [true, false])
    func damagedFilesAreReadWrittenAndChecked(isSealed: Bool) throws {
        print("damaged files, \(isSealed ? "sealed" : "raw"): NEN_FUZZ_SEED=\(seed)")
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFiles()
        let samples = try SampleFiles.End.allCases.map { try SampleFiles.make($0) }
        var tally = Tally()
        for round in 0..<fileCount / 2 {
            var sample = samples[round % samples.count]
            let whole = sample
            let targets = FileMutation.Target.allCases
            let mutation = FileMutation(
                target: targets[round / 2 % targets.count], isSealed: isSealed)
            let said = mutation.apply(to: &sample, using: &generator)
            let note = "seed \(seed), round \(round), \(said)"
            sample.write(folder, "a.nen")
            try use(folder, whole, isSealed: isSealed, round, note, &tally)
        }
        print("damaged files, \(isSealed ? "sealed" : "raw"): \(tally)")
        #expect(tally.signals == 0 && tally.hangs == 0, "seed \(seed)")
        #expect(isSealed || tally.other == 0, "seed \(seed)")
    }

    private func use(
        _ folder: TemporaryFiles, _ whole: SampleFiles, isSealed: Bool, _ round: Int,
        _ note: String, _ tally: inout Tally
    ) throws {
        tally.files += 1
        let mode = round % 3 == 1 ? ["--read-only"] : []
        let read = try IsolatedRun(
            [folder("a.nen"), "--format", "csv", "-c", SampleFiles.query] + mode, in: folder)
        tally.note(read)
        #expect(read.isOrderly, "\(note): \(read)")
        if read.end == .status(0) {
            if read.output == "c,s\n\(whole.answer)\n" { tally.right += 1 } else {
                tally.other += 1
                #expect(isSealed, "\(note): \(read)")
            }
        } else {
            tally.refused += 1
            #expect(read.errors.contains("Error"), "\(note): \(read)")
        }
        let recovering = round % 5 == 0 ? ["--recover-last-valid"] : []
        let write = try IsolatedRun(
            [folder("a.nen"), "-c", "UNWIND range(1, 50) AS x CREATE (:Half {n: -x})-[:T]->(:B)",
                "-c", "MATCH (h:Half) SET h.text = 'new'", "-c", "MATCH (h:Half) WHERE h.n > 3 "
                    + "DETACH DELETE h", "-c", "MATCH (b:B) RETURN count(b)"] + recovering,
            in: folder)
        let check = try IsolatedRun(["check", folder("a.nen")], in: folder)
        for run in [write, check] {
            tally.note(run)
            #expect(run.isOrderly, "\(note): \(run)")
        }
    }

    /// Another process scribbles over the shared page, or cuts it, while it is in use.
    @Test func theSharedPageCanBeAnything() throws {
        print("shared pages: NEN_FUZZ_SEED=\(seed)")
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFiles()
        let sample = try SampleFiles.make(.closed)
        var tally = Tally()
        for round in 0..<max(8, fileCount / 3) {
            sample.write(folder, "a.nen")
            let user = try NQLProcess([folder("a.nen"), "--json-lines"])
            let reader = try NQLProcess([folder("a.nen"), "--read-only", "--json-lines"])
            var acknowledged = 0
            for query in ["CREATE (:New)", "CREATE (:New)"] {
                if user.run(query)?.hasPrefix("{\"columns\"") == true { acknowledged += 1 }
            }
            _ = reader.run(SampleFiles.query)
            let said = try scribble(over: folder("a.nen-shared"), &generator)
            let note = "seed \(seed), round \(round), \(said)"
            for number in 0..<6 {
                let answer = user.run("CREATE (:New)", seconds: 20)
                #expect(answer != nil, "\(note), commit \(number)")
                if answer?.hasPrefix("{\"columns\"") == true { acknowledged += 1 }
                #expect(
                    reader.run("MATCH (n) RETURN count(*)", seconds: 20) != nil, "\(note), reading")
                #expect(user.run(SampleFiles.query, seconds: 20) != nil, "\(note), \(number)")
            }
            let other = try IsolatedRun(
                [folder("a.nen"), "--busy-timeout", "100ms", "-c", "CREATE (:Other)"], in: folder)
            tally.files += 1
            tally.note(other)
            #expect(other.isOrderly, "\(note): \(other)")
            let ends = [user.finish(seconds: 20), reader.finish(seconds: 20)]
            for end in ends where end == nil || (end ?? 0) > 1 { tally.signals += 1 }
            #expect(!ends.contains { $0 == nil || ($0 ?? 0) > 1 }, "\(note): \(ends)")
            // All is well again once everybody is gone.
            let db = try Database(at: folder("a.nen"))
            let found = try db.query("MATCH (n:New) RETURN count(*)").scalar(as: Int.self)
            #expect(found >= acknowledged, "\(note): \(found) of \(acknowledged)")
            #expect(try db.check() == [], "\(note)")
            try db.close()
        }
        print(
            "shared pages: \(tally.files) scribbled over, \(tally.signals) signals, "
                + "\(tally.hangs) hangs")
    }

    /// Damages the file in place and says how.
    private func scribble(
        over path: String, _ random: inout SeededGenerator
    ) throws -> String {
        let file = open(path, O_RDWR)
        defer { close(file) }
        let length = 262_144
        func put(_ bytes: [UInt8], _ at: Int) { _ = pwrite(file, bytes, bytes.count, off_t(at)) }
        switch Int.random(in: 0..<7, using: &random) {
        case 0:
            let size = [0, 1, 4_096, 20_480].randomElement(using: &random) ?? 0
            ftruncate(file, off_t(size))
            return "cut to \(size)"
        case 1:
            put([UInt8](repeating: 0, count: length), 0)
            return "all zero"
        case 2:
            put([UInt8](repeating: 0xFF, count: length), 0)
            return "all ones"
        case 3:
            put((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }, 0)
            return "noise"
        default:
            let words = [
                0, 8, 24, 40, 48, 64, 128, 136, 144, 152, 160, 168, 176, 184, 192, 200, 208, 1_024,
                1_032, 1_056, 1_080, 1_088, 4_096, 4_104, 20_480, 20_488, 20_496, 20_520, 20_544,
            ]
            var said: [Int] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = words.randomElement(using: &random) ?? 64
                let value = [
                    0, 1, 5, 1_000, UInt64.max, UInt64.max - 1, 1 << 63,
                    UInt64.random(in: 0 ... .max, using: &random),
                ].randomElement(using: &random) ?? 0
                var bytes = [UInt8](repeating: 0, count: 8)
                bytes.set64(value, 0)
                put(bytes, at)
                said.append(at)
            }
            return "words at \(said)"
        }
    }
}
