// Database+Vacuum: giving space back to the file system: VACUUM as a library.

import NenCore
import NenEngine

/// What a vacuum did.
public typealias VacuumReport = NenEngine.VacuumReport

extension Database {
    /// Gives space that nothing uses back to the file system: moves what lies near the end of the
    /// data file to free places before it, in transactions of some milliseconds, and cuts the file.
    /// What readers hold stays until a vacuum behind their end.
    ///
    /// - Throws: `NQLError`; what was moved by then stays moved.
    @discardableResult
    public func vacuum(cancellation: Cancellation = Cancellation()) throws -> VacuumReport {
        try engine.vacuum { try cancellation.check("The vacuum") }
    }
}

extension VacuumReport {
    /// The row of the statement.
    var result: QueryResult {
        QueryResult(
            columns: ["bytesBefore", "bytesAfter", "usedBytes", "moved"],
            rows: [[
                .integer(Int64(bytesBefore)), .integer(Int64(bytesAfter)),
                .integer(Int64(usedBytes)), .integer(Int64(movedCount)),
            ]])
    }
}
