// StatementRun+Copy: COPY … FROM reads a CSV file in lots of rows, each of which one planned query
// writes; all of them are one change. COPY … TO writes the rows of a query to a file that takes
// the place of an older one only when it is complete.

import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore
import NenEngine

extension StatementRun {
    /// Rows of a file that are written by one run of the query.
    private static var lotRowCount: Int { 2_000 }

    /// Bytes of such rows, whatever their number.
    private var lotByteCountMax: Int {
        min(4 << 20, session.limits.memoryBudgetBytes / 16)
    }

    // MARK: FROM

    func copy(_ copy: CopyFrom) throws -> QueryResult {
        let options = try CopyOptions(copy.options, isReading: true, value: constant)
        let reader: CopyReader
        do {
            reader = try CopyReader(
                location: try location(copy.source), format: options.format,
                files: files)
        } catch let error as NQLError {
            throw located(error, copy.source)
        }
        try check(reader.names, copy)
        let query = CopyQuery(copy.target).query
        var counters = Counters()
        try transaction.atomically {
            var lot: [CopyReader.Row] = []
            var lotBytes = 0
            while true {
                let row = try locating(copy.source) { try reader.next() }
                if let row {
                    lot.append(row)
                    lotBytes += row.values.reduce(0) { $0 + $1.memoryByteCount }
                }
                let isFull = lot.count == StatementRun.lotRowCount || lotBytes > lotByteCountMax
                if isFull || (row == nil && !lot.isEmpty) {
                    counters = counters + (try write(lot, reader.names, query, copy))
                    lot.removeAll(keepingCapacity: true)
                    lotBytes = 0
                }
                if row == nil { break }
            }
        }
        return QueryResult(columns: [], counters: counters)
    }

    private func located(_ error: NQLError, _ source: Expression) -> NQLError {
        var copy = error
        if copy.span == .none { copy.span = source.span }
        return copy
    }

    private func locating<Output>(
        _ source: Expression, _ body: () throws -> Output
    ) throws -> Output {
        do {
            return try body()
        } catch let error as NQLError {
            throw located(error, source)
        }
    }

    private func check(_ names: [String], _ copy: CopyFrom) throws {
        if case .relationships = copy.target, names.count < 2 {
            throw NQLError.runtime(
                .argument, "InvalidHeader",
                "A file of relationships begins with a column for each end; this one has "
                    + "\(names.count) columns.", at: copy.source.span)
        }
        let properties = names.dropFirst(copy.target.endCount)
        if properties.contains("") || Set(properties).count < properties.count {
            throw NQLError.runtime(
                .argument, "InvalidHeader", "Each column needs a name of its own.",
                at: copy.source.span)
        }
    }

    private func write(
        _ lot: [CopyReader.Row], _ names: [String], _ query: Query, _ copy: CopyFrom
    ) throws -> Counters {
        let ends = copy.target.endCount
        let rows: [Value] = lot.map { row in
            var properties: [String: Value] = [:]
            for index in ends..<names.count { properties[names[index]] = row.values[index] }
            return .list(Array(row.values[..<ends]) + [.map(properties)])
        }
        var values = parameters
        values[RowQuery.parameter] = .list(rows)
        let run = StatementRun(
            session: session, transaction: transaction, parameters: values,
            interruption: interruption)
        return try locating(copy.source) {
            let cursor = try run.start(try run.plan(query), isProfiled: false)
            if case .relationships(let from, _, let to) = copy.target,
                cursor.counters.relationshipsCreated != lot.count
            {
                try findMissingEnd(lot, [from, to])
            }
            return cursor.counters
        }
    }

    /// Names the first row whose ends are not one node each.
    private func findMissingEnd(_ lot: [CopyReader.Row], _ ends: [CopyEnd]) throws {
        for row in lot {
            for (index, end) in ends.enumerated() {
                let count = try nodeCount(end, row.values[index])
                if count == 1 { continue }
                throw NQLError.runtime(
                    .constraintValidationFailed, "EndNotFound",
                    "Line \(row.line): \(count == 0 ? "no node" : "\(count) nodes") of "
                        + "\(end.label.text) with \(end.key.text) = "
                        + "\(row.values[index].literalText).",
                    hint: count == 0
                        ? "Copy the nodes first." : "A unique constraint finds such nodes.")
            }
        }
    }

    private func nodeCount(_ end: CopyEnd, _ value: Value) throws -> Int64 {
        var values = parameters
        values[RowQuery.parameter] = .list([.list([value])])
        let run = StatementRun(
            session: session, transaction: transaction, parameters: values,
            interruption: interruption)
        let plan = try run.plan(CopyQuery.count(end))
        let result = QueryResult(try run.start(plan, isProfiled: false), plan: plan)
        guard case .integer(let count)? = try result.next()?.values[0] else { return 0 }
        return count
    }

    // MARK: TO

    func copy(_ copy: CopyTo) throws -> QueryResult {
        let options = try CopyOptions(copy.options, isReading: false, value: constant)
        let plan = try plan(copy.query)
        let file = try locating(copy.destination) {
            try files.create(try location(copy.destination))
        }
        let result = QueryResult(try start(plan, isProfiled: false), plan: plan)
        let kind = options.kind ?? CopyFileKind(pathOf: file.path)
        return try locating(copy.destination) {
            var writer = try CopyWriter(kind: kind, options.format, result.columns)
            var count: Int64 = 0
            try file.write(try writer.head())
            while let row = try result.next() {
                try file.write(try writer.row(row.values))
                count += 1
            }
            try file.write(writer.foot())
            try file.finish()
            return QueryResult(
                columns: ["rows"], rows: [[.integer(count)]], notifications: plan.notifications)
        }
    }

    // MARK: Values in the text

    private var files: FileDoor { session.database.engine.files }

    private func location(_ expression: Expression) throws -> String {
        guard case .string(let text) = try constant(expression) else {
            throw NQLError.runtime(
                .type, "InvalidArgumentType", "COPY takes the name of a file as a String.",
                at: expression.span)
        }
        return text
    }

    /// The value of an expression that reads no row.
    func constant(_ expression: Expression) throws -> Value {
        let plan = try plan(RowQuery.constant(expression))
        let result = QueryResult(try start(plan, isProfiled: false), plan: plan)
        return try result.next()?.values[0] ?? .null
    }
}

extension CopyTarget {
    /// Columns that find the ends of a relationship.
    fileprivate var endCount: Int {
        if case .relationships = self { return 2 }
        return 0
    }
}

extension CopyFileKind {
    /// By the end of the file's name; CSV for all that is not known.
    init(pathOf path: String) {
        let name = path.lowercased()
        if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") {
            self = .jsonl
        } else {
            self = name.hasSuffix(".json") ? .json : .csv
        }
    }
}
