// ScriptFile: runs the statements of a file or of standard input. A short script is read whole, so
// that nothing of it runs when it is not text. A long one is read in blocks and runs as it is read;
// what is kept is the statement being read and the line before it, for messages.

import Glibc
import NQLSyntax
import NenCore
import NenDB

/// Scripts in files.
enum ScriptFile {
    /// Scripts up to this length are read whole.
    private static let wholeByteCountMax = 1 << 20

    /// Runs the script at `path` (`-` for standard input).
    static func run(_ path: String, _ runner: StatementRunner) throws -> RunOutcome {
        let isInput = path == "-"
        Interrupts.cancellation.reset()
        let descriptor = isInput ? 0 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return try unreadable(path, runner) }
        defer { if !isInput { close(descriptor) } }
        var window = ScriptWindow(
            descriptor: descriptor, name: isInput ? "standard input" : path,
            account: MemoryAccount(
                .statement, limitBytes: runner.session.limits.memoryBudgetBytes,
                parent: runner.database.memory))
        do {
            while !window.isAtEnd, window.byteCount <= wholeByteCountMax {
                guard try window.read() else { return try unreadable(path, runner) }
            }
            if !window.isAtEnd { return try runInBlocks(path, &window, runner) }
        } catch let error as NQLError {
            return try refuse(error, window, runner)
        }
        guard let script = window.whole else { return try noText(path, runner) }
        return try runner.run(script)
    }

    /// Whether the file at `path` begins with the line that names an interpreter, `#!…`.
    static func namesInterpreter(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return false
        }
        var bytes: [UInt8] = [0, 0]
        return read(descriptor, &bytes, 2) == 2 && bytes == Array("#!".utf8)
    }

    private static func runInBlocks(
        _ path: String, _ window: inout ScriptWindow, _ runner: StatementRunner
    ) throws -> RunOutcome {
        var splitter = StatementSplitter(readsCommands: true)
        var first: RunOutcome?
        while true {
            var pieces = window.feed(&splitter)
            if window.isAtEnd, let last = splitter.finish() { pieces.append(last) }
            if !pieces.isEmpty {
                guard let script = window.script(upTo: pieces) else {
                    return try noText(path, runner)
                }
                var echoed = window.echoed
                for piece in pieces {
                    let outcome = try runner.run(
                        window.relative(piece), of: script, echoed: &echoed)
                    switch outcome {
                    case .done: continue
                    case .exit: return first ?? .exit
                    case .failed(let error):
                        first = first ?? outcome
                        if runner.stopsAtErrors || error?.code == .interrupted { return outcome }
                    }
                }
                window.drop(behind: echoed, pieces)
            }
            if window.isAtEnd { return first ?? .done }
            guard try window.read() else { return try unreadable(path, runner) }
        }
    }

    private static func unreadable(
        _ path: String, _ runner: StatementRunner
    ) throws -> RunOutcome {
        try runner.complain("`\(path)`: \(SystemError.message).")
        return .failed(nil)
    }

    private static func noText(_ path: String, _ runner: StatementRunner) throws -> RunOutcome {
        try runner.complain("`\(path)` is not UTF-8 text.")
        return .failed(nil)
    }

    /// A statement that is longer than the memory budget.
    private static func refuse(
        _ error: NQLError, _ window: ScriptWindow, _ runner: StatementRunner
    ) throws -> RunOutcome {
        try runner.report(error, in: Script(name: nil, text: ""))
        return .failed(error)
    }
}

/// The part of a script that is in memory.
private struct ScriptWindow {
    private let descriptor: Int32
    private let name: String
    private let account: MemoryAccount
    private var bytes: [UInt8] = []
    /// Where in the file the bytes begin.
    private var offset = 0
    /// The line they begin on.
    private var line = 1
    /// Bytes that the splitter has seen.
    private var fedCount = 0
    /// Where the text begins that was not yet printed.
    private(set) var echoed = 0
    private(set) var isAtEnd = false
    private var chargedBytes = 0

    private static let blockByteCount = 1 << 18

    init(descriptor: Int32, name: String, account: MemoryAccount) {
        self.descriptor = descriptor
        self.name = name
        self.account = account
    }

    var byteCount: Int { bytes.count }

    /// Everything as one script; nil when it is no text.
    var whole: Script? {
        String(validating: bytes, as: UTF8.self).map { Script(name: name, text: $0) }
    }

    /// Reads a block; false with `errno` set when that fails.
    ///
    /// - Throws: `MemoryLimitExceeded`.
    mutating func read() throws -> Bool {
        // The bytes, the splitter's copy, and what growing an array takes.
        let needed = 4 * (bytes.count + ScriptWindow.blockByteCount)
        if needed > chargedBytes {
            try account.charge(needed - chargedBytes, for: .text)
            chargedBytes = needed
        }
        let old = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: ScriptWindow.blockByteCount))
        while true {
            // A pipe is waited for as long as nobody interrupts.
            let isReady = try Interrupts.cancellation.run { FileBytes.waitForBytes(descriptor) }
            if !isReady {
                errno = EINTR
                return false
            }
            let count = bytes.withUnsafeMutableBytes { bytes in
                let tail = UnsafeMutableRawBufferPointer(rebasing: bytes[old...])
                return Glibc.read(descriptor, tail.baseAddress, tail.count)
            }
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            bytes.removeLast(ScriptWindow.blockByteCount - max(0, count))
            isAtEnd = count == 0
            return count >= 0
        }
    }

    /// Shows the splitter what it has not seen.
    mutating func feed(
        _ splitter: inout StatementSplitter
    ) -> [StatementSplitter.Piece] {
        let seen = fedCount
        fedCount = bytes.count
        return bytes.withUnsafeBufferPointer {
            splitter.feed(bytes: UnsafeBufferPointer(rebasing: $0[seen...]))
        }
    }

    /// The piece with its place in the script that `script` returns.
    func relative(_ piece: StatementSplitter.Piece) -> StatementSplitter.Piece {
        var piece = piece
        piece.offset -= offset
        return piece
    }

    /// The text that messages about these pieces show; nil when one of them is no text.
    func script(upTo pieces: [StatementSplitter.Piece]) -> Script? {
        for piece in pieces {
            // Repaired text is longer or shorter than the bytes, or has a replacement in it.
            let start = piece.offset - offset
            let end = start + piece.text.utf8.count
            guard end <= bytes.count, piece.text.utf8.elementsEqual(bytes[start ..< end]) else {
                return nil
            }
        }
        var script = Script(name: name, text: String(decoding: bytes, as: UTF8.self))
        script.firstLine = line
        return script
    }

    /// Forgets what stands before the line on which the last piece ended.
    mutating func drop(behind echoed: Int, _ pieces: [StatementSplitter.Piece]) {
        guard let last = pieces.last else { return }
        self.echoed = echoed
        let end = min(bytes.count, relative(last).offset + last.text.utf8.count)
        var cut = bytes[..<end].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        // A line without an end is not kept for its column's sake.
        if end - cut > ScriptWindow.blockByteCount { cut = end }
        var wasReturn = false
        for byte in bytes[..<cut] {
            if byte == 0x0D || (byte == 0x0A && !wasReturn) { line += 1 }
            wasReturn = byte == 0x0D
        }
        bytes.removeFirst(cut)
        offset += cut
        fedCount -= cut
        self.echoed = max(0, echoed - cut)
        if bytes.capacity > 8 * ScriptWindow.blockByteCount,
            bytes.count < 2 * ScriptWindow.blockByteCount
        {
            bytes = Array(bytes)
        }
        account.release(chargedBytes)
        chargedBytes = 0
    }
}
