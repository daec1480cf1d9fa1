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
        .runtime(
            .io, isDiskFull ? "DiskFull" : nil,
            "\(operation) of '\(path)' failed: \(IOFailure.reason(code))",
            hint: IOFailure.remedy(for: code))
    }

    /// What the system says of an errno.
    static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// What can be done about an errno, as a clause; nil where the reason says all there is.
    static func remedy(for code: Int32) -> String? {
        switch code {
        case EFBIG: "raise the limit of file sizes (ulimit -f) and try again; nothing was lost"
        case ENOSPC, EDQUOT: "free space on the disk and try again; nothing was lost"
        case EACCES, EPERM, EROFS:
            "check the permissions of the file and its directory; what may only be read opens with "
                + "--read-only"
        case EMFILE, ENFILE: "raise the limit of open files"
        case ELOOP: "replace the symbolic link by the file it points to"
        case ENAMETOOLONG: "choose a shorter name"
        case ENOENT: "check the path: the file, or the directory it is to be in, is not there"
        case ENOTDIR: "check the path: it, or a part of it, is a file and no directory"
        case EISDIR: "check the path: it leads to a directory"
        case ETXTBSY: "check the path: the file is a program that runs"
        case EIO: "check the disk; nql salvage reads what is whole, nql restore a backup"
        case ENOMEM: "raise the limit of virtual memory (ulimit -v)"
        default: nil
        }
    }
}
