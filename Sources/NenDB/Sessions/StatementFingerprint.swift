// StatementFingerprint: one number for a statement, by which its runs are remembered, in this
// process and later ones. Layout, case of keywords and EXPLAIN in front make no difference.

import NQLSyntax
import NenCore

enum StatementFingerprint {
    /// Longer texts are not printed for it.
    private static let textBytesMax = 16_384

    /// nil for statements that are no queries, and for very long ones.
    static func of(_ statement: Statement, _ key: PlanKey) -> UInt64? {
        guard case .query = statement.kind, key.text.utf8.count <= textBytesMax else { return nil }
        var state = Fingerprint()
        state.add(text: Statement(statement.kind, mode: .run, span: .none).printed())
        for type in key.parameterTypes { state.add(text: type) }
        // More threads hold more.
        state.add(UInt64(key.limits.threadCount))
        for rule in key.limits.disabledRules.sorted() { state.add(text: rule) }
        state.add(text: key.limits.forcedCandidate ?? "")
        return state.value
    }
}
