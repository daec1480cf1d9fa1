// Rows that a program has in columns already become nodes or relationships without a statement: the
// columns become cells, a batch at a time, and storage takes them as those of a CREATE.

import NenCore

/// Values of one property for rows that are appended.
public struct AppendColumn: Sendable {
    /// The values, one for each row.
    public enum Values: Sendable {
        case integers([Int64])
        case floats([Double])
        case booleans([Bool])
        case strings([String])
        /// Of any type; null for none.
        case values([Value])
    }

    /// The property's key.
    public var key: String
    public var values: Values

    public init(_ key: String, _ values: Values) {
        self.key = key
        self.values = values
    }

    /// Number of rows.
    public var count: Int {
        switch values {
        case .integers(let values): values.count
        case .floats(let values): values.count
        case .booleans(let values): values.count
        case .strings(let values): values.count
        case .values(let values): values.count
        }
    }
}

extension EngineTransaction {
    /// Creates nodes, one for each row of the columns.
    ///
    /// - Parameter count: of rows; for nodes without properties there is no column that says it.
    /// - Returns: the numbers of the nodes, in the order of the rows.
    /// - Throws: as CREATE; then no row was appended.
    public func appendNodes(
        labels: [String], _ columns: [AppendColumn], count: Int,
        memoryBudgetBytes: Int
    ) throws(NQLError) -> [UInt32] {
        try appending(columns, count, memoryBudgetBytes) { write, batch, ids throws(NQLError) in
            var numbers: [NameID] = []
            for label in labels {
                numbers.append(try storage { try write.internLabel(label) })
            }
            if !write.hasRowConstraints {
                _ = try storage {
                    try write.createNodes(
                        labels: numbers, batch.properties, count: batch.rows.count, into: ids)
                }
                return
            }
            for row in 0 ..< batch.rows.count {
                ids[row] = try storage {
                    try write.createNode(labels: numbers, properties: batch.properties(of: row))
                }
            }
        }
    }

    /// Creates relationships of one type, one for each row.
    ///
    /// - Parameters:
    ///   - sources: numbers of the nodes that they lead from.
    ///   - targets: as many that they lead to.
    /// - Returns, throws: as `appendNodes`; `EntityNotFound` for a number that no node has.
    public func appendRelationships(
        type: String, from sources: [UInt32], to targets: [UInt32], _ columns: [AppendColumn],
        memoryBudgetBytes: Int
    ) throws(NQLError) -> [UInt32] {
        guard sources.count == targets.count else {
            throw EngineTransaction.lengthError("targets", targets.count, sources.count)
        }
        return try appending(columns, sources.count, memoryBudgetBytes) {
            write, batch, ids throws(NQLError) in
            let number = try storage { try write.internType(type) }
            let first = batch.rows.lowerBound
            if !write.hasRowConstraints {
                try sources.withUnsafeBufferPointer { (from) throws(NQLError) in
                    try targets.withUnsafeBufferPointer { (to) throws(NQLError) in
                        guard let from = from.baseAddress, let to = to.baseAddress else { return }
                        _ = try storage {
                            try write.createRelationships(
                                type: number, from: from + first, to: to + first,
                                batch.properties, count: batch.rows.count, into: ids)
                        }
                    }
                }
                return
            }
            for row in 0 ..< batch.rows.count {
                ids[row] = try storage {
                    try write.createRelationship(
                        type: number, source: sources[first + row], target: targets[first + row],
                        properties: batch.properties(of: row))
                }
            }
        }
    }

    /// Makes the rows of a batch, whose numbers it writes.
    private typealias AppendBody = (
        WriteTransaction, AppendBatch, UnsafeMutablePointer<UInt32>
    ) throws(NQLError) -> Void

    /// Some of the rows, as cells.
    private struct AppendBatch {
        var rows: Range<Int>
        var properties: PropertyColumns

        func properties(of row: Int) -> [(NameID, Cell)] {
            zip(properties.keys, properties.columns).map { ($0, $1[row]) }
        }
    }

    /// Calls `make` with each batch of rows behind one savepoint.
    private func appending(
        _ columns: [AppendColumn], _ count: Int, _ budget: Int,
        _ make: AppendBody
    ) throws(NQLError) -> [UInt32] {
        let write = try schemaWriter()
        for column in columns where column.count != count {
            throw EngineTransaction.lengthError(
                "values of `\(column.key)`", column.count, count)
        }
        guard Set(columns.map(\.key)).count == columns.count else {
            throw .runtime(
                .argument, "RepeatedKey", "Two columns of the rows to append have the same key.")
        }
        write.account.setLimit(budget)
        try WriterMemory.Reserve.refill()
        return try WriterMemory.charging(write.account) { () throws(NQLError) in
            let savepoint = write.savepoint()
            do throws(NQLError) {
                write.place = .none
                let ids = try append(columns, count, write, make)
                try storage { try write.checkExistence() }
                write.release(savepoint)
                return ids
            } catch {
                try undo(to: savepoint, write)
                throw error
            }
        }
    }

    private func append(
        _ columns: [AppendColumn], _ count: Int, _ write: WriteTransaction,
        _ make: AppendBody
    ) throws(NQLError) -> [UInt32] {
        var keyed: [(key: NameID, column: AppendColumn)] = []
        for column in columns { keyed.append((try write.key(column.key), column)) }
        keyed.sort { $0.key < $1.key }
        let arena = Arena(pool: PagePool(account: MemoryAccount(.statement, parent: write.account)))
        let builder = CellBuilder(arena: arena, base: view.base)
        var ids: [UInt32] = []
        ids.reserveCapacity(count)
        var first = 0
        while first < count {
            let rows = first ..< min(count, first + Batch.rowCapacity)
            arena.reset()
            var pointers: [UnsafePointer<Cell>] = []
            for (_, column) in keyed {
                pointers.append(try builder.column(column, rows))
            }
            let made = try arena.allocate(UInt32.self, count: rows.count)
            let properties = PropertyColumns(keys: keyed.map(\.key), columns: pointers)
            try make(write, AppendBatch(rows: rows, properties: properties), made)
            ids.append(contentsOf: UnsafeBufferPointer(start: made, count: rows.count))
            first = rows.upperBound
        }
        return ids
    }

    private static func lengthError(_ what: String, _ found: Int, _ wanted: Int) -> NQLError {
        .runtime(
            .argument, "UnequalColumns",
            "There are \(found) \(what) for \(wanted) rows to append.")
    }
}

extension CellBuilder {
    /// Some rows of a column as cells.
    fileprivate func column(
        _ column: AppendColumn, _ rows: Range<Int>
    ) throws(NQLError) -> UnsafePointer<Cell> {
        let cells = try arena.allocate(Cell.self, count: rows.count)
        switch column.values {
        case .integers(let values):
            for (place, row) in rows.enumerated() { cells[place] = Cell(integer: values[row]) }
        case .floats(let values):
            for (place, row) in rows.enumerated() { cells[place] = Cell(float: values[row]) }
        case .booleans(let values):
            for (place, row) in rows.enumerated() { cells[place] = Cell(boolean: values[row]) }
        case .strings(let values):
            for (place, row) in rows.enumerated() { cells[place] = try string(values[row]) }
        case .values(let values):
            for (place, row) in rows.enumerated() {
                let cell = try cell(values[row])
                try StorableValue.check(cell, base, .none)
                cells[place] = cell
            }
        }
        return UnsafePointer(cells)
    }
}
