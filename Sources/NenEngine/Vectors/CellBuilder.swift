// CellBuilder: makes cells whose content lies in memory: strings, lists, maps, durations, paths.
// The content goes to an arena, so a built cell lives as long as the arena's current use.
//
// Lists and maps carry their nesting depth, which bounds every recursion over values: building
// one deeper than `nestingDepthMax` is an error here, nowhere else.

import Glibc
import NenCore

/// Builds cells in an arena.
struct CellBuilder {
    let arena: Arena
    let base: HeapBase

    /// Deepest nesting of lists and maps in one value.
    static let nestingDepthMax: UInt32 = 500

    init(arena: Arena, base: HeapBase) {
        self.arena = arena
        self.base = base
    }

    // MARK: strings

    /// A string of these UTF-8 bytes; the caller knows that they are valid UTF-8.
    func string(_ bytes: UnsafeRawBufferPointer) throws(NQLError) -> Cell {
        let count = bytes.count
        if count <= 12 { return Cell(shortString: bytes) }
        let memory = try reserveString(byteCount: count)
        if let start = bytes.baseAddress { memory.copyMemory(from: start, byteCount: count) }
        return Cell(longString: memory, byteCount: count, base)
    }

    /// A string.
    func string(_ text: String) throws(NQLError) -> Cell {
        var text = text
        let count = text.utf8.count
        if count <= 12 {
            return text.withUTF8 { Cell(shortString: UnsafeRawBufferPointer($0)) }
        }
        let memory = try reserveString(byteCount: count)
        text.withUTF8 { bytes in
            UnsafeMutableRawBufferPointer(start: memory, count: count)
                .copyMemory(from: UnsafeRawBufferPointer(bytes))
        }
        return Cell(longString: memory, byteCount: count, base)
    }

    /// Memory for the bytes of a string, to be filled and given to `string(in:byteCount:)`.
    func reserveString(byteCount: Int) throws(NQLError) -> UnsafeMutableRawPointer {
        guard byteCount <= Cell.stringByteCountMax else {
            throw .runtime(
                .argument, "NumberOutOfRange",
                "A string may have at most \(Cell.stringByteCountMax) bytes, not \(byteCount).")
        }
        return try arena.allocate(byteCount)
    }

    /// A string of the first `byteCount` bytes at `memory`, which lives as long as the arena.
    func string(in memory: UnsafeRawPointer, byteCount: Int) -> Cell {
        if byteCount <= 12 {
            return Cell(shortString: UnsafeRawBufferPointer(start: memory, count: byteCount))
        }
        return Cell(longString: memory, byteCount: byteCount, base)
    }

    // MARK: lists

    /// A list with these elements, copied (the elements' own content is shared).
    func list(_ elements: UnsafeBufferPointer<Cell>) throws(NQLError) -> Cell {
        let memory = try reserveCells(elements.count)
        if let start = elements.baseAddress {
            try CellBuilder.copy(start, elements.count, to: memory)
        }
        return try list(in: memory, count: elements.count)
    }

    /// A list with these elements.
    func list(_ elements: [Cell]) throws(NQLError) -> Cell {
        let memory = try reserveCells(elements.count)
        for (index, element) in elements.enumerated() { memory[index] = element }
        return try list(in: memory, count: elements.count)
    }

    /// Memory for the elements of a list or the entries of a map (two cells each).
    func reserveCells(_ count: Int) throws(NQLError) -> UnsafeMutablePointer<Cell> {
        try arena.allocate(Cell.self, count: try checkedCount(count))
    }

    /// The number of a list's elements.
    ///
    /// - Throws: `NumberOutOfRange` when a list cannot have so many.
    @inline(__always)
    func checkedCount(_ count: Int) throws(NQLError) -> Int {
        if count <= CellBuilder.elementCountMax { return count }
        throw .runtime(
            .argument, "NumberOutOfRange",
            "A list may have at most \(CellBuilder.elementCountMax) elements, not \(count).")
    }

    /// Most elements of one list.
    static let elementCountMax = Int(Int32.max)

    /// A list of the first `count` cells at `memory`, which lives as long as the arena.
    func list(in memory: UnsafePointer<Cell>, count: Int) throws(NQLError) -> Cell {
        if count == 0 { return .emptyList }
        let depth = try nestingDepth(of: memory, count: count)
        return Cell(.list, low: depth, aux: UInt32(count), payload: base.offset(memory))
    }

    /// Elements that are gone through between two looks at the clock, less one.
    static let blockMask = 65_535

    /// Copies elements; looks at the clock between parts of a long list.
    static func copy(
        _ source: UnsafePointer<Cell>, _ count: Int, to target: UnsafeMutablePointer<Cell>
    ) throws(NQLError) {
        var done = 0
        while done < count {
            let part = min(count &- done, blockMask &+ 1)
            try Interruption.spend(part)
            (target + done).update(from: source + done, count: part)
            done &+= part
        }
    }

    private func nestingDepth(
        of cells: UnsafePointer<Cell>, count: Int
    ) throws(NQLError) -> UInt32 {
        var deepest: UInt32 = 0
        var index = 0
        while index < count {
            if index & CellBuilder.blockMask == 0 {
                try Interruption.spend(min(count &- index, CellBuilder.blockMask))
            }
            let cell = cells[index]
            let tag = cell.rawTag
            if tag == CellTag.list.rawValue || tag == CellTag.map.rawValue {
                deepest = max(deepest, cell.low)
            }
            index &+= 1
        }
        if deepest >= CellBuilder.nestingDepthMax {
            throw .runtime(
                .argument, "NumberOutOfRange",
                "Lists and maps may be nested \(CellBuilder.nestingDepthMax) deep at most.")
        }
        return deepest + 1
    }

