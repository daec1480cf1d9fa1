// RangeTask: the parallel reading of files. A file is cut at fixed offsets; the worker of a range
// guesses that a record begins behind the range's first line feed and parses from there to the end
// of the last record that begins in its range. Results are taken in order, so it is then known
// where the record before really ended: a wrong guess (a line feed inside quotes) is seen, and the
// range is parsed again from the right place. No pass over the data is needed to find quotes.

import Glibc
import NenCore
import Synchronization

/// One range of one file of an input.
struct RangeTask: Sendable {
    let file: CSVFile
    /// Number of the input in its phase.
    let input: Int
    let start: Int
    let end: Int
    /// True for the first range of a file: its first record is known to begin at `start`.
    let isFirst: Bool
    /// Line of the file's first record, for `isFirst`.
    let firstLine: Int

    /// Bytes per range.
    static let byteCount = 1 << 20

    /// Cuts a file whose data begins at `dataStart`.
    static func tasks(
        file: CSVFile, input: Int, dataStart: Int, firstLine: Int,
        rangeByteCount: Int = RangeTask.byteCount
    ) -> [RangeTask] {
        var tasks: [RangeTask] = []
        var start = dataStart
        repeat {
            let end = min(start + rangeByteCount, file.byteCount)
            tasks.append(
                RangeTask(
                    file: file, input: input, start: start, end: end,
                    isFirst: start == dataStart, firstLine: firstLine))
            start = end
        } while start < file.byteCount
        return tasks
    }

    /// Bytes read beyond a range's end at first; most records end within.
    private static let overlap = 1 << 12

    /// Parses the range.
    ///
    /// - Parameter known: Where the first record begins, when that is known.
    /// - Returns: The rows; nil when no record begins in the range (as guessed).
    func parse(
        _ plan: BlockPlan, _ scratch: ParserScratch, from known: Int?
    ) throws(NQLError) -> ParsedBlock? {
        let buffer = scratch.buffer
        // One byte before the range: a line feed there ends the record before.
        let offset = known ?? max(start - 1, 0)
        try buffer.fill(
            from: file, at: offset, byteCount: end - offset + RangeTask.overlap)
        let base = UnsafePointer(buffer.memory)
        let limit = min(end - offset, buffer.count)
        var first = 0
        if known == nil, start > 0 {
            guard let found = memchr(base, 0x0A, limit) else { return nil }
            first = found - UnsafeMutableRawPointer(mutating: base) + 1
            if first >= limit { return nil }
        }
        let bytes = UnsafeBufferPointer(start: base + first, count: limit - first)
        let block = plan.makeBlock(capacity: CSVTokenizer.lineFeedCount(bytes) + 1)
        scratch.reserve(rows: block.capacity)
        block.startOffset = offset + first
        try parse(plan, scratch, block, first: first, limit: limit)
        return block
    }

    private func parse(
        _ plan: BlockPlan, _ scratch: ParserScratch, _ block: ParsedBlock, first: Int, limit: Int
    ) throws(NQLError) {
        let buffer = scratch.buffer
        func tokenizer(at position: Int) -> CSVTokenizer {
            CSVTokenizer(
                dialect: plan.dialect, start: UnsafePointer(buffer.memory) + position,
                end: buffer.end, isFinal: buffer.isFinal)
        }
        var parser = BlockParser(
            plan: plan, block: block, scratch: scratch, tokenizer: tokenizer(at: first))
        defer { parser.finish() }
        while true {
            let (position, needsMore) = parser.parse(
                until: UnsafePointer(buffer.memory) + limit)
            let place = position - UnsafePointer(buffer.memory)
            block.endOffset = buffer.fileOffset + place
            guard needsMore else { return }
            guard buffer.count - place <= CSVBuffer.recordByteCountMax else {
                throw .runtime(
                    .argument, "MalformedCSV",
                    "'\(file.path)': a record near byte \(block.endOffset) is longer than "
                        + "\(CSVBuffer.recordByteCountMax) bytes; is a quote not closed?")
            }
            try buffer.extend(from: file, by: max(buffer.count, RangeTask.overlap))
            parser.resume(in: tokenizer(at: place))
        }
    }
}
