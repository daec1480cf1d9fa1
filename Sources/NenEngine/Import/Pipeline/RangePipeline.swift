// RangePipeline: workers take ranges in order, parse them, and hand the blocks on strictly in the
// order of the files, which also settles where records begin (see RangeTask) and in which line.

import NenCore
import Synchronization

/// What the blocks of a phase are for.
protocol BlockConsumer: AnyObject, Sendable {
    /// Work on a block that needs no order; called by the worker that parsed it.
    func prepare(_ block: ParsedBlock, _ scratch: ParserScratch, input: Int) throws
    /// Takes a block in the order of the files; one call at a time.
    func take(_ block: ParsedBlock, task: RangeTask, firstLine: Int) throws
    /// Work left over from `take`, called by the same worker after its turn.
    func complete(worker: Int) throws
}

/// Runs the ranges of an input set through a consumer.
final class RangePipeline: @unchecked Sendable {
    // Sendable: the place in the files is read and written only during a turn.
    private let set: InputSet
    private let plans: [BlockPlan]
    private let consumer: any BlockConsumer
    private let report: (@Sendable (GraphImportProgress) throws -> Void)?
    private let phase: String
    private let turns = OrderedTurns()
    private let nextTask = Atomic<Int>(0)
    /// Where the next record begins, and in which line.
    private var expectedOffset = 0
    private var expectedLine = 1
    private var rowCount: UInt64 = 0
    private var doneByteCount = 0

    init(
        _ set: InputSet, plans: [BlockPlan], consumer: any BlockConsumer, phase: String,
        report: (@Sendable (GraphImportProgress) throws -> Void)?
    ) {
        self.set = set
        self.plans = plans
        self.consumer = consumer
        self.phase = phase
        self.report = report
    }

    /// Works until all ranges are taken.
    ///
    /// - Throws: The first error in the order of the files, as far as possible.
    func run(threads: Int) throws {
        try ImportThreads.run(max(1, min(threads, set.tasks.count))) { worker in
            do {
                try self.work(worker)
            } catch {
                self.turns.cancel()
                throw error
            }
        }
    }

    private func work(_ worker: Int) throws {
        let scratch = ParserScratch()
        while true {
            let number = nextTask.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < set.tasks.count else { return }
            let task = set.tasks[number]
            let plan = plans[task.input]
            // A guess may be wrong, and errors then mean nothing; they are met again in the turn.
            let guess = try? task.parse(plan, scratch, from: task.isFirst ? task.start : nil)
            if let guess { try consumer.prepare(guess, scratch, input: task.input) }
            guard turns.begin(number) else { return }
            try takeTurn(task, plan, scratch, guess: guess ?? nil)
            turns.end()
            try consumer.complete(worker: worker)
        }
    }

    /// Checks the guess, corrects it if need be, and hands the block on.
    private func takeTurn(
        _ task: RangeTask, _ plan: BlockPlan, _ scratch: ParserScratch, guess: ParsedBlock?
    ) throws {
        if task.isFirst {
            expectedOffset = task.start
            expectedLine = task.firstLine
        }
        doneByteCount += task.end - task.start
        guard expectedOffset < task.end else { return }
        var block = guess
        if block == nil || block?.startOffset != expectedOffset {
            block = try task.parse(plan, scratch, from: expectedOffset)
            if let block { try consumer.prepare(block, scratch, input: task.input) }
        }
        guard let block else { return }
        let firstLine = expectedLine
        expectedOffset = block.endOffset
        expectedLine += block.lineCount
        rowCount += UInt64(block.rowCount)
        try consumer.take(block, task: task, firstLine: firstLine)
        try report?(
            GraphImportProgress(
                phase: phase, rowCount: rowCount, doneByteCount: doneByteCount,
                totalByteCount: set.byteCount))
    }

    /// Rows taken.
    var takenRowCount: UInt64 { rowCount }
}
