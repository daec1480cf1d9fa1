// Interrupts: Ctrl-C ends the running query, not the command; a closed pipe is no signal.

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

    /// Writing into a closed pipe gives an error instead of ending the process.
    static func ignoreClosedPipes() { signal(SIGPIPE, SIG_IGN) }
}
