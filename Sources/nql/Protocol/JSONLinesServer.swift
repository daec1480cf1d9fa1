// JSONLinesServer: `nql --json-lines`: one JSON request a line in, one JSON response a line out,
// for programs that drive the engine (among them the openCypher TCK's runner).
//
// Requests: {"reset":true} · {"query":"…","params":{…}} · {"procedure":{…}}. Responses:
// {"ok":true}, a result, or {"error":{…}}. Nothing else is written to standard output; a bad line
// is answered by an error, and the next line is read.
//
// A result of more than a megabyte is written while it is read. Should it fail then, its line ends
// with the rows so far and an `error` member: {"columns":[…],"rows":[…],"error":{…}}.

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
            try run(text, request.parameters, within: time)
        } else if let procedure = request["procedure"] {
            try register(procedure)
            writer.raw("{\"ok\":true}")
        } else {
            throw ProtocolViolation("a request needs `reset`, `query` or `procedure`")
        }
    }

    private func run(
        _ text: String, _ parameters: [String: Value], within time: Interruption
    ) throws {
        do {
            let result = try time.run { try session.run(text, parameters) }
            writer.raw("{\"columns\":")
            writer.array(result.columns) { $0.string($1) }
            writer.raw(",\"rows\":[")
            try result.withinStatement { try writeRows(result) }
            writer.raw("],\"counters\":")
            write(result.counters)
            writer.raw("}")
        } catch let error as NQLError {
            if writer.hasSpilled {
                writer.raw("],")
                writeMember(error, query: text)
                writer.raw("}")
            } else {
                writer.removeAll()
                write(error, query: text)
            }
        }
    }

    private func writeRows(_ result: Result) throws {
        var isFirst = true
        while let row = try result.next() {
            if !isFirst { writer.raw(",") }
            isFirst = false
            writer.array(row.values) { TypedValue.write($1, to: &$0) }
        }
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
        if error.span == .none {
            writer.raw(",\"line\":null,\"column\":null}")
        } else {
            let place = SourceText(query).position(ofByte: Int(error.span.start))
            writer.raw(",\"line\":\(place.line),\"column\":\(place.column)}")
        }
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
