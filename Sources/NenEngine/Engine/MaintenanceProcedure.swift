// MaintenanceProcedure: `CALL db.maintain()`: all of maintenance now, for those who do not want to
// wait for the idle worker, or have switched it off.

import NenCore

/// The procedure of one database.
enum MaintenanceProcedure {
    /// - Parameter store: whose chunks are maintained.
    static func make(_ store: GraphStore) -> Procedure {
        Procedure(
            signature: ProcedureSignature(
                name: "db.maintain", inputs: [],
                outputs: fields.map { ProcedureField(name: $0, type: .integer) },
                summary: "Works small changes into the arrays beside which they were stored, "
                    + "gives columns the encodings that fit them now and refreshes statistics; "
                    + "an idle database does so itself. Tells how much was done."),
            body: .graph { (graph) throws(NQLError) in
                guard !(graph is WriteTransaction) else { throw inTransaction }
                let report = try storage { try store.maintainAll() }
                return [report.values]
            })
    }

    private static let fields = [
        "chunksExamined", "chunksRewritten", "groupsFolded", "columnsReencoded", "bytesFreed",
        "estimatesRefreshed",
    ]

    private static var inTransaction: NQLError {
        .runtime(
            .transaction, "TransactionIsOpen",
            "db.maintain within a transaction that writes: it has transactions of its own.",
            hint: "COMMIT or ROLLBACK first, and call it in a statement that only reads.")
    }
}

extension MaintenanceReport {
    /// In the order of the procedure's fields.
    fileprivate var values: [Value] {
        [
            chunksExamined, chunksRewritten, groupsFolded, columnsReencoded, bytesFreed,
            estimatesRefreshed,
        ].map { .integer(Int64($0)) }
    }
}

extension Engine {
    /// Does all of maintenance now.
    ///
    /// - Throws: errors of reading and writing; what was done by then stays done.
    public func maintain() throws(NQLError) -> MaintenanceReport {
        let store = store
        return try storage { try store.maintainAll() }
    }

    /// Why maintenance in the background failed the last time; nil when it did not.
    public var maintenanceFailure: NQLError? { worker.withLock { $0?.failure } }
}
