// BlockPlan: what the parser does with each column of a file, derived once from the header.

import NenCore

/// What the parser does with one field.
enum FieldAction: UInt8, Sendable {
    case skip
    case nodeID, startID, endID
    case name
    case boolean, integer, float, text, character, temporal, point, list
}

/// The plan of one column; trivial, so that a row's loop reads it from a plain array.
struct ColumnPlan: Sendable {
    var action: FieldAction
    /// Number of the property column in the block, -1 for none.
    var column: Int32
    /// Type of the value or of the list's elements.
    var scalar: PropertyScalar
    var isNumberID = false
}

/// What a worker needs to parse a file; shared by all ranges of an input.
struct BlockPlan: Sendable {
    var entity: ImportEntity
    var dialect: CSVDialect
    var arrayDelimiter: UInt8
    var header: ImportHeader
    var columns: [ColumnPlan]
    /// Names and kinds of the block's property columns.
    var propertyNames: [String]
    var kinds: [BlockColumnKind]
    var idGroup: String?
    var startGroup = ""
    var endGroup = ""
    var hasNames = false
    var trimsStrings: Bool
    var ignoresEmptyStrings: Bool
    var ignoresExtraColumns: Bool
    /// By column, where the header says so.
    var zones: [Int: TemporalZone] = [:]
    var coordinateSystems: [Int: String] = [:]

    init(header: ImportHeader, entity: ImportEntity, options: GraphImportOptions) {
        self.entity = entity
        self.header = header
        dialect = options.dialect
        arrayDelimiter = options.arrayDelimiter
        trimsStrings = options.trimsStrings
        ignoresEmptyStrings = options.ignoresEmptyStrings
        ignoresExtraColumns = options.ignoresExtraColumns
        columns = []
        propertyNames = []
        kinds = []
        for role in header.columns { append(role, options) }
    }

    private mutating func append(_ role: HeaderRole, _ options: GraphImportOptions) {
        var plan = ColumnPlan(action: .skip, column: -1, scalar: .string)
        switch role {
        case .ignored: break
        case .label, .type:
            plan.action = .name
            hasNames = true
        case .startID(let group):
            startGroup = group
            plan.action = .startID
        case .endID(let group):
            endGroup = group
            plan.action = .endID
        case .id(let group, let name, let type):
            idGroup = group
            plan.action = .nodeID
            plan.isNumberID = (type ?? options.idType) == .integer
            plan.scalar = plan.isNumberID ? .long : .string
            if let name { plan.column = add(name, plan.isNumberID ? .integer : .cell) }
        case .property(let name, let type):
            plan.scalar = type.scalar
            plan.column = add(name, type.columnKind)
            plan.action = BlockPlan.action(of: type)
            zones[columns.count] = type.zone
            coordinateSystems[columns.count] = type.coordinateSystem
        }
        columns.append(plan)
    }

    private mutating func add(_ name: String, _ kind: BlockColumnKind) -> Int32 {
        propertyNames.append(name)
        kinds.append(kind)
        return Int32(kinds.count - 1)
    }

    private static func action(of type: PropertyType) -> FieldAction {
        if type.isArray { return .list }
        switch type.scalar {
        case .byte, .short, .int, .long: return .integer
        case .float, .double: return .float
        case .boolean: return .boolean
        case .string: return .text
        case .char: return .character
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration: return .temporal
        case .point: return .point
        }
    }

    /// The types of `:START_ID` and `:END_ID` follow those of the groups they refer to.
    mutating func setNumberIDs(_ isNumber: (String) -> Bool) {
        for index in columns.indices {
            switch columns[index].action {
            case .startID: columns[index].isNumberID = isNumber(startGroup)
            case .endID: columns[index].isNumberID = isNumber(endGroup)
            default: break
            }
        }
    }

    /// An empty block for `capacity` rows.
    func makeBlock(capacity: Int) -> ParsedBlock {
        ParsedBlock(
            capacity: capacity, kinds: kinds, hasIDs: idGroup != nil,
            isEdges: entity == .relationships, hasNames: hasNames)
    }
}
