// The leaves without data of their own: one empty row, and the rows of the subplan's surroundings.

import NenCore

/// One row without columns.
final class SingleRow: Operator {
    private var isDone = false

    override func open() throws(NQLError) { isDone = false }

    override func next() throws(NQLError) -> Bool {
        if isDone { return false }
        isDone = true
        batch.count = 1
        batch.selection = nil
        batch.multiplicity = nil
        return true
    }
}

/// The row or rows that the enclosing apply, merge, foreach or nested plan hands in; one row
/// without columns outside of any.
final class ArgumentRows: Operator {
    private var isDone = false

    override func open() throws(NQLError) { isDone = false }

    override func next() throws(NQLError) -> Bool {
        if isDone { return false }
        isDone = true
        guard let feed else {
            batch.count = 1
            batch.selection = nil
            return true
        }
        batch.pass(feed.batch, live)
        batch.multiplicity = nil
        return true
    }
}
