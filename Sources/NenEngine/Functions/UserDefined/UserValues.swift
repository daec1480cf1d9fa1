// UserValues: the border between the engine and bodies written in Swift: cells become values and
// back, and every value is checked against the type that was declared for it.

import NenCore

/// Conversions and checks around one user-defined function or procedure.
struct UserValues {
    /// The name that messages use.
    let name: String

    /// What a body is given for an argument.
    ///
    /// - Throws: `TypeError` for a value of another type than the parameter's.
    func argument(
        _ cell: Cell, _ parameter: ProcedureField, _ graph: GraphView
    ) throws(NQLError) -> Value {
        if cell.tag == .integer, parameter.type == .float {
            return .float(Double(cell.integer))
        }
        guard CellOperators.has(cell, parameter.type, graph.base) else {
            throw .runtime(
                .type, "InvalidArgumentType",
                "`\(name)` expects \(parameter.type.nameWithArticle) for "
                    + "`\(parameter.name)`, not a value of type \(cell.tag.name).")
        }
        return try ValueConverter(graph).value(cell)
    }

    /// The cell of what a body returned.
    ///
    /// - Throws: `ProcedureError` for another type than the declared one and for entities that are
    ///   not in the graph.
    func cell(
        _ value: Value, _ type: NQLType, _ builder: CellBuilder, _ graph: GraphView
    ) throws(NQLError) -> Cell {
        try checkEntities(value, graph)
        var cell = try builder.cell(value)
        if cell.tag == .integer, type == .float { cell = Cell(float: Double(cell.integer)) }
        guard CellOperators.has(cell, type, graph.base) else {
            throw .runtime(
                .procedure, "InvalidResultType",
                "`\(name)` is declared to return \(type.nameWithArticle), but returned a "
                    + "value of type \(cell.tag.name).")
        }
        return cell
    }

    private func checkEntities(_ value: Value, _ graph: GraphView) throws(NQLError) {
        switch value {
        case .list(let items): for item in items { try checkEntities(item, graph) }
        case .map(let entries): for item in entries.values { try checkEntities(item, graph) }
        case .node(let node): try check(try EntityAccess(graph).nodeExists(node.id))
        case .relationship(let relationship):
            try check(try EntityAccess(graph).relationshipExists(relationship.id))
        case .path(let path):
            for node in path.nodes { try checkEntities(.node(node), graph) }
            for relationship in path.relationships {
                try checkEntities(.relationship(relationship), graph)
            }
        default: break
        }
    }

    private func check(_ exists: Bool) throws(NQLError) {
        if exists { return }
        throw .runtime(
            .procedure, "InvalidResult", "`\(name)` returned an entity that is not in the graph.")
    }

    /// As `run`, for the body of a function, which must not write.
    func call<Output>(_ body: () throws -> Output) throws(NQLError) -> Output {
        try run { try Nesting.calling(function: name, body) }
    }

    /// Runs a body; what it throws as an `NQLError`. Nobody knows how long a body takes, so the
    /// clock is read before each.
    func run<Result>(_ body: () throws -> Result) throws(NQLError) -> Result {
        try Interruption.check()
        do {
            return try body()
        } catch let error as NQLError {
            throw error
        } catch {
            throw .runtime(
                .procedure, "UserFunctionFailed", "`\(name)` failed: \(error)")
        }
    }
}
