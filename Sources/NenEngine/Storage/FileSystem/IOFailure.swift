// IOFailure: a refused operation of the operating system, before it is told to a user.
import Glibc
import NenCore

/// Which operation failed, on what, and the errno.
struct IOFailure: Error, Sendable {
    var operation: String
    var path: String
    var code: Int32

    /// Nothing can be added to the file, by the disk or by a limit.
    var isDiskFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

    /// The error for users.
    var error: NQLError {
        let reason = String(cString: strerror(code))
        let hint: String? =
            switch code {
            case EFBIG: "raise the limit of file sizes (ulimit -f) and try again; nothing was lost"
            case ENOSPC, EDQUOT: "free space on the disk and try again; nothing was lost"
            case EACCES, EPERM, EROFS: "check the permissions of the file and its directory"
            case EMFILE, ENFILE: "raise the limit of open files"
            case ELOOP: "replace the symbolic link by the file it points to"
            case ENAMETOOLONG: "choose a shorter name"
            default: nil
            }
        return .runtime(
            .io, isDiskFull ? "DiskFull" : nil, "\(operation) of '\(path)' failed: \(reason)",
            hint: hint)
    }
}
