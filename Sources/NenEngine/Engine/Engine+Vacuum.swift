// Engine+Vacuum: giving space back to the file system.

import NenCore

extension Engine {
    /// Moves what lies near the end of the data file and cuts the file.
    /// - Parameter checkInterrupt: called now and then; what it throws ends the vacuum.
    public func vacuum(
        checkInterrupt: () throws -> Void
    ) throws(NQLError) -> VacuumReport {
        let store = store
        return try storage { try store.vacuum(checkInterrupt: checkInterrupt) }
    }
}
