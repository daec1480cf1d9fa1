// Goal: the cell's bit layout. Method: every tag written and read back; strings of 0 to 12 bytes.

import Testing

@testable import NenEngine

@Suite struct CellTests {
    @Test func tagsAndPayloadsComeBack() {
        #expect(MemoryLayout<Cell>.size == 16)
        #expect(Cell(integer: .min).integer == .min)
        #expect(Cell(float: -0.5).float == -0.5)
        #expect(Cell(boolean: true).boolean)
        #expect(Cell.null.isNull)
        let time = Cell(.time, low: 65_536 + 3_600, aux: 0, payload: 7)
        #expect(time.tag == .time && time.low == 69_136 && time.payload == 7)
        let list = Cell(.list, aux: .max, payload: .max)
        #expect(list.tag == .list && list.count == Int(UInt32.max))
    }

    /// `CellTag.of` takes a number for a case without asking.
    @Test func tagsAreTheirNumbers() {
        for number in UInt8.min ... .max {
            #expect(CellTag.of(number) == CellTag(rawValue: number) ?? .null)
        }
    }

    @Test func aStringHeaderIsACell() {
        let cell = Cell(head: 2 | (0x6968 << 32), payload: 0)
        #expect(cell.tag == .string && cell.byteCount == 2)
        #expect(HeapBase(address: UnsafeRawPointer(bitPattern: 4096)!).string(cell) == "hi")
    }
}
