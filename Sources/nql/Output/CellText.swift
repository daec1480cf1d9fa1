// CellText: the beginning of a value's text, as far as it fits into a cell of some width. The rest
// is not kept, and a mark tells that there is more.

import NenDB

/// Collects text up to a width.
struct CellText: TextOutputStream {
    private let width: Int
    private let form: (String) -> String
    private var collected = ""
    private var hasMore = false
    private var collectedWidth = 0

    /// What stands for text that was cut.
    private static let mark = "…"

    /// - Parameters:
    ///   - width: terminal cells.
    ///   - form: makes a piece of text fit for its place.
    init(width: Int, form: @escaping (String) -> String) {
        self.width = width
        self.form = form
    }

    mutating func write(_ text: String) {
        // One character of several scalars may be long, but not as long as this.
        if hasMore || collectedWidth > width { return hasMore = hasMore || !text.isEmpty }
        let head = String(text.prefix(width + 1))
        if head.utf8.count < text.utf8.count { hasMore = true }
        let formed = form(head)
        collected += formed
        collectedWidth += DisplayWidth.of(formed)
    }

    /// As much of a value as can be seen in a cell of this width: of a list and of a text so many
    /// elements or characters and one more, as each takes a cell at least.
    static func beginning(of value: Value, _ width: Int) -> Value {
        switch value {
        case .string(let text):
            // Marks that take no cell are kept with their character.
            .string(String(text.prefix(width + 1)))
        case .list(let elements):
            .list(elements.prefix(width + 1).map { beginning(of: $0, width) })
        case .map(let map): .map(map.mapValues { beginning(of: $0, width) })
        default: value
        }
    }

    /// The text, cut when it was longer.
    var text: String {
        CellText.cut(collected, to: width, hasMore: hasMore)
    }

    /// `text`, or as much of it as fits into `width` cells with a mark behind it.
    static func cut(_ text: String, to width: Int, hasMore: Bool = false) -> String {
        if !hasMore, DisplayWidth.of(text) <= width { return text }
        var result = ""
        var taken = 0
        for character in text {
            let next = taken + DisplayWidth.of(character)
            if next > width - 1 { break }
            result.append(character)
            taken = next
        }
        return result + mark
    }
}
