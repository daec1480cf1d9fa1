// What is said when stored bytes contradict their format.

import NenCore

extension NQLError {
    /// A corruption error: `place` is the structure, `what` the contradiction.
    static func damaged(_ place: String, _ what: String) -> NQLError {
        .runtime(
            .corruption, "Structure", "the \(place) \(what)",
            hint: "run nql check, restore a backup, or open with recovery of the last valid state")
    }
}
