// IsolatedRun: one run of the built `nql` in a process of its own, with what it printed and how it
// ended: a signal or a hang of it is a finding, not the end of the tests.

import Foundation

/// What a run of `nql` came to.
struct IsolatedRun: CustomStringConvertible {
    enum End: Equatable {
        case status(Int32)
        case signal(Int32)
        /// It did not end in time and was killed.
        case hang
    }

    var end: End
    var output: String
    var errors: String

    /// How it ended and the beginning of what it said.
    var description: String {
        "\(end), printed '\(output.prefix(300))', complained '\(errors.prefix(2_000))'"
    }

    /// It ended by itself, with success or with an error it told.
    var isOrderly: Bool {
        if case .status = end { true } else { false }
    }

    private static let setpriv = "/usr/bin/setpriv"

    /// Root may do everything, but may also run the command as somebody who may not.
    static var canBeNobody: Bool { geteuid() == 0 && access(setpriv, X_OK) == 0 }

    /// Runs `nql` with these arguments and nothing to read.
    /// - Parameters:
    ///   - seconds: after so long the run counts as a hang.
    ///   - isNobody: as a user without any rights of its own (`canBeNobody`).
    init(
        _ arguments: [String], in folder: TemporaryFiles, seconds: Int = 20,
        isNobody: Bool = false
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: NQLProcess.executable)
        process.arguments = arguments
        if isNobody {
            // Where the user may run it.
            let copy = folder(".nql")
            if access(copy, F_OK) != 0 {
                try FileManager.default.copyItem(atPath: NQLProcess.executable, toPath: copy)
            }
            process.executableURL = URL(fileURLWithPath: IsolatedRun.setpriv)
            process.arguments =
                ["--reuid", "65534", "--regid", "65534", "--clear-groups", copy] + arguments
        }
        process.standardInput = FileHandle.nullDevice
        let names = ["out", "err"].map { folder.path + "/." + $0 }
        let files = try names.map { name in
            _ = FileManager.default.createFile(atPath: name, contents: nil)
            return try FileHandle(forWritingTo: URL(fileURLWithPath: name))
        }
        process.standardOutput = files[0]
        process.standardError = files[1]
        try process.run()
        let limit = Date(timeIntervalSinceNow: TimeInterval(seconds))
        while process.isRunning, Date() < limit { usleep(1_000) }
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            end = .hang
        } else {
            process.waitUntilExit()
            end =
                process.terminationReason == .uncaughtSignal
                ? .signal(process.terminationStatus) : .status(process.terminationStatus)
        }
        for file in files { try file.close() }
        let texts = names.map { FileManager.default.contents(atPath: $0) ?? Data() }
        output = String(decoding: texts[0], as: UTF8.self)
        errors = String(decoding: texts[1], as: UTF8.self)
    }
}

/// A folder that goes away with the test.
final class TemporaryFiles {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/nen-files-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    func bytes(_ name: String) -> [UInt8] {
        [UInt8](FileManager.default.contents(atPath: self(name)) ?? Data())
    }

    func write(_ bytes: [UInt8], _ name: String) {
        _ = FileManager.default.createFile(atPath: self(name), contents: Data(bytes))
    }

    func copy(_ name: String, to target: String) throws {
        try? FileManager.default.removeItem(atPath: self(target))
        try FileManager.default.copyItem(atPath: self(name), toPath: self(target))
    }

    func remove(_ name: String) { unlink(self(name)) }

    /// Names in the folder that begin with `prefix`, sorted.
    func names(_ prefix: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
            .filter { $0.hasPrefix(prefix) }.sorted()
    }
}
