// UpdateOperator: what CREATE, MERGE, SET, REMOVE, DELETE and FOREACH share. A blocking one reads
// its whole input before its first change and hands out rows after its last; a streaming one works
// batch by batch, which is right only where nothing below it reads what it changes.

import NQLPlan
import NenCore

/// An operator that changes the graph; subclasses implement `process`.
class UpdateOperator: Operator {
    private let isBlocking: Bool
    private let memory: SinkMemory
    private let pending: RowQueue
    private let pendingReader: RowQueue.Reader
    /// Rows to hand out.
    final let output: RowQueue
    private let outputReader: RowQueue.Reader
    /// The rows under work: the input's slots and those that the operator binds.
    final let work: Batch
    private let workArena: Arena
    private var isFilled = false
    private var nextBlock = 0
    final let transaction: WriteTransaction

    init(
        _ scope: OperatorScope, _ input: Operator, isBlocking: Bool
    ) throws(NQLError) {
        guard let transaction = scope.context.transaction else {
            throw .runtime(
                .transaction, "ReadOnlyTransaction",
                "This statement writes, which a read-only transaction does not allow.")
        }
        self.transaction = transaction
        self.isBlocking = isBlocking
        memory = SinkMemory(scope.context)
        pending = RowQueue(scope.context, slots: input.live, memory)
        pendingReader = RowQueue.Reader(pending, scope.context)
        output = RowQueue(scope.context, slots: scope.live, memory)
        outputReader = RowQueue.Reader(output, scope.context)
        work = Batch(slotCount: scope.slotCount)
        workArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    /// Does its work for all rows of `work` (no selection), and appends what it hands out to
    /// `output`.
    func process() throws(NQLError) {
        preconditionFailure("an update operator without process")
    }

    override func open() throws(NQLError) {
        isFilled = false
        nextBlock = 0
        pending.removeAll()
        pendingReader.reset()
        output.removeAll()
        outputReader.reset()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if isBlocking {
            if !isFilled { try fill() }
        } else {
            while nextBlock >= output.blockCount {
                output.removeAll()
                outputReader.reset()
                nextBlock = 0
                guard try input.pull() else { return false }
                workArena.reset()
                context.arena = workArena
                work.pass(input.batch, input.live)
                try work.flatten(input.live, workArena)
                bindOuter()
                try process()
            }
        }
        guard nextBlock < output.blockCount else { return false }
        try outputReader.load(block: nextBlock, into: batch, context)
        nextBlock += 1
        return true
    }

    private func fill() throws(NQLError) {
        while try input.pull() { try pending.append(input.batch) }
        for block in 0 ..< pending.blockCount {
            try context.checkInterrupt()
            workArena.reset()
            context.arena = workArena
            try pendingReader.load(block: block, into: work, context)
            bindOuter()
            try process()
        }
        pending.removeAll()
        pendingReader.reset()
        isFilled = true
    }

    private func bindOuter() {
        guard let feed, feed.isPerRow else { return }
        for slot in feed.slots { work.vectors[slot] = feed.batch.vectors[slot] }
    }

    override var stateByteCount: Int { pending.byteCount + output.byteCount }

    override var spilledByteCount: Int { memory.writtenByteCount }
}

/// Names of labels or types, fixed or computed, as numbers of the transaction.
final class NameResolver {
    private let names: [(fixed: String?, dynamic: Evaluator?)]
    private var numbers: [NameID?]
    private let isType: Bool

    /// Names that are computed for each row.
    var dynamicCount: Int { names.count { $0.dynamic != nil } }

    /// Where a computed name stands.
    var span: SourceSpan { names.lazy.compactMap(\.dynamic?.span).first ?? .none }

    init(_ names: [(fixed: String?, dynamic: Evaluator?)], isType: Bool) {
        self.names = names
        self.isType = isType
        numbers = Array(repeating: nil, count: names.count)
    }

    /// The numbers for a row; a computed list of names gives several.
    func resolve(
        _ rows: RowSet, _ row: Int, _ transaction: WriteTransaction,
        _ context: ExecutionContext
    ) throws(NQLError) -> [NameID] {
        var result: [NameID] = []
        result.reserveCapacity(names.count)
        for (index, name) in names.enumerated() {
            if let known = numbers[index] {
                result.append(known)
            } else if let fixed = name.fixed {
                let number = try intern(fixed, transaction)
                numbers[index] = number
                result.append(number)
            } else if let dynamic = name.dynamic {
                let cell = try dynamic.cell(rows, row: row, context)
                for text in try DynamicNames.strings(cell, context.base, dynamic.span) {
                    result.append(try intern(text, transaction))
                }
            }
        }
        return result
    }

    private func intern(
        _ name: String, _ transaction: WriteTransaction
    ) throws(NQLError) -> NameID {
        let isType = isType
        return try storage {
            isType
                ? try transaction.internType(name) : try transaction.internLabel(name)
        }
    }
}

/// Properties of an element to create.
final class PropertyWriter {
    /// Keys and values written in the pattern, or one map.
    private let keys: [String]
    private let values: [Evaluator]
    private let map: Evaluator?
    private var numbers: [NameID?]

