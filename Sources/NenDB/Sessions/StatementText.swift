// StatementText: what a statement's text costs in memory. While it is read and planned the tokens
// become a syntax tree, a bound tree and plans of two kinds; of these the syntax tree and the last
// plan stay with a prepared statement. The figures are those of measurements with lists of
// literals, chains of operators, patterns and clauses, maps, strings and comments of up to 16 MiB:
// 93 to 156 bytes for each token (241 with ten thousand columns), 3 to 6 for each byte.

import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore

/// A text as memory sees it.
struct StatementText {
    private let byteCount: Int
    private let tokenCount: Int

    /// Texts up to this length cost less than what is not counted otherwise.
    static let freeByteCount = 16_384

    init(_ text: String) {
        byteCount = text.utf8.count
        tokenCount = TokenEstimate.tokenCount(of: text)
    }

    /// Most bytes held while the statement is planned.
    var planningBytes: Int { byteCount * 6 + tokenCount * 160 }

    /// Bytes of the text and its syntax tree.
    var parsedBytes: Int { 1_024 + byteCount * 3 + tokenCount * 96 }
}

extension PhysicalPlan {
    /// Bytes of the plan's operators and constants; its expressions are in those of the text.
    var operatorBytes: Int {
        var bytes = slots.count * 64 + constantByteCount
        var open = [root]
        while let next = open.popLast() {
            bytes += 512 + next.output.count * MemoryLayout<Slot>.stride
            open.append(contentsOf: next.inputs)
        }
        return bytes
    }
}
