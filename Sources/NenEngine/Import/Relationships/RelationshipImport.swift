// RelationshipImport: takes blocks of relationships, turns identifiers into node numbers, and
// collects the blocks by type.

import NenCore

/// The consumer of the relationships' phase.
final class RelationshipImport: BlockConsumer, @unchecked Sendable {
    // Sendable: `prepare` works on the caller's block and read-only maps; the rest happens in
    // turns.
    private let set: InputSet
    private let sink: any GraphSink
    private let spaces: [String: IDSpace]
    private let report: BadEntryReport
    private let keys: [[NameID]]
    private var typeNumbers: [[String: NameID]]
    private let constantTypes: [NameID?]
    private(set) var buckets: [NameID: TypeBucket] = [:]
    private var residentByteCount = 0
    private let budgetBytes: Int
    private let spillDirectory: String
    private var spillFile: SpillFile?
    private(set) var propertyCount: UInt64 = 0

    init(
        _ set: InputSet, sink: any GraphSink, spaces: [String: IDSpace], report: BadEntryReport,
        budgetBytes: Int, spillDirectory: String
    ) throws {
        self.set = set
        self.sink = sink
        self.spaces = spaces
        self.report = report
        self.budgetBytes = budgetBytes
        self.spillDirectory = spillDirectory
        keys = try set.inputs.map { try $0.plan.propertyNames.map(sink.internKey) }
        typeNumbers = Array(repeating: [:], count: set.inputs.count)
        constantTypes = try set.inputs.map { input in
            guard !input.plan.hasNames, let name = input.names.first else { return nil }
            return try sink.internType(name)
        }
    }

    /// Bytes written to temporary files.
    var spilledByteCount: Int { spillFile?.byteCount ?? 0 }

    func prepare(_ block: ParsedBlock, _ scratch: ParserScratch, input: Int) throws {
        let plan = set.inputs[input].plan
        guard let sources = block.sources, let targets = block.targets,
            let starts = spaces[plan.startGroup], let ends = spaces[plan.endGroup]
        else { preconditionFailure("block of relationships without end points") }
        let heap = block.heap
        var missing = starts.find(scratch.startIDs, block.rowCount, heap: heap, into: sources)
        missing += ends.find(scratch.endIDs, block.rowCount, heap: heap, into: targets)
        var dropped: [Int] = []
        if missing > 0 {
            for row in 0..<block.rowCount where sources[row] == .max || targets[row] == .max {
                block.badEntries.append(missingNode(block, scratch, row, plan))
                dropped.append(row)
            }
        }
        if plan.hasNames, set.inputs[input].names.isEmpty { dropped += untyped(block, scratch) }
        if !dropped.isEmpty { block.remove(rows: Set(dropped)) }
        if plan.hasNames { block.splitByName() }
        block.dropUnusedHeap()
    }

    private func missingNode(
        _ block: ParsedBlock, _ scratch: ParserScratch, _ row: Int, _ plan: BlockPlan
    ) -> BadEntry {
        let isSource = block.sources?[row] == .max
        let id = isSource ? scratch.startIDs[row] : scratch.endIDs[row]
        let group = isSource ? plan.startGroup : plan.endGroup
        let text = id.text(heap: block.heap)
        return BadEntry(
            kind: .missingNode, line: Int(scratch.rowLines[row]),
            message: "the \(isSource ? "start" : "end") node '\(text)' does not exist"
                + (group.isEmpty ? "" : " in group '\(group)'"))
    }

    /// Rows whose type is empty.
    private func untyped(_ block: ParsedBlock, _ scratch: ParserScratch) -> [Int] {
        guard let empty = block.names.firstIndex(of: ""), let indexes = block.nameIndexes else {
            return []
        }
        let rows = (0..<block.rowCount).filter { indexes[$0] == UInt32(empty) }
        for row in rows {
            block.badEntries.append(
                BadEntry(
                    kind: .malformed, line: Int(scratch.rowLines[row]),
                    message: "the relationship has no type"))
        }
        return rows
    }

    func take(_ block: ParsedBlock, task: RangeTask, firstLine: Int) throws {
        for var entry in block.badEntries.sorted(by: { $0.line < $1.line }) {
            entry.line += firstLine
            try report.note(entry, path: task.file.path)
        }
        block.badEntries = []
        if let type = constantTypes[task.input] {
            try add(block, type, task.input)
        } else {
            for (name, part) in block.parts {
                try add(part, try type(named: name, task.input), task.input)
            }
        }
    }

