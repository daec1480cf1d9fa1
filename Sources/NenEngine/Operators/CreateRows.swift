// CREATE of one node, or of one relationship between nodes that are there, for the rows of a batch
// at once: its values are columns already, and storage takes them as such. A row that cannot be
// made, and all behind it, are left to `CreatePattern`, which says why.

import NenCore

/// A pattern of one element whose names are fixed and whose values do not depend on it.
struct CreateRows {
    private let element: CreatePattern.Element

    /// Fewer rows are made one by one, as MERGE makes its own.
    static let countMin = 4

    /// nil for a pattern that is to be made row by row.
    init?(_ pattern: CreatePattern) {
        guard pattern.isStable, pattern.elements.count == 1 else { return nil }
        element = pattern.elements[0]
        switch element {
        case .node(_, let labels, let writer, _):
            guard labels.isFixed, writer.hasDistinctKeys else { return nil }
        case .relationship(_, let type, _, _, let writer, _):
            guard type.isFixed, writer.hasDistinctKeys else { return nil }
        }
    }

    /// Makes the element for the first rows, as many as can be.
    ///
    /// - Parameters:
    ///   - columns: the values of each of its properties.
    ///   - ids: where their numbers go.
    /// - Returns: the number of rows.
    func create(
        _ rows: RowSet, _ columns: [UnsafePointer<Cell>],
        into ids: UnsafeMutablePointer<UInt32>, _ transaction: WriteTransaction,
        _ context: ExecutionContext
    ) throws(NQLError) -> Int {
        if rows.count == 0 || transaction.hasRowConstraints { return 0 }
        var count = CreateRows.storableCount(columns, rows.count)
        switch element {
        case .node(_, let labels, let writer, let place):
            if count == 0 { return 0 }
            transaction.place = place
            let names = try labels.resolve(rows, 0, transaction, context)
            let properties = try writer.columns(columns, count, transaction)
            let propertyCount = try storage {
                try transaction.createNodes(labels: names, properties, count: count, into: ids)
            }
            context.counters.nodesCreated += count
            context.counters.labelsAdded += count * Set(names).count
            context.counters.propertiesSet += propertyCount
        case .relationship(_, let type, let source, let target, let writer, let place):
            let ends = try context.arena.allocate(UInt32.self, count: 2 * count + 1)
            count = try CreateRows.nodes(source, rows, count, into: ends, context)
            let targets = ends + count
            count = try CreateRows.nodes(target, rows, count, into: targets, context)
            if count == 0 { return 0 }
            transaction.place = place
            let names = try type.resolve(rows, 0, transaction, context)
            let properties = try writer.columns(columns, count, transaction)
            let propertyCount = try storage {
                try transaction.createRelationships(
                    type: names[0], from: ends, to: targets, properties, count: count, into: ids)
            }
            context.counters.relationshipsCreated += count
            context.counters.propertiesSet += propertyCount
        }
        context.noteChange()
        return count
    }

    /// The rows before the first value that is not certain to be storable.
    private static func storableCount(_ columns: [UnsafePointer<Cell>], _ count: Int) -> Int {
        var good = count
        for column in columns {
            var row = 0
            while row < good, !column[row].tag.isJudged { row += 1 }
            good = row
        }
        return good
    }

    /// The nodes of a column, up to the first row that has none or a deleted one.
    private static func nodes(
        _ slot: Int, _ rows: RowSet, _ count: Int, into ids: UnsafeMutablePointer<UInt32>,
        _ context: ExecutionContext
    ) throws(NQLError) -> Int {
        for row in 0 ..< count {
            let cell = rows.cell(slot, row: row)
            guard cell.tag == .node else { return row }
            if context.hasDeleted, context.transaction?.isDeleted(node: cell.entity) ?? false {
                return row
            }
            ids[row] = cell.entity
        }
        return count
    }
}

extension CellTag {
    /// Whether it depends on the value if it may be a property.
    fileprivate var isJudged: Bool {
        switch self {
        case .node, .relationship, .path, .list, .map: true
        default: false
        }
    }
}

extension NameResolver {
    /// Whether all names stand in the text.
    var isFixed: Bool { dynamicCount == 0 }
}

extension PropertyWriter {
    /// The values of some rows under the numbers of their keys; a key that only nulls have gets
    /// none.
    fileprivate func columns(
        _ values: [UnsafePointer<Cell>], _ count: Int, _ transaction: WriteTransaction
    ) throws(NQLError) -> PropertyColumns {
        var found: [(key: NameID, column: UnsafePointer<Cell>)] = []
        for (index, column) in values.enumerated() {
            var row = 0
            while row < count, column[row].isNull { row += 1 }
            if row < count { found.append((try key(index, transaction), column)) }
        }
        found.sort { $0.key < $1.key }
        return PropertyColumns(keys: found.map(\.key), columns: found.map(\.column))
    }
}
