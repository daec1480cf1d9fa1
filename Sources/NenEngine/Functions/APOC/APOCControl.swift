// APOCControl: procedures that run queries given as texts: conditions, loops over batches.

import NenCore

/// `apoc.do.…`, `apoc.case`, `apoc.when`, `apoc.cypher.…`, `apoc.periodic.…`.
enum APOCControl {
    static let all: [Procedure] = conditions + runs + [iterate]

    private static let params = APOCProcedures.input("params", .map, .map([:]))

    private static let conditions: [Procedure] =
        ["apoc.when", "apoc.do.when"].map { name in
            APOCProcedures.written(
                name,
                [
                    APOCProcedures.input("condition", .boolean),
                    APOCProcedures.input("ifQuery", .string),
                    APOCProcedures.input("elseQuery", .string, .string("")), params,
                ], to: ["value": .map],
                "Runs one query if a condition holds, else another; a map of each row's columns."
            ) { arguments throws(NQLError) in
                let yes = try InnerQuery(arguments[1], parameters: arguments[3], of: name)
                let no = try InnerQuery(arguments[2], parameters: arguments[3], of: name)
                return "WITH condition, coalesce(params, {}) AS \(InnerQuery.map) "
                    + "CALL (*) { WHEN condition THEN { \(branch(yes)) } ELSE { \(branch(no)) } }"
            }
        }
        + ["apoc.case", "apoc.do.case"].map { name in
            APOCProcedures.written(
                name,
                [
                    APOCProcedures.input("conditionals", .list(.any)),
                    APOCProcedures.input("elseQuery", .string, .string("")), params,
                ], to: ["value": .map],
                "Runs the query behind the first of several conditions that holds."
            ) { arguments throws(NQLError) in try choice(arguments, name) }
        }

    private static func branch(_ query: InnerQuery) -> String {
        query.valueClauses + " RETURN value"
    }

    private static func choice(
        _ arguments: [WrittenArgument], _ name: String
    ) throws(NQLError) -> String {
        var items: [WrittenArgument] = []
        switch arguments[0] {
        case .list(let parts): items = parts
        case .constant(.list(let values)): items = values.map { .constant($0) }
        default: break
        }
        guard !items.isEmpty, items.count % 2 == 0 else {
            throw .syntax(
                "InvalidArgumentPassingMode",
                "`\(name)` takes a list of conditions and queries in turn, written out.",
                at: .none)
        }
        var text = "WITH conditionals, coalesce(params, {}) AS \(InnerQuery.map) CALL (*) { "
        for index in stride(from: 0, to: items.count, by: 2) {
            let query = try InnerQuery(items[index + 1], parameters: arguments[2], of: name)
            text += "WHEN conditionals[\(index)] THEN { \(branch(query)) } "
        }
        let rest = try InnerQuery(arguments[1], parameters: arguments[2], of: name)
        return text + "ELSE { \(branch(rest)) } }"
    }

    private static let runs: [Procedure] =
        ["apoc.cypher.run", "apoc.cypher.doIt", "apoc.cypher.runWrite"].map { name in
            APOCProcedures.written(
                name, [APOCProcedures.input("statement", .string), params], to: ["value": .map],
                "Runs a query; a map of each row's columns."
            ) { arguments throws(NQLError) in
                let query = try InnerQuery(arguments[0], parameters: arguments[1], of: name)
                return "WITH coalesce(params, {}) AS \(InnerQuery.map) \(query.valueClauses)"
            }
        }

    private static let iterate = APOCProcedures.written(
        "apoc.periodic.iterate",
        [
            APOCProcedures.input("cypherIterate", .string),
            APOCProcedures.input("cypherAction", .string),
            APOCProcedures.input("config", .map, .map([:])),
        ],
        to: [
            "batches": .integer, "total": .integer, "committedOperations": .integer,
            "failedOperations": .integer, "failedBatches": .integer, "retries": .integer,
            "errorMessages": .map, "batch": .map, "operations": .map, "wasTerminated": .boolean,
        ],
        "Runs the second query for each row of the first, in transactions of `batchSize` rows "
            + "(10,000), one after the other.", .statement
    ) { arguments throws(NQLError) in
        let name = "apoc.periodic.iterate"
        var size: Int64 = 10_000
        var parameters = WrittenArgument.constant(.map([:]))
        var hasParameters = false
        switch arguments[2] {
        case .constant(.map(let config)):
            if case .integer(let given)? = config["batchSize"], given > 0 { size = given }
            if let map = config["params"] {
                parameters = .constant(map)
                hasParameters = true
            }
        case .map(let entries):
            for (key, argument) in entries {
                if key == "batchSize", case .constant(.integer(let given)) = argument, given > 0 {
                    size = given
                }
                if key == "params" {
                    parameters = argument
                    hasParameters = true
                }
            }
        default:
            parameters = .computed
            hasParameters = true
        }
        let rows = try InnerQuery(arguments[0], parameters: parameters, of: name)
        let action = try InnerQuery(
            arguments[1], parameters: parameters, names: rows.columns, of: name)
        let map = hasParameters ? "coalesce(config.params, {})" : "{}"
        return """
            WITH \(map) AS \(InnerQuery.map) \(rows.rowClauses)
            CALL (*) { \(action.effectClauses) }
            IN TRANSACTIONS OF \(size) ROWS ON ERROR CONTINUE REPORT STATUS AS ` status`
            WITH count(*) AS total, count(DISTINCT ` status`.transactionId) AS batches,
              count(CASE WHEN ` status`.committed THEN 1 END) AS committedOperations,
              count(CASE WHEN NOT ` status`.committed THEN 1 END) AS failedOperations,
              count(DISTINCT CASE WHEN NOT ` status`.committed THEN ` status`.transactionId END)
                AS failedBatches,
              [m IN collect(DISTINCT ` status`.errorMessage) WHERE m IS NOT NULL] AS messages
            WITH *, 0 AS retries, false AS wasTerminated,
              apoc.map.fromPairs([m IN messages | [m, 1]]) AS errorMessages,
              {total: total, committed: committedOperations, failed: failedOperations}
                AS operations,
              {total: batches, committed: batches - failedBatches, failed: failedBatches} AS batch
            """
    }
}
