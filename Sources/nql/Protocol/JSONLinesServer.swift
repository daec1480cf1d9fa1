// JSONLinesServer: `nql --json-lines`: one JSON request a line in, one JSON response a line out,
// for programs that drive the engine (among them the openCypher TCK's runner). `ProtocolHelp`
// (`nql help json-lines`) describes it. Nothing else is written to standard output; a bad line is
// answered by an error, and the next line is read.

import NQLSyntax
import NenCore
import NenDB

/// Serves requests until the end of input.
final class JSONLinesServer {
    private let output: StandardStream
    private let options: DatabaseOptions
    private var database: Database
    private var session: Session
    private var writer: JSONWriter
    /// The result of which a part was fetched.
    private var open: (result: QueryResult, query: String)?
    /// Bytes of a response that are held back until it is whole.
    private static let heldByteCount = 1 << 20

    init(database: Database, options: DatabaseOptions, output: StandardStream) {
        self.database = database
        self.options = options
        self.output = output
        session = database.session()
        writer = JSONWriter(output: output, byteCountMax: JSONLinesServer.heldByteCount)
    }

    /// Answers each line of `input`.
    func serve(_ input: inout LineInputStream) throws {
        while true {
            writer.removeAll()
            do {
                guard try answerNext(&input) else { return }
            } catch let error as NQLError {
                write(error, query: "")
            } catch let error as JSONError {
                protocolError("The line is no JSON: \(error).")
            } catch let error as ProtocolViolation {
                protocolError(error.message)
            }
            writer.raw("\n")
            try writer.finish()
            try output.flush()
        }
    }

    /// Answers the next line; false when there is none.
    private func answerNext(_ input: inout LineInputStream) throws -> Bool {
        let account = MemoryAccount(
            .statement, limitBytes: session.limits.memoryBudgetBytes, parent: database.memory)
        // The time of a request begins when its line is there, not when the server waits for it.
        var time = Interruption()
        let request = try input.withNextLine(account) { line in
            time = Interruption(timeoutMilliseconds: session.limits.timeoutMilliseconds)
            return try time.run { try ServerRequest(line, account: account) }
        }
        guard let request else { return false }
        try answer(request, within: time)
        return true
    }

    private func answer(_ request: ServerRequest, within time: Interruption) throws {
        if let fetch = request["fetch"], request["query"] == nil {
            return try goOn(try rowCount(fetch))
        }
        open?.result.close()
        open = nil
        if request["reset"] == .boolean(true) {
            let fresh = try Database.inMemory(options: options)
            session.cancellation.reset()
            database = fresh
            session = fresh.session()
            writer.raw("{\"ok\":true}")
        } else if let query = request["query"] {
            guard let text = query.text else {
                throw ProtocolViolation("`query` must be a string")
            }
            let fetch = try request["fetch"].map(rowCount)
            try run(text, request.parameters, fetch, within: time)
        } else if let procedure = request["procedure"] {
            try register(procedure)
            writer.raw("{\"ok\":true}")
        } else {
            throw ProtocolViolation("a request needs `reset`, `query`, `fetch` or `procedure`")
        }
    }

    /// The number of rows that a request asks for.
    private func rowCount(_ json: JSONValue) throws -> Int {
        guard case .number(let text) = json, let count = Int(text), count > 0 else {
            throw ProtocolViolation("`fetch` must be a number of rows")
        }
        return count
    }

    /// More rows of the result that was fetched in part.
    private func goOn(_ count: Int) throws {
        guard let (result, query) = open else {
            throw ProtocolViolation("`fetch` needs a query before it with rows that are left")
        }
        do {
            writer.raw("{\"rows\":[")
            let hasMore = try result.withinStatement { try writeRows(result, count) }
            writer.raw("],\"more\":\(hasMore)}")
            if !hasMore { open = nil }
        } catch let error as NQLError {
            open = nil
            fail(error, query)
        }
    }

    /// - Parameter fetch: rows of the answer at most; nil for all.
    private func run(
        _ text: String, _ parameters: [String: Value], _ fetch: Int?, within time: Interruption
    ) throws {
        do {
            let result = try time.run { try session.run(text, parameters) }
            writer.raw("{\"columns\":")
            writer.array(result.columns) { $0.string($1) }
            writer.raw(",\"rows\":[")
            let hasMore = try result.withinStatement { try writeRows(result, fetch ?? .max) }
            writer.raw("],\"counters\":")
            write(result.counters)
            if !result.notifications.isEmpty { write(result.notifications, query: text) }
            if fetch != nil { writer.raw(",\"more\":\(hasMore)") }
            writer.raw("}")
            if hasMore { open = (result, text) }
        } catch let error as NQLError {
            fail(error, text)
        }
    }

    /// Answers by an error. What has left already cannot be taken back: its line ends with it.
    private func fail(_ error: NQLError, _ query: String) {
        if writer.hasSpilled {
            writer.raw("],")
            writeMember(error, query: query)
            writer.raw("}")
        } else {
            writer.removeAll()
            write(error, query: query)
        }
    }

