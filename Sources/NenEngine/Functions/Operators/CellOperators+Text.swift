// CellOperators+Text: strings and lists joined, and searches in strings. All searches compare
// bytes, which for valid UTF-8 is the same as comparing code points. A search over anything but
// two strings is null, not an error.

import Glibc
import NenCore

/// String and list operators.
extension CellOperators {
    /// `a || b`: strings or lists, joined.
    static func concatenate(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        if a.isNull || b.isNull { return .null }
        if a.tag == .string && b.tag == .string { return try joinStrings(a, b, &context) }
        if a.tag == .list && b.tag == .list { return try concatenateLists(a, b, &context) }
        throw mismatch("||", a, b)
    }

    /// Two strings joined.
    static func joinStrings(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        let base = context.base
        let left = a.byteCount
        let right = b.byteCount
        if right == 0 { return a }
        if left == 0 { return b }
        let builder = context.builder
        let memory = try builder.reserveString(byteCount: left + right)
        base.copyBytes(of: a, to: memory)
        base.copyBytes(of: b, to: memory + left)
        return builder.string(in: memory, byteCount: left + right)
    }

    /// A string and a string, number, boolean or temporal value, joined as text.
    static func joinText(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        if a.tag == .string && b.tag == .string { return try joinStrings(a, b, &context) }
        guard let left = try CellText.string(a, &context),
            let right = try CellText.string(b, &context)
        else { throw mismatch("+", a, b) }
        return try joinStrings(left, right, &context)
    }

    /// `list + list`, `list + element` or `element + list`.
    static func concatenateLists(
        _ a: Cell, _ b: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        let base = context.base
        let left = a.tag == .list ? a.count : 1
        let right = b.tag == .list ? b.count : 1
        let builder = context.builder
        let memory = try builder.reserveCells(left + right)
        if a.tag == .list {
            try CellBuilder.copy(base.cells(a), left, to: memory)
        } else {
            memory[0] = a
        }
        if b.tag == .list {
            try CellBuilder.copy(base.cells(b), right, to: memory + left)
        } else {
            memory[left] = b
        }
        return try builder.list(in: memory, count: left + right)
    }

    /// `a STARTS WITH b`.
    static func startsWith(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Cell {
        guard a.tag == .string, b.tag == .string else { return .null }
        if b.byteCount > a.byteCount { return Cell(boolean: false) }
        return base.withBytes(a) { text in
            base.withBytes(b) { prefix in
                Cell(boolean: areEqual(text, at: 0, prefix))
            }
        }
    }

    /// `a ENDS WITH b`.
    static func endsWith(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Cell {
        guard a.tag == .string, b.tag == .string else { return .null }
        if b.byteCount > a.byteCount { return Cell(boolean: false) }
        return base.withBytes(a) { text in
            base.withBytes(b) { suffix in
                Cell(boolean: areEqual(text, at: text.count &- suffix.count, suffix))
            }
        }
    }

    /// `a CONTAINS b`.
    static func contains(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Cell {
        guard a.tag == .string, b.tag == .string else { return .null }
        if b.byteCount > a.byteCount { return Cell(boolean: false) }
        return base.withBytes(a) { text in
            base.withBytes(b) { part in
                Cell(boolean: part.isEmpty || ByteSearch.first(part, in: text) != nil)
            }
        }
    }

    /// `a =~ pattern`: whether the pattern matches the whole string.
    static func matches(
        _ a: Cell, pattern: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell {
        guard a.tag == .string, pattern.tag == .string else { return .null }
        let expression = try context.patterns.expression(for: pattern, context.base)
        return Cell(boolean: try expression.matchesWhole(a, context.base))
    }

    @inline(__always)
    private static func areEqual(
        _ text: UnsafeRawBufferPointer, at offset: Int, _ part: UnsafeRawBufferPointer
    ) -> Bool {
        guard let start = text.baseAddress, let other = part.baseAddress, !part.isEmpty else {
            return true
        }
        return memcmp(start + offset, other, part.count) == 0
    }
}

extension HeapBase {
    /// Copies a string's bytes to `memory`.
    @inline(__always)
    func copyBytes(of cell: Cell, to memory: UnsafeMutableRawPointer) {
        withBytes(cell) { bytes in
            if let start = bytes.baseAddress, !bytes.isEmpty {
                memory.copyMemory(from: start, byteCount: bytes.count)
            }
        }
    }
}