    // MARK: maps

    /// A map with these entries; of a repeated key the last entry counts.
    func map(_ entries: [(key: Cell, value: Cell)]) throws(NQLError) -> Cell {
        let memory = try reserveCells(2 * entries.count)
        for (index, entry) in entries.enumerated() {
            memory[2 * index] = entry.key
            memory[2 * index + 1] = entry.value
        }
        return try map(in: memory, count: entries.count)
    }

    /// A map of `count` entries (key, value, key, value, …) at `memory`, which lives as long as the
    /// arena; sorts them in place.
    func map(in memory: UnsafeMutablePointer<Cell>, count: Int) throws(NQLError) -> Cell {
        if count == 0 { return .emptyMap }
        let distinct = sortEntries(memory, count: count)
        let depth = try nestingDepth(of: memory, count: 2 * distinct)
        return Cell(.map, low: depth, aux: UInt32(distinct), payload: base.offset(memory))
    }

    /// Nanoseconds for comparing two keys, by and large.
    private static let compareWorkUnits = 10

    /// Sorts by key and drops all but the last of equal keys; returns how many are left.
    private func sortEntries(_ entries: UnsafeMutablePointer<Cell>, count: Int) -> Int {
        var isAscending = true
        var index = 1
        while index < count && isAscending {
            isAscending =
                CellOrder.compareStrings(entries[2 * index - 2], entries[2 * index], base) < 0
            index += 1
        }
        if isAscending { return count }
        var sorted: [(key: Cell, value: Cell, place: Int)] = []
        sorted.reserveCapacity(count)
        for place in 0 ..< count {
            sorted.append((entries[2 * place], entries[2 * place + 1], place))
        }
        sorted.sort { left, right in
            if Interruption.isOver(after: CellBuilder.compareWorkUnits) { return false }
            let order = CellOrder.compareStrings(left.key, right.key, base)
            return order == 0 ? left.place < right.place : order < 0
        }
        var kept = 0
        for (place, entry) in sorted.enumerated() {
            let next = place + 1
            if next < count, CellOrder.stringsEqual(entry.key, sorted[next].key, base) {
                continue
            }
            entries[2 * kept] = entry.key
            entries[2 * kept + 1] = entry.value
            kept += 1
        }
        return kept
    }

    // MARK: paths

    /// A path of `relationshipCount` steps: node, relationship, node, …, copied.
    func path(
        _ elements: UnsafePointer<UInt32>, relationshipCount: Int
    ) throws(NQLError) -> Cell {
        let count = 2 * relationshipCount + 1
        let memory = try arena.allocate(UInt32.self, count: count)
        memory.update(from: elements, count: count)
        return Cell(
            .path, low: 0, aux: UInt32(relationshipCount), payload: base.offset(memory))
    }

    // MARK: copies

    /// Nanoseconds for copying an element, by and large.
    private static let copyWorkUnits = 3

    /// The same value with all its content in this builder's arena.
    func copy(_ cell: Cell) throws(NQLError) -> Cell {
        switch cell.tag {
        case .string:
            if cell.byteCount <= 12 { return cell }
            return try string(
                UnsafeRawBufferPointer(start: base.pointer(cell.payload), count: cell.byteCount))
        case .list, .map:
            let count = cell.tag == .map ? 2 * cell.count : cell.count
            if count == 0 { return cell }
            let source = base.cells(cell)
            let memory = try arena.allocate(Cell.self, count: count)
            for index in 0 ..< count {
                try Interruption.spend(CellBuilder.copyWorkUnits)
                memory[index] = try copy(source[index])
            }
            return Cell(head: cell.head, payload: base.offset(memory))
        case .duration: return try copyBytes(of: cell, count: 32)
        case .point: return try copyBytes(of: cell, count: 8 * cell.coordinateCount)
        case .path: return try copyBytes(of: cell, count: 4 * (2 * cell.count + 1))
        case .null, .boolean, .integer, .float, .date, .localTime, .time, .localDateTime,
            .dateTime, .node, .relationship:
            return cell
        }
    }

    private func copyBytes(of cell: Cell, count: Int) throws(NQLError) -> Cell {
        let memory = try arena.allocate(count)
        memory.copyMemory(from: base.pointer(cell.payload), byteCount: count)
        return Cell(head: cell.head, payload: base.offset(memory))
    }
}

extension Cell {
    /// The list without elements.
    static let emptyList = Cell(.list, low: 1, aux: 0, payload: 0)
    /// The map without entries.
    static let emptyMap = Cell(.map, low: 1, aux: 0, payload: 0)
    /// The string without bytes.
    static let emptyString = Cell(head: 0, payload: 0)

    /// A string of at most 12 bytes, held in the cell itself.
    init(shortString bytes: UnsafeRawBufferPointer) {
        let count = bytes.count
        precondition(count <= 12, "a short string has at most 12 bytes, not \(count)")
        self.init(head: 0, payload: 0)
        withUnsafeMutableBytes(of: &self) { cell in
            for index in 0 ..< count { cell[4 + index] = bytes[index] }
        }
        head |= UInt64(count)
    }

    /// A string of at most 12 bytes; for constant names.
    init(shortString text: StaticString) {
        self.init(
            shortString: UnsafeRawBufferPointer(
                start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A string of more than 12 bytes at `memory`.
    init(longString memory: UnsafeRawPointer, byteCount: Int, _ base: HeapBase) {
        let prefix = memory.loadUnaligned(as: UInt32.self)
        self.init(
            .string, low: UInt32(byteCount), aux: prefix, payload: base.offset(memory))
    }
}
