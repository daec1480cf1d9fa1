// PlanExpression: expressions as the executor evaluates them: names resolved to slots, desugared,
// typed. A *slot* is a column number, unique in the whole plan; every variable, hidden column and
// local variable of a comprehension has one, described in `PhysicalPlan.slots`.

import NQLSyntax
import NenCore

/// Number of a column; index into `PhysicalPlan.slots`.
public typealias Slot = Int

/// A typed, resolved expression.
public struct PlanExpression: Sendable, Hashable {
    public var kind: PlanExpressionKind
    public var type: NQLType
    public var span: SourceSpan
    public init(_ kind: PlanExpressionKind, type: NQLType, span: SourceSpan = .none) {
        self.kind = kind
        self.type = type
        self.span = span
    }
}

public indirect enum PlanExpressionKind: Sendable, Hashable {
    case constant(Value)
    case parameter(String)
    case slot(Slot)
    /// Of a node, relationship, map, or a component of a temporal value; null of null.
    case property(PlanExpression, key: String)
    /// List element by integer, or map/entity property by string.
    case subscripted(PlanExpression, PlanExpression)
    case slice(PlanExpression, from: PlanExpression?, to: PlanExpression?)
    case list([PlanExpression])
    /// Keys in the order written; a repeated key takes its last value.
    case map(keys: [String], values: [PlanExpression])
    /// A function of the registry by canonical name.
    case call(String, [PlanExpression])
    case not(PlanExpression)
    case negate(PlanExpression)
    case plus(PlanExpression)
    /// Ternary logic for `and`, `or`, `xor`; all other operators as openCypher defines them.
    case binary(BinaryOperator, PlanExpression, PlanExpression)
    /// Long chains: the links apply one after the other, each to what the one before gave.
    case chain(PlanExpression, [PlanLink])
    case isNull(PlanExpression, negated: Bool)
    case isTyped(PlanExpression, NQLType, isNotNull: Bool, negated: Bool)
    /// Labels of a node, or type of a relationship.
    case hasLabels(PlanExpression, PlanLabels)
    /// Simple form when `operand` is given: the first branch with an equal value.
    case caseWhen(
        operand: PlanExpression?, branches: [PlanCaseBranch], otherwise: PlanExpression?)
    case listComprehension(
        element: Slot, list: PlanExpression, predicate: PlanExpression?,
        projection: PlanExpression?)
    case quantifier(
        Quantifier, element: Slot, list: PlanExpression, predicate: PlanExpression?)
    case reduce(
        accumulator: Slot, initial: PlanExpression, element: Slot, list: PlanExpression,
        step: PlanExpression)
    /// A path from alternating nodes and relationships; an element of type list is a list of
    /// relationships (variable length), walked from the node before it.
    case path([PlanExpression])
    /// A subquery that is not planned yet; there is none in a finished plan.
    case subquery(Subquery)
    /// A plan that runs for the current row; its `argument` leaf reads slots of this row.
    case nested(NestedPlan)
}

/// One step of a chain, with the type of what it gives.
public struct PlanLink: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case operation(BinaryOperator, PlanExpression)
        case property(key: String)
        case element(PlanExpression)
    }
    public var kind: Kind
    public var type: NQLType
    public var span: SourceSpan
    public init(_ kind: Kind, type: NQLType, span: SourceSpan) {
        self.kind = kind
        self.type = type
        self.span = span
    }

    /// The expression beside what the chain has come to; nil for a property.
    public var operand: PlanExpression? {
        switch kind {
        case .operation(_, let operand), .element(let operand): operand
        case .property: nil
        }
    }
}

public struct PlanCaseBranch: Sendable, Hashable {
    public var conditions: [PlanExpression]
    public var result: PlanExpression
    public init(conditions: [PlanExpression], result: PlanExpression) {
        self.conditions = conditions
        self.result = result
    }
}

/// A label (or type) expression over names.
public indirect enum PlanLabels: Sendable, Hashable {
    case name(String)
    /// All names of a list, or one name.
    case dynamic(PlanExpression)
    /// One name of a list at least.
    case dynamicAny(PlanExpression)
    case wildcard
    case not(PlanLabels)
    case and(PlanLabels, PlanLabels)
    case or(PlanLabels, PlanLabels)
}

/// What a nested plan yields.
public enum NestedPlanKind: Sendable, Hashable {
    /// true when there is a row.
    case exists
    /// Number of rows.
    case count
    /// List of the values of `slot`, in row order.
    case collect(Slot)
}

/// A subquery inside an expression: what the expressions around it have to know of it.
public struct Subquery: Sendable, Hashable {
    /// Names it within its statement.
    public var number: Int
    public var kind: NestedPlanKind
    /// Slots of the row around it that it reads.
    public var reads: Set<Slot>
    /// Whether some row may make it raise an error.
    public var mayFail: Bool
    /// Whether two runs for the same row may differ.
    public var isVolatile: Bool
    public init(
        number: Int, kind: NestedPlanKind, reads: Set<Slot>, mayFail: Bool, isVolatile: Bool
    ) {
        self.number = number
        self.kind = kind
        self.reads = reads
        self.mayFail = mayFail
        self.isVolatile = isVolatile
    }
}

extension Subquery {
    /// Whether it has the same value for all rows.
    package var isUncorrelated: Bool { reads.isEmpty && !isVolatile }
}

/// A subplan inside an expression. Compared by identity.
public final class NestedPlan: Sendable, Hashable {
    public let root: PhysicalOperator
    public let subquery: Subquery
    public init(root: PhysicalOperator, subquery: Subquery) {
        self.root = root
        self.subquery = subquery
    }
    public var kind: NestedPlanKind { subquery.kind }
    public static func == (left: NestedPlan, right: NestedPlan) -> Bool { left === right }
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
