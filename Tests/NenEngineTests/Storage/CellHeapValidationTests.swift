// Goal: the quick checks of whole columns say of every column what the check of single cells says.
// Method: random columns of strings and of times, sound and with random bits turned over, in cells
// and in their heaps; both checks are compared. The seed is printed.

import NenCore
import Testing

@testable import NenEngine

@Suite struct CellHeapValidationTests {
    private static let heapStart = 64
    private static let secondStart = 2_048
    private static let heapEnd = 6_000
    private let seed = UInt64.random(in: 0 ... .max)

    /// Cells of random strings, whose long ones stand in `memory`.
    private func strings(
        _ memory: UnsafeMutableRawBufferPointer, isASCII: Bool, _ random: inout SeededGenerator
    ) -> [Cell] {
        var next = Self.heapStart
        var cells: [Cell] = []
        while cells.count < 64 {
            let letters = isASCII ? ["a", "z", " ", "~"] : ["a", "ä", "€", "𝄞", "\u{0}"]
            let text = (0 ..< Int.random(in: 0 ... 40, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? ""
            }.joined()
            var bytes = Array(text.utf8)
            let low = UInt32(bytes.count)
            let padded = bytes + Array(repeating: 0, count: max(0, 12 - bytes.count))
            let aux = padded.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
            if bytes.count <= 12 {
                let rest = padded.withUnsafeBytes {
                    $0.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
                }
                cells.append(Cell(.string, low: low, aux: aux, payload: rest))
            } else {
                // No text reaches from one heap into the next.
                if next < Self.secondStart && next + bytes.count > Self.secondStart {
                    next = Self.secondStart
                }
                guard next + bytes.count <= Self.heapEnd else { break }
                bytes.withUnsafeMutableBytes { text in
                    UnsafeMutableRawBufferPointer(rebasing: memory[next...])
                        .copyMemory(from: UnsafeRawBufferPointer(text))
                }
                cells.append(Cell(.string, low: low, aux: aux, payload: UInt64(next)))
                next += bytes.count
            }
        }
        return cells
    }

    private func isValidByCells(
        _ cells: [Cell], _ tag: CellTag, _ heaps: UnsafeBufferPointer<HeapSpan>, _ base: HeapBase
    ) -> Bool {
        cells.allSatisfy { cell in
            if cell.head == 0 && cell.payload == 0 { return true }
            return cell.rawTag == tag.rawValue
                && CellHeap.isValid(cell, heaps: heaps, base: base)
        }
    }

    @Test(arguments: [true, false]) func strings(isASCII: Bool) {
        var random = SeededGenerator(seed: seed)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8_192, alignment: 64)
        defer { memory.deallocate() }
        let base = HeapBase(address: UnsafeRawPointer(memory.baseAddress!))
        let heaps = [
            HeapSpan(start: UInt64(Self.heapStart), end: UInt64(Self.secondStart)),
            HeapSpan(start: UInt64(Self.secondStart), end: UInt64(Self.heapEnd)),
        ]
        var verdicts: [Bool: Int] = [:]
        for round in 0 ..< 3_000 {
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            var cells = strings(memory, isASCII: isASCII, &random)
            if round % 3 == 1 {
                let place = Int.random(in: cells.indices, using: &random)
                let bit = UInt64(1) << UInt64.random(in: 0 ..< 64, using: &random)
                if Bool.random(using: &random) {
                    cells[place].head ^= bit
                } else {
                    cells[place].payload ^= bit
                }
            } else if round % 3 == 2 {
                let place = Int.random(in: Self.heapStart ..< Self.heapEnd, using: &random)
                memory[place] ^= 1 << UInt8.random(in: 0 ..< 8, using: &random)
            }
            let wanted = heaps.withUnsafeBufferPointer {
                isValidByCells(cells, .string, $0, base)
            }
            let found = cells.withUnsafeBufferPointer { cells in
                heaps.withUnsafeBufferPointer {
                    CellHeap.areStringsValid(cells, heaps: $0, base: base)
                }
            }
            #expect(found == wanted, "seed \(seed), round \(round)")
            verdicts[wanted, default: 0] += 1
        }
        #expect(verdicts[true, default: 0] > 300 && verdicts[false, default: 0] > 300)
    }

    @Test(arguments: [CellTag.localDateTime, .dateTime]) func instants(tag: CellTag) {
        var random = SeededGenerator(seed: seed)
        let base = HeapBase(address: UnsafeRawPointer(bitPattern: 4_096)!)
        let none = UnsafeBufferPointer<HeapSpan>(start: nil, count: 0)
        var verdicts: [Bool: Int] = [:]
        for round in 0 ..< 20_000 {
            let years = Int64.random(in: -1_100_000_000 ... 1_100_000_000, using: &random)
            let low: UInt32 = tag == .dateTime
                ? [65_536, 65_536 + 3_600, 1 << 26 | 7, 3, 1 << 20].randomElement(using: &random)!
                : 0
            var cell = Cell(
                tag, low: low, aux: UInt32.random(in: 0 ... 1_100_000_000, using: &random),
                payload: UInt64(bitPattern: years * 31_556_952))
            if Int.random(in: 0 ..< 8, using: &random) == 0 {
                cell.head ^= 1 << UInt64.random(in: 0 ..< 64, using: &random)
            }
            let cells = [Cell(head: 0, payload: 0), cell]
            let wanted = isValidByCells(cells, tag, none, base)
            let found = cells.withUnsafeBufferPointer {
                CellHeap.areInstantsValid($0, tag: tag)
            }
            #expect(found == wanted, "seed \(seed), round \(round), \(cell)")
            verdicts[wanted, default: 0] += 1
        }
        #expect(verdicts[true, default: 0] > 1_000 && verdicts[false, default: 0] > 1_000)
    }
}
