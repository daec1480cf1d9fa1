// ProcedureCall: `CALL name(arguments) YIELD …`. A procedure is a signature and a body that gives
// rows for arguments; the built-in ones read the graph, registered ones look up given rows or run
// Swift code.

import NQLPlan
import NenCore

/// A procedure that can be called.
struct Procedure: Sendable {
    /// Where its rows come from.
    enum Body: Sendable {
        /// Each row has the inputs' values, then the outputs'.
        case rows([[Value]])
        case labels
        case relationshipTypes
        case propertyKeys
        /// Computed once for a statement.
        case graph(@Sendable (GraphView) throws(NQLError) -> [[Value]])
        /// Computed for each row that calls.
        case swift(@Sendable ([Value]) throws -> [[Value]])
        /// Computed for each row that calls, by what is made once for a call in a statement.
        case search(@Sendable (ExecutionContext) -> Search)
        /// In the language: the planner puts it in the place of a call.
        case written(WrittenProcedure)
    }

    /// A search through the graph that a statement sees, in memory that counts as its own: from
    /// arguments to rows of the builder's cells.
    typealias Search = ([Cell], CellBuilder) throws(NQLError) -> [[Cell]]

    var signature: ProcedureSignature
    var body: Body

    /// The procedures that come with the engine.
    static let builtIn: [Procedure] = [
        Procedure(
            signature: catalogSignature(
                "db.labels", "label", "All labels that nodes have or had."),
            body: .labels),
        Procedure(
            signature: catalogSignature(
                "db.relationshipTypes", "relationshipType",
                "All types that relationships have or had."),
            body: .relationshipTypes),
        Procedure(
            signature: catalogSignature(
                "db.propertyKeys", "propertyKey", "All property keys ever used."),
            body: .propertyKeys),
    ] + SchemaProcedures.all + GraphShapeProcedures.all + ServerProcedures.all + APOCProcedures.all

    private static func catalogSignature(
        _ name: String, _ output: String, _ summary: String
    ) -> ProcedureSignature {
        ProcedureSignature(
            name: name, inputs: [], outputs: [ProcedureField(name: output, type: .string)],
            summary: summary)
    }
}

/// Procedures and user-defined aggregates by name, as of the start of a statement.
final class ProcedureTable: Sendable {
    let procedures: [String: Procedure]
    /// By lower-case name.
    let aggregates: [String: UserAggregate]

    init(_ procedures: [String: Procedure], aggregates: [String: UserAggregate] = [:]) {
        self.procedures = procedures
        self.aggregates = aggregates
    }
}

/// Calls a procedure for every row.
final class ProcedureCall: Operator {
    private let call: ProcedureInvocation
    private let arguments: [Evaluator]
    private let carried: [Slot]
    private let constants: Arena
    private let argumentArena: Arena
    /// Rows of the procedure as cells: inputs, then outputs.
    private var table: [[Cell]]?
    /// Set for a body that is computed for each row: then `table` is that of the current one.
    private var code: RowCode?
    private var signature: ProcedureSignature?
    private let rowArena: Arena
    private var inputCount = 0

    private enum RowCode {
        case swift(@Sendable ([Value]) throws -> [[Value]])
        case search(Procedure.Search)
    }

    private var columns: [UnsafePointer<Cell>]?
    private var row = 0
    private var candidate = 0

    init(
        _ scope: OperatorScope, _ input: Operator, _ call: ProcedureInvocation,
        arguments: [Evaluator]
    ) {
        self.call = call
        self.arguments = arguments
        let bound = Set(call.yields.map(\.slot))
        carried = scope.live.filter { !bound.contains($0) }
        constants = Arena(pool: scope.context.pool)
        argumentArena = Arena(pool: scope.context.pool)
        rowArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        columns = nil
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if table == nil { try load() }
        repeat {
            if columns == nil {
                guard try input.pull() else { return false }
                argumentArena.reset()
                context.arena = argumentArena
                var list: [UnsafePointer<Cell>] = []
                for (index, argument) in arguments.enumerated() {
                    let cells = try argument.cells(input.batch.rows, context)
                    try check(cells, index, input.batch.count, argument.span)
                    list.append(cells)
                }
                if call.isVoid {
                    if code != nil {
                        for row in 0 ..< input.batch.count { try runCode(list, row) }
                    }
                    batch.pass(input.batch, live)
                    return true
                }
                columns = list
                row = 0
                candidate = 0
                if code != nil, input.batch.count > 0 { try runCode(list, row) }
            }
            if let columns, try emit(columns) { return true }
            if row >= input.batch.count { columns = nil }
        } while true
    }

