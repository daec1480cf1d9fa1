// ExpressionKind+Equality: `==` and `hash` over trees, by families of cases.
//
// What the compiler derives has one frame with room for every case's payload, seven kilobytes in a
// debug build, on every level of the tree. Families keep a level under two.

import NenCore

extension ExpressionKind {
    /// Whether both trees are the same, places included.
    public static func == (left: ExpressionKind, right: ExpressionKind) -> Bool {
        guard left.caseNumber == right.caseNumber else { return false }
        switch left.family {
        case .leaf: return equalLeaves(left, right)
        case .binary: return equalBinaries(left, right)
        case .test: return equalTests(left, right)
        case .postfix: return equalPostfixes(left, right)
        case .collection: return equalCollections(left, right)
        case .iteration: return equalIterations(left, right)
        case .reduction: return equalReductions(left, right)
        case .chain: return equalChains(left, right)
        case .pattern: return equalPatterns(left, right)
        }
    }

    /// Feeds the tree, places included, into a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(caseNumber)
        switch family {
        case .leaf: hashLeaf(into: &hasher)
        case .binary: hashBinary(into: &hasher)
        case .test: hashTest(into: &hasher)
        case .postfix: hashPostfix(into: &hasher)
        case .collection: hashCollection(into: &hasher)
        case .iteration: hashIteration(into: &hasher)
        case .reduction: hashReduction(into: &hasher)
        case .chain: hashChain(into: &hasher)
        case .pattern: hashPattern(into: &hasher)
        }
    }

    private enum Family {
        case leaf, binary, test, postfix, collection, iteration, pattern, reduction, chain
    }

    private var family: Family {
        switch self {
        case .literal, .parameter, .variable, .countStar, .caseOperand: .leaf
        case .binary, .unary: .binary
        case .chain: .chain
        case .allReduce: .reduction
        case .comparisonChain, .isNull, .isTyped, .hasLabels: .test
        case .property, .subscripted, .slice: .postfix
        case .list, .map, .mapProjection, .call, .caseWhen: .collection
        case .listComprehension, .quantifier, .reduce: .iteration
        case .patternComprehension, .patternPredicate, .shortestPath, .subquery: .pattern
        }
    }

    private var caseNumber: UInt8 {
        switch self {
        case .literal: 0
        case .parameter: 1
        case .variable: 2
        case .property: 3
        case .subscripted: 4
        case .slice: 5
        case .list: 6
        case .map: 7
        case .mapProjection: 8
        case .unary: 9
        case .binary: 10
        case .comparisonChain: 11
        case .isNull: 12
        case .isTyped: 13
        case .hasLabels: 14
        case .call: 15
        case .countStar: 16
        case .caseWhen: 17
        case .listComprehension: 18
        case .patternComprehension: 19
        case .quantifier: 20
        case .reduce: 21
        case .patternPredicate: 22
        case .shortestPath: 23
        case .subquery: 24
        case .chain: 25
        case .caseOperand: 26
        case .allReduce: 27
        }
    }

    // MARK: Equality

    private static func equalLeaves(_ left: ExpressionKind, _ right: ExpressionKind) -> Bool {
        switch (left, right) {
        case (.literal(let a), .literal(let b)): a == b
        case (.parameter(let a), .parameter(let b)): a == b
        case (.variable(let a), .variable(let b)): a == b
        default: true
        }
    }

    private static func equalBinaries(_ left: ExpressionKind, _ right: ExpressionKind) -> Bool {
        switch (left, right) {
        case (.binary(let a, let b, let c), .binary(let x, let y, let z)):
            a == x && b == y && c == z
        case (.unary(let a, let b), .unary(let x, let y)): a == x && b == y
        default: false
        }
    }

    private static func equalTests(_ left: ExpressionKind, _ right: ExpressionKind) -> Bool {
        switch (left, right) {
        case (.comparisonChain(let a, let b), .comparisonChain(let x, let y)): b == y && a == x
        case (.isNull(let a, let b), .isNull(let x, let y)): b == y && a == x
        case (.isTyped(let a, let b, let c), .isTyped(let x, let y, let z)):
            b == y && c == z && a == x
        case (.hasLabels(let a, let b), .hasLabels(let x, let y)): b == y && a == x
        default: false
        }
    }

    private static func equalPostfixes(_ left: ExpressionKind, _ right: ExpressionKind) -> Bool {
        switch (left, right) {
        case (.property(let a, let b), .property(let x, let y)): b == y && a == x
        case (.subscripted(let a, let b), .subscripted(let x, let y)): b == y && a == x
        case (.slice(let a, let b, let c), .slice(let x, let y, let z)):
            b == y && c == z && a == x
        default: false
        }
    }

    private static func equalCollections(
        _ left: ExpressionKind, _ right: ExpressionKind
    ) -> Bool {
        switch (left, right) {
        case (.list(let a), .list(let x)): a == x
        case (.map(let a), .map(let x)): a == x
        case (.mapProjection(let a, let b), .mapProjection(let x, let y)): a == x && b == y
        case (.call(let a), .call(let x)): a == x
        case (.caseWhen(let a, let b, let c), .caseWhen(let x, let y, let z)):
            a == x && b == y && c == z
        default: false
        }
    }

    private static func equalIterations(
        _ left: ExpressionKind, _ right: ExpressionKind
    ) -> Bool {
        switch (left, right) {
        case (
            .listComprehension(let a, let b, let c, let d),
            .listComprehension(let w, let x, let y, let z)
        ):
            a == w && b == x && c == y && d == z
        case (.quantifier(let a, let b, let c, let d), .quantifier(let w, let x, let y, let z)):
            a == w && b == x && c == y && d == z
        case (
            .reduce(let a, let b, let c, let d, let e), .reduce(let v, let w, let x, let y, let z)
        ):
            a == v && b == w && c == x && d == y && e == z
        default: false
        }
    }

    private static func equalReductions(
        _ left: ExpressionKind, _ right: ExpressionKind
    ) -> Bool {
        guard case .allReduce(let a) = left, case .allReduce(let x) = right else { return false }
        return a == x
    }

    private static func equalChains(_ left: ExpressionKind, _ right: ExpressionKind) -> Bool {
        guard case .chain(let a, let b) = left, case .chain(let x, let y) = right else {
            return false
        }
        return a == x && b == y
    }

    private static func equalPatterns(_ left: ExpressionKind, _ right: ExpressionKind) -> Bool {
        switch (left, right) {
        case (
            .patternComprehension(let a, let b, let c, let d),
            .patternComprehension(let w, let x, let y, let z)
        ):
            a == w && b == x && c == y && d == z
        case (.patternPredicate(let a), .patternPredicate(let x)): a == x
        case (.shortestPath(let a, let b), .shortestPath(let x, let y)): b == y && a == x
        case (.subquery(let a, let b), .subquery(let x, let y)): a == x && b == y
        default: false
        }
    }

    // MARK: Hashing

    private func hashLeaf(into hasher: inout Hasher) {
        switch self {
        case .literal(let value): hasher.combine(value)
        case .parameter(let name), .variable(let name): hasher.combine(name)
        default: break
        }
    }

    private func hashBinary(into hasher: inout Hasher) {
        switch self {
        case .binary(let kind, let left, let right):
            hasher.combine(kind)
            hasher.combine(left)
            hasher.combine(right)
        case .unary(let kind, let operand):
            hasher.combine(kind)
            hasher.combine(operand)
        default: break
        }
    }

    private func hashTest(into hasher: inout Hasher) {
        switch self {
        case .comparisonChain(let operands, let operators):
            hasher.combine(operands)
            hasher.combine(operators)
        case .isNull(let operand, let negated):
            hasher.combine(operand)
            hasher.combine(negated)
        case .isTyped(let operand, let type, let negated):
            hasher.combine(operand)
            hasher.combine(type)
            hasher.combine(negated)
        case .hasLabels(let base, let labels):
            hasher.combine(base)
            hasher.combine(labels)
        default: break
        }
    }

    private func hashPostfix(into hasher: inout Hasher) {
        switch self {
        case .property(let base, let key):
            hasher.combine(base)
            hasher.combine(key)
        case .subscripted(let base, let index):
            hasher.combine(base)
            hasher.combine(index)
        case .slice(let base, let from, let to):
            hasher.combine(base)
            hasher.combine(from)
            hasher.combine(to)
        default: break
        }
    }

    private func hashCollection(into hasher: inout Hasher) {
        switch self {
        case .list(let elements): hasher.combine(elements)
        case .map(let entries): hasher.combine(entries)
        case .mapProjection(let base, let items):
            hasher.combine(base)
            hasher.combine(items)
        case .call(let call): hasher.combine(call)
        case .caseWhen(let operand, let branches, let otherwise):
            hasher.combine(operand)
            hasher.combine(branches)
            hasher.combine(otherwise)
        default: break
        }
    }

    private func hashIteration(into hasher: inout Hasher) {
        switch self {
        case .listComprehension(let variable, let list, let predicate, let projection):
            hasher.combine(variable)
            hasher.combine(list)
            hasher.combine(predicate)
            hasher.combine(projection)
        case .quantifier(let quantifier, let variable, let list, let predicate):
            hasher.combine(quantifier)
            hasher.combine(variable)
            hasher.combine(list)
            hasher.combine(predicate)
        case .reduce(let accumulator, let initial, let variable, let list, let step):
            hasher.combine(accumulator)
            hasher.combine(initial)
            hasher.combine(variable)
            hasher.combine(list)
            hasher.combine(step)
        default: break
        }
    }

    private func hashReduction(into hasher: inout Hasher) {
        if case .allReduce(let reduction) = self { hasher.combine(reduction) }
    }

    private func hashChain(into hasher: inout Hasher) {
        guard case .chain(let first, let links) = self else { return }
        hasher.combine(first)
        hasher.combine(links)
    }

    private func hashPattern(into hasher: inout Hasher) {
        switch self {
        case .patternComprehension(let path, let pattern, let predicate, let projection):
            hasher.combine(path)
            hasher.combine(pattern)
            hasher.combine(predicate)
            hasher.combine(projection)
        case .patternPredicate(let pattern): hasher.combine(pattern)
        case .shortestPath(let pattern, let all):
            hasher.combine(pattern)
            hasher.combine(all)
        case .subquery(let kind, let body):
            hasher.combine(kind)
            hasher.combine(body)
        default: break
        }
    }
}
