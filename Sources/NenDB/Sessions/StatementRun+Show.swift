// StatementRun+Show: SHOW INDEXES, LABELS, FUNCTIONS and their kin: the catalog, the statistics and
// the function registry as rows.

import NQLSyntax
import NenCore
import NenEngine

extension StatementRun {
    /// The rows of a SHOW statement, in the order of their names, and then what YIELD, WHERE and
    /// RETURN make of them.
    func show(_ command: ShowCommand) throws -> QueryResult {
        var table = try table(command.kind)
        if let filter = command.filter {
            let columns = table.columns
            table.rows.removeAll { !filter.keeps($0, columns) }
        }
        let shown = table.shownCount ?? table.columns.count
        guard command.yield != nil || command.predicate != nil else {
            return QueryResult(
                columns: Array(table.columns[..<shown]),
                rows: table.rows.map { Array($0[..<shown]) })
        }
        let query = ShowQuery(command, columns: table.columns, shownCount: shown).query
        var values = parameters
        values[RowQuery.parameter] = .list(table.rows.map { .list($0) })
        let run = StatementRun(
            session: session, transaction: transaction, parameters: values,
            interruption: interruption)
        let plan = try run.plan(query)
        return QueryResult(try run.start(plan, isProfiled: false), plan: plan)
    }

    private func table(_ kind: ShowKind) throws -> ShowTable {
        switch kind {
        case .indexes: indexTable()
        case .constraints: constraintTable()
        case .functions: showFunctions()
        case .procedures: showProcedures()
        case .labels: showLabels()
        case .types: showTypes()
        case .keys: showKeys()
        case .settings: showSettings()
        case .statistics: try showStatistics()
        case .memory: showMemory()
        case .transactions: showTransactions()
        case .databases: showDatabases()
        }
    }

    var catalog: Catalog { transaction.catalog }

    func owner(_ entity: EntityKind, _ id: NameID) -> Value {
        .string(entity == .node ? catalog.labels[Int(id)] : catalog.types[Int(id)])
    }

    func sorted(_ columns: [String], _ rows: [[Value]], shownCount: Int? = nil) -> ShowTable {
        let ordered = rows.sorted { ($0.first?.displayText ?? "") < ($1.first?.displayText ?? "") }
        return ShowTable(columns: columns, rows: ordered, shownCount: shownCount)
    }

    private func showFunctions() -> ShowTable {
        let library = session.database.engine.functionLibrary
        var rows: [[Value]] = []
        for name in library.functionNames {
            guard let function = library.function(named: name) else { continue }
            let signatures = function.overloads.map { SignatureText.of(function.name, $0) }
            rows.append([
                .string(function.name), .string(function.category.rawValue),
                .boolean(function.isAggregate), .list(signatures.map { .string($0) }),
                .string(function.summary), .boolean(function.isBuiltIn),
            ])
        }
        return sorted(
            ["name", "category", "isAggregating", "signatures", "description", "isBuiltIn"], rows)
    }

    private func showProcedures() -> ShowTable {
        let library = session.database.engine.functionLibrary
        var rows: [[Value]] = []
        for name in library.procedureNames {
            guard let procedure = library.procedure(named: name) else { continue }
            rows.append([
                .string(procedure.name), .string(SignatureText.of(procedure)),
                .string(procedure.summary),
            ])
        }
        return sorted(["name", "signature", "description"], rows)
    }

    private func showLabels() -> ShowTable {
        var counts = Array(repeating: UInt64(0), count: catalog.labels.count)
        for (set, count) in transaction.statistics.nodesPerLabelSet.enumerated() {
            for label in catalog.labelSets[set] { counts[Int(label)] += count }
        }
        let rows: [[Value]] = zip(catalog.labels, counts).map {
            [.string($0), .integer(Int64(clamping: $1))]
        }
        return sorted(["label", "nodes"], rows)
    }

    private func showTypes() -> ShowTable {
        let counts = transaction.statistics.relationshipsPerType
        let rows: [[Value]] = catalog.types.enumerated().map { index, name in
            [.string(name), .integer(index < counts.count ? Int64(clamping: counts[index]) : 0)]
        }
        return sorted(["type", "relationships"], rows)
    }

    private func showKeys() -> ShowTable {
        sorted(["propertyKey"], catalog.keys.map { [.string($0)] })
    }

    private func showSettings() -> ShowTable {
        let limits = session.limits
        let options = session.database.options
        let timeout = limits.timeoutMilliseconds.map { "\($0) ms" } ?? "none"
        let idle = session.idleTransactionTimeoutMilliseconds.map { "\($0) ms" } ?? "none"
        let capacity = options.capacityBytes.map { ByteCount.text(Double($0)) } ?? "the platform's"
        let settings: [(String, String, String)] = [
            (
                "memory_budget", ByteCount.text(Double(limits.memoryBudgetBytes)),
                "Memory that one query may hold."
            ),
            (
                "memory_limit", ByteCount.text(Double(options.memoryLimit)),
                "Memory that all statements together may hold."
            ),
            (
                "memory_admission", limits.admission.rawValue,
                "Whether queries are judged by their floor or by their predicted peak."
            ),
            (
                "temp_limit", options.temporaryLimitBytes.map { ByteCount.text(Double($0)) }
                    ?? "the disk's", "Room for what queries hold beyond their memory, in files."
            ),
            ("threads", "\(limits.threadCount)", "Threads of one query."),
            ("query_timeout", timeout, "After so long a statement is ended."),
            (
                "idle_transaction_timeout", idle,
                "How long a transaction may be idle while another writer waits."
            ),
            (
                "durability", options.durability.rawValue, "When a commit counts as safe."
            ),
            (
                "busy_timeout", "\(options.busyTimeoutMilliseconds) ms",
                "How long a writer waits for another one."
            ),
            ("capacity", capacity, "Most bytes the database may take."),
            ("read_only", "\(options.isReadOnly)", "Whether writing statements fail."),
            (
                "maintenance", options.maintainsItself ? "idle" : "on demand",
                "Whether an idle thread keeps the database in shape, or CALL db.maintain() only."
            ),
        ]
        let rows: [[Value]] = settings.map { [.string($0.0), .string($0.1), .string($0.2)] }
        return sorted(["name", "value", "description"], rows)
    }
}

/// Signatures as text: `substring(String, Integer[, Integer]) :: String`.
enum SignatureText {
    /// One way to call a function.
    static func of(_ name: String, _ overload: FunctionOverload) -> String {
        var text = name + "("
        let required = overload.parameters.count - overload.optionalCount
        for (index, parameter) in overload.parameters.enumerated() {
            if index >= required { text += "[" }
            if index > 0 { text += ", " }
            text += parameter.name
        }
        if overload.isVariadic { text += ", …" }
        text += String(repeating: "]", count: overload.optionalCount)
        return text + ") :: " + overload.result.name
    }

    /// A procedure with its fields.
    static func of(_ procedure: ProcedureSignature) -> String {
        let inputs = procedure.inputs.map { "\($0.name) :: \($0.type.name)" }
        let outputs = procedure.outputs.map { "\($0.name) :: \($0.type.name)" }
        return "\(procedure.name)(\(inputs.joined(separator: ", ")))"
            + " :: (\(outputs.joined(separator: ", ")))"
    }
}
