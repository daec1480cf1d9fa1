// Database+Async: the same calls for code that must not block its thread. Each call runs on a
// thread of its own, so that a long query never holds one of the concurrency runtime's few threads.

import Glibc
import NenCore

extension Database {
    /// As the synchronous `read`; cancelling the task interrupts its running query.
    public func read<Output: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> Output
    ) async throws -> Output {
        try await detached { session in
            try session.begin(readOnly: true)
            defer { session.abandon() }
            return try body(Transaction(session))
        }
    }

    /// As the synchronous `write`; cancelling the task interrupts its running query and rolls back.
    public func write<Output: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> Output
    ) async throws -> Output {
        try await detached { session in
            try session.begin(readOnly: false)
            defer { session.abandon() }
            let output = try body(Transaction(session))
            try session.commit()
            return output
        }
    }

    /// Runs one statement and returns all its rows; cancelling the task interrupts it.
    public func rows(
        _ text: String, _ parameters: [String: Value] = [:]
    ) async throws -> [Row] {
        try await detached { session in try session.runAlone(text, parameters).rows() }
    }

    private func detached<Output: Sendable>(
        _ work: @escaping @Sendable (Session) throws -> Output
    ) async throws -> Output {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = Job {
                    let session = Session(self, cancellation: cancellation)
                    continuation.resume(with: Swift.Result { try work(session) })
                }
                if let failure = job.start() { continuation.resume(throwing: failure) }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}

/// Work on a thread of its own.
private final class Job: Sendable {
    private let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) { self.work = work }

    /// Starts the thread; the error when the system has none left.
    func start() -> NQLError? {
        var thread = pthread_t()
        let opaque = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            }, opaque.toOpaque())
        if status == 0 {
            pthread_detach(thread)
            return nil
        }
        opaque.release()
        return .runtime(.io, "NoThread", "The system refused a thread (error \(status)).")
    }
}