    init(keys: [String], values: [Evaluator], map: Evaluator?) {
        self.keys = keys
        self.values = values
        self.map = map
        numbers = Array(repeating: nil, count: keys.count)
    }

    /// Whether the expressions give the same before and after changes of this clause: then they are
    /// evaluated for a whole batch at once.
    var evaluators: [Evaluator] { map.map { [$0] } ?? values }

    /// The properties for a row that are not null.
    ///
    /// - Parameter columns: values computed beforehand, one column per evaluator.
    func properties(
        _ columns: [UnsafePointer<Cell>]?, _ rows: RowSet, _ row: Int,
        _ transaction: WriteTransaction, _ context: ExecutionContext
    ) throws(NQLError) -> [(NameID, Cell)] {
        var result: [(NameID, Cell)] = []
        if let map {
            let cell = try value(columns, 0, map, rows, row, context)
            for entry in try PropertyMap.entries(of: cell, context, map.span)
            where !entry.value.isNull {
                try StorableValue.check(entry.value, context.base, map.span)
                let key = try transaction.key(entry.key)
                result.append((key, entry.value))
            }
            return result
        }
        result.reserveCapacity(keys.count)
        for index in keys.indices {
            let cell = try value(columns, index, values[index], rows, row, context)
            if cell.isNull { continue }
            try StorableValue.check(cell, context.base, values[index].span)
            result.append((try key(index, transaction), cell))
        }
        return result
    }

    /// Whether the properties are written in the pattern, none of them twice.
    var hasDistinctKeys: Bool { map == nil && Set(keys).count == keys.count }

    /// The number of a key, made if it is new.
    @inline(__always)
    func key(_ index: Int, _ transaction: WriteTransaction) throws(NQLError) -> NameID {
        if let known = numbers[index] { return known }
        let key = try transaction.key(keys[index])
        numbers[index] = key
        return key
    }

    private func value(
        _ columns: [UnsafePointer<Cell>]?, _ index: Int, _ evaluator: Evaluator,
        _ rows: RowSet, _ row: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Cell {
        if let columns { return columns[index][row] }
        return try evaluator.cell(rows, row: row, context)
    }

    /// Whether a property of the row is null (MERGE forbids it).
    func hasNull(
        _ rows: RowSet, _ row: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Bool {
        if let map {
            let cell = try map.cell(rows, row: row, context)
            for entry in try PropertyMap.entries(of: cell, context, map.span)
            where entry.value.isNull { return true }
            return false
        }
        for value in values where try value.cell(rows, row: row, context).isNull { return true }
        return false
    }
}

extension WriteTransaction {
    /// The number of a property key, made if it is new.
    func key(_ name: String) throws(NQLError) -> NameID {
        try storage { try internKey(name) }
    }
}

/// Entries of a map, or the properties of an entity, as names and values.
enum PropertyMap {
    /// - Throws: `TypeError(InvalidArgumentType)` for anything else; null has no entries.
    static func entries(
        of cell: Cell, _ context: ExecutionContext, _ span: SourceSpan
    ) throws(NQLError) -> [(key: String, value: Cell)] {
        let base = context.base
        switch cell.tag {
        case .null: return []
        case .map:
            let cells = base.cells(cell)
            return (0 ..< cell.count).map {
                (base.string(cells[2 * $0]), cells[2 * $0 + 1])
            }
        case .node, .relationship:
            try context.checkNotDeleted(cell)
            let graph = context.graph
            let names = graph.catalog.keys
            var result: [(key: String, value: Cell)] = []
            try storage {
                let add = { (key: NameID, value: Cell) in
                    result.append((names[Int(key)], value))
                }
                if cell.tag == .node {
                    try graph.forEachNodeProperty(cell.entity, add)
                } else {
                    try graph.forEachRelationshipProperty(cell.entity, add)
                }
            }
            let keeper = context.keeper(context.arena)
            for index in result.indices {
                result[index].value = try keeper.keep(result[index].value)
            }
            return result
        default:
            throw .runtime(
                .type, "InvalidArgumentType",
                "Properties come from a Map, Node or Relationship, not from "
                    + "\(cell.tag.typeName).", at: span)
        }
    }
}

/// What may be stored as a property.
enum StorableValue {
    /// - Throws: `TypeError(InvalidPropertyType)` for entities, paths, and lists that hold maps.
    static func check(
        _ cell: Cell, _ base: HeapBase, _ span: SourceSpan, inList: Bool = false
    ) throws(NQLError) {
        switch cell.tag {
        case .node, .relationship, .path: throw refuse(cell, inList, span)
        case .map:
            if inList { throw refuse(cell, inList, span) }
            let cells = base.cells(cell)
            for index in 0 ..< cell.count { try check(cells[2 * index + 1], base, span) }
        case .list:
            let cells = base.cells(cell)
            for index in 0 ..< cell.count {
                try check(cells[index], base, span, inList: true)
            }
        default: return
        }
    }

    private static func refuse(_ cell: Cell, _ inList: Bool, _ span: SourceSpan) -> NQLError {
        .runtime(
            .type, "InvalidPropertyType",
            "A property cannot hold \(inList ? "a list with " : "")a \(cell.tag.typeName).",
            hint: "Store its properties one by one instead.", at: span)
    }
}
