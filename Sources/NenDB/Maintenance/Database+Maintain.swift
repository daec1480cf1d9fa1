// Database+Maintain: keeping a database in shape: `CALL db.maintain()` as a library.

import NenCore
import NenEngine

/// What maintenance did.
public typealias MaintenanceReport = NenEngine.MaintenanceReport

extension Database {
    /// Works all small changes into the arrays beside which they are stored, gives columns the
    /// encodings that fit them, and refreshes statistics: in transactions of some milliseconds that
    /// change nothing that can be read. An idle database does so itself
    /// (`DatabaseOptions.maintainsItself`).
    ///
    /// - Throws: `NQLError`; what was done by then stays done.
    @discardableResult
    public func maintain(
        cancellation: Cancellation = Cancellation()
    ) throws -> MaintenanceReport {
        try Interruption(token: cancellation.token).run { try engine.maintain() }
    }

    /// Why maintenance in the background failed the last time, such as damage that it met; nil when
    /// it did not. No statement fails because of it.
    public var maintenanceFailure: NQLError? { engine.maintenanceFailure }
}
