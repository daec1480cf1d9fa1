// Nesting: within which closures of a program a thread runs: the body of a write transaction, or a
// function of its own that a query calls. A write that begins within one would wait for the writer
// around it, which waits for it; it is refused at once instead.

import CNenKernels
import NenCore

/// What the thread runs within, from the inside out.
final class Nesting {
    private enum Kind {
        case write(ObjectIdentifier)
        case function(String)
    }

    private let kind: Kind
    private let outer: UnsafeRawPointer?

    private init(_ kind: Kind) {
        self.kind = kind
        outer = nen_nesting_frame()
    }

    /// Runs the body of a write transaction of the database in `pages`.
    static func writing<Output>(
        _ pages: PageStore, _ body: () throws -> Output
    ) rethrows -> Output {
        try within(Nesting(.write(ObjectIdentifier(pages))), body)
    }

    /// Runs the body of a function that is written in Swift.
    static func calling<Output>(
        function name: String, _ body: () throws -> Output
    ) rethrows -> Output {
        try within(Nesting(.function(name)), body)
    }

    private static func within<Output>(
        _ frame: Nesting, _ body: () throws -> Output
    ) rethrows -> Output {
        nen_set_nesting_frame(Unmanaged.passUnretained(frame).toOpaque())
        defer { nen_set_nesting_frame(frame.outer) }
        return try withExtendedLifetime(frame, body)
    }

    /// The frames of this thread, from the inside out.
    private static func first(where isWanted: (Kind) -> Bool) -> Kind? {
        var place = nen_nesting_frame()
        while let current = place {
            let frame = Unmanaged<Nesting>.fromOpaque(current).takeUnretainedValue()
            if isWanted(frame.kind) { return frame.kind }
            place = frame.outer
        }
        return nil
    }

    /// Whether the thread runs the body of a write transaction of the database in `pages`.
    static func isWriting(_ pages: PageStore) -> Bool {
        first { kind in
            if case .write(let writer) = kind { return writer == ObjectIdentifier(pages) }
            return false
        } != nil
    }

    /// - Throws: `TransactionError` where a write could not begin before the thread goes on.
    static func demandNoWriter(_ pages: PageStore) throws(NQLError) {
        if isWriting(pages) {
            throw .runtime(
                .transaction, "NestedWrite",
                "A write within `write` would wait for itself: there is one writer at a time.",
                hint: "Use the transaction that `write` hands to its closure.")
        }
        let caller = first { kind in
            if case .function = kind { return true }
            return false
        }
        if case .function(let name)? = caller {
            throw .runtime(
                .transaction, "WriteInFunction",
                "`\(name)` is a function that a query calls, and functions must not write.",
                hint: "Register a procedure, or write before or behind the query.")
        }
    }
}
