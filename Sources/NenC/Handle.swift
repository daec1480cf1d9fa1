// Handle: objects behind the opaque pointers of `nendb.h`. A handle is used by one thread at a
// time; a second one gets an error instead of a race.

import CNenDB
import NQLSyntax
import NenCore
import NenDB
import Synchronization
import Glibc

/// What every handle can do: be handed out, be found again, be used by one thread.
class Handle {
    private let isBusy = Atomic<Bool>(false)

    /// The pointer that C holds; it owns the object until `release`.
    var owned: OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

    /// The object behind a pointer.
    static func of<Kind: Handle>(_ pointer: OpaquePointer?, _ kind: Kind.Type) throws -> Kind {
        guard let pointer else {
            throw NQLError.runtime(
                .protocolViolation, "NullHandle", "A handle is NULL.",
                hint: "Look at the status of the call that should have made it.")
        }
        let handle = Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
        guard type(of: handle) == kind else {
            throw NQLError.runtime(
                .protocolViolation, "WrongHandle",
                "A \(type(of: handle)) stands where a \(kind) is asked for.",
                hint: "Look at the order of the arguments.")
        }
        return unsafeDowncast(handle, to: kind)
    }

    static func release<Kind: Handle>(_ pointer: OpaquePointer?, _ kind: Kind.Type) {
        guard let pointer else { return }
        Unmanaged<Kind>.fromOpaque(UnsafeRawPointer(pointer)).release()
    }

    /// Runs `body` unless another thread is at it.
    func exclusively<Output>(_ body: () throws -> Output) throws -> Output {
        let (done, _) = isBusy.compareExchange(
            expected: false, desired: true, ordering: .acquiring)
        guard done else {
            throw NQLError.runtime(
                .protocolViolation, "HandleIsBusy", "Another thread is using this handle.",
                hint: "Sessions, statements and results are for one thread at a time.")
        }
        defer { isBusy.store(false, ordering: .releasing) }
        return try body()
    }
}

typealias ErrorPlace = UnsafeMutablePointer<UnsafeMutablePointer<nen_error>?>?

/// Runs `body`; the status of the call, and its error.
func status(
    _ place: ErrorPlace, text: String? = nil, _ body: () throws -> Void
) -> nen_status {
    do {
        try body()
        return 0
    } catch {
        let known = error as? NQLError
            ?? NQLError.runtime(.database, "Unexpected", "\(error)")
        place?.pointee = makeError(known, text)
        return 1
    }
}

/// The place that a call writes its result to.
func place<Output>(
    _ pointer: UnsafeMutablePointer<Output>?
) throws -> UnsafeMutablePointer<Output> {
    guard let pointer else {
        throw NQLError.runtime(
            .protocolViolation, "NullPlace", "The place for a result is NULL.",
            hint: "Give the address of a variable.")
    }
    return pointer
}

/// An error for C, which `nen_error_free` frees.
func makeError(_ error: NQLError, _ source: String?) -> UnsafeMutablePointer<nen_error> {
    let made = UnsafeMutablePointer<nen_error>.allocate(capacity: 1)
    var line: Int32 = 0
    var column: Int32 = 0
    if let source, error.span != .none {
        let place = SourceText(source).position(ofByte: Int(error.span.start))
        line = Int32(clamping: place.line)
        column = Int32(clamping: place.column)
    }
    made.initialize(
        to: nen_error(
            code: copied(error.code.rawValue), detail: error.detail.flatMap(copied),
            gqlstatus: copied(error.gqlStatus), phase: copied(error.phase.rawValue),
            message: copied(error.message), hint: error.hint.flatMap(copied),
            text: copied(error.rendered(source: source ?? "")), line: line, column: column))
    return made
}

/// The text as C's, to be freed.
private func copied(_ text: String) -> UnsafePointer<CChar>? {
    UnsafePointer(text.withCString { strdup($0) })
}

/// `nen_error_free` of `nendb.h`.
@_cdecl("nen_error_free")
public func errorFree(_ error: UnsafeMutablePointer<nen_error>?) {
    guard let error else { return }
    let value = error.pointee
    for text in [
        value.code, value.detail, value.gqlstatus, value.phase, value.message, value.hint,
        value.text,
    ] {
        free(UnsafeMutableRawPointer(mutating: text))
    }
    error.deallocate()
}

/// The text of so many bytes.
func text(_ bytes: UnsafePointer<CChar>?, _ length: Int) -> String {
    guard let bytes, length > 0 else { return "" }
    return String(
        decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
}
