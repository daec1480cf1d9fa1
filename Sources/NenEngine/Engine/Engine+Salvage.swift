// Engine+Salvage: what can be read of a damaged database, into a new one.

import NenCore

extension Engine {
    /// Reads everything of the database at `path` whose checksum holds and writes it into a new
    /// one. The source is opened for reading only.
    /// - Parameter checkInterrupt: called now and then; what it throws ends the salvage.
    public static func salvage(
        _ path: String, into target: String, lostEnds: LostEnds,
        checkInterrupt: @escaping () throws -> Void
    ) throws(NQLError) -> SalvageReport {
        try storage {
            try Salvage.run(
                path, into: target, lostEnds: lostEnds, checkInterrupt: checkInterrupt)
        }
    }
}
