// NodeImport: takes blocks of nodes in the order of the files, numbers the nodes, enters their
// identifiers and fills chunks by label set. Full chunks are written by the workers between turns.

import NenCore

/// The consumer of the nodes' phase.
final class NodeImport: BlockConsumer, @unchecked Sendable {
    // Sendable: everything but the list of full chunks is touched only during a turn; that list is
    // guarded by the monitor.

    /// Label sets with chunks of their own; later ones share mixed chunks.
    static let ownChunkSetMax: UInt32 = 4096
    /// Node numbers end here: 2^32 - 1 stands for "none".
    static let chunkCountMax = Int(UInt32.max) / NodeChunkBuilder.rowCountMax

    private let set: InputSet
    private let sink: any GraphSink
    private let report: BadEntryReport
    private let pool: PagePool
    private let keys: [[NameID]]
    private var labelSetCaches: [[String: UInt32]]
    private var constantSets: [UInt32?] = []
    private let spaces: [String: IDSpace]
    private var hasExpectation: [Bool]
    private var builders: [UInt32: NodeChunkBuilder] = [:]
    private var layout = NodeLayout()
    private(set) var propertyCount: UInt64 = 0
    private let monitor = Monitor()
    private var full: [NodeChunkBuilder] = []

    /// Bytes that strings and lists of chunks in the making may take.
    private static let openChunkBytesMax = 8 << 30

    init(
        _ set: InputSet, sink: any GraphSink, spaces: [String: IDSpace], report: BadEntryReport
    ) throws {
        self.set = set
        self.sink = sink
        self.spaces = spaces
        self.report = report
        pool = PagePool(limitBytes: NodeImport.openChunkBytesMax)
        keys = try set.inputs.map { try $0.plan.propertyNames.map(sink.internKey) }
        labelSetCaches = Array(repeating: [:], count: set.inputs.count)
        hasExpectation = Array(repeating: false, count: set.inputs.count)
        constantSets = try set.inputs.map { input in
            input.plan.hasNames ? nil : try sink.internLabelSet(input.names)
        }
    }

    func prepare(_ block: ParsedBlock, _ scratch: ParserScratch, input: Int) throws {}

    func take(_ block: ParsedBlock, task: RangeTask, firstLine: Int) throws {
        for var entry in block.badEntries {
            entry.line += firstLine
            try report.note(entry, path: task.file.path)
        }
        expectNumbers(block, task)
        let sets = try blockLabelSets(block, task)
        var row = 0
        while row < block.rowCount {
            let labelSet = sets.labelSet(row)
            let builder = try openBuilder(labelSet)
            var end = min(block.rowCount, row + builder.remaining)
            end = sets.endOfRun(from: row, limit: end)
            let added = try insertIDs(block, task, row, end - row, builder.nextNode)
            if added > 0 {
                try append(block, task, row, added, builder, labelSet)
                row += added
            }
            if row < end {
                try noteDuplicate(block, task, row, firstLine)
                row += 1
            }
        }
    }

    /// Reserves the identifier table from the first block's share of its input.
    private func expectNumbers(_ block: ParsedBlock, _ task: RangeTask) {
        guard !hasExpectation[task.input], block.rowCount > 0, let ids = block.ids, ids[0].isNumber,
            let space = space(of: task.input)
        else { return }
        hasExpectation[task.input] = true
        let bytes = set.inputs[task.input].files.reduce(0) { $0 + $1.byteCount }
        let share = Double(bytes) / Double(max(1, block.endOffset - block.startOffset))
        space.expectNumbers(Int(Double(block.rowCount) * share * 1.02))
    }

    private func space(of input: Int) -> IDSpace? {
        set.inputs[input].plan.idGroup.flatMap { spaces[$0] }
    }

    private func insertIDs(
        _ block: ParsedBlock, _ task: RangeTask, _ row: Int, _ count: Int, _ node: UInt32
    ) throws -> Int {
        guard let ids = block.ids, let space = space(of: task.input) else { return count }
        return space.insert(ids + row, count, firstNode: node, heap: block.heap)
    }

    private func noteDuplicate(
        _ block: ParsedBlock, _ task: RangeTask, _ row: Int, _ firstLine: Int
    ) throws {
        guard let ids = block.ids, let lines = block.lines else { return }
        let group = set.inputs[task.input].plan.idGroup ?? ""
        let text = ids[row].text(heap: block.heap)
        try report.note(
            BadEntry(
                kind: .duplicateNode, line: firstLine + Int(lines[row]),
                message: "the identifier '\(text)' exists already"
                    + (group.isEmpty ? "" : " in group '\(group)'")),
            path: task.file.path)
    }

