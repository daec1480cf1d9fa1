// Binder+Patterns: patterns that are matched, as query graphs. First all variables are declared in
// the order of the text, with their conflicts; then properties and predicates are bound, which may
// refer to any of them.

import NQLPlan
import NQLSyntax
import NenCore

/// A path pattern with a slot for each of its elements.
struct PatternElements {
    var nodes: [Slot]
    var relationships: [Slot]
    var path: Slot?
    /// The path's name within its parentheses.
    var subpath: Slot?
    /// Of a path that is matched as a whole: the list of all its relationships.
    var trace: Slot?
    /// Elements of quantified paths, by the place of the relationship.
    var bodies: [Int: BodyElements] = [:]
    /// Names that stood for something before.
    var equalities: [PlanExpression] = []

    /// The path as an expression.
    func pathExpression(_ binder: Binder) -> PlanExpression {
        if let trace {
            let ends = [nodes[0], trace, nodes[nodes.count - 1]]
            return PlanExpression(.path(ends.map { binder.read($0) }), type: .path)
        }
        var elements = [binder.read(nodes[0])]
        for (index, relationship) in relationships.enumerated() {
            elements.append(binder.read(relationship))
            elements.append(binder.read(nodes[index + 1]))
        }
        return PlanExpression(.path(elements), type: .path)
    }
}

/// A pattern as a graph, with what must be computed before and behind it.
struct BoundPattern {
    var graph = QueryGraph()
    /// Steps on the driving plan that take apart relationships bound before.
    var seeds: [LogicalKind] = []
    var elements: [PatternElements] = []
    var paths: [SlotAssignment] = []
    /// Variables that the text has not had before.
    var newNames: [Name] = []
    /// Slots of the relationships declared so far.
    var usedRelationships: BitSet = []
    /// REPEATABLE ELEMENTS
    var isRepeatable = false
}

extension Binder {
    /// Binds the patterns of a MATCH, a MERGE or a subquery; new variables are added to `scope`.
    func bindPatterns(
        _ patterns: [PathPattern], mode: MatchMode? = nil, _ scope: inout Scope
    ) throws(NQLError) -> BoundPattern {
        var pattern = BoundPattern()
        let outer = scope
        try checkPaths(patterns, mode, outer)
        pattern.isRepeatable = mode == .repeatableElements
        let patterns = patterns.map(\.simplified)
        for path in patterns {
            pattern.elements.append(try declare(path, &scope, outer, &pattern))
        }
        let group = nextGroup
        nextGroup += 1
        let place = ExpressionContext(scope: scope)
        var seeded = outer.boundSlots
        for (path, elements) in zip(patterns, pattern.elements) where elements.trace == nil {
            let mode = effectiveMode(path, pattern.isRepeatable)
            let pathGroup = nextGroup
            nextGroup += 1
            for (index, relationship) in path.relationships.enumerated() {
                try Interruption.spend(Binder.workUnits)
                let name = relationship.variable?.text
                let isBound = name.map { outer[$0] != nil } ?? false
                var link = PatternLink(
                    slot: elements.relationships[index], left: elements.nodes[index],
                    right: elements.nodes[index + 1], group: group, isBound: isBound,
                    selector: path.selector, mode: mode)
                if pattern.isRepeatable {
                    link.group = mode == .walk ? nextGroup : pathGroup
                    nextGroup += 1
                }
                if let body = relationship.body, let inner = elements.bodies[index] {
                    try bindRepeat(body, inner, relationship, link, outer, place, &pattern)
                } else {
                    try bindRelationship(relationship, link, place, &pattern, &seeded)
                }
            }
        }
        for (path, elements) in zip(patterns, pattern.elements) {
            try bindRest(path, elements, outer, place, &pattern)
        }
        if !pattern.isRepeatable, let path = patterns.first {
            try checkSize(pattern.graph, path.span)
        }
        return pattern
    }

    /// Pairs of relationships of one clause that must differ: each row compares them all. That of
    /// 4,096 relationships of one type.
    private static let differencesMax = 1 << 23

    private func checkSize(_ graph: QueryGraph, _ span: SourceSpan) throws(NQLError) {
        var before: [String: Int] = [:]
        var (untyped, all, pairs) = (0, 0, 0)
        for relationship in graph.relationships {
            if relationship.types.isEmpty {
                pairs += all
                untyped += 1
            } else {
                pairs += untyped
                for type in relationship.types {
                    pairs += before[type, default: 0]
                    before[type, default: 0] += 1
                }
            }
            all += 1
        }
        if pairs > Binder.differencesMax {
            throw .syntax(
                "PatternTooLarge",
                "The relationships of this clause make \(pairs) pairs that must differ; at most "
                    + "\(Binder.differencesMax) can be compared, those of 4,096 relationships of "
                    + "one type.", at: span, hint: "Take the pattern apart into several clauses.")
        }
    }

