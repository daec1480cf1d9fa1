// AllowedDirectories: the directories of a FileAccess, opened: from then on they are known by
// device and inode, and being held open no other can get theirs.

import Glibc
import NenCore

/// What a policy allows, as the walk asks for it.
final class AllowedDirectories: Sendable {
    /// No directory has any right: no file may be named at all.
    let allowsNothing: Bool
    private let allowsEverything: Bool
    private let directories: [(handle: DirectoryHandle, rights: FileRights)]
    /// Where relative paths begin; nil for the process's working directory as it is then.
    private let fixedBase: DirectoryHandle?
    /// What may be done in the base.
    let rightsOfBase: FileRights

    /// - Throws: `IOError(FileAccess)` for a directory that cannot be opened.
    init(_ access: FileAccess) throws(NQLError) {
        allowsEverything = access.reach == .everything
        var opened: [(handle: DirectoryHandle, rights: FileRights)] = []
        if access.reach == .directories {
            for path in access.reading {
                opened.append((try AllowedDirectories.open(path), .read))
            }
            for path in access.writing {
                opened.append((try AllowedDirectories.open(path), .write))
            }
        }
        directories = opened
        allowsNothing = opened.isEmpty && !allowsEverything
        guard let first = opened.first?.handle else {
            fixedBase = nil
            rightsOfBase = allowsEverything ? [.read, .write] : []
            return
        }
        let base = try access.base.map { (path) throws(NQLError) in
            try AllowedDirectories.open(path)
        } ?? first
        fixedBase = base
        let parts = FileLocation.parts(Array(base.path.utf8))
        rightsOfBase = opened.reduce(into: []) { rights, directory in
            let above = FileLocation.parts(Array(directory.handle.path.utf8))
            if parts.starts(with: above) { rights.formUnion(directory.rights) }
        }
    }

    /// Opens a directory under its real path.
    private static func open(_ path: String) throws(NQLError) -> DirectoryHandle {
        guard !path.utf8.contains(0) else {
            throw FileLocation.invalid("The name of a directory holds a NUL character.")
        }
        if let resolved = realpath(path, nil) {
            defer { free(resolved) }
            if let handle = DirectoryHandle.open(String(cString: resolved)) { return handle }
        }
        throw .runtime(
            .io, "FileAccess",
            "The directory '\(path)', whose files are to be accessible, cannot be opened: "
                + "\(String(cString: strerror(errno))).",
            hint: "Make it first, or take it out of the directories.")
    }

    /// Where relative paths begin; nil with `errno` set.
    func base() -> DirectoryHandle? {
        if let fixedBase { return fixedBase }
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return DirectoryHandle.open(".", named: String(cString: path))
    }

    /// What a directory of its own allows.
    func rights(of directory: FileIdentity) -> FileRights {
        if allowsEverything { return [.read, .write] }
        var rights: FileRights = []
        for allowed in directories where allowed.handle.identity == directory {
            rights.formUnion(allowed.rights)
        }
        return rights
    }

    /// The path of something named relative to the base.
    func path(belowBase path: String) -> String {
        guard let base = fixedBase?.path else { return path }
        return base == "/" ? "/" + path : base + "/" + path
    }
}
