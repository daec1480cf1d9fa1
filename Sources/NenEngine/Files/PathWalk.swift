// PathWalk: follows a path step by step with the directories held open, and knows at each what may
// be done there.
//
// Every step opens one name in the directory reached, never following a link (`openat` with
// O_NOFOLLOW); links are read and their targets walked by the same rules; `..` goes back to the
// directory that was held before. A directory has the rights of the one above it and its own, which
// are known by device and inode. So neither planted links nor directories swapped during the walk
// lead to rights: what counts is where the walk has arrived. Links are taken as text, so that those
// of /proc, which the kernel follows to any open file, lead nowhere else.

import Glibc
import NenCore

/// What may be done in a directory.
struct FileRights: OptionSet, Sendable {
    let rawValue: UInt8
    static let read = FileRights(rawValue: 1)
    static let write = FileRights(rawValue: 2)
}

/// One walk.
struct PathWalk {
    /// Where a walk has arrived.
    struct End {
        var directory: DirectoryHandle
        var rights: FileRights
        /// The last part of the path; nil when that is `directory` itself.
        var name: [UInt8]?
        /// What `name` stands for; nil when there is nothing.
        var status: stat?
    }

    /// Why a walk went no further.
    struct Failure: Error {
        /// What might be done where it stopped: where that is nothing, not even the reason is told.
        var rights: FileRights
        var code: Int32
    }

    private struct Step {
        var directory: DirectoryHandle
        var rights: FileRights
    }

    private let directories: AllowedDirectories
    private var steps: [Step]
    /// Parts to go, the next one last.
    private var pending: [[UInt8]]
    private var linkCount = 0
    private var retryCount = 0

    /// Links followed in one walk, as Linux has it.
    private static let linkCountMax = 40
    /// Directories that were swapped for something else between look and open.
    private static let retryCountMax = 64

    /// - Throws: `Failure` when the place where the path begins cannot be opened.
    init(_ path: [UInt8], _ directories: AllowedDirectories) throws(Failure) {
        self.directories = directories
        let isAbsolute = path.first == UInt8(ascii: "/")
        guard let start = isAbsolute ? DirectoryHandle.open("/") : directories.base() else {
            throw Failure(rights: [], code: errno)
        }
        let rights = isAbsolute
            ? directories.rights(of: start.identity) : directories.rightsOfBase
        steps = [Step(directory: start, rights: rights)]
        pending = FileLocation.parts(path).reversed()
    }

    private var top: Step { steps[steps.count - 1] }

    private func failure(_ code: Int32) -> Failure { Failure(rights: top.rights, code: code) }

    /// Goes to the path's end.
    ///
    /// - Parameter followsLast: whether a link at the end is followed.
    mutating func run(followsLast: Bool) throws(Failure) -> End {
        while let part = pending.popLast() {
            if part == [0x2E, 0x2E] {
                try goUp()
                continue
            }
            let isLast = pending.isEmpty
            guard let status = top.directory.status(of: part) else {
                let code = errno
                guard code == ENOENT, isLast else { throw failure(code) }
                return End(
                    directory: top.directory, rights: top.rights, name: part, status: nil)
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try enter(part)
            case S_IFLNK where followsLast || !isLast: try follow(part)
            default:
                guard isLast else { throw failure(ENOTDIR) }
                return End(
                    directory: top.directory, rights: top.rights, name: part, status: status)
            }
        }
        return End(directory: top.directory, rights: top.rights, name: nil, status: nil)
    }

    private mutating func enter(_ part: [UInt8]) throws(Failure) {
        guard let directory = top.directory.open(part) else {
            let code = errno
            // Replaced since it was looked at: look again.
            guard [ENOTDIR, ELOOP, ENOENT].contains(code), retryCount < PathWalk.retryCountMax
            else { throw failure(code) }
            retryCount += 1
            pending.append(part)
            return
        }
        let own = directories.rights(of: directory.identity)
        steps.append(Step(directory: directory, rights: top.rights.union(own)))
    }

    private mutating func follow(_ part: [UInt8]) throws(Failure) {
        guard let target = top.directory.target(of: part) else {
            let code = errno
            guard code == EINVAL, retryCount < PathWalk.retryCountMax else { throw failure(code) }
            retryCount += 1
            pending.append(part)
            return
        }
        linkCount += 1
        guard linkCount <= PathWalk.linkCountMax else { throw failure(ELOOP) }
        if target.first == UInt8(ascii: "/") { try restart() }
        pending += FileLocation.parts(target).reversed()
    }

    /// The directory above; where the walk began below the root, its path leads there.
    private mutating func goUp() throws(Failure) {
        if steps.count > 1 {
            steps.removeLast()
            return
        }
        let path = Array(top.directory.path.utf8)
        guard path != [UInt8(ascii: "/")] else { return }
        let above = FileLocation.parts(path).dropLast()
        try restart()
        pending += above.reversed()
    }

    private mutating func restart() throws(Failure) {
        guard let root = DirectoryHandle.open("/") else { throw failure(errno) }
        steps = [Step(directory: root, rights: directories.rights(of: root.identity))]
    }
}
