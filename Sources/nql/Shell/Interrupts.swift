// Interrupts: Ctrl-C ends the running query or import, not the command; a closed pipe and a full
// file are no signals.

import Glibc
import NenDB

/// What the handler switches; one for the whole process, because a signal knows no object.
private let interruption = Cancellation()

/// The process's signals.
enum Interrupts {
    /// Interrupts the command's queries.
    static var cancellation: Cancellation { interruption }

    /// From now on SIGINT interrupts the running query.
    static func install() {
        interruption.reset()
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in interruption.cancel() }
        action.sa_flags = SA_RESTART
        sigaction(SIGINT, &action, nil)
    }

    /// Writing into a closed pipe, or beyond the limit of a file's size, gives an error instead of
    /// ending the process.
    static func ignoreWriteSignals() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }
}
