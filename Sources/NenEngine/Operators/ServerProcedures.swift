// ServerProcedures: what drivers and frameworks ask a database before they begin, and procedures
// that wait or fail: `dbms.components`, `db.awaitIndexes`, `apoc.util.…`.

import Glibc
import NenCore

/// Procedures about the database as such.
enum ServerProcedures {
    static let all: [Procedure] = [
        components, info, awaitIndexes, awaitIndex, resample, resampleOutdated, sleep, validate,
    ]

    private static func field(
        _ name: String, _ type: NQLType, _ value: Value? = nil
    ) -> ProcedureField {
        ProcedureField(name: name, type: type, defaultValue: value)
    }

    private static func procedure(
        _ name: String, _ inputs: [ProcedureField] = [], to outputs: [ProcedureField] = [],
        _ summary: String, _ body: Procedure.Body
    ) -> Procedure {
        Procedure(
            signature: ProcedureSignature(
                name: name, inputs: inputs, outputs: outputs, summary: summary), body: body)
    }

    private static let components = procedure(
        "dbms.components", to: [
            field("name", .string), field("versions", .list(.string)), field("edition", .string),
        ],
        "The name, version and edition of the database.",
        .rows([[.string("NenDB"), .list([.string(NenDBVersion.current)]), .string("community")]]))

    private static let info = procedure(
        "db.info", to: [field("id", .string), field("name", .string)],
        "The name of the graph.", .rows([[.string("nendb"), .string("nendb")]]))

    private static let awaitIndexes = procedure(
        "db.awaitIndexes", [field("timeOutSeconds", .integer, .integer(300))],
        "Nothing: indexes are complete when they are declared.", .swift { _ in [] })

    private static let awaitIndex = procedure(
        "db.awaitIndex",
        [field("indexName", .string), field("timeOutSeconds", .integer, .integer(300))],
        "Nothing: an index is complete when it is declared.", .swift { _ in [] })

    private static let resample = procedure(
        "db.resampleIndex", [field("indexName", .string)],
        "Nothing: estimates are made anew by themselves.", .swift { _ in [] })

    private static let resampleOutdated = procedure(
        "db.resampleOutdatedIndexes", [],
        "Nothing: estimates are made anew by themselves.", .swift { _ in [] })

    private static let sleep = procedure(
        "apoc.util.sleep", [field("duration", .integer)],
        "Waits so many milliseconds, or until the statement is interrupted.",
        .swift { arguments in
            guard case .integer(var rest) = arguments[0] else { return [] }
            while rest > 0 {
                try Interruption.check()
                usleep(UInt32(min(rest, 20) * 1_000))
                rest -= 20
            }
            return []
        })

    private static let validate = procedure(
        "apoc.util.validate",
        [field("predicate", .boolean), field("message", .string), field("params", .list(.any))],
        "Fails with a message if the predicate holds; `%s` and `%d` stand for the parameters.",
        .swift { arguments in
            guard arguments[0] == .boolean(true), case .string(let pattern) = arguments[1] else {
                return []
            }
            var values: [Value] = []
            if case .list(let items) = arguments[2] { values = items }
            throw NQLError.runtime(
                .procedure, "ValidationFailed", APOCText.formatted(pattern, values))
        })
}
