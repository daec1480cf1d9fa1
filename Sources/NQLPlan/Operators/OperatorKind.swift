// OperatorKind: every physical operator with what it needs to run. Names are the field's terms.

import NQLSyntax
import NenCore

public enum OperatorKind: Sendable {
    // Leaves
    /// One row without columns.
    case singleRow
    /// The row or rows that the enclosing apply, merge or nested plan hands in.
    case argument
    /// All nodes, or those that satisfy `labels`.
    case nodeScan(node: Slot, labels: PlanLabels?)
    case indexSeek(IndexSeek)
    /// Every relationship of the types, once per direction that matches.
    case relationshipScan(ExpandSpec)
    /// Nodes or relationships by `id(x)` or `elementId(x)`.
    case entityByID(IdentitySeek)

    // Row by row
    /// All predicates must be true; order is order of evaluation.
    case filter([PlanExpression])
    case project([SlotAssignment])
    case expand(ExpandSpec)
    /// Both ends are bound; yields the relationships between them.
    case expandInto(ExpandSpec)
    /// Several bound nodes lead to one that is not.
    case intersect(IntersectSpec)
    /// The relationship is bound; yields its ends, once per direction that matches.
    case projectEndpoints(ExpandSpec)
    /// Both ends are bound; keeps rows between whose ends there is such a relationship, or with
    /// `isAnti` those where there is none (an end that is null has none).
    case semiExpandInto(ExpandSpec, isAnti: Bool)
    case variableLengthExpand(VariableLengthSpec)
    /// Shortest path(s) between two bound ends.
    case shortestPath(ShortestPathSpec)
    /// The shortest, or any, paths of a pattern from one end, to a bound end or to all.
    case pathSearch(PathSearchSpec)
    case unwind(list: PlanExpression, element: Slot)

    // Whole input
    case aggregate(keys: [SlotAssignment], aggregates: [AggregateCall])
    case distinct([Slot])
    case sort([SortKey])
    /// The first `count` rows of the order; `count` is skip + limit.
    case topK([SortKey], count: PlanExpression)
    /// The order of rows that come in the order of the first `sorted` keys already.
    case partialSort([SortKey], sorted: Int)
    case skip(PlanExpression)
    case limit(PlanExpression)
    /// Buffers all rows before it hands out the first.
    case eager
    /// Hands rows out so many at a time, each lot for a transaction of its own. Who runs the
    /// statement cuts it here; the text says how many rows and what a failure does.
    case transactions(String)

    // Two inputs
    /// Builds on the right input, probes with the left; null keys never match.
    case hashJoin(JoinKind, keys: [JoinKey])
    case cartesianProduct
    /// Runs the right input for the rows of the left one. With `isPerRow` once for each row (the
    /// right side limits, sorts, aggregates or writes); else once for each batch.
    case apply(ApplyKind, isPerRow: Bool)
    /// All rows of all inputs; `sources[i][j]` of input i becomes `targets[j]`.
    case unionAll(targets: [Slot], sources: [[Slot]])

    // Writes. A blocking one reads its whole input before its first change and hands out rows
    // after its last (design §3, what a clause sees); a streaming one works row by row.
    case create(CreateSpec, isBlocking: Bool)
    /// Right input matches the pattern for one row (leaf `argument`).
    case merge(MergeSpec, isBlocking: Bool)
    case set([SetOperation], isBlocking: Bool)
    case delete([PlanExpression], detach: Bool, isBlocking: Bool)
    /// Right input is the body; runs for each element with `element` set (leaf `argument`).
    case foreach(list: PlanExpression, element: Slot, isBlocking: Bool)

    // Others
    case procedureCall(ProcedureInvocation)
    case loadCSV(LoadCSVSpec)
    /// A number that the graph keeps, as the only row.
    case storedCount(StoredCount, slot: Slot)
    /// The number of a pattern's matches, by elimination, as the only row.
    case weightAggregate(WeightProgram)
    /// The nodes that one variable of a pattern stands for, each as often as it is matched.
    case weightScan(WeightProgram)
    case produceResults([ResultColumn])
}

/// What the graph counts as it changes.
public enum StoredCount: Sendable, Hashable {
    /// Nodes that satisfy the labels; nil: all.
    case nodes(PlanLabels?)
    /// Relationships of these types; empty: of all.
    case relationships([String], direction: PatternDirection)
}

public struct SlotAssignment: Sendable, Hashable {
    public var slot: Slot
    public var expression: PlanExpression
    public init(slot: Slot, expression: PlanExpression) {
        self.slot = slot
        self.expression = expression
    }
}

