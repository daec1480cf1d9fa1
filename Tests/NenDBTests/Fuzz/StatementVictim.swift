// StatementVictim: `nql --json-lines` over a small graph in memory, in a process of its own, so
// that a statement that ends it ends nothing else. Answers are waited for with a limit.

import Foundation
import NenDB

/// A process that runs statements one after the other.
final class StatementVictim {
    /// What became of a statement.
    enum Outcome {
        /// Whether it ran to its end, or was refused or stopped with an error.
        case answered(seconds: Double, ran: Bool)
        /// The signal, or the exit status as a negative number.
        case died(Int32)
        case hung
    }

    /// What the statements find.
    static let graph = [
        "CREATE (a:A:Person {i: 1, name: 'x', l: [1, 2], d: date('2024-02-29')})"
            + "-[:R {w: 2.5}]->(b:B {i: -1, name: 'ß'})-[:R]->(c:C {m: {a: 1}})-[:S]->(a), "
            + "(b)-[:KNOWS {since: 1}]->(a), (:Person {name: 'y', age: 9})",
        "CREATE INDEX person FOR (p:Person) ON (p.name)",
    ]

    private let process = Process()
    private let requests = Pipe()
    private let responses = Pipe()
    private var chunk = [UInt8](repeating: 0, count: StatementVictim.chunkByteCount)
    private static let chunkByteCount = 65_536

    /// - Parameters:
    ///   timeoutMilliseconds: what the process gives each statement.
    init(timeoutMilliseconds: Int) throws {
        let chosen = ProcessInfo.processInfo.environment["NEN_FUZZ_NQL"]
        process.executableURL = URL(fileURLWithPath: chosen ?? NQLProcess.executable)
        process.arguments = [
            ":memory:", "--json-lines", "--no-files", "--memory-budget", "128MiB",
            "--timeout", "\(timeoutMilliseconds)ms",
        ]
        process.standardInput = requests
        process.standardOutput = responses
        process.standardError = FileHandle.nullDevice
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        try process.run()
        for statement in StatementVictim.graph { _ = run(statement, limitSeconds: 60) }
    }

    deinit { kill() }

    /// Runs one statement and waits for its answer.
    func run(_ text: String, limitSeconds: Double) -> Outcome {
        var line = Array("{\"query\":\"".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case 0 ..< 0x20:
                let digits = Array("0123456789abcdef".utf8)
                line += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: line.append(byte)
            }
        }
        line += Array("\",\"params\":{}}\n".utf8)
        let start = DispatchTime.now().uptimeNanoseconds
        let passed = { Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9 }
        guard send(line) else { return death() }
        var head: [UInt8] = []
        while true {
            let left = limitSeconds - passed()
            if left <= 0 {
                kill()
                return .hung
            }
            var wait = pollfd(
                fd: responses.fileHandleForReading.fileDescriptor, events: Int16(POLLIN),
                revents: 0)
            if poll(&wait, 1, Int32(left * 1_000) + 1) <= 0 { continue }
            let count = read(wait.fd, &chunk, StatementVictim.chunkByteCount)
            if count <= 0 { return death() }
            if head.count < 8 { head += chunk[..<min(count, 8)] }
            // One line answers one statement: only the last byte of it ends a line.
            if chunk[count - 1] == 0x0A {
                let isError = head.starts(with: Array("{\"error".utf8))
                return .answered(seconds: passed(), ran: !isError)
            }
        }
    }

    private func send(_ line: [UInt8]) -> Bool {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                write(requests.fileHandleForWriting.fileDescriptor, $0.baseAddress, $0.count)
            }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func death() -> Outcome {
        process.waitUntilExit()
        let status = process.terminationStatus
        return .died(process.terminationReason == .uncaughtSignal ? status : -status)
    }

    private func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}

/// What a run over many statements has counted.
struct FuzzCount: CustomStringConvertible, Sendable {
    var statements = 0
    /// Those that ran to their end; the others were answered by an error.
    var ran = 0
    var late = 0
    var slowest = 0.0
    /// Statements that ended the process or were never answered.
    var findings: [String] = []

    var description: String {
        "\(statements) statements, \(ran) without an error: \(findings.count) signals or hangs, "
            + "\(late) over their time, slowest \((slowest * 1_000).rounded() / 1_000) s"
    }

    static func + (one: FuzzCount, other: FuzzCount) -> FuzzCount {
        FuzzCount(
            statements: one.statements + other.statements, ran: one.ran + other.ran,
            late: one.late + other.late, slowest: max(one.slowest, other.slowest),
            findings: one.findings + other.findings)
    }
}

/// Runs statements in victims of their own, several at a time.
struct StatementFuzzer {
    private static let environment = ProcessInfo.processInfo.environment
    /// Milliseconds that a victim gives a statement.
    static let timeoutMilliseconds = 1_000
    /// Seconds over that after which a statement counts as late: generous where many share few
    /// processors, half a second when asked for.
    static let graceSeconds = environment["NEN_FUZZ_GRACE"].flatMap { Double($0) } ?? 8
    /// Seconds after which a statement counts as one that never ends.
    static let hangSeconds = 30.0
    static let workerCount = environment["NEN_FUZZ_WORKERS"].flatMap { Int($0) } ?? 1
    /// Statements of one victim, whose graph and plans grow.
    private static let victimStatements = 2_000

    /// Runs `count` statements; `next` makes the number-th statement of a worker.
    static func run(
        count: Int, _ maker: @Sendable (_ worker: Int) -> () -> String
    ) throws -> FuzzCount {
        let results = Results()
        DispatchQueue.concurrentPerform(iterations: workerCount) { worker in
            let make = maker(worker)
            var counted = FuzzCount()
            var victim: StatementVictim?
            let share = (count + workerCount - 1) / workerCount
            while counted.statements < share {
                if counted.statements % victimStatements == 0 { victim = nil }
                guard let running = victim
                    ?? (try? StatementVictim(timeoutMilliseconds: timeoutMilliseconds))
                else { break }
                victim = running
                let text = make()
                counted.statements += 1
                switch running.run(text, limitSeconds: hangSeconds) {
                case .answered(let seconds, let ran):
                    if ran { counted.ran += 1 }
                    counted.slowest = max(counted.slowest, seconds)
                    let limit = Double(timeoutMilliseconds) / 1_000 + graceSeconds
                    if seconds > limit {
                        counted.late += 1
                        print(
                            "late, \(seconds) s, number \(counted.statements) of worker "
                                + "\(worker): \(text.prefix(2_000))")
                    }
                case .died(let signal):
                    counted.findings.append("signal \(signal): \(text)")
                    print("signal \(signal): \(text.prefix(2_000))")
                    victim = nil
                case .hung:
                    counted.findings.append("never answered: \(text)")
                    print("never answered: \(text.prefix(2_000))")
                    victim = nil
                }
            }
            results.add(counted)
        }
        return results.sum
    }

    private final class Results: @unchecked Sendable {
        // Sendable: touched under the lock.
        private let lock = NSLock()
        private var total = FuzzCount()
        var sum: FuzzCount { lock.withLock { total } }
        func add(_ one: FuzzCount) { lock.withLock { total = total + one } }
    }
}