    private func load() throws(NQLError) {
        guard let procedure = context.procedures.procedures[call.name] else {
            throw NQLError(
                .procedure, "ProcedureNotFound", phase: .compile,
                "There is no procedure `\(call.name)`.")
        }
        let builder = CellBuilder(arena: constants, base: context.base)
        inputCount = procedure.signature.inputs.count
        inputTypes = procedure.signature.inputs.map(\.type)
        signature = procedure.signature
        var values: [[Value]]
        let catalog = context.graph.catalog
        switch procedure.body {
        case .rows(let rows): values = rows
        case .labels: values = catalog.labels.map { [.string($0)] }
        case .relationshipTypes: values = catalog.types.map { [.string($0)] }
        case .propertyKeys: values = catalog.keys.map { [.string($0)] }
        case .graph(let body):
            inputCount = 0
            values = try body(context.graph)
        case .swift(let body):
            code = .swift(body)
            inputCount = 0
            values = []
        case .search(let body):
            code = .search(body(context))
            inputCount = 0
            values = []
        case .written: values = []
        }
        var cells: [[Cell]] = []
        for row in values {
            var list: [Cell] = []
            for value in row { list.append(try builder.cell(value)) }
            cells.append(list)
        }
        table = cells
    }

    /// Computes the rows for a row; `table` then has them.
    private func runCode(_ columns: [UnsafePointer<Cell>], _ row: Int) throws(NQLError) {
        guard let code, let signature else { return }
        try context.checkInterrupt()
        do throws(NQLError) {
            switch code {
            case .swift(let body): table = try run(body, signature, columns, row)
            case .search(let body):
                rowArena.reset()
                table = try body(
                    columns.map { $0[row] }, CellBuilder(arena: rowArena, base: context.base))
            }
        } catch {
            throw error.located(arguments.first?.span ?? .none)
        }
    }

    private func run(
        _ code: @Sendable ([Value]) throws -> [[Value]], _ signature: ProcedureSignature,
        _ columns: [UnsafePointer<Cell>], _ row: Int
    ) throws(NQLError) -> [[Cell]] {
        let values = UserValues(name: signature.name)
        var arguments: [Value] = []
        for (index, column) in columns.enumerated() {
            arguments.append(
                try values.argument(column[row], signature.inputs[index], context.graph))
        }
        let rows = try values.run { try code(arguments) }
        rowArena.reset()
        let builder = CellBuilder(arena: rowArena, base: context.base)
        var cells: [[Cell]] = []
        cells.reserveCapacity(rows.count)
        for given in rows {
            guard given.count == signature.outputs.count else {
                throw .runtime(
                    .procedure, "InvalidProcedureRow",
                    "A row of \(signature.name) has \(given.count) values instead of "
                        + "\(signature.outputs.count).")
            }
            var list: [Cell] = []
            for (value, output) in zip(given, signature.outputs) {
                list.append(try values.cell(value, output.type, builder, context.graph))
            }
            cells.append(list)
        }
        return cells
    }

    private var inputTypes: [NQLType] = []

    /// That arguments have the types of the signature; null fits all.
    private func check(
        _ cells: UnsafePointer<Cell>, _ index: Int, _ count: Int, _ span: SourceSpan
    ) throws(NQLError) {
        guard index < inputTypes.count else { return }
        for row in 0 ..< count {
            let cell = cells[row]
            let isNumber = cell.tag == .integer && inputTypes[index] == .float
            if isNumber || CellOperators.has(cell, inputTypes[index], context.base) { continue }
            throw .runtime(
                .type, "InvalidArgumentType",
                "Argument \(index + 1) of \(call.name) must be a "
                    + "\(inputTypes[index].name), not \(cell.tag.typeName).", at: span)
        }
    }

    private func emit(_ columns: [UnsafePointer<Cell>]) throws(NQLError) -> Bool {
        guard table != nil else { return false }
        beginOutput()
        let capacity = Batch.rowCapacity
        let positions = try arena.allocate(UInt16.self, count: capacity)
        var outputs: [UnsafeMutablePointer<Cell>] = []
        for _ in call.yields { outputs.append(try arena.allocate(Cell.self, count: capacity)) }
        let rows = input.batch.rows
        var filled = 0
        let keeper = CellBuilder(arena: arena, base: context.base)
        while row < rows.count && filled < capacity {
            let table = table ?? []
            while candidate < table.count && filled < capacity {
                let entry = table[candidate]
                candidate += 1
                guard matches(entry, columns) else { continue }
                positions[filled] = UInt16(truncatingIfNeeded: rows.position(row))
                for (index, yield) in call.yields.enumerated() {
                    // A table made for one row goes before the batch does.
                    let cell = entry[inputCount + yield.field]
                    outputs[index][filled] = code == nil ? cell : try keeper.copy(cell)
                }
                filled += 1
            }
            if candidate < table.count { break }
            candidate = 0
            row += 1
            if code != nil, row < rows.count { try runCode(columns, row) }
        }
        if filled == 0 { return false }
        try batch.carry(input.batch, carried, at: positions, count: filled, arena)
        for (index, yield) in call.yields.enumerated() {
            batch.vectors[yield.slot] = Vector(.cell, outputs[index])
        }
        return true
    }

    private func matches(_ entry: [Cell], _ columns: [UnsafePointer<Cell>]) -> Bool {
        for (index, column) in columns.enumerated() where index < inputCount {
            if !CellOrder.areEquivalent(entry[index], column[row], context.base) { return false }
        }
        return true
    }
}
