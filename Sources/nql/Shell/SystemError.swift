// SystemError: the system's own words for its last error.

import Glibc

/// The system's last error.
enum SystemError {
    /// `errno` in words.
    static var message: String { String(cString: strerror(errno)) }
}
