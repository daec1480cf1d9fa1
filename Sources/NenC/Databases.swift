// Databases, sessions and prepared statements for C.

import CNenDB
import NenCore
import NenDB
import Synchronization
import Glibc

final class DatabaseHandle: Handle {
    let database: Database
    private let isClosed = Atomic<Bool>(false)

    init(_ database: Database) { self.database = database }

    func open() throws -> Database {
        if isClosed.load(ordering: .acquiring) {
            throw NQLError.runtime(
                .database, "DatabaseIsClosed", "The database is closed.", hint: "Open it again.")
        }
        return database
    }

    func close() throws {
        if !isClosed.exchange(true, ordering: .acquiringAndReleasing) { try database.close() }
    }
}

final class SessionHandle: Handle {
    let owner: DatabaseHandle
    let cancellation = Cancellation()
    let session: Session

    init(_ owner: DatabaseHandle) throws {
        self.owner = owner
        session = try owner.open().session(cancellation: cancellation)
    }

    /// Runs a part of a statement, which `nen_interrupt` ends.
    func running<Output>(_ body: () throws -> Output) throws -> Output {
        _ = try owner.open()
        return try exclusively {
            cancellation.reset()
            return try body()
        }
    }
}

extension SessionHandle {
    /// Ends what transaction there is, as the end of a session does.
    fileprivate func rollBack() throws {
        try exclusively { if session.isInTransaction { _ = try session.run("ROLLBACK") } }
    }
}

final class StatementHandle: Handle {
    let owner: SessionHandle
    let text: String
    let prepared: PreparedStatement

    init(_ owner: SessionHandle, _ text: String) throws {
        self.owner = owner
        self.text = text
        prepared = try owner.owner.open().prepare(text, cancellation: owner.cancellation)
    }
}

/// `nen_version` of `nendb.h`.
@_cdecl("nen_version")
public func version() -> UnsafePointer<CChar>? { versionText.pointer }

private struct VersionText: @unchecked Sendable {
    let pointer = UnsafePointer(NenDBVersion.current.withCString { strdup($0) })
}

private let versionText = VersionText()

/// `nen_abi_version` of `nendb.h`.
@_cdecl("nen_abi_version")
public func abiVersion() -> Int32 { NEN_ABI_VERSION }

/// `nen_options_default` of `nendb.h`.
@_cdecl("nen_options_default")
public func optionsDefault(_ options: UnsafeMutablePointer<nen_options>) {
    var fresh = nen_options()
    fresh.size = MemoryLayout<nen_options>.size
    fresh.busy_timeout_milliseconds = -1
    options.initialize(to: fresh)
}

/// The options of a program, whose struct may be shorter than this library's: what stands behind
/// its `size` has its default.
private func readOptions(_ pointer: UnsafePointer<nen_options>) -> DatabaseOptions {
    var given = nen_options()
    optionsDefault(&given)
    let byteCount = min(pointer.pointee.size, MemoryLayout<nen_options>.size)
    if byteCount > 0 {
        withUnsafeMutableBytes(of: &given) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: byteCount))
        }
    }
    var options = DatabaseOptions()
    options.isReadOnly = given.read_only
    options.mustExist = given.must_exist
    options.durability = [DurabilityLevel.full, .normal, .off][
        Int(min(2, max(0, given.durability)))]
    if given.threads > 0 { options.limits.threadCount = Int(given.threads) }
    if given.memory_budget > 0 { options.limits.memoryBudgetBytes = Int(given.memory_budget) }
    if given.memory_limit > 0 { options.memoryLimitBytes = Int(given.memory_limit) }
    if given.busy_timeout_milliseconds >= 0 {
        options.busyTimeoutMilliseconds = Int(given.busy_timeout_milliseconds)
    }
    var directories: [String] = []
    for place in 0 ..< given.file_directory_count {
        if let name = given.file_directories?[place] { directories.append(String(cString: name)) }
    }
    if !directories.isEmpty {
        options.fileAccess = .directories(reading: directories, writing: directories)
    }
    return options
}

/// `nen_open` of `nendb.h`.
@_cdecl("nen_open")
public func open(
    _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<nen_options>?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    status(errorPlace(error)) {
        let out = try place(out)
        let options = options.map { readOptions($0) } ?? DatabaseOptions()
        let name = path.map { String(cString: $0) } ?? ":memory:"
        let database = name == ":memory:" || name.isEmpty
            ? try Database.inMemory(options: options)
            : try Database(at: name, options: options)
        out.pointee = DatabaseHandle(database).owned
    }
}

/// The place for an error, whose type C and Swift name differently.
func errorPlace(_ raw: UnsafeMutableRawPointer?) -> ErrorPlace {
    raw?.assumingMemoryBound(to: UnsafeMutablePointer<nen_error>?.self)
}

/// `nen_close` of `nendb.h`.
@_cdecl("nen_close")
public func close(
    _ database: OpaquePointer?, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    status(errorPlace(error)) { try Handle.of(database, DatabaseHandle.self).close() }
}

/// `nen_database_free` of `nendb.h`.
@_cdecl("nen_database_free")
public func databaseFree(_ database: OpaquePointer?) {
    Handle.release(database, DatabaseHandle.self)
}

