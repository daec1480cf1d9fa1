// Expression: the syntax tree of NQL expressions. Every node carries the span of its text.

import NenCore

/// A variable, alias, label, type, key or function name with its place.
public struct Name: Sendable, Hashable {
    public var text: String
    public var span: SourceSpan
    public init(_ text: String, _ span: SourceSpan) {
        self.text = text
        self.span = span
    }
}

/// An expression.
public struct Expression: Sendable, Hashable {
    public var kind: ExpressionKind
    public var span: SourceSpan
    public init(_ kind: ExpressionKind, _ span: SourceSpan) {
        self.kind = kind
        self.span = span
    }
}

public indirect enum ExpressionKind: Sendable, Hashable {
    /// null, boolean, integer, float or string literal (only these cases of `Value`).
    case literal(Value)
    /// `$name` or `$0`, without the dollar.
    case parameter(String)
    case variable(String)
    /// `base.key`
    case property(Expression, key: Name)
    /// `base[index]`: list element, or dynamic property.
    case subscripted(Expression, Expression)
    /// `base[from..to]`, either bound optional.
    case slice(Expression, from: Expression?, to: Expression?)
    case list([Expression])
    case map([MapEntry])
    /// `base {.key, key: value, .*, variable}`
    case mapProjection(Expression, [MapProjectionItem])
    case unary(UnaryOperator, Expression)
    case binary(BinaryOperator, Expression, Expression)
    /// `first + second - third …` and `base.a.b.c …`, where they are so long that a tree would be
    /// too high: the links apply one after the other, from left to right.
    case chain(Expression, [ChainLink])
    /// `a < b <= c`: `operators.count == operands.count - 1`, two operators or more.
    case comparisonChain(operands: [Expression], operators: [BinaryOperator])
    case isNull(Expression, negated: Bool)
    /// `x IS [NOT] :: TYPE`
    case isTyped(Expression, TypeName, negated: Bool)
    /// `base:Label1:Label2` or `base:A|B&!C`
    case hasLabels(Expression, LabelExpression)
    /// `namespace.name([DISTINCT] arguments)`; `count(*)` is `.countStar`.
    case call(FunctionCall)
    case countStar
    /// `operand` is nil in the searched form.
    case caseWhen(operand: Expression?, branches: [CaseBranch], otherwise: Expression?)
    /// The operand of the simple CASE around it, which `WHEN > 3` leaves out.
    case caseOperand
    /// `[variable IN list WHERE predicate | projection]`
    case listComprehension(
        variable: Name, list: Expression, predicate: Expression?, projection: Expression?)
    /// `[path = pattern WHERE predicate | projection]`
    case patternComprehension(
        path: Name?, pattern: PathPattern, predicate: Expression?, projection: Expression)
    /// `all|any|none|single(variable IN list WHERE predicate)`
    case quantifier(Quantifier, variable: Name, list: Expression, predicate: Expression?)
    /// `reduce(accumulator = initial, variable IN list | step)`
    case reduce(
        accumulator: Name, initial: Expression, variable: Name, list: Expression,
        step: Expression)
    /// `allReduce(accumulator = initial, variable IN list | step, predicate)`
    case allReduce(AllReduction)
    /// A pattern used as a predicate: `(a)-[:T]->(b)`, one relationship at least.
    case patternPredicate(PathPattern)
    /// `shortestPath(pattern)` / `allShortestPaths(pattern)` used as an expression.
    case shortestPath(PathPattern, all: Bool)
    case subquery(SubqueryKind, SubqueryBody)
}

/// One step of a long chain.
public enum ChainLink: Sendable, Hashable {
    /// `… op operand`
    case operation(BinaryOperator, Expression)
    /// `….key`
    case property(Name)
    /// `…[index]`
    case element(Expression)
}

/// The parts of `allReduce`.
public struct AllReduction: Sendable, Hashable {
    public var accumulator: Name
    public var initial: Expression
    public var variable: Name
    public var list: Expression
    public var step: Expression
    public var predicate: Expression
    public init(
        accumulator: Name, initial: Expression, variable: Name, list: Expression,
        step: Expression, predicate: Expression
    ) {
        self.accumulator = accumulator
        self.initial = initial
        self.variable = variable
        self.list = list
        self.step = step
        self.predicate = predicate
    }
}

public struct MapEntry: Sendable, Hashable {
    public var key: Name
    public var value: Expression
    public init(key: Name, value: Expression) {
        self.key = key
        self.value = value
    }
}

public enum MapProjectionItem: Sendable, Hashable {
    /// `.key`
    case property(Name)
    /// `key: value`
    case entry(MapEntry)
    /// `.*`
    case all(SourceSpan)
    /// `variable`
    case variable(Name)
}

public struct FunctionCall: Sendable, Hashable {
    /// Name as written, namespace included (`date.truncate`).
    public var name: Name
    public var isDistinct: Bool
    public var arguments: [Expression]
    public init(name: Name, isDistinct: Bool, arguments: [Expression]) {
        self.name = name
        self.isDistinct = isDistinct
        self.arguments = arguments
    }
}

public struct CaseBranch: Sendable, Hashable {
    /// Values to compare with the operand or tests of it (simple form, one or more), or one
    /// condition (searched form). A test holds `caseOperand` where the operand is left out.
    public var conditions: [Expression]
    public var result: Expression
    public init(conditions: [Expression], result: Expression) {
        self.conditions = conditions
        self.result = result
    }
}

public enum Quantifier: String, Sendable, Hashable {
    case all, any, none, single
}

public enum SubqueryKind: String, Sendable, Hashable {
    case exists = "EXISTS"
    case count = "COUNT"
    case collect = "COLLECT"
}

public indirect enum SubqueryBody: Sendable, Hashable {
    /// `{ pattern, … [WHERE predicate] }`
    case pattern([PathPattern], predicate: Expression?)
    /// `{ full query }`
    case query(Query)
}

public enum UnaryOperator: String, Sendable, Hashable {
    case not = "NOT"
    case plus = "+"
    case minus = "-"
}

public enum BinaryOperator: String, Sendable, Hashable {
    case or = "OR"
    case xor = "XOR"
    case and = "AND"
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    /// `||`
    case concatenate = "||"
    case inList = "IN"
    case startsWith = "STARTS WITH"
    case endsWith = "ENDS WITH"
    case contains = "CONTAINS"
    case matches = "=~"
}

/// A type as written behind `IS ::` and in constraints: `INTEGER NOT NULL`, `LIST<STRING>`.
public struct TypeName: Sendable, Hashable {
    public var type: NQLType
    public var isNotNull: Bool
    public var span: SourceSpan
    public init(type: NQLType, isNotNull: Bool, span: SourceSpan) {
        self.type = type
        self.isNotNull = isNotNull
        self.span = span
    }
}