    private func type(named name: String, _ input: Int) throws -> NameID {
        if let known = typeNumbers[input][name] { return known }
        let text = name.isEmpty ? set.inputs[input].names.first ?? name : name
        let number = try sink.internType(text)
        typeNumbers[input][name] = number
        return number
    }

    private func add(_ block: ParsedBlock, _ type: NameID, _ input: Int) throws {
        guard block.rowCount > 0 else { return }
        let bucket = buckets[type] ?? TypeBucket(type: type)
        buckets[type] = bucket
        guard bucket.rowCount + block.rowCount <= RelationshipImport.countMax else {
            throw NQLError.runtime(
                .capacity, "TooManyRelationships",
                "A database holds at most \(RelationshipImport.countMax) relationships.")
        }
        propertyCount += UInt64(block.validCount)
        residentByteCount += block.residentByteCount
        if residentByteCount > budgetBytes {
            let file = try spillFile ?? SpillFile(directory: spillDirectory)
            spillFile = file
            residentByteCount -= block.residentByteCount
            try block.spill(to: file)
        }
        bucket.append(block, keys: keys[input])
    }

    /// Relationship numbers are 32 bits.
    static let countMax = Int(UInt32.max) - 2048

    func complete(worker: Int) throws {}
}

extension ParsedBlock {
    /// Values in all columns.
    var validCount: Int {
        var total = 0
        for column in columns {
            for word in 0..<(rowCount + 63) / 64 { total += column.validity[word].nonzeroBitCount }
        }
        return total
    }

    /// Closes the gaps that removed rows leave.
    func remove(rows: Set<Int>) {
        var kept = 0
        for row in 0..<rowCount where !rows.contains(row) {
            if kept != row { moveRow(row, to: kept) }
            kept += 1
        }
        for row in kept..<rowCount { for column in columns { column.markInvalid(row) } }
        rowCount = kept
    }

    private func moveRow(_ row: Int, to place: Int) {
        sources?[place] = sources?[row] ?? 0
        targets?[place] = targets?[row] ?? 0
        nameIndexes?[place] = nameIndexes?[row] ?? 0
        for column in columns { column.copyRow(row, to: place, of: column) }
    }

    /// Makes one block per name of the type column.
    func splitByName() {
        guard let nameIndexes else { return }
        var counts = [Int](repeating: 0, count: names.count)
        for row in 0..<rowCount { counts[Int(nameIndexes[row])] += 1 }
        var blocks: [ParsedBlock?] = counts.map { count in
            count == 0 ? nil : ParsedBlock(
                capacity: count, kinds: columns.map(\.kind), hasIDs: false, isEdges: true,
                hasNames: false)
        }
        for row in 0..<rowCount {
            guard let part = blocks[Int(nameIndexes[row])] else { continue }
            let place = part.rowCount
            part.rowCount += 1
            part.sources?[place] = sources?[row] ?? 0
            part.targets?[place] = targets?[row] ?? 0
            for (index, column) in columns.enumerated() {
                column.copyRow(row, to: place, of: part.columns[index])
                guard column.kind == .cell else { continue }
                let cells = part.columns[index].values.assumingMemoryBound(to: Cell.self)
                cells[place] = cells[place].moved(from: heapStart, to: &part.heap)
            }
        }
        parts = blocks.indices.compactMap { index in
            blocks[index].map { (names[index], $0) }
        }
        blocks.removeAll()
    }
}

extension BlockColumn {
    /// Copies one row's value and validity to a column of the same kind.
    func copyRow(_ row: Int, to place: Int, of target: BlockColumn) {
        let width = kind.width
        (target.values + place * width).copyMemory(from: values + row * width, byteCount: width)
        if isValid(row) { target.markValid(place) } else { target.markInvalid(place) }
    }
}

extension Cell {
    /// The same value with its content copied to another heap.
    func moved(from heap: UnsafeRawPointer, to target: inout ByteHeap) -> Cell {
        guard refersToHeap else { return self }
        let source = heap + Int(payload)
        switch tag {
        case .string:
            return Cell(head: head, payload: UInt64(target.append(source, byteCount)))
        case .list:
            let elements = source.assumingMemoryBound(to: Cell.self)
            let moved = (0..<count).map { elements[$0].moved(from: heap, to: &target) }
            let offset = target.allocate(count * 16, alignment: 16)
            for (index, cell) in moved.enumerated() {
                (target.start + offset).storeBytes(
                    of: cell, toByteOffset: index * 16, as: Cell.self)
            }
            return Cell(head: head, payload: UInt64(offset))
        default:
            let offset = target.allocate(32, alignment: 16)
            (target.start + offset).copyMemory(from: source, byteCount: 32)
            return Cell(head: head, payload: UInt64(offset))
        }
    }
}
