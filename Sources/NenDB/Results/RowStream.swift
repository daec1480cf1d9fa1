// RowStream: the rows of a statement as an asynchronous sequence. The statement begins with the
// first row that is asked for, and goes on batch by batch as they are: of a result of any length
// one batch is in memory. Its snapshot is kept until the stream is read to its end or given up.

import NenCore
import NenEngine

/// Rows of one statement, for `for try await`.
///
/// ```swift
/// for try await row in db.stream("MATCH (p:Person) RETURN p.name") {
///     print(try row.get(0, as: String.self))
/// }
/// ```
public struct RowStream: AsyncSequence, Sendable {
    /// What the stream gives.
    public typealias Element = Row

    let database: Database
    let text: String
    let parameters: [String: Value]

    /// A reader; each runs the statement anew.
    public func makeAsyncIterator() -> Iterator {
        Iterator(cursor: StreamCursor(database, text, parameters))
    }

    /// Where a reader of the stream is.
    public struct Iterator: AsyncIteratorProtocol {
        private let cursor: StreamCursor
        private var rows: [Row] = []
        private var place = 0

        fileprivate init(cursor: StreamCursor) { self.cursor = cursor }

        /// The next row; nil behind the last.
        ///
        /// - Throws: `NQLError`, `Interrupted` when the task is cancelled.
        public mutating func next() async throws -> Row? {
            if place == rows.count {
                rows = try await cursor.nextRows()
                place = 0
                if rows.isEmpty { return nil }
            }
            place += 1
            return rows[place - 1]
        }
    }
}

/// The statement behind a stream. One task reads it, so that no two threads are in it at once: each
/// batch is asked for when the one before has come.
private final class StreamCursor: @unchecked Sendable {
    private let database: Database
    private let text: String
    private let parameters: [String: Value]
    private let cancellation = Cancellation()
    private var result: QueryResult?
    private var isOver = false

    /// Rows of a batch.
    private static let rowCount = 1_024

    init(_ database: Database, _ text: String, _ parameters: [String: Value]) {
        self.database = database
        self.text = text
        self.parameters = parameters
    }

    /// The next rows; none behind the last.
    func nextRows() async throws -> [Row] {
        if isOver { return [] }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    try AsyncWorkers.shared.run {
                        continuation.resume(with: Result { try self.read() })
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    private func read() throws -> [Row] {
        var rows: [Row] = []
        do {
            let open: QueryResult
            if let result {
                open = result
            } else {
                let session = Session(database, cancellation: cancellation)
                open = try session.runAlone(text, parameters)
                result = open
            }
            while rows.count < StreamCursor.rowCount, let row = try open.next() {
                rows.append(row)
            }
        } catch {
            end()
            throw error
        }
        if rows.count < StreamCursor.rowCount { end() }
        return rows
    }

    private func end() {
        isOver = true
        result?.close()
        result = nil
    }
}

extension Database {
    /// The rows of one statement as they are computed; cancelling the task that reads interrupts
    /// it.
    public func stream(_ text: String, _ parameters: [String: Value] = [:]) -> RowStream {
        RowStream(database: self, text: text, parameters: parameters)
    }
}
