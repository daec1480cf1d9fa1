// Database+Salvage: what can be read of a damaged database: `nql salvage` as a library.

import NenCore
import NenEngine

/// What a salvage kept and lost.
public typealias SalvageReport = NenEngine.SalvageReport
/// Something that a salvage could not read.
public typealias SalvageLoss = NenEngine.SalvageLoss
/// What becomes of relationships whose end nodes could not be read.
public typealias LostEnds = NenEngine.LostEnds

extension Database {
    /// Reads everything of the database at `path` whose checksum holds, its log included, and
    /// writes it into a new database at `target`; damage costs what it hit and no more. The source
    /// is not changed, and needs not open otherwise.
    ///
    /// - Throws: `NQLError`, when there is nothing of a database to read, or the new one cannot be
    ///   written; there is no new database then.
    @discardableResult
    public static func salvage(
        _ path: String, into target: String, lostEnds: LostEnds = .drop,
        cancellation: Cancellation = Cancellation()
    ) throws -> SalvageReport {
        try Engine.salvage(path, into: target, lostEnds: lostEnds) {
            try cancellation.check("The salvage")
        }
    }
}
