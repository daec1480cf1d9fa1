// Database+Procedures: procedures that answer from a table, for tests and demonstrations.

import NenCore
import NenEngine

extension Database {
    /// Registers a procedure whose answers are `rows`: each has the inputs' values and then the
    /// outputs'. A call yields the outputs of every row whose inputs equal its arguments.
    ///
    /// - Throws: `ProcedureError` when a row has another number of values than the signature.
    public func registerTable(_ signature: ProcedureSignature, rows: [[Value]]) throws {
        let width = signature.inputs.count + signature.outputs.count
        for row in rows where row.count != width {
            throw NQLError.runtime(
                .procedure, "InvalidProcedureRow",
                "A row of \(signature.name) has \(row.count) values instead of \(width).")
        }
        engine.register(procedure: signature, rows: rows)
        plans.removeAll()
    }
}
