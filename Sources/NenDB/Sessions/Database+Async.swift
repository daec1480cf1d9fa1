// Database+Async: the same calls for code that must not block its thread; they run on the threads
// of `AsyncWorkers`.

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
            let output = try self.engine.writing { try body(Transaction(session)) }
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

    /// Runs `work` on another thread.
    func detached<Output: Sendable>(
        _ work: @escaping @Sendable (Session) throws -> Output
    ) async throws -> Output {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    try AsyncWorkers.shared.run {
                        let session = Session(self, cancellation: cancellation)
                        continuation.resume(with: Result { try work(session) })
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
