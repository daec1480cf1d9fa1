// Terminal: the raw mode in which the line editor reads keys, and the terminal's size.

import Glibc

/// The terminal at standard input.
enum Terminal {
    /// Whether keys come from a person and text goes to one.
    static var isInteractive: Bool { isatty(0) == 1 && isatty(1) == 1 }

    private static var size: winsize? {
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
    }

    /// Columns of the terminal; 80 when unknown.
    static var columnCount: Int { size.map { Int($0.ws_col) }.flatMap { $0 > 0 ? $0 : nil } ?? 80 }

    /// Rows of the terminal; 24 when unknown.
    static var rowCount: Int { size.map { Int($0.ws_row) }.flatMap { $0 > 0 ? $0 : nil } ?? 24 }

    /// Runs `body` while keys arrive one by one and unechoed; restores the old mode behind it.
    static func withRawMode<Output>(_ body: () throws -> Output) rethrows -> Output {
        guard let original = enterRawMode() else { return try body() }
        defer { restore(original) }
        return try body()
    }

    /// Switches to raw mode; the mode before, nil when the input is no terminal.
    private static func enterRawMode() -> termios? {
        var original = termios()
        guard tcgetattr(0, &original) == 0 else { return nil }
        var raw = original
        raw.c_iflag &= ~tcflag_t(ICRNL | IXON)
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        tcsetattr(0, TCSADRAIN, &raw)
        return original
    }

    private static func restore(_ mode: termios) {
        var mode = mode
        tcsetattr(0, TCSADRAIN, &mode)
    }

    /// Stops the process as Ctrl-Z does, in the terminal's ordinary mode; returns when it goes on.
    static func suspend() {
        var raw = termios()
        guard tcgetattr(0, &raw) == 0 else { return }
        var cooked = raw
        cooked.c_iflag |= tcflag_t(ICRNL | IXON)
        cooked.c_lflag |= tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        tcsetattr(0, TCSADRAIN, &cooked)
        kill(0, SIGTSTP)
        tcsetattr(0, TCSADRAIN, &raw)
    }

    /// Whether keys are waiting.
    static var hasInput: Bool { waitForInput(milliseconds: 0) }

    /// Waits for a key, or the end of input; false when none came in time.
    static func waitForInput(milliseconds: Int32) -> Bool {
        var request = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, milliseconds) > 0
    }

    /// One byte from standard input; nil at its end.
    static func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(0, &byte, 1)
            if count == 1 { return byte }
            if count < 0 && errno == EINTR { continue }
            return nil
        }
    }
}