    /// The nodes of a path, or the path with its selector; its own conditions and its value.
    private func bindRest(
        _ path: PathPattern, _ elements: PatternElements, _ outer: Scope,
        _ place: ExpressionContext, _ pattern: inout BoundPattern
    ) throws(NQLError) {
        if elements.trace == nil {
            for (node, slot) in zip(path.nodes, elements.nodes) {
                try Interruption.spend(Binder.workUnits)
                try bindNode(node, slot, place, &pattern)
            }
            for predicate in path.predicates {
                pattern.graph.predicates += try bindCondition(predicate, place).conjuncts
            }
            pattern.graph.predicates += elements.equalities
            addModeFilter(path, elements, &pattern)
        } else {
            try bindSearch(path, elements, outer, place, &pattern)
        }
        for slot in [elements.path, elements.subpath].compactMap({ $0 }) {
            pattern.paths.append(
                SlotAssignment(slot: slot, expression: elements.pathExpression(self)))
        }
    }

    /// A quantified path as a relationship of the graph.
    private func bindRepeat(
        _ body: QuantifiedBody, _ elements: BodyElements, _ relationship: RelationshipPattern,
        _ link: PatternLink, _ outer: Scope, _ place: ExpressionContext,
        _ pattern: inout BoundPattern
    ) throws(NQLError) {
        guard let length = relationship.length else { return }
        let piece = try bindBody(body, elements, length, outer, place)
        var edge = GraphRelationship(
            slot: link.slot, from: link.left, to: link.right, types: [], direction: .outgoing,
            group: link.group)
        edge.length = GraphLength(minimum: piece.minimum, maximum: piece.maximum)
        edge.body = piece
        edge.mode = link.mode
        pattern.graph.relationships.append(edge)
    }

    /// Gives each element of a path pattern its slot.
    private func declare(
        _ path: PathPattern, _ scope: inout Scope, _ outer: Scope, _ pattern: inout BoundPattern
    ) throws(NQLError) -> PatternElements {
        var elements = PatternElements(nodes: [], relationships: [], path: nil)
        let isWhole = path.isSelective && !path.relationships.isEmpty
        if isWhole { elements.trace = hiddenSlot(.list(.relationship)) }
        for index in path.nodes.indices {
            try Interruption.spend(Binder.workUnits)
            let node = path.nodes[index]
            var slot = try declareNode(node, &scope, &pattern)
            let isInner = index > 0 && index + 1 < path.nodes.count
            if isWhole, isInner,
                outer.boundSlots.contains(slot) || elements.nodes.contains(slot)
            {
                // The search binds it anew, and compares.
                slot = otherSlot(slot, .node, &elements)
            }
            if isWhole, index > 0, index + 1 == path.nodes.count {
                // An inner node with the name of the end is compared with it, too.
                for inner in 1..<index where elements.nodes[inner] == slot {
                    elements.nodes[inner] = otherSlot(slot, .node, &elements)
                }
            }
            elements.nodes.append(slot)
            guard index < path.relationships.count else { continue }
            let relationship = path.relationships[index]
            if relationship.body != nil || (isWhole && relationship.length != nil) {
                let body = relationship.expandedBody
                elements.bodies[index] = try declareBody(body, &scope, &pattern)
                elements.relationships.append(hiddenSlot(.list(.relationship)))
                continue
            }
            var known = try declareRelationship(relationship, &scope, outer, &pattern)
            let isBound = outer.boundSlots.contains(known)
            if isBound ? isWhole : pattern.usedRelationships.contains(known) {
                known = otherSlot(known, .relationship, &elements)
            }
            pattern.usedRelationships.insert(known)
            elements.relationships.append(known)
        }
        elements.path = try declarePath(path.variable, &scope, &pattern)
        elements.subpath = try declarePath(path.subpath, &scope, &pattern)
        return elements
    }

    /// A slot of its own for an element that must equal one bound elsewhere.
    private func otherSlot(
        _ slot: Slot, _ type: NQLType, _ elements: inout PatternElements
    ) -> Slot {
        let other = hiddenSlot(type)
        elements.equalities.append(
            PlanExpression(.binary(.equal, read(other), read(slot)), type: .boolean))
        return other
    }

    private func declarePath(
        _ name: Name?, _ scope: inout Scope, _ pattern: inout BoundPattern
    ) throws(NQLError) -> Slot? {
        guard let name else { return nil }
        if scope[name.text] != nil { throw alreadyBound(name) }
        let slot = newSlot(name.text, .path)
        scope[name.text] = slot
        pattern.newNames.append(name)
        return slot
    }