    private func openBuilder(_ labelSet: UInt32) throws -> NodeChunkBuilder {
        let isMixed = labelSet >= NodeImport.ownChunkSetMax
        let place = isMixed ? UInt32.max : labelSet
        if let builder = builders[place] { return builder }
        guard layout.chunkCount < NodeImport.chunkCountMax else {
            throw NQLError.runtime(
                .capacity, "TooManyNodes",
                "A database holds at most \(NodeImport.chunkCountMax * 2048) nodes.")
        }
        let builder = NodeChunkBuilder(
            chunk: layout.chunkCount, labelSet: labelSet, isMixed: isMixed, pool: pool,
            base: sink.base)
        layout.rowCounts.append(0)
        layout.labelSets.append(isMixed ? .max : labelSet)
        if isMixed { layout.mixed[builder.chunk] = [] }
        builders[place] = builder
        return builder
    }

    private func append(
        _ block: ParsedBlock, _ task: RangeTask, _ row: Int, _ count: Int,
        _ builder: NodeChunkBuilder, _ labelSet: UInt32
    ) throws {
        try builder.append(
            block, start: row, count: count, keys: keys[task.input], labelSet: labelSet)
        layout.rowCounts[builder.chunk] += count
        layout.mixed[builder.chunk]?.append(contentsOf: repeatElement(labelSet, count: count))
        let number = Int(labelSet)
        if layout.nodesPerLabelSet.count <= number {
            let missing = number + 1 - layout.nodesPerLabelSet.count
            layout.nodesPerLabelSet.append(contentsOf: repeatElement(0, count: missing))
        }
        layout.nodesPerLabelSet[number] += UInt64(count)
        guard builder.remaining == 0 else { return }
        builders[labelSet >= NodeImport.ownChunkSetMax ? .max : labelSet] = nil
        propertyCount += UInt64(builder.propertyCount)
        monitor.withLock { full.append(builder) }
    }

    func complete(worker: Int) throws {
        while let builder = monitor.withLock({ full.popLast() }) {
            try builder.write(to: sink)
        }
    }

    /// Writes the chunks that are not full.
    func finish() throws -> NodeLayout {
        try complete(worker: 0)
        for builder in builders.values.sorted(by: { $0.chunk < $1.chunk }) {
            propertyCount += UInt64(builder.propertyCount)
            try builder.write(to: sink)
        }
        builders.removeAll()
        return layout
    }

    // MARK: labels

    /// Label sets of a block's rows.
    private struct RowLabelSets {
        var constant: UInt32?
        var numbers: [UInt32]
        var indexes: UnsafeMutablePointer<UInt32>?

        func labelSet(_ row: Int) -> UInt32 {
            constant ?? indexes.map { numbers[Int($0[row])] } ?? 0
        }

        func endOfRun(from row: Int, limit: Int) -> Int {
            guard constant == nil else { return limit }
            let first = labelSet(row)
            var end = row + 1
            while end < limit, labelSet(end) == first { end += 1 }
            return end
        }
    }

    private func blockLabelSets(_ block: ParsedBlock, _ task: RangeTask) throws -> RowLabelSets {
        if let constant = constantSets[task.input] {
            return RowLabelSets(constant: constant, numbers: [], indexes: nil)
        }
        let input = set.inputs[task.input]
        var numbers: [UInt32] = []
        for text in block.names {
            if let known = labelSetCaches[task.input][text] {
                numbers.append(known)
                continue
            }
            let separator = Character(Unicode.Scalar(input.plan.arrayDelimiter))
            let further = text.split(separator: separator).map { part in
                String(part.trimmingSpaces)
            }
            let number = try sink.internLabelSet(input.names + further.filter { !$0.isEmpty })
            labelSetCaches[task.input][text] = number
            numbers.append(number)
        }
        return RowLabelSets(constant: nil, numbers: numbers, indexes: block.nameIndexes)
    }
}

extension Substring {
    /// Without spaces at both ends.
    var trimmingSpaces: Substring {
        var result = self
        while result.first == " " { result.removeFirst() }
        while result.last == " " { result.removeLast() }
        return result
    }
}
