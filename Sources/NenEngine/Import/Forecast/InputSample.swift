// InputSample: what a few parsed ranges of an input's files say about the whole of it.

import NenCore

/// Sampled facts about one column.
struct ColumnSample: Sendable {
    var name: String
    var kind: BlockColumnKind
    var validCount = 0
    /// Bytes behind cells: long strings, lists, durations.
    var deepByteCount = 0
    /// Tags of cells seen, as a bit set.
    var tags: UInt32 = 0
    /// Chunk-sized stretches whose values were all equal and plain, and all stretches.
    var constantStretchCount = 0
    var stretchCount = 0
    /// Stretches that would be framed, by the logarithm of their offsets' bytes.
    var framedStretchCounts = [0, 0, 0]

    /// The type the column would be stored with.
    var storedWidth: Int {
        switch kind {
        case .boolean: return 1
        case .integer, .float: return 8
        case .cell:
            let isDay = tags == 1 << UInt32(CellTag.date.rawValue)
            let isTime = tags == 1 << UInt32(CellTag.localTime.rawValue)
            return isDay || isTime ? 8 : 16
        }
    }
}

/// Bounds of values that may share a frame.
private struct FrameBounds {
    private var head: UInt64?
    private var least = Int64.max
    private var greatest = Int64.min
    private var isHeld = true

    mutating func include(_ cell: Cell) {
        guard isHeld, let type = ColumnType(of: cell), ColumnFrame.holds(type),
            cell.head == UInt64(type.rawValue) << 27, head ?? cell.head == cell.head
        else {
            isHeld = false
            return
        }
        head = cell.head
        least = min(least, cell.integer)
        greatest = max(greatest, cell.integer)
    }

    /// The frame that holds all; nil when there is none.
    var frame: ColumnFrame? {
        isHeld && head != nil ? ColumnFrame(least: least, greatest: greatest) : nil
    }
}

/// Sampled facts about one input.
struct InputSample: Sendable {
    /// Bytes of data in all files, and how many of them were parsed.
    var totalByteCount = 0
    var sampledByteCount = 0
    var sampledRowCount = 0
    var columns: [ColumnSample] = []
    /// Rows per content of the label or type column.
    var names: [String: Int] = [:]

    /// Bytes per sampled range, and how many ranges an input gets.
    private static let rangeByteCount = 1 << 18
    private static let rangeCountMax = 12

    /// Estimated rows of the input.
    var rowCount: Double {
        guard sampledByteCount > 0 else { return 0 }
        return Double(sampledRowCount) * Double(totalByteCount) / Double(sampledByteCount)
    }

    /// Share of rows with a value in a column.
    func share(_ column: ColumnSample) -> Double {
        sampledRowCount == 0 ? 0 : Double(column.validCount) / Double(sampledRowCount)
    }

    /// Parses evenly spaced ranges of the input's files; all of small inputs. Rows that cannot be
    /// taken are left out.
    init(_ input: PreparedInput) throws(NQLError) {
        let plan = input.plan
        columns = zip(plan.propertyNames, plan.kinds).map {
            ColumnSample(name: $0, kind: $1)
        }
        let ranges = InputSample.ranges(input)
        totalByteCount = input.tasks.reduce(0) { $0 + $1.end - $1.start }
        let step = max(1, ranges.count / InputSample.rangeCountMax)
        let scratch = ParserScratch()
        var number = 0
        while number < ranges.count {
            let task = ranges[number]
            if let block = try task.parse(plan, scratch, from: task.isFirst ? task.start : nil) {
                sampledByteCount += block.endOffset - block.startOffset
                sampledRowCount += block.rowCount
                add(block)
            }
            number += step
        }
    }

    private static func ranges(_ input: PreparedInput) -> [RangeTask] {
        var ranges: [RangeTask] = []
        for task in input.tasks {
            var start = task.start
            while start < task.end {
                let end = min(start + rangeByteCount, task.end)
                ranges.append(
                    RangeTask(
                        file: task.file, input: task.input, start: start, end: end,
                        isFirst: task.isFirst && start == task.start, firstLine: task.firstLine))
                start = end
            }
        }
        return ranges
    }

    private mutating func add(_ block: ParsedBlock) {
        if let indexes = block.nameIndexes {
            for row in 0..<block.rowCount {
                names[block.names[Int(indexes[row])], default: 0] += 1
            }
        }
        for index in columns.indices { add(block, index) }
    }

    private mutating func add(_ block: ParsedBlock, _ index: Int) {
        let column = block.columns[index]
        var sample = columns[index]
        var start = 0
        while start < block.rowCount {
            let end = min(start + ChunkFormat.rowsPerChunk, block.rowCount)
            var first: Cell?
            var isConstant = true
            var bounds = FrameBounds()
            for row in start..<end where column.isValid(row) {
                let cell = column.cell(row)
                sample.validCount += 1
                sample.tags |= 1 << UInt32(cell.rawTag)
                bounds.include(cell)
                sample.deepByteCount += InputSample.deepBytes(cell, block.heapStart)
                if let first {
                    isConstant = isConstant && first.head == cell.head
                        && first.payload == cell.payload
                } else {
                    first = cell
                    isConstant = !cell.refersToHeap
                }
            }
            sample.stretchCount += 1
            if isConstant {
                sample.constantStretchCount += 1
            } else if let frame = bounds.frame {
                sample.framedStretchCounts[frame.width.trailingZeroBitCount] += 1
            }
            start = end
        }
        columns[index] = sample
    }

    private static func deepBytes(_ cell: Cell, _ heap: UnsafeRawPointer) -> Int {
        guard cell.refersToHeap else { return 0 }
        switch cell.tag {
        case .string: return cell.byteCount
        case .list:
            let elements = (heap + Int(cell.payload)).assumingMemoryBound(to: Cell.self)
            return (0..<cell.count).reduce(cell.count * 16 + 4) {
                $0 + deepBytes(elements[$1], heap)
            }
        default: return 36
        }
    }
}