public struct ResultColumn: Sendable, Hashable {
    public var name: String
    public var slot: Slot
    public init(name: String, slot: Slot) {
        self.name = name
        self.slot = slot
    }
}

public struct SortKey: Sendable, Hashable {
    public var slot: Slot
    public var isDescending: Bool
    public init(slot: Slot, isDescending: Bool) {
        self.slot = slot
        self.isDescending = isDescending
    }
}

/// One step along relationships.
public struct ExpandSpec: Sendable, Hashable {
    public var from: Slot
    /// nil when nothing reads the relationship.
    public var relationship: Slot?
    public var to: Slot
    /// Empty: all types.
    public var types: [String]
    public var direction: PatternDirection
    /// Labels the near node must have, where the step finds it itself (relationshipScan).
    public var fromLabels: PlanLabels?
    /// Labels the far node must have; nil for any.
    public var toLabels: PlanLabels?
    /// Relationship slots (single or list) of the same MATCH that must differ from this one.
    public var differentFrom: [Slot]
    /// The exact statistics show that there are others of the same MATCH that it cannot be.
    public var provesDistinct = false
    public init(
        from: Slot, relationship: Slot?, to: Slot, types: [String],
        direction: PatternDirection, toLabels: PlanLabels?, differentFrom: [Slot]
    ) {
        self.from = from
        self.relationship = relationship
        self.to = to
        self.types = types
        self.direction = direction
        self.toLabels = toLabels
        self.differentFrom = differentFrom
    }

    /// The same step from its other end, without what it tests.
    package var reversed: ExpandSpec {
        ExpandSpec(
            from: to, relationship: nil, to: from, types: types,
            direction: direction.reversed, toLabels: nil, differentFrom: [])
    }
}

/// `(a)-[r]->(x)<-[s]-(b)` with a and b bound: one step from each, all to the same node.
public struct IntersectSpec: Sendable, Hashable {
    /// At least two, without labels of their own. A step may have to differ from one before it.
    public var steps: [ExpandSpec]
    /// Labels the node must have, each by name; nil for any.
    public var labels: PlanLabels?
    public init(steps: [ExpandSpec], labels: PlanLabels?) {
        precondition(steps.count > 1, "an intersection of \(steps.count)")
        self.steps = steps
        self.labels = labels
    }

    /// The node that all steps lead to.
    public var to: Slot { steps[0].to }
    /// Relationships that are bound.
    public var relationships: [Slot] { steps.compactMap(\.relationship) }
    /// Relationships matched before, of which some step must be none.
    public var differentFrom: Set<Slot> {
        Set(steps.flatMap(\.differentFrom)).subtracting(relationships)
    }
}

/// What is asked of a pattern of variable length when its paths do not matter.
public enum ReachKind: Sendable, Hashable {
    /// Every end once.
    case allEnds
    /// One row if there is any end.
    case anyEnd
}

/// `-[*min..max]-` or `((x)-[r]->(y)){min,max}`: every path that the mode allows.
public struct VariableLengthSpec: Sendable, Hashable {
    /// `relationship` gets the list of relationships; nil when nothing reads it. With a body the
    /// step's types and direction are those of the body.
    public var step: ExpandSpec
    /// What is repeated when it is more than one relationship.
    public var body: PathPiece?
    public var mode: PathMode
    public var minimum: Int
    /// nil: unbounded.
    public var maximum: Int?
    /// `to` is bound already.
    public var isInto: Bool
    /// Predicate on every relationship, which stands in `predicateRelationship`.
    public var predicate: PlanExpression?
    public var predicateRelationship: Slot?
    /// The list runs from `to` to `from` (the pattern was walked backwards).
    public var isReversed: Bool
    /// Set when the ends of paths are all that counts; nil: every path gives a row.
    public var reach: ReachKind?
    /// On the end that gets bound, and on nothing else.
    public var endPredicates: [PlanExpression]
    public init(
        step: ExpandSpec, body: PathPiece? = nil, mode: PathMode = .trail, minimum: Int,
        maximum: Int?, isInto: Bool, predicate: PlanExpression?, predicateRelationship: Slot?,
        isReversed: Bool
    ) {
        self.step = step
        self.body = body
        self.mode = mode
        self.minimum = minimum
        self.maximum = maximum
        self.isInto = isInto
        self.predicate = predicate
        self.predicateRelationship = predicateRelationship
        self.isReversed = isReversed
        endPredicates = []
    }
}

