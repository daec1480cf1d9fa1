// Layout: text with places where lines may be broken, and its printing within a width.
//
// After: Wadler, "A prettier printer", 2003, in the iterative form of Lindig's "Strictly Pretty".
// A group is printed on one line if it fits, else every `line` directly in it is broken. Comments
// are printed where they stand and force a line's end where they need one.

/// Text that may be laid out in several ways.
indirect enum Layout {
    case text(String)
    /// A space that no line is broken at.
    case space
    /// A space, or the end of a line.
    case line
    /// Nothing, or the end of a line.
    case softLine
    case hardLine
    case concat([Layout])
    case indent(Layout)
    /// All on one line or broken; `isTall` if it can only be broken.
    case group(Layout, isTall: Bool)
    /// Words with `line`s between them, as many on a line as fit.
    case fill([Layout])
    case comment(Comment)

    /// Whether it holds something that ends a line in any case, but at its own end.
    var isTall: Bool {
        switch self {
        case .hardLine: true
        case .concat(let parts), .fill(let parts): parts.contains(where: \.isTall)
        case .indent(let inner): inner.isTall
        case .group(_, let isTall): isTall
        case .comment(let comment): comment.ownsLine
        case .text, .space, .line, .softLine: false
        }
    }

    static func group(_ parts: [Layout]) -> Layout {
        let inner = Layout.concat(parts)
        return .group(inner, isTall: inner.isTall)
    }
}

/// A comment, and where it stands.
struct Comment {
    /// With its slashes.
    var text: String
    /// Whether it stands on lines of its own, rather than behind something.
    var ownsLine: Bool

    /// Whether it goes to the end of its line.
    var endsLine: Bool { text.hasPrefix("//") }
}

/// Prints a layout.
struct LayoutPrinter {
    private struct Item {
        var layout: Layout
        var indent: Int
        var isFlat: Bool
    }

    private let width: Int
    private var text = ""
    private var column = 0
    /// Whether the next text must begin a line.
    private var mustBreak = false
    /// Whether a `/* */` was printed last.
    private var isBehindComment = false
    private var items: [Item] = []

    /// The text of `layout` in lines of at most `width` characters where possible, without a
    /// line end behind it.
    static func text(_ layout: Layout, width: Int) -> String {
        var printer = LayoutPrinter(width: width)
        printer.put(layout)
        return printer.text
    }

    private init(width: Int) { self.width = width }

    private mutating func put(_ layout: Layout) {
        items = [Item(layout: layout, indent: 0, isFlat: false)]
        while let item = items.popLast() { put(item) }
    }

    private mutating func put(_ item: Item) {
        switch item.layout {
        case .text(let text): write(text, item.indent)
        case .space: if !mustBreak { writeSpace() }
        case .line, .softLine:
            if item.isFlat && !mustBreak {
                if case .line = item.layout { writeSpace() }
            } else {
                endLine(item.indent)
            }
        case .hardLine: endLine(item.indent)
        case .concat(let parts):
            for part in parts.reversed() { push(part, item.indent, item.isFlat) }
        case .indent(let inner): push(inner, item.indent + 2, item.isFlat)
        case .group(let inner, let isTall):
            let isFlat = item.isFlat || (!isTall && fits(inner, item.indent))
            push(inner, item.indent, isFlat)
        case .fill(let parts): printFill(parts, item)
        case .comment(let comment): write(comment, item.indent)
        }
    }

    private mutating func push(_ layout: Layout, _ indent: Int, _ isFlat: Bool) {
        items.append(Item(layout: layout, indent: indent, isFlat: isFlat))
    }

    private mutating func printFill(_ parts: [Layout], _ item: Item) {
        var rest = items
        items = []
        for (index, part) in parts.enumerated() {
            if index > 0 {
                let isLast = index == parts.count - 1
                let room = width - column - 1 - (isLast ? 2 : 0)
                let needed = Self.flatWidth(part)
                if item.isFlat || (needed.map { $0 <= room } ?? false) && !mustBreak {
                    writeSpace()
                } else {
                    endLine(item.indent)
                }
            }
            push(part, item.indent, true)
            while let inner = items.popLast() { put(inner) }
        }
        swap(&items, &rest)
    }

