// Results for C: rows by batches in an arena, looked at before they are taken if wanted, and as
// Arrow streams.

import CNenDB
import NQLSyntax
import NenCore
import NenDB

final class ResultHandle: Handle {
    let owner: SessionHandle
    let text: String
    private var result: QueryResult?
    private(set) var columns: [String] = []
    private(set) var counters = Counters()
    private(set) var notifications: [QueryResult.Notification] = []
    private var batch: ColumnBatch?
    private var nextRow = 0
    /// Rows that were looked at, or made by a prepared statement.
    private var waiting: [[Value]] = []
    private var nextWaiting = 0
    let arena = ValueArena()

    init(_ owner: SessionHandle, _ text: String) {
        self.owner = owner
        self.text = text
    }

    convenience init(_ owner: SessionHandle, _ text: String, _ result: QueryResult) {
        self.init(owner, text)
        self.result = result
        columns = result.columns
        counters = result.counters
        notifications = result.notifications
    }

    /// Runs a prepared statement and keeps its rows.
    func run(_ prepared: PreparedStatement) throws {
        counters = try prepared.run { row in
            var values: [Value] = []
            let width = prepared.columns.count
            values.reserveCapacity(width)
            for column in 0 ..< width { values.append(try row.value(column)) }
            waiting.append(values)
        }
        columns = prepared.columns
    }

    func close() {
        result?.close()
        result = nil
        batch = nil
        waiting = []
        nextWaiting = 0
    }

    /// The next rows by values, or by a batch of the engine; nil behind the last.
    private func advance() throws -> Bool {
        if let batch, nextRow < batch.rowCount { return true }
        batch = nil
        guard let result else { return false }
        owner.cancellation.reset()
        batch = try result.withinStatement { try result.nextBatch() }
        nextRow = 0
        return batch != nil
    }

    private func write(_ values: [[Value]]) -> UnsafeMutablePointer<nen_value> {
        arena.reset()
        let cells = arena.array(values.count * columns.count, of: nen_value.self)
        var place = 0
        for row in values {
            for value in row {
                cells[place] = arena.value(value)
                place += 1
            }
        }
        return cells
    }

    func fetch(_ most: Int) throws -> (UnsafeMutablePointer<nen_value>?, Int) {
        let limit = most <= 0 ? Int.max : most
        if nextWaiting < waiting.count {
            let count = min(limit, waiting.count - nextWaiting)
            let rows = Array(waiting[nextWaiting ..< nextWaiting + count])
            nextWaiting += count
            if nextWaiting == waiting.count {
                waiting = []
                nextWaiting = 0
            }
            return (write(rows), count)
        }
        guard try advance(), let batch else { return (nil, 0) }
        let count = min(limit, batch.rowCount - nextRow)
        arena.reset()
        let cells = arena.array(count * columns.count, of: nen_value.self)
        for column in columns.indices { try write(batch, column, count, cells + column) }
        nextRow += count
        return (cells, count)
    }

    /// Writes a column of the batch into every `columns.count`-th cell.
    private func write(
        _ batch: ColumnBatch, _ column: Int, _ count: Int, _ cells: UnsafeMutablePointer<nen_value>
    ) throws {
        let (first, stride) = (nextRow, columns.count)
        let integers: Void? = try batch.withIntegers(column: column) { values, nulls in
            for row in 0 ..< count {
                var cell = nen_value()
                if nulls[first + row] {
                    cell.type = NEN_NULL.rawValue
                } else {
                    cell.type = NEN_INTEGER.rawValue
                    cell.as.integer = values[first + row]
                }
                cells[row * stride] = cell
            }
        }
        if integers != nil { return }
        for row in 0 ..< count {
            cells[row * stride] = arena.value(try batch.value(row: first + row, column: column))
        }
    }

    /// Rows that are looked at where the program leaves it to the engine.
    private static let peekedCount = 1_024

    func peek(_ most: Int) throws -> (UnsafeMutablePointer<nen_value>?, Int) {
        let most = most <= 0 ? ResultHandle.peekedCount : most
        while waiting.count - nextWaiting < most, try advance(), let batch {
            while nextRow < batch.rowCount {
                waiting.append(
                    try columns.indices.map { try batch.value(row: nextRow, column: $0) })
                nextRow += 1
            }
        }
        let count = min(most, waiting.count - nextWaiting)
        return (write(Array(waiting[nextWaiting ..< nextWaiting + count])), count)
    }

    /// All rows that are left, as columns of one type each.
    func table() throws -> ArrowTable {
        let table = ArrowTable(columns)
        if nextWaiting < waiting.count {
            table.append(rows: waiting[nextWaiting...])
            waiting = []
            nextWaiting = 0
        }
        while try advance(), let batch {
            try table.append(batch, from: nextRow)
            nextRow = batch.rowCount
        }
        close()
        return table
    }
}

