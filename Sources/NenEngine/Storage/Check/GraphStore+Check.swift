// The check and the analysis of a whole database.

import NenCore

extension GraphStore {
    /// Reads everything and calls `report` for each contradiction; returns their number. Writers
    /// wait while the pages are compared with the free map. O(size of the database).
    /// - Throws: when the database cannot be read at all.
    func check(_ report: @escaping (CheckFinding) -> Void) throws -> Int {
        var flaws: [String]
        do { flaws = try pages.checkPages() } catch let error as NQLError {
            // Pages behind a damaged one cannot be reached; what can be read is read below.
            guard error.code == .corruption else { throw error }
            flaws = [error.message]
        }
        for flaw in flaws { report(CheckFinding(place: "pages", problem: flaw)) }
        let check = GraphCheck(try snapshot(), report: report)
        check.run()
        return flaws.count + check.findingCount
    }

    /// Computes the estimates that the planner works with and stores them. Reads a snapshot; the
    /// write lock is held only to store the result. O(size of the properties).
    ///
    /// - Parameter account: is charged with what is held meanwhile.
    func analyze(account: MemoryAccount = MemoryAccount(.statement)) throws {
        let estimates = try PropertyAnalysis.run(try snapshot(), account: account)
        let transaction = try beginWrite(
            account: MemoryAccount(.transaction, parent: account))
        transaction.newEstimates = estimates
        try transaction.commit()
    }
}
