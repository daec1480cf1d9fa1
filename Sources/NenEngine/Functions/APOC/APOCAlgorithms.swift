// APOCAlgorithms: `apoc.algo.…` that searches the graph itself. What differs from APOC: one path is
// found, not several, and a relationship without the weight is an error unless a default is given.

import NQLSyntax
import NenCore

/// Procedures that look for paths by what relationships cost.
enum APOCAlgorithms {
    static let all: [Procedure] = [dijkstra]

    private static let name = "apoc.algo.dijkstra"

    private static let dijkstra = Procedure(
        signature: ProcedureSignature(
            name: name,
            inputs: [
                APOCProcedures.input("startNode", .node), APOCProcedures.input("endNode", .node),
                APOCProcedures.input("relTypesAndDirections", .string),
                APOCProcedures.input("weightPropertyName", .string),
                APOCProcedures.input("defaultWeight", .float, .float(.nan)),
                APOCProcedures.input("numberOfWantedPaths", .integer, .integer(1)),
            ],
            outputs: [
                ProcedureField(name: "path", type: .path),
                ProcedureField(name: "weight", type: .float),
            ],
            summary: "The cheapest path between two nodes: a property of its relationships, never "
                + "negative, is summed up. Relationships are as in `ROAD|FERRY>|<RAIL`."),
        body: .search { context in
            let calls = Dijkstra(context)
            return { arguments, builder throws(NQLError) in
                try calls.rows(arguments, builder)
            }
        })

    /// The calls of one place in a statement: those that begin at one node one after the other are
    /// one search.
    private final class Dijkstra {
        private unowned let context: ExecutionContext
        private var last: (filter: String, key: String, cost: Double?, search: CheapestSearch)?

        init(_ context: ExecutionContext) { self.context = context }

        func rows(
            _ arguments: [Cell], _ builder: CellBuilder
        ) throws(NQLError) -> [[Cell]] {
            let (start, end) = (arguments[0], arguments[1])
            if start.isNull || end.isNull { return [] }
            guard !arguments[3].isNull else {
                throw .runtime(
                    .argument, "InvalidArgumentValue",
                    "`\(name)` needs the name of the property that is the weight.")
            }
            guard arguments[5].tag == .integer, arguments[5].integer == 1 else {
                throw .runtime(
                    .argument, "InvalidArgumentValue",
                    "`\(name)` finds one path, the cheapest.",
                    hint: "Leave numberOfWantedPaths out.")
            }
            let search = search(
                arguments[2].isNull ? "" : context.base.string(arguments[2]),
                context.base.string(arguments[3]), defaultWeight(arguments[4]))
            guard let (elements, cost) = try search.find(from: start.entity, to: end.entity) else {
                return []
            }
            let path = try elements.withUnsafeBufferPointer { buffer throws(NQLError) in
                guard let first = buffer.baseAddress else { return Cell.null }
                return try builder.path(first, relationshipCount: buffer.count / 2)
            }
            return [[path, Cell(float: cost)]]
        }

        private func search(_ filter: String, _ key: String, _ cost: Double?) -> CheapestSearch {
            if let last, last.filter == filter, last.key == key, last.cost == cost {
                return last.search
            }
            let fresh = CheapestSearch(
                steps(filter, context), cost: key, default: cost, context)
            last = (filter, key, cost, fresh)
            return fresh
        }
    }

    private static func defaultWeight(_ cell: Cell) -> Double? {
        switch cell.tag {
        case .integer: Double(cell.integer)
        case .float where !cell.float.isNaN: cell.float
        default: nil
        }
    }

    /// The steps that `A>|<B|C` allows: those of one direction together.
    private static func steps(_ filter: String, _ context: ExecutionContext) -> [StepTables] {
        var types: [PatternDirection: [String]] = [:]
        var whole: Set<PatternDirection> = []
        for part in filter.isEmpty ? [""] : filter.split(separator: "|") {
            let (isOut, isIn) = (part.hasSuffix(">"), part.hasPrefix("<"))
            let direction: PatternDirection = isOut == isIn ? .both : isOut ? .outgoing : .incoming
            let name = part.drop { $0 == "<" || $0 == ":" }.filter { $0 != ">" }
            if name.isEmpty { whole.insert(direction) }
            types[direction, default: []].append(String(name))
        }
        return [PatternDirection.outgoing, .incoming, .both].compactMap { direction in
            types[direction].map {
                StepTables(
                    types: whole.contains(direction) ? [] : $0, direction: direction, context)
            }
        }
    }
}
