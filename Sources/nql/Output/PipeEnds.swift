// PipeEnds: a pipe whose ends no other program inherits.

import Glibc

/// The two ends of a new pipe.
struct PipeEnds {
    let reading: Int32
    let writing: Int32

    /// Nil with `errno` set when the system has none left.
    init?() {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }
}
