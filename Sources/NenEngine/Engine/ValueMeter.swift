// ValueMeter: what values made for a result take. Cells of a list are 16 bytes each, the values
// made of them 24 and more, so a result that fits as cells may not fit as values. The meter charges
// the statement while values are made, so that the last row handed out counts, and is refused while
// it is being made when it is too much.

import NenCore

/// Counts the values that a cursor has handed out last, or keeps.
final class ValueMeter {
    private let account: MemoryAccount
    private var chargedBytes = 0
    private var openBytes = 0
    /// Less than this is not worth a charge.
    private static let stepBytes = 65_536

    init(_ account: MemoryAccount) { self.account = account }

    deinit { account.release(chargedBytes) }

    /// Before `bytes` are allocated.
    ///
    /// - Throws: `MemoryLimitExceeded`.
    @inline(__always)
    func add(_ bytes: Int) throws(NQLError) {
        openBytes &+= bytes
        if openBytes > ValueMeter.stepBytes { try charge() }
    }

    @inline(never)
    private func charge() throws(NQLError) {
        try account.charge(openBytes, for: .results)
        chargedBytes += openBytes
        openBytes = 0
    }

    /// What was counted is no longer held.
    @inline(__always)
    func reset() {
        openBytes = 0
        if chargedBytes > 0 {
            account.release(chargedBytes)
            chargedBytes = 0
        }
    }
}
