// Database+Check: whether everything stored is as it should be.

import NenEngine

extension Database {
    /// Reads every structure of the newest snapshot and compares it with its checksums and with the
    /// others.
    ///
    /// - Returns: what is wrong, one sentence each; nothing when all is well.
    /// - Throws: `NQLError` when the check itself cannot go on.
    public func check() throws -> [String] { try engine.check() }
}