/// `nen_session_open` of `nendb.h`.
@_cdecl("nen_session_open")
public func sessionOpen(
    _ database: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutableRawPointer?
) -> nen_status {
    status(errorPlace(error)) {
        let out = try place(out)
        out.pointee = try SessionHandle(Handle.of(database, DatabaseHandle.self)).owned
    }
}

/// `nen_session_close` of `nendb.h`.
@_cdecl("nen_session_close")
public func sessionClose(_ session: OpaquePointer?) {
    // Results keep the session, and would keep its transaction.
    try? Handle.of(session, SessionHandle.self).rollBack()
    Handle.release(session, SessionHandle.self)
}

/// `nen_session_set_timeout` of `nendb.h`.
@_cdecl("nen_session_set_timeout")
public func sessionSetTimeout(
    _ session: OpaquePointer?, _ milliseconds: Int64, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    status(errorPlace(error)) {
        let handle = try Handle.of(session, SessionHandle.self)
        try handle.running {
            handle.session.limits.timeoutMilliseconds = milliseconds > 0 ? Int(milliseconds) : nil
        }
    }
}

private func control(
    _ session: OpaquePointer?, _ error: UnsafeMutableRawPointer?, _ statement: String
) -> nen_status {
    status(errorPlace(error)) {
        let handle = try Handle.of(session, SessionHandle.self)
        _ = try handle.running { try handle.session.run(statement) }
    }
}

/// `nen_begin` of `nendb.h`.
@_cdecl("nen_begin")
public func begin(
    _ session: OpaquePointer?, _ write: Bool, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    control(session, error, write ? "BEGIN" : "BEGIN READ ONLY")
}

/// `nen_commit` of `nendb.h`.
@_cdecl("nen_commit")
public func commit(_ session: OpaquePointer?, _ error: UnsafeMutableRawPointer?) -> nen_status {
    control(session, error, "COMMIT")
}

/// `nen_rollback` of `nendb.h`.
@_cdecl("nen_rollback")
public func rollback(_ session: OpaquePointer?, _ error: UnsafeMutableRawPointer?) -> nen_status {
    control(session, error, "ROLLBACK")
}

/// `nen_in_transaction` of `nendb.h`.
@_cdecl("nen_in_transaction")
public func inTransaction(_ session: OpaquePointer?) -> Bool {
    (try? Handle.of(session, SessionHandle.self))?.session.isInTransaction ?? false
}

/// `nen_interrupt` of `nendb.h`.
@_cdecl("nen_interrupt")
public func interrupt(_ session: OpaquePointer?) {
    guard let session else { return }
    Unmanaged<SessionHandle>.fromOpaque(UnsafeRawPointer(session))._withUnsafeGuaranteedRef {
        $0.cancellation.cancel()
    }
}

private func parameters(_ writer: OpaquePointer?) throws -> [String: Value] {
    writer == nil ? [:] : try Handle.of(writer, WriterHandle.self).parameters()
}

/// `nen_execute` of `nendb.h`.
@_cdecl("nen_execute")
public func execute(
    _ session: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ length: Int,
    _ writer: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutableRawPointer?
) -> nen_status {
    let statement = text(bytes, length)
    return status(errorPlace(error), text: statement) {
        let out = try place(out)
        let handle = try Handle.of(session, SessionHandle.self)
        let values = try parameters(writer)
        let result = try handle.running { try handle.session.run(statement, values) }
        out.pointee = ResultHandle(handle, statement, result).owned
    }
}

/// `nen_prepare` of `nendb.h`.
@_cdecl("nen_prepare")
public func prepare(
    _ session: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ length: Int,
    _ out: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    let statement = text(bytes, length)
    return status(errorPlace(error), text: statement) {
        let out = try place(out)
        let handle = try Handle.of(session, SessionHandle.self)
        out.pointee = try handle.running { try StatementHandle(handle, statement).owned }
    }
}

/// `nen_statement_execute` of `nendb.h`.
@_cdecl("nen_statement_execute")
public func statementExecute(
    _ statement: OpaquePointer?, _ writer: OpaquePointer?,
    _ out: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    let known = try? Handle.of(statement, StatementHandle.self)
    return status(errorPlace(error), text: known?.text) {
        let out = try place(out)
        let handle = try Handle.of(statement, StatementHandle.self)
        let owner = handle.owner
        let values = try parameters(writer)
        let result = try owner.running { () throws -> ResultHandle in
            if owner.session.isInTransaction {
                return ResultHandle(
                    owner, handle.text, try owner.session.run(handle.text, values))
            }
            for (name, value) in values { handle.prepared.bind(name, value) }
            for name in handle.prepared.parameters.keys where values[name] == nil {
                throw NQLError(
                    .parameterMissing, "MissingParameter", phase: .compile,
                    "The parameter `$\(name)` has no value this time.", hint: "Give it one.")
            }
            let result = ResultHandle(owner, handle.text)
            try result.run(handle.prepared)
            return result
        }
        out.pointee = result.owned
    }
}

/// `nen_statement_close` of `nendb.h`.
@_cdecl("nen_statement_close")
public func statementClose(_ statement: OpaquePointer?) {
    Handle.release(statement, StatementHandle.self)
}
