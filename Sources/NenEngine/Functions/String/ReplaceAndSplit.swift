// ReplaceAndSplit: replace and split. An empty search string stands between all characters:
// `replace` inserts there, `split` cuts there.

import NenCore

/// Replacement of and separation at substrings.
enum ReplaceAndSplit {
    /// Nanoseconds for one piece of a text, by and large.
    private static let workUnits = 10

    static let definitions: [ScalarFunction] = [replace, split]

    static let replace = ScalarFunction(
        "replace",
        [
            FunctionOverload([.string, .string, .string], result: .string),
            FunctionOverload([.string, .string, .string, .integer], result: .string),
        ],
        mayFail: true,
        summary: "The string with a substring replaced everywhere, or at its first places.",
        examples: [
            FunctionExample("replace('hello', 'l', 'w')", "'hewwo'"),
            FunctionExample("replace('hello', 'l', 'w', 1)", "'hewlo'"),
        ]
    ) { context, arguments throws(NQLError) in
        for index in 0 ..< 3 { try FunctionArgument.string(arguments[index], "replace") }
        var limit = Int.max
        if arguments.count > 3 {
            limit = Int(try FunctionArgument.count(arguments[3], "replace"))
        }
        return try replace(
            arguments[0], arguments[1], by: arguments[2], limit: limit, &context)
    }

    private static func replace(
        _ text: Cell, _ part: Cell, by replacement: Cell, limit: Int,
        _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        let base = context.base
        let places = try base.withBytes(text) { bytes throws(NQLError) in
            try base.withBytes(part) { part throws(NQLError) in
                try occurrences(of: part, in: bytes, limit: limit)
            }
        }
        if places.isEmpty { return text }
        let growth = replacement.byteCount - part.byteCount
        let builder = context.builder
        let (change, overflows) = places.count.multipliedReportingOverflow(by: growth)
        let count = overflows ? Int.max : text.byteCount + change
        let memory = try builder.reserveString(byteCount: count)
        base.withBytes(text) { bytes in
            base.withBytes(replacement) { new in
                var read = 0
                var write = memory
                for place in places {
                    write = append(bytes, read ..< place, to: write)
                    write = append(new, 0 ..< new.count, to: write)
                    read = place + part.byteCount
                }
                _ = append(bytes, read ..< bytes.count, to: write)
            }
        }
        return builder.string(in: memory, byteCount: count)
    }

    private static func append(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>,
        to memory: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        guard let start = bytes.baseAddress, !range.isEmpty else { return memory }
        memory.copyMemory(from: start + range.lowerBound, byteCount: range.count)
        return memory + range.count
    }

    /// Offsets of occurrences that do not overlap, ascending.
    private static func occurrences(
        of part: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, limit: Int
    ) throws(NQLError) -> [Int] {
        var places: [Int] = []
        if part.isEmpty {
            var place = 0
            while places.count < limit {
                try Interruption.spend(workUnits)
                places.append(place)
                if place >= text.count { break }
                place += CodePoints.length(text, at: place)
            }
            return places
        }
        var search = ByteSearch(part)
        var from = 0
        while places.count < limit, let place = search.first(in: text, from: from) {
            try Interruption.spend(workUnits)
            places.append(place)
            from = place + part.count
        }
        return places
    }

    static let split = ScalarFunction(
        "split",
        [
            FunctionOverload([.string, .string], result: .list(.string)),
            FunctionOverload([.string, .list(.string)], result: .list(.string)),
        ],
        mayFail: true,
        summary: "The parts of a string between a delimiter, or any of several.",
        examples: [
            FunctionExample("split('a,b,c', ',')", "['a', 'b', 'c']"),
            FunctionExample("split('a,b;c', [',', ';'])", "['a', 'b', 'c']"),
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "split")
        var delimiters: [Cell] = []
        if arguments[1].tag == .list {
            let cells = context.base.cells(arguments[1])
            for index in 0 ..< arguments[1].count { delimiters.append(cells[index]) }
        } else {
            delimiters = [arguments[1]]
        }
        for delimiter in delimiters {
            if delimiter.isNull { return .null }
            try FunctionArgument.string(delimiter, "split")
        }
        return try split(arguments[0], delimiters, &context)
    }

    private static func split(
        _ text: Cell, _ delimiters: [Cell], _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        let builder = context.builder
        var parts: [Cell] = []
        if delimiters.contains(where: { $0.byteCount == 0 }) {
            var start = 0
            while start < text.byteCount {
                try Interruption.spend(workUnits)
                let length = context.base.withBytes(text) { CodePoints.length($0, at: start) }
                try context.arena.checkRoom(toGrow: parts)
                parts.append(builder.substring(of: text, start, start + length))
                start += length
            }
            return try builder.list(parts.isEmpty ? [text] : parts)
        }
        let base = context.base
        try base.withBytes(text) { bytes throws(NQLError) in
            var hits = delimiters.map { DelimiterSearch($0) }
            var start = 0
            while let hit = firstDelimiter(&hits, in: bytes, from: start, base) {
                try Interruption.spend(workUnits)
                try context.arena.checkRoom(toGrow: parts)
                parts.append(builder.substring(of: text, start, hit.place))
                start = hit.place + hit.count
            }
            parts.append(builder.substring(of: text, start, text.byteCount))
        }
        return try builder.list(parts)
    }

    /// One of several delimiters, with the place that was found last: a text is gone through once
    /// for each of them, not once for each part.
    private struct DelimiterSearch {
        let delimiter: Cell
        /// The first occurrence at or behind where the last search began; nil when none is left.
        var place: Int?
        var isFresh = true

        init(_ delimiter: Cell) { self.delimiter = delimiter }

        mutating func advance(in text: UnsafeRawBufferPointer, from: Int, _ base: HeapBase) {
            if !isFresh, (place ?? .max) >= from { return }
            isFresh = false
            place = base.withBytes(delimiter) { ByteSearch.first($0, in: text, from: from) }
        }
    }

    /// The delimiter that comes first; of several at one place the longest.
    private static func firstDelimiter(
        _ hits: inout [DelimiterSearch], in text: UnsafeRawBufferPointer, from: Int,
        _ base: HeapBase
    ) -> (place: Int, count: Int)? {
        var best: (place: Int, count: Int)?
        for index in hits.indices {
            hits[index].advance(in: text, from: from, base)
            guard let place = hits[index].place else { continue }
            let count = hits[index].delimiter.byteCount
            guard let known = best else {
                best = (place, count)
                continue
            }
            if place < known.place || (place == known.place && count > known.count) {
                best = (place, count)
            }
        }
        return best
    }
}
