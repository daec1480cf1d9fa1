// Expression+WithoutSpans: trees with every span set to `.none`, so that `==` compares what was
// said and not where.

import NenCore

extension Name {
    /// The same name, its place forgotten.
    public var withoutSpans: Name { Name(text, .none) }
}

extension Expression {
    /// The same expression, all places forgotten.
    public var withoutSpans: Expression { Expression(kind.withoutSpans, .none) }
}

extension ExpressionKind {
    /// Only dispatches, so that each level of the tree takes little of the stack.
    fileprivate var withoutSpans: ExpressionKind {
        switch self {
        case .literal, .parameter, .variable, .countStar, .caseOperand: self
        case .binary, .unary: operatorWithoutSpans
        case .chain: chainWithoutSpans
        case .allReduce: reductionWithoutSpans
        case .comparisonChain, .isNull, .isTyped, .hasLabels: testWithoutSpans
        case .property, .subscripted, .slice: postfixWithoutSpans
        case .list, .map, .mapProjection, .call, .caseWhen: collectionWithoutSpans
        case .listComprehension, .quantifier, .reduce: iterationWithoutSpans
        case .patternComprehension, .patternPredicate, .shortestPath, .subquery:
            patternWithoutSpans
        }
    }

    private var operatorWithoutSpans: ExpressionKind {
        switch self {
        case .binary(let kind, let left, let right):
            .binary(kind, left.withoutSpans, right.withoutSpans)
        case .unary(let kind, let operand): .unary(kind, operand.withoutSpans)
        default: self
        }
    }

    private var testWithoutSpans: ExpressionKind {
        switch self {
        case .comparisonChain(let operands, let operators):
            .comparisonChain(operands: operands.map(\.withoutSpans), operators: operators)
        case .isNull(let operand, let negated): .isNull(operand.withoutSpans, negated: negated)
        case .isTyped(let operand, let type, let negated):
            .isTyped(operand.withoutSpans, type.withoutSpans, negated: negated)
        case .hasLabels(let base, let labels):
            .hasLabels(base.withoutSpans, labels.withoutSpans)
        default: self
        }
    }

    private var postfixWithoutSpans: ExpressionKind {
        switch self {
        case .property(let base, let key):
            .property(base.withoutSpans, key: key.withoutSpans)
        case .subscripted(let base, let index):
            .subscripted(base.withoutSpans, index.withoutSpans)
        case .slice(let base, let from, let to):
            .slice(base.withoutSpans, from: from?.withoutSpans, to: to?.withoutSpans)
        default: self
        }
    }

    private var collectionWithoutSpans: ExpressionKind {
        switch self {
        case .list(let elements): .list(elements.map(\.withoutSpans))
        case .map(let entries): .map(entries.map(\.withoutSpans))
        case .mapProjection(let base, let items):
            .mapProjection(base.withoutSpans, items.map(\.withoutSpans))
        case .call(let call): .call(call.withoutSpans)
        case .caseWhen(let operand, let branches, let otherwise):
            .caseWhen(
                operand: operand?.withoutSpans, branches: branches.map(\.withoutSpans),
                otherwise: otherwise?.withoutSpans)
        default: self
        }
    }

    private var iterationWithoutSpans: ExpressionKind {
        switch self {
        case .listComprehension(let variable, let list, let predicate, let projection):
            .listComprehension(
                variable: variable.withoutSpans, list: list.withoutSpans,
                predicate: predicate?.withoutSpans, projection: projection?.withoutSpans)
        case .quantifier(let quantifier, let variable, let list, let predicate):
            .quantifier(
                quantifier, variable: variable.withoutSpans, list: list.withoutSpans,
                predicate: predicate?.withoutSpans)
        case .reduce(let accumulator, let initial, let variable, let list, let step):
            .reduce(
                accumulator: accumulator.withoutSpans, initial: initial.withoutSpans,
                variable: variable.withoutSpans, list: list.withoutSpans,
                step: step.withoutSpans)
        default: self
        }
    }

    private var chainWithoutSpans: ExpressionKind {
        guard case .chain(let first, let links) = self else { return self }
        return .chain(first.withoutSpans, links.map(\.withoutSpans))
    }

    private var reductionWithoutSpans: ExpressionKind {
        guard case .allReduce(let reduction) = self else { return self }
        return .allReduce(reduction.withoutSpans)
    }

    private var patternWithoutSpans: ExpressionKind {
        switch self {
        case .patternComprehension(let path, let pattern, let predicate, let projection):
            .patternComprehension(
                path: path?.withoutSpans, pattern: pattern.withoutSpans,
                predicate: predicate?.withoutSpans, projection: projection.withoutSpans)
        case .patternPredicate(let pattern): .patternPredicate(pattern.withoutSpans)
        case .shortestPath(let pattern, let all): .shortestPath(pattern.withoutSpans, all: all)
        case .subquery(let kind, let body): .subquery(kind, body.withoutSpans)
        default: self
        }
    }
}

extension ChainLink {
    fileprivate var withoutSpans: ChainLink {
        switch self {
        case .operation(let kind, let operand): .operation(kind, operand.withoutSpans)
        case .property(let key): .property(key.withoutSpans)
        case .element(let index): .element(index.withoutSpans)
        }
    }
}

extension AllReduction {
    fileprivate var withoutSpans: AllReduction {
        AllReduction(
            accumulator: accumulator.withoutSpans, initial: initial.withoutSpans,
            variable: variable.withoutSpans, list: list.withoutSpans, step: step.withoutSpans,
            predicate: predicate.withoutSpans)
    }
}

extension MapEntry {
    var withoutSpans: MapEntry {
        MapEntry(key: key.withoutSpans, value: value.withoutSpans)
    }
}

extension MapProjectionItem {
    fileprivate var withoutSpans: MapProjectionItem {
        switch self {
        case .property(let key): .property(key.withoutSpans)
        case .entry(let entry): .entry(entry.withoutSpans)
        case .all: .all(.none)
        case .variable(let name): .variable(name.withoutSpans)
        }
    }
}

extension FunctionCall {
    fileprivate var withoutSpans: FunctionCall {
        FunctionCall(
            name: name.withoutSpans, isDistinct: isDistinct,
            arguments: arguments.map(\.withoutSpans))
    }
}

extension CaseBranch {
    fileprivate var withoutSpans: CaseBranch {
        CaseBranch(
            conditions: conditions.map(\.withoutSpans), result: result.withoutSpans)
    }
}

extension SubqueryBody {
    fileprivate var withoutSpans: SubqueryBody {
        switch self {
        case .pattern(let patterns, let predicate):
            .pattern(patterns.map(\.withoutSpans), predicate: predicate?.withoutSpans)
        case .query(let query): .query(query.withoutSpans)
        }
    }
}

extension TypeName {
    fileprivate var withoutSpans: TypeName {
        TypeName(type: type, isNotNull: isNotNull, span: .none)
    }
}
