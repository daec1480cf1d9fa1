// Pattern+WithoutSpans: patterns with every span set to `.none`.

import NenCore

extension PathPattern {
    /// The same pattern, all places forgotten.
    public var withoutSpans: PathPattern {
        PathPattern(
            variable: variable?.withoutSpans, selector: selector?.withoutSpans, mode: mode,
            subpath: subpath?.withoutSpans, nodes: nodes.map(\.withoutSpans),
            relationships: relationships.map(\.withoutSpans),
            predicates: predicates.map(\.withoutSpans), span: .none)
    }
}

extension PathSelector {
    fileprivate var withoutSpans: PathSelector {
        switch self {
        case .shortestPath, .allShortestPaths, .all, .anyShortest, .allShortest: self
        case .any(let count): .any(count?.withoutSpans)
        case .shortest(let count): .shortest(count.withoutSpans)
        case .shortestGroups(let count): .shortestGroups(count?.withoutSpans)
        }
    }
}

extension QuantifiedBody {
    fileprivate var withoutSpans: QuantifiedBody {
        QuantifiedBody(
            nodes: nodes.map(\.withoutSpans), relationships: relationships.map(\.withoutSpans),
            predicates: predicates.map(\.withoutSpans))
    }
}

extension NodePattern {
    fileprivate var withoutSpans: NodePattern {
        NodePattern(
            variable: variable?.withoutSpans, labels: labels?.withoutSpans,
            properties: properties?.withoutSpans, predicate: predicate?.withoutSpans,
            isImplicit: isImplicit, span: .none)
    }
}

extension RelationshipPattern {
    fileprivate var withoutSpans: RelationshipPattern {
        RelationshipPattern(
            variable: variable?.withoutSpans, types: types?.withoutSpans, direction: direction,
            length: length.map { length in
                PathLength(
                    minimum: length.minimum, maximum: length.maximum,
                    isQuantifier: length.isQuantifier, span: .none)
            },
            properties: properties?.withoutSpans, predicate: predicate?.withoutSpans,
            body: body?.withoutSpans, span: .none)
    }
}

extension PatternProperties {
    fileprivate var withoutSpans: PatternProperties {
        switch self {
        case .map(let entries, _): .map(entries.map(\.withoutSpans), .none)
        case .parameter(let name, _): .parameter(name, .none)
        }
    }
}

extension LabelExpression {
    /// The same labels, all places forgotten.
    public var withoutSpans: LabelExpression {
        switch self {
        case .name(let name): .name(name.withoutSpans)
        case .dynamic(let expression): .dynamic(expression.withoutSpans)
        case .dynamicAny(let expression): .dynamicAny(expression.withoutSpans)
        case .wildcard: .wildcard(.none)
        case .not(let inner): .not(inner.withoutSpans)
        case .and(let left, let right): .and(left.withoutSpans, right.withoutSpans)
        case .or(let left, let right): .or(left.withoutSpans, right.withoutSpans)
        }
    }
}
