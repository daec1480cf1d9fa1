// NQLProcess: the built `nql --json-lines` in a process of its own, for tests that kill it.

import Foundation
import NenDB

/// A running `nql --json-lines` over one database file.
final class NQLProcess {
    private let process = Process()
    private let requests = Pipe()
    private let responses = Pipe()
    private var received: [UInt8] = []

    /// The command beside the test bundle.
    static let executable: String = {
        let bundle = CommandLine.arguments[0]
        let folder = bundle.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
        return folder + "/nql"
    }()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: NQLProcess.executable)
        process.arguments = arguments
        process.standardInput = requests
        process.standardOutput = responses
        try process.run()
    }

    deinit { kill() }

    /// Sends one statement without waiting for its answer.
    func send(_ query: String) {
        let quoted = query.replacingOccurrences(of: "\\", with: "\\\\")
            .replacingOccurrences(of: "\"", with: "\\\"")
        let line = "{\"query\":\"\(quoted)\",\"params\":{}}\n"
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                write(requests.fileHandleForWriting.fileDescriptor, $0.baseAddress, $0.count)
            }
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// The next line of answers; nil when the process has ended.
    func receive() -> String? {
        while true {
            if let end = received.firstIndex(of: 0x0A) {
                let line = String(decoding: received[..<end], as: UTF8.self)
                received.removeFirst(end + 1)
                return line
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = read(
                responses.fileHandleForReading.fileDescriptor, &chunk, chunk.count)
            if count <= 0 { return nil }
            received.append(contentsOf: chunk[..<count])
        }
    }

    /// Runs one statement.
    func run(_ query: String) -> String? {
        send(query)
        return receive()
    }

    /// Runs one statement; nil, too, when no answer comes within `seconds` (the process is killed
    /// then).
    func run(_ query: String, seconds: Int) -> String? {
        send(query)
        var poll = pollfd(
            fd: responses.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        if !received.contains(0x0A), Foundation.poll(&poll, 1, Int32(seconds * 1_000)) == 0 {
            kill()
            return nil
        }
        return receive()
    }

    /// The integer of a result of one row and one column.
    func integer(_ query: String) -> Int? {
        guard let line = run(query), let start = line.range(of: "\"_value\":\"") else {
            return nil
        }
        return Int(line[start.upperBound...].prefix { $0 == "-" || $0.isNumber })
    }

    /// Ends the process at once, as a crash does.
    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// As `finish`; nil when the process ends by a signal or not within `seconds`.
    func finish(seconds: Int) -> Int32? {
        try? requests.fileHandleForWriting.close()
        let limit = Date(timeIntervalSinceNow: TimeInterval(seconds))
        while process.isRunning, Date() < limit { usleep(1_000) }
        if process.isRunning { kill() }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal ? nil : process.terminationStatus
    }

    /// Ends the process by the end of its input and returns its status.
    func finish() -> Int32 {
        try? requests.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
