// TerminalSession: the built `nql` on a pseudo-terminal of some size, as somebody at a keyboard has
// it: keys in, a screen out.

import Foundation

/// A running shell.
final class TerminalSession {
    private let master: Int32
    private let process: pid_t
    private(set) var screen: TerminalScreen
    private var isOver = false

    /// The shell writes this when it waits for a statement.
    static let prompt = "nql> "

    init(_ arguments: [String], columns: Int = 80, rows: Int = 50, history: String? = nil) throws {
        screen = TerminalScreen(columns: columns, rows: rows)
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        // TIOCSPTLCK and TIOCGPTN, whose headers Swift does not read.
        var (lock, number): (Int32, Int32) = (0, 0)
        guard master >= 0, ioctl(master, 0x4004_5431, &lock) == 0,
            ioctl(master, 0x8004_5430, &number) == 0
        else { throw POSIXError(.ENOTTY) }
        let name = "/dev/pts/\(number)"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Opened by the leader of a new session, it is its controlling terminal.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // POSIX_SPAWN_SETSID and POSIX_SPAWN_SETSIGMASK: threads of the tests block signals.
        posix_spawnattr_setflags(&attributes, 0x80 | 0x08)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var environment = ProcessInfo.processInfo.environment
        environment["TERM"] = "xterm-256color"
        environment["NQL_HISTORY"] = history ?? "/nonexistent/history"
        environment["NO_COLOR"] = nil
        environment["PAGER"] = nil
        let texts = [NQLProcess.executable] + arguments
        var words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var process = pid_t()
        let status = posix_spawn(
            &process, NQLProcess.executable, &actions, &attributes, &words, &settings)
        guard status == 0 else { throw POSIXError(.EIO) }
        self.process = process
        resize(columns: columns, rows: rows)
    }

    deinit { close() }

    /// Changes the terminal's size; what it shows is not broken anew.
    func resize(columns: Int, rows: Int) {
        var size = winsize()
        size.ws_col = UInt16(columns)
        size.ws_row = UInt16(rows)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// Presses keys.
    func type(_ keys: String) {
        var bytes = Array(keys.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Pastes text as terminals do that mark it.
    func paste(_ text: String) { type("\u{1B}[200~\(text)\u{1B}[201~") }

    /// Reads until the screen is as `condition` wants; false when it is not in time.
    @discardableResult
    func wait(seconds: Double = 20, until condition: (TerminalScreen) -> Bool) -> Bool {
        let limit = Date(timeIntervalSinceNow: seconds)
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while Date() < limit {
            if condition(screen) { return true }
            var request = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            if poll(&request, 1, 50) <= 0 { continue }
            let count = read(master, &chunk, chunk.count)
            if count <= 0 { return condition(screen) }
            screen.feed(Array(chunk[..<count]))
        }
        return false
    }

    /// Reads until the last line begins with `start` and nothing stands behind it.
    @discardableResult
    func waitForPrompt(_ start: String = TerminalSession.prompt) -> Bool {
        let wanted = start.trimmingCharacters(in: .whitespaces)
        return wait { $0.lines.last == wanted }
    }

    /// Runs a statement or a command and returns the lines that it added, the input left out.
    func run(_ input: String) -> [String] {
        waitForPrompt()
        let before = screen.lines.count - 1
        type(input + "\r")
        wait { $0.lines.count > before + 1 && $0.lines.last == "nql>" }
        return Array(screen.lines.dropFirst(before).dropLast())
    }

    /// The status of a shell that ends.
    func end(seconds: Double = 20) -> Int32? {
        let limit = Date(timeIntervalSinceNow: seconds)
        var status: Int32 = 0
        while Date() < limit {
            if waitpid(process, &status, WNOHANG) == process {
                isOver = true
                return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
            }
            wait(seconds: 0.02) { _ in false }
        }
        return nil
    }

    private func close() {
        if !isOver {
            kill(process, SIGKILL)
            var status: Int32 = 0
            waitpid(process, &status, 0)
            isOver = true
        }
        Foundation.close(master)
    }
}