    private func declareNode(
        _ node: NodePattern, _ scope: inout Scope, _ pattern: inout BoundPattern
    ) throws(NQLError) -> Slot {
        guard let name = node.variable else { return hiddenSlot(.node) }
        if let slot = scope[name.text] {
            guard slots[slot].type.mayBe(.node) else {
                throw typeConflict(name, expected: "Node", found: slots[slot].type)
            }
            return slot
        }
        let slot = newSlot(name.text, .node)
        scope[name.text] = slot
        pattern.newNames.append(name)
        return slot
    }

    private func declareRelationship(
        _ relationship: RelationshipPattern, _ scope: inout Scope, _ outer: Scope,
        _ pattern: inout BoundPattern
    ) throws(NQLError) -> Slot {
        let isList = relationship.length != nil
        let type: NQLType = isList ? .list(.relationship) : .relationship
        guard let name = relationship.variable else { return hiddenSlot(type) }
        if let slot = scope[name.text] {
            guard slots[slot].type.mayBe(type) else {
                let expected = isList ? "List of Relationships" : "Relationship"
                throw typeConflict(name, expected: expected, found: slots[slot].type)
            }
            if outer[name.text] == nil, !pattern.isRepeatable || isList {
                throw repeatedRelationship(name)
            }
            return slot
        }
        let slot = newSlot(name.text, type)
        scope[name.text] = slot
        pattern.newNames.append(name)
        return slot
    }

    private func bindNode(
        _ node: NodePattern, _ slot: Slot, _ place: ExpressionContext,
        _ pattern: inout BoundPattern
    ) throws(NQLError) {
        var labels: PlanLabels?
        if let expression = node.labels { labels = try bindLabels(expression, place) }
        pattern.graph.addNode(slot, labels: labels)
        pattern.graph.predicates += try bindMatchedProperties(node.properties, slot, place)
        if let predicate = node.predicate {
            pattern.graph.predicates += try bindCondition(predicate, place).conjuncts
        }
    }

    /// `{key: value}` as `x.key = value` for each entry.
    func bindMatchedProperties(
        _ properties: PatternProperties?, _ slot: Slot, _ place: ExpressionContext
    ) throws(NQLError) -> [PlanExpression] {
        switch properties {
        case nil: return []
        case .parameter(let name, let span):
            throw .syntax(
                "InvalidParameterUse",
                "The parameter `$\(name)` cannot stand for all properties of a pattern that is"
                    + " matched.", at: span, hint: "Write out the keys: {key: $\(name).key}.")
        case .map(let entries, _):
            var predicates: [PlanExpression] = []
            for entry in entries {
                let value = try bind(entry.value, place)
                let span = entry.key.span.union(entry.value.span)
                let property = PlanExpression(
                    .property(read(slot), key: entry.key.text), type: .any,
                    span: entry.key.span)
                predicates.append(
                    PlanExpression(.binary(.equal, property, value), type: .boolean, span: span))
            }
            return predicates
        }
    }
}

/// Where a relationship pattern stands.
struct PatternLink {
    var slot: Slot
    var left: Slot
    var right: Slot
    var group: Int
    /// Bound by an earlier clause.
    var isBound: Bool
    var selector: PathSelector?
    var mode: PathMode
}

extension Binder {
    private func bindRelationship(
        _ relationship: RelationshipPattern, _ link: PatternLink, _ place: ExpressionContext,
        _ pattern: inout BoundPattern, _ seeded: inout BitSet
    ) throws(NQLError) {
        var labels: PlanLabels?
        if let types = relationship.types { labels = try bindLabels(types, place) }
        if link.isBound, relationship.length == nil,
            !(link.selector?.isFunction ?? false)
        {
            try seed(relationship, link, labels, place, &pattern, &seeded)
            return
        }
        var edge = GraphRelationship(
            slot: link.slot, from: link.left, to: link.right, types: [], direction: .outgoing,
            group: link.group)
        switch relationship.direction {
        case .outgoing: break
        case .both: edge.direction = .both
        case .incoming: edge.direction = .incoming
        }
        switch link.selector {
        case .shortestPath: edge.shortest = .one
        case .allShortestPaths: edge.shortest = .all
        default: break
        }
        edge.mode = link.mode
        if let length = relationship.length {
            edge.length = graphLength(length)
        } else if edge.shortest != nil {
            edge.length = GraphLength(minimum: 1, maximum: 1)
        }
        if link.isBound {
            edge.slot = hiddenSlot(.list(.relationship))
            pattern.graph.predicates.append(
                PlanExpression(
                    .binary(.equal, read(edge.slot), read(link.slot)), type: .boolean))
        }
        try bindEdgePredicates(relationship, &edge, labels, place, &pattern)
        pattern.graph.relationships.append(edge)
    }