    /// Characters of a layout without possible line ends; nil if it has some.
    private static func flatWidth(_ layout: Layout) -> Int? {
        switch layout {
        case .text(let text): return text.contains("\n") ? nil : text.unicodeScalars.count
        case .space, .line: return 1
        case .softLine: return 0
        case .concat(let parts), .fill(let parts):
            var sum = 0
            for part in parts {
                guard let width = flatWidth(part) else { return nil }
                sum += width
            }
            return sum
        case .indent(let inner): return flatWidth(inner)
        case .group(let inner, let isTall): return isTall ? nil : flatWidth(inner)
        case .hardLine, .comment: return nil
        }
    }

    /// Whether the layout and what follows it up to the next possible line end fit on this line.
    private func fits(_ layout: Layout, _ indent: Int) -> Bool {
        if mustBreak { return false }
        var room = width - column
        var waiting = [Item(layout: layout, indent: indent, isFlat: true)]
        var behind = items.count
        var needsLineEnd = false
        while room >= 0 {
            guard let item = waiting.popLast() else {
                if behind == 0 { return true }
                behind -= 1
                waiting.append(items[behind])
                continue
            }
            switch item.layout {
            case .text(let text):
                if needsLineEnd { return false }
                if text.contains("\n") { return false }
                room -= text.unicodeScalars.count
            case .space: room -= needsLineEnd ? 0 : 1
            case .line, .softLine:
                if !item.isFlat { return true }
                if needsLineEnd { return false }
                if case .line = item.layout { room -= 1 }
            case .hardLine: return !item.isFlat
            case .concat(let parts):
                for part in parts.reversed() {
                    waiting.append(Item(layout: part, indent: 0, isFlat: item.isFlat))
                }
            case .fill(let parts):
                for (index, part) in parts.enumerated().reversed() {
                    waiting.append(Item(layout: part, indent: 0, isFlat: true))
                    if index > 0 {
                        waiting.append(Item(layout: .line, indent: 0, isFlat: item.isFlat))
                    }
                }
            case .indent(let inner):
                waiting.append(Item(layout: inner, indent: 0, isFlat: item.isFlat))
            case .group(let inner, let isTall):
                if isTall && item.isFlat { return false }
                // What comes behind may still break its own lines.
                let isFlat = item.isFlat || !isTall
                waiting.append(Item(layout: inner, indent: 0, isFlat: isFlat))
            case .comment(let comment):
                if comment.ownsLine { return false }
                // A comment at a line's end does not count for its width.
                if comment.endsLine { needsLineEnd = true }
            }
        }
        return false
    }

    // MARK: Writing

    private mutating func write(_ part: String, _ indent: Int) {
        if part.isEmpty { return }
        if mustBreak { endLine(indent) }
        if isBehindComment, !",;)]}".contains(part.first ?? " ") { writeSpace() }
        isBehindComment = false
        append(part)
    }

    private mutating func append(_ part: String) {
        text += part
        guard let lastBreak = part.utf8.lastIndex(of: UInt8(ascii: "\n")) else {
            column += part.unicodeScalars.count
            return
        }
        column = part[part.utf8.index(after: lastBreak)...].unicodeScalars.count
    }

    private mutating func writeSpace() {
        if column > 0, text.utf8.last != UInt8(ascii: " ") { append(" ") }
        isBehindComment = false
    }

    private mutating func endLine(_ indent: Int) {
        dropSpaces()
        if !text.isEmpty, text.utf8.last != UInt8(ascii: "\n") { text += "\n" }
        text += String(repeating: " ", count: indent)
        column = indent
        mustBreak = false
        isBehindComment = false
    }

    /// Takes back the spaces and indentation at the end.
    private mutating func dropSpaces() {
        while text.utf8.last == UInt8(ascii: " ") { text.unicodeScalars.removeLast() }
    }

    private mutating func write(_ comment: Comment, _ indent: Int) {
        if comment.ownsLine || mustBreak {
            endLine(indent)
            append(comment.text)
            mustBreak = true
            return
        }
        writeSpace()
        append(comment.text)
        mustBreak = comment.endsLine
        isBehindComment = !comment.endsLine
    }
}
