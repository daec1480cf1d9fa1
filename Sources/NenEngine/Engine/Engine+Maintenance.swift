// Engine+Maintenance: checking a database and computing the planner's estimates.

import NenCore

extension Engine {
    /// Reads every structure and compares it with its checksums and with the others.
    ///
    /// - Returns: what is wrong, one sentence each; at most some thousand, then how many more.
    public func check() throws(NQLError) -> [String] {
        let store = store
        var findings: [String] = []
        let count = try storage { try store.check { findings.append($0.description) } }
        try Interruption.check()
        if count > findings.count { findings.append("… and \(count - findings.count) more") }
        return findings
    }

    /// Computes and stores the estimates that the planner works with.
    ///
    /// - Parameter memoryBudgetBytes: what may be held meanwhile.
    public func analyze(memoryBudgetBytes: Int = .max) throws(NQLError) {
        let store = store
        let account = MemoryAccount(
            .statement, limitBytes: memoryBudgetBytes, parent: memory)
        try storage { try store.analyze(account: account) }
    }
}