public struct ShortestPathSpec: Sendable, Hashable {
    public var expand: VariableLengthSpec
    /// All paths of the least length instead of one.
    public var all: Bool
    /// Gets the number of its relationships.
    public var stepCount: Slot?
    public init(expand: VariableLengthSpec, all: Bool, stepCount: Slot?) {
        self.expand = expand
        self.all = all
        self.stepCount = stepCount
    }
}

/// Range or equality look-up in an index.
public struct IndexSeek: Sendable, Hashable {
    public var slot: Slot
    public var index: IndexDescriptor
    /// Equality on the leading properties, in index order.
    public var equals: [PlanExpression]
    /// Range on the next property.
    public var lower: IndexBound?
    public var upper: IndexBound?
    /// `STARTS WITH` on the next property.
    public var prefix: PlanExpression?
    /// The last of `equals` is a list; one look-up for each distinct element (`IN`).
    public var isList: Bool
    /// The order of the rows by the properties behind those of `equals`, equal ones by the
    /// entity's number, ascending; nil where it does not matter. Never with `isList`.
    public var order: IndexOrder?
    /// An index does not hold entities that lack one of its properties. With this those of them
    /// that have the values of `equals` are handed out, too, where null stands in the order. A
    /// range or prefix does not restrict them.
    public var includesUnindexed: Bool
    public init(
        slot: Slot, index: IndexDescriptor, equals: [PlanExpression], lower: IndexBound?,
        upper: IndexBound?, prefix: PlanExpression?, isList: Bool, order: IndexOrder? = nil,
        includesUnindexed: Bool = false
    ) {
        self.slot = slot
        self.index = index
        self.equals = equals
        self.lower = lower
        self.upper = upper
        self.prefix = prefix
        self.isList = isList
        self.order = order
        self.includesUnindexed = includesUnindexed
    }
}

/// In which direction an index is read.
public enum IndexOrder: Sendable, Hashable {
    case ascending, descending
}

/// Look-up of entities by what names them.
public struct IdentitySeek: Sendable, Hashable {
    public var slot: Slot
    public var entity: EntityKind
    /// An id; with `isList` a list of ids, of which each existing one gives a row.
    public var value: PlanExpression
    public var isList: Bool
    /// Ids are texts as `elementId` gives them, not numbers.
    public var isElementID: Bool
    public init(
        slot: Slot, entity: EntityKind, value: PlanExpression, isList: Bool, isElementID: Bool
    ) {
        self.slot = slot
        self.entity = entity
        self.value = value
        self.isList = isList
        self.isElementID = isElementID
    }

    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> IdentitySeek {
        var result = self
        result.value = map(value)
        return result
    }
}

public struct IndexBound: Sendable, Hashable {
    public var value: PlanExpression
    public var isInclusive: Bool
    public init(value: PlanExpression, isInclusive: Bool) {
        self.value = value
        self.isInclusive = isInclusive
    }
}

public struct AggregateCall: Sendable, Hashable {
    public var slot: Slot
    /// Canonical name: count, sum, avg, min, max, collect, stDev, stDevP, percentileCont,
    /// percentileDisc; `count` without arguments counts rows.
    public var function: String
    public var arguments: [PlanExpression]
    public var isDistinct: Bool
    /// Where the call stands, for errors.
    public var span: SourceSpan
    public init(
        slot: Slot, function: String, arguments: [PlanExpression], isDistinct: Bool,
        span: SourceSpan = .none
    ) {
        self.span = span
        self.slot = slot
        self.function = function
        self.arguments = arguments
        self.isDistinct = isDistinct
    }
}

public enum JoinKind: Sendable, Hashable {
    case inner, leftOuter, semi, anti
}

public struct JoinKey: Sendable, Hashable {
    /// Over the left rows; evaluated only where the right side has a row.
    public var left: PlanExpression
    public var right: Slot
    public init(left: PlanExpression, right: Slot) {
        self.left = left
        self.right = right
    }
}

public enum ApplyKind: Sendable, Hashable {
    /// Every combination.
    case inner
    /// Left rows without a right row are kept, right slots null.
    case optional
    /// Left rows that have a right row.
    case semi
    /// Left rows that have none.
    case anti
    /// Left rows, `slot` true when there is a right row.
    case mark(Slot)
    /// Left rows, `slot` the number of right rows.
    case count(Slot)
    /// Left rows, `slot` the list of the right rows' `value`.
    case collect(Slot, value: Slot)
    /// Runs the right side for its effects and hands the left row on.
    case effect
}

/// Either single entries or one map-valued expression.
public enum PlanProperties: Sendable, Hashable {
    case entries(keys: [String], values: [PlanExpression])
    case map(PlanExpression)
}