/// `nen_result_column_count` of `nendb.h`.
@_cdecl("nen_result_column_count")
public func resultColumnCount(_ result: OpaquePointer?) -> Int {
    (try? Handle.of(result, ResultHandle.self))?.columns.count ?? 0
}

/// `nen_result_column` of `nendb.h`.
@_cdecl("nen_result_column")
public func resultColumn(_ result: OpaquePointer?, _ column: Int) -> nen_text {
    guard let handle = try? Handle.of(result, ResultHandle.self),
        handle.columns.indices.contains(column)
    else { return nen_text(bytes: nil, length: 0) }
    return handle.arena.text(handle.columns[column])
}

private typealias Rows = UnsafeMutablePointer<UnsafePointer<nen_value>?>

private func rows(
    _ result: OpaquePointer?, _ rows: Rows?, _ count: UnsafeMutablePointer<Int>?,
    _ error: UnsafeMutableRawPointer?,
    _ body: (ResultHandle) throws -> (UnsafeMutablePointer<nen_value>?, Int)
) -> nen_status {
    let known = try? Handle.of(result, ResultHandle.self)
    return status(errorPlace(error), text: known?.text) {
        let (rows, count) = (try place(rows), try place(count))
        let handle = try Handle.of(result, ResultHandle.self)
        let (cells, number) = try handle.owner.exclusively { try body(handle) }
        rows.pointee = cells.map { UnsafePointer($0) }
        count.pointee = number
    }
}

/// `nen_result_fetch` of `nendb.h`.
@_cdecl("nen_result_fetch")
public func resultFetch(
    _ result: OpaquePointer?, _ most: Int, _ out: UnsafeMutablePointer<UnsafePointer<nen_value>?>?,
    _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    rows(result, out, count, error) { try $0.fetch(most) }
}

/// `nen_result_peek` of `nendb.h`.
@_cdecl("nen_result_peek")
public func resultPeek(
    _ result: OpaquePointer?, _ most: Int, _ out: UnsafeMutablePointer<UnsafePointer<nen_value>?>?,
    _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    rows(result, out, count, error) { try $0.peek(most) }
}

/// `nen_result_arrow` of `nendb.h`.
@_cdecl("nen_result_arrow")
public func resultArrow(
    _ result: OpaquePointer?, _ rowsPerBatch: Int,
    _ out: UnsafeMutablePointer<ArrowArrayStream>?, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    let known = try? Handle.of(result, ResultHandle.self)
    return status(errorPlace(error), text: known?.text) {
        let out = try place(out)
        let handle = try Handle.of(result, ResultHandle.self)
        let table = try handle.owner.exclusively { try handle.table() }
        out.initialize(to: ArrowTableStream(table, max(0, rowsPerBatch)).stream)
    }
}

/// `nen_result_counters` of `nendb.h`.
@_cdecl("nen_result_counters")
public func resultCounters(_ result: OpaquePointer?, _ out: UnsafeMutablePointer<Int64>) {
    let counters = (try? Handle.of(result, ResultHandle.self))?.counters ?? Counters()
    let numbers = [
        counters.nodesCreated, counters.nodesDeleted, counters.relationshipsCreated,
        counters.relationshipsDeleted, counters.labelsAdded, counters.labelsRemoved,
        counters.propertiesSet,
    ]
    for (place, number) in numbers.enumerated() { out[place] = Int64(number) }
}

/// `nen_result_notification_count` of `nendb.h`.
@_cdecl("nen_result_notification_count")
public func resultNotificationCount(_ result: OpaquePointer?) -> Int {
    (try? Handle.of(result, ResultHandle.self))?.notifications.count ?? 0
}

/// `nen_result_notification` of `nendb.h`.
@_cdecl("nen_result_notification")
public func resultNotification(_ result: OpaquePointer?, _ place: Int) -> nen_notification {
    guard let handle = try? Handle.of(result, ResultHandle.self),
        handle.notifications.indices.contains(place)
    else { return nen_notification() }
    let remark = handle.notifications[place]
    let position = remark.span == .none
        ? nil : SourceText(handle.text).position(ofByte: Int(remark.span.start))
    return nen_notification(
        code: handle.arena.text(remark.code), message: handle.arena.text(remark.message),
        hint: handle.arena.text(remark.hint ?? ""), line: Int32(position?.line ?? 0),
        column: Int32(position?.column ?? 0))
}

/// `nen_result_close` of `nendb.h`.
@_cdecl("nen_result_close")
public func resultClose(_ result: OpaquePointer?) { Handle.release(result, ResultHandle.self) }