    func graphLength(_ length: PathLength) -> GraphLength {
        let bound = { (value: Int64) in Int(min(max(value, 0), Int64(Int32.max))) }
        return GraphLength(
            minimum: length.minimum.map(bound) ?? 1, maximum: length.maximum.map(bound))
    }

    /// Types that are no plain disjunction, properties and the inline predicate of a relationship.
    private func bindEdgePredicates(
        _ relationship: RelationshipPattern, _ edge: inout GraphRelationship,
        _ labels: PlanLabels?, _ place: ExpressionContext, _ pattern: inout BoundPattern
    ) throws(NQLError) {
        let isSingle = edge.length == nil
        let subject = isSingle ? edge.slot : hiddenSlot(.relationship)
        var predicates: [PlanExpression] = []
        if let labels {
            if let names = labels.disjunctNames {
                edge.types = names
            } else {
                predicates.append(
                    PlanExpression(.hasLabels(read(subject), labels), type: .boolean))
            }
        }
        var inner = place
        if !isSingle, let name = relationship.variable { inner.scope[name.text] = subject }
        predicates += try bindMatchedProperties(relationship.properties, subject, inner)
        if let predicate = relationship.predicate {
            predicates += try bindCondition(predicate, inner).conjuncts
        }
        if isSingle {
            pattern.graph.predicates += predicates
        } else if let all = conjunction(predicates) {
            edge.predicate = all
            edge.predicateSlot = subject
        }
    }

    /// The conjunction of all; nil for none.
    func conjunction(_ predicates: [PlanExpression]) -> PlanExpression? {
        PlanExpression.conjunction(predicates[...])
    }

    /// A relationship bound before gives the nodes of its ends: `a := startNode(r)`.
    private func seed(
        _ relationship: RelationshipPattern, _ link: PatternLink, _ labels: PlanLabels?,
        _ place: ExpressionContext, _ pattern: inout BoundPattern, _ seeded: inout BitSet
    ) throws(NQLError) {
        let bound = read(link.slot)
        var filters = [PlanExpression(.isNull(bound, negated: true), type: .boolean)]
        if let labels {
            filters.append(PlanExpression(.hasLabels(bound, labels), type: .boolean))
        }
        filters += try bindMatchedProperties(relationship.properties, link.slot, place)
        if let predicate = relationship.predicate {
            filters += try bindCondition(predicate, place).conjuncts
        }
        // Property values and predicates may read variables of this very pattern.
        let early = filters.filter { $0.freeSlots.isSubset(of: seeded) }
        pattern.graph.predicates += filters.filter { !$0.freeSlots.isSubset(of: seeded) }
        pattern.seeds.append(.filter(early))
        let start = PlanExpression(.call("startNode", [bound]), type: .node)
        let end = PlanExpression(.call("endNode", [bound]), type: .node)
        var (left, right) = (start, end)
        switch relationship.direction {
        case .outgoing: break
        case .incoming: (left, right) = (end, start)
        case .both:
            let side = hiddenSlot(.node)
            let isLoop = PlanExpression(.binary(.equal, start, end), type: .boolean)
            let one = PlanExpression(.list([start]), type: .list(.node))
            let two = PlanExpression(.list([start, end]), type: .list(.node))
            let branch = PlanCaseBranch(conditions: [isLoop], result: one)
            let sides = PlanExpression(
                .caseWhen(operand: nil, branches: [branch], otherwise: two), type: .list(.node))
            pattern.seeds.append(.unwind(list: sides, element: side))
            left = read(side)
            let isStart = PlanExpression(.binary(.equal, left, start), type: .boolean)
            right = PlanExpression(
                .caseWhen(
                    operand: nil,
                    branches: [PlanCaseBranch(conditions: [isStart], result: end)],
                    otherwise: start), type: .node)
        }
        for (slot, value) in [(link.left, left), (link.right, right)] {
            if seeded.insert(slot) {
                pattern.seeds.append(.project([SlotAssignment(slot: slot, expression: value)]))
            } else {
                pattern.seeds.append(
                    .filter([PlanExpression(.binary(.equal, read(slot), value), type: .boolean)]))
            }
        }
        let types = labels?.disjunctNames ?? []
        pattern.graph.boundRelationships.append(
            BoundRelationship(slot: link.slot, group: link.group, types: types))
    }
}