    /// Writes up to `count` rows.
    ///
    /// - Returns: whether there may be more.
    private func writeRows(_ result: QueryResult, _ count: Int) throws -> Bool {
        var written = 0
        while written < count {
            guard let row = try result.next() else { return false }
            if written > 0 { writer.raw(",") }
            written += 1
            writer.array(row.values) { TypedValue.write($1, to: &$0) }
        }
        return true
    }

    private func write(_ notifications: [QueryResult.Notification], query: String) {
        writer.raw(",\"notifications\":")
        writer.array(notifications) { writer, remark in
            writer.raw("{\"severity\":")
            writer.string(remark.severity.rawValue)
            writer.raw(",\"code\":")
            writer.string(remark.code)
            writer.raw(",\"gqlstatus\":")
            writer.string(remark.gqlStatus)
            writer.raw(",\"message\":")
            writer.string(remark.message)
            if let hint = remark.hint {
                writer.raw(",\"hint\":")
                writer.string(hint)
            }
            JSONLinesServer.writePlace(remark.span, query, &writer)
            writer.raw("}")
        }
    }

    /// Appends `,"line":…,"column":…`.
    private static func writePlace(
        _ span: SourceSpan, _ query: String, _ writer: inout JSONWriter
    ) {
        if span == .none { return writer.raw(",\"line\":null,\"column\":null") }
        let place = SourceText(query).position(ofByte: Int(span.start))
        writer.raw(",\"line\":\(place.line),\"column\":\(place.column)")
    }

    private func write(_ counters: Counters) {
        let pairs: [(key: String, value: Int)] = [
            ("nodesCreated", counters.nodesCreated), ("nodesDeleted", counters.nodesDeleted),
            ("relationshipsCreated", counters.relationshipsCreated),
            ("relationshipsDeleted", counters.relationshipsDeleted),
            ("labelsAdded", counters.labelsAdded), ("labelsRemoved", counters.labelsRemoved),
            ("propertiesSet", counters.propertiesSet),
        ]
        writer.object(pairs) { $0.raw(String($1)) }
    }

    private func write(_ error: NQLError, query: String) {
        writer.raw("{")
        writeMember(error, query: query)
        writer.raw("}")
    }

    /// Appends `"error":{…}`.
    private func writeMember(_ error: NQLError, query: String) {
        writer.raw("\"error\":{\"code\":")
        writer.string(error.code.rawValue)
        writer.raw(",\"detail\":")
        if let detail = error.detail { writer.string(detail) } else { writer.raw("null") }
        writer.raw(",\"phase\":")
        writer.string(error.phase.rawValue)
        writer.raw(",\"gqlstatus\":")
        writer.string(error.gqlStatus)
        writer.raw(",\"message\":")
        writer.string(error.message)
        if let hint = error.hint {
            writer.raw(",\"hint\":")
            writer.string(hint)
        }
        JSONLinesServer.writePlace(error.span, query, &writer)
        writer.raw("}")
    }

    private func protocolError(_ message: String) {
        write(.runtime(.protocolViolation, nil, message), query: "")
    }

    // MARK: Procedures

    private func register(_ json: JSONValue) throws {
        guard let name = json["name"]?.text, case .array(let rows)? = json["rows"] else {
            throw ProtocolViolation("a procedure needs `name`, `inputs`, `outputs` and `rows`")
        }
        let signature = ProcedureSignature(
            name: name, inputs: try fields(json["inputs"]), outputs: try fields(json["outputs"]),
            summary: "A test procedure.")
        let width = signature.inputs.count + signature.outputs.count
        var values: [[Value]] = []
        for row in rows {
            guard case .array(let cells) = row, cells.count == width else {
                throw ProtocolViolation("a row of `\(name)` must have \(width) values")
            }
            values.append(try cells.map(TypedValue.read))
        }
        try database.registerTable(signature, rows: values)
    }

    private func fields(_ json: JSONValue?) throws -> [ProcedureField] {
        guard case .array(let pairs)? = json else {
            throw ProtocolViolation("`inputs` and `outputs` must be arrays")
        }
        return try pairs.map { pair in
            guard case .array(let parts) = pair, parts.count == 2, let name = parts[0].text,
                let typeText = parts[1].text
            else { throw ProtocolViolation("a field is an array of name and type") }
            let types: [String: NQLType] = [
                "STRING": .string, "INTEGER": .integer, "FLOAT": .float, "NUMBER": .number,
                "BOOLEAN": .boolean, "ANY": .any,
            ]
            let bare = typeText.hasSuffix("?") ? String(typeText.dropLast()) : typeText
            guard let type = types[bare] else {
                throw ProtocolViolation("unknown type `\(typeText)`")
            }
            return ProcedureField(name: name, type: type)
        }
    }
}
