// Driver: tries many files in processes of their own, so that one run counts all crashes. A child
// goes through the files and reports each before and after; when it dies, the file it was at is
// noted and the next child goes on behind it. A file that takes too long is ended by a timer: of
// the processor's time, so that a busy machine makes no hangs, and a long one of the clock's.

import FileDamage
import Foundation

/// Prints a line at once: the process may end by a signal.
func report(_ line: String) {
    print(line)
    fflush(nil)
}

/// The command line.
struct FuzzOptions {
    var files = 200
    var first = 0
    var seed = UInt64.random(in: 0 ... .max)
    var kinds = DamageKind.allCases
    /// Most seconds of the processor for one file; of the clock twenty times as many.
    var seconds = 20
    var folder = ""
    var isChild = false

    init(_ arguments: some Sequence<String>) throws {
        var rest = Array(arguments)[...]
        while let name = rest.popFirst() {
            if name == "--child" {
                isChild = true
                continue
            }
            guard let value = rest.popFirst() else { throw FuzzError.arguments(name) }
            switch name {
            case "--files": files = Int(value) ?? files
            case "--first": first = Int(value) ?? first
            case "--seed": seed = UInt64(value) ?? seed
            case "--seconds": seconds = Int(value) ?? seconds
            case "--folder": folder = value
            case "--kind":
                guard let kind = DamageKind(rawValue: value) else {
                    throw FuzzError.arguments(value)
                }
                kinds = [kind]
            default: throw FuzzError.arguments(name)
            }
        }
    }
}

/// Goes through files and reports to standard output: `begin N`, problems, `end N …`.
struct FuzzChild {
    let options: FuzzOptions

    init(_ options: FuzzOptions) { self.options = options }

    func run() throws {
        guard let kind = options.kinds.first else { return }
        let trials = try Trials(folder: options.folder, kind: kind, seed: options.seed)
        for number in options.first ..< options.first + options.files {
            report("begin \(number)")
            setLimit(options.seconds)
            let verdict = try trials.run(number)
            for phase in verdict.cleanChecks { report("clean \(number) \(phase)") }
            for answer in verdict.wrongAnswers { report("wrong \(number) \(answer)") }
            let what = verdict.isNoticed ? "noticed" : verdict.isInUse ? "unnoticed" : "unharmed"
            report("end \(number) \(what)")
        }
        setLimit(0)
    }

    /// Ends the process after so many seconds; never for 0.
    private func setLimit(_ seconds: Int) {
        var limit = itimerval()
        limit.it_value.tv_sec = seconds
        setitimer(Int32(ITIMER_PROF.rawValue), &limit, nil)
        alarm(UInt32(20 * seconds))
    }
}

/// Runs children until all files were tried.
struct FuzzDriver {
    private let options: FuzzOptions
    private let folder: String

    /// Counts of one kind of damage.
    private struct Counts {
        var files = 0
        var noticed = 0
        var unharmed = 0
        var signals = 0
        var hangs = 0
        var wrong = 0
        var clean = 0

        var isSound: Bool { signals + hangs + wrong + clean == 0 }
    }

    init(_ options: FuzzOptions) {
        self.options = options
        folder = options.folder.isEmpty
            ? NSTemporaryDirectory() + "nenfuzz-\(getpid())" : options.folder
    }

    /// Whether all files were treated well.
    func run() throws -> Bool {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Trials.build(in: folder)
        var isSound = true
        for kind in options.kinds {
            report("\(kind.rawValue): \(options.files) files, seed \(options.seed)")
            let counts = try run(kind)
            report(
                "\(kind.rawValue): \(counts.files) files, \(counts.noticed) noticed, "
                    + "\(counts.unharmed) unharmed; \(counts.signals) signals, "
                    + "\(counts.hangs) hangs, \(counts.wrong) with wrong answers, "
                    + "\(counts.clean) with clean checks")
            isSound = isSound && counts.isSound
        }
        return isSound
    }

    private func run(_ kind: DamageKind) throws -> Counts {
        var counts = Counts()
        var next = options.first
        let end = options.first + options.files
        while next < end {
            let (reached, status) = try runChild(kind, from: next, to: end, &counts)
            if reached >= end { break }
            let note = "\(kind.rawValue) file \(reached), seed \(options.seed)"
            if status == SIGALRM || status == SIGPROF {
                counts.hangs += 1
                report("HANG: \(note)")
            } else if status > 0 {
                counts.signals += 1
                report("SIGNAL \(status): \(note)")
            } else {
                throw FuzzError.arguments("the child ended at \(note)")
            }
            counts.files += 1
            next = reached + 1
        }
        return counts
    }

    /// Runs a child; returns the file it did not finish and the signal that ended it.
    private func runChild(
        _ kind: DamageKind, from first: Int, to end: Int, _ counts: inout Counts
    ) throws -> (reached: Int, signal: Int32) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        process.arguments = [
            "--child", "--kind", kind.rawValue, "--seed", "\(options.seed)", "--first", "\(first)",
            "--files", "\(end - first)", "--seconds", "\(options.seconds)", "--folder", folder,
        ]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var reached = first
        var pending = ""
        var spoiled: (clean: Int, wrong: Int) = (-1, -1)
        while true {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { break }
            pending += String(decoding: data, as: UTF8.self)
            while let newline = pending.firstIndex(of: "\n") {
                let line = String(pending[..<newline])
                pending = String(pending[pending.index(after: newline)...])
                note(line, kind, &counts, &reached, &spoiled)
            }
        }
        process.waitUntilExit()
        let isSignal = process.terminationReason == .uncaughtSignal
        return (reached, isSignal ? process.terminationStatus : 0)
    }

    private func note(
        _ line: String, _ kind: DamageKind, _ counts: inout Counts, _ reached: inout Int,
        _ spoiled: inout (clean: Int, wrong: Int)
    ) {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let number = Int(words[1]) else {
            report(line)
            return
        }
        let rest = words.count > 2 ? String(words[2]) : ""
        switch words[0] {
        case "begin": reached = number
        case "end":
            reached = number + 1
            counts.files += 1
            if rest == "noticed" { counts.noticed += 1 }
            if rest == "unharmed" { counts.unharmed += 1 }
        case "clean":
            if spoiled.clean != number { counts.clean += 1 }
            spoiled.clean = number
            report("CLEAN CHECK: \(kind.rawValue) file \(number), seed \(options.seed), \(rest)")
        case "wrong":
            if spoiled.wrong != number { counts.wrong += 1 }
            spoiled.wrong = number
            report("WRONG ANSWER: \(kind.rawValue) file \(number), seed \(options.seed), \(rest)")
        default: report(line)
        }
    }
}