public struct CreateNode: Sendable, Hashable {
    public var slot: Slot
    public var labels: [PlanLabelName]
    public var properties: PlanProperties
    /// Where the pattern stands in the text.
    public var span: SourceSpan
    public init(
        slot: Slot, labels: [PlanLabelName], properties: PlanProperties,
        span: SourceSpan = .none
    ) {
        self.span = span
        self.slot = slot
        self.labels = labels
        self.properties = properties
    }
}

public enum PlanLabelName: Sendable, Hashable {
    case fixed(String)
    case dynamic(PlanExpression)
}

public struct CreateRelationship: Sendable, Hashable {
    public var slot: Slot
    public var type: PlanLabelName
    public var source: Slot
    public var target: Slot
    public var properties: PlanProperties
    /// Where the pattern stands in the text.
    public var span: SourceSpan
    public init(
        slot: Slot, type: PlanLabelName, source: Slot, target: Slot,
        properties: PlanProperties, span: SourceSpan = .none
    ) {
        self.span = span
        self.slot = slot
        self.type = type
        self.source = source
        self.target = target
        self.properties = properties
    }
}

/// One element to create; in the order of the text.
public enum CreateElement: Sendable, Hashable {
    case node(CreateNode)
    case relationship(CreateRelationship)

    /// The slot of what is made.
    public var slot: Slot {
        switch self {
        case .node(let node): node.slot
        case .relationship(let relationship): relationship.slot
        }
    }
}

public struct CreateSpec: Sendable, Hashable {
    public private(set) var elements: [CreateElement]
    /// Slots of the elements.
    package private(set) var created: BitSet
    /// Named paths to build behind the elements.
    public var paths: [SlotAssignment]
    public init(elements: [CreateElement], paths: [SlotAssignment]) {
        self.elements = elements
        self.paths = paths
        created = BitSet(elements.map(\.slot))
    }

    /// Adds an element behind the others.
    package mutating func add(_ element: CreateElement) {
        elements.append(element)
        created.insert(element.slot)
    }
}

public struct MergeSpec: Sendable, Hashable {
    public var create: CreateSpec
    public var onCreate: [SetOperation]
    public var onMatch: [SetOperation]
    public init(create: CreateSpec, onCreate: [SetOperation], onMatch: [SetOperation]) {
        self.create = create
        self.onCreate = onCreate
        self.onMatch = onMatch
    }
}

/// One item of SET or REMOVE.
public enum SetOperation: Sendable, Hashable {
    /// null removes.
    case property(entity: PlanExpression, key: String, value: PlanExpression)
    case dynamicProperty(entity: PlanExpression, key: PlanExpression, value: PlanExpression)
    /// `x = map`, also from an entity.
    case replaceProperties(entity: PlanExpression, value: PlanExpression)
    /// `x += map`
    case addProperties(entity: PlanExpression, value: PlanExpression)
    case addLabels(entity: PlanExpression, labels: [PlanLabelName])
    case removeLabels(entity: PlanExpression, labels: [PlanLabelName])
}

public struct ProcedureInvocation: Sendable, Hashable {
    public var name: String
    public var arguments: [PlanExpression]
    /// Output field number and the slot it goes to.
    public var yields: [ProcedureYield]
    /// The procedure has no outputs: each input row passes once.
    public var isVoid: Bool
    public init(
        name: String, arguments: [PlanExpression], yields: [ProcedureYield], isVoid: Bool
    ) {
        self.name = name
        self.arguments = arguments
        self.yields = yields
        self.isVoid = isVoid
    }
}

public struct ProcedureYield: Sendable, Hashable {
    public var field: Int
    public var slot: Slot
    public init(field: Int, slot: Slot) {
        self.field = field
        self.slot = slot
    }
}

public struct LoadCSVSpec: Sendable, Hashable {
    public var source: PlanExpression
    public var withHeaders: Bool
    /// One byte; comma when nil.
    public var fieldTerminator: String?
    public var slot: Slot
    /// The file's path and the record's line, filled where something reads them.
    public var fileSlot: Slot
    public var lineSlot: Slot
    public init(
        source: PlanExpression, withHeaders: Bool, fieldTerminator: String?, slot: Slot,
        fileSlot: Slot, lineSlot: Slot
    ) {
        self.fileSlot = fileSlot
        self.lineSlot = lineSlot
        self.source = source
        self.withHeaders = withHeaders
        self.fieldTerminator = fieldTerminator
        self.slot = slot
    }
}
