// Binder+QuantifiedPaths: the body of a quantified path. Within it a variable is the element of one
// iteration; outside the same name is the list of its elements in all iterations. Conditions
// within may read variables of the body and of earlier clauses, not others of the same pattern.

import NQLPlan
import NQLSyntax
import NenCore

/// The slots of a body's elements.
struct BodyElements {
    var nodes: [Slot] = []
    var relationships: [Slot] = []
    var names: [String: Slot] = [:]
    var groups: [PathGroup] = []
    /// A name that stands twice in the body is one node.
    var equalities: [PlanExpression] = []
}

extension RelationshipPattern {
    /// The body of a quantified path, or of what is short for one: `-[r:R]->+` is
    /// `(()-[r:R]->())+`.
    var expandedBody: QuantifiedBody {
        if let body { return body }
        var single = self
        single.length = nil
        return QuantifiedBody(
            nodes: [.implicit, .implicit], relationships: [single], predicates: [])
    }

    /// A quantified path over nothing but one relationship is a quantified relationship.
    var abbreviated: RelationshipPattern {
        guard let body, body.relationships.count == 1, body.predicates.isEmpty,
            body.nodes.allSatisfy(\.isBlank)
        else { return self }
        var single = body.relationships[0]
        single.length = length
        single.span = span
        return single
    }
}

extension NodePattern {
    /// Whether the node asks for nothing and has no name.
    fileprivate var isBlank: Bool {
        variable == nil && labels == nil && properties == nil && predicate == nil
    }
}

extension Binder {
    /// Gives each element of a body its slot, and its name outside a list.
    func declareBody(
        _ body: QuantifiedBody, _ scope: inout Scope, _ pattern: inout BoundPattern
    ) throws(NQLError) -> BodyElements {
        var elements = BodyElements()
        for (index, node) in body.nodes.enumerated() {
            elements.nodes.append(
                try declare(node.variable, .node, &elements, &scope, &pattern))
            guard index < body.relationships.count else { continue }
            let name = body.relationships[index].variable
            elements.relationships.append(
                try declare(name, .relationship, &elements, &scope, &pattern))
        }
        return elements
    }

    private func declare(
        _ name: Name?, _ type: NQLType, _ elements: inout BodyElements, _ scope: inout Scope,
        _ pattern: inout BoundPattern
    ) throws(NQLError) -> Slot {
        guard let name else { return hiddenSlot(type) }
        let slot = newSlot(name.text, type)
        if let first = elements.names[name.text] {
            if slots[first].type != type {
                let expected = type == .node ? "Node" : "Relationship"
                throw typeConflict(name, expected: expected, found: slots[first].type)
            }
            if type == .relationship, !pattern.isRepeatable { throw repeatedRelationship(name) }
            elements.equalities.append(
                PlanExpression(.binary(.equal, read(first), read(slot)), type: .boolean))
            return slot
        }
        elements.names[name.text] = slot
        let list = newSlot(name.text, .list(type))
        elements.groups.append(PathGroup(element: slot, list: list))
        scope[name.text] = list
        pattern.newNames.append(name)
        return slot
    }

    /// The body as a piece of a path; `outer` is what was bound before the clause.
    func bindBody(
        _ body: QuantifiedBody, _ elements: BodyElements, _ length: PathLength, _ outer: Scope,
        _ place: ExpressionContext
    ) throws(NQLError) -> PathPiece {
        var inner = ExpressionContext(scope: outer)
        for (name, slot) in elements.names { inner.scope[name] = slot }
        let before = scopeOfClause
        scopeOfClause = place.scope
        defer { scopeOfClause = before }
        var predicates = elements.equalities
        var nodes: [PathNode] = []
        for (node, slot) in zip(body.nodes, elements.nodes) {
            nodes.append(try bindVisit(node, slot, inner, &predicates))
        }
        var steps: [PathStep] = []
        for (relationship, slot) in zip(body.relationships, elements.relationships) {
            steps.append(try bindStep(relationship, slot, inner, &predicates))
        }
        for predicate in body.predicates {
            predicates += try bindCondition(predicate, inner).conjuncts
        }
        let bounds = graphLength(length)
        return PathPiece(
            nodes: nodes, steps: steps, minimum: bounds.minimum, maximum: bounds.maximum,
            predicates: predicates, groups: elements.groups, isPlain: false)
    }

    /// A node of a path that is matched as a whole; what needs evaluation goes to `predicates`.
    func bindVisit(
        _ node: NodePattern, _ slot: Slot, _ place: ExpressionContext,
        _ predicates: inout [PlanExpression]
    ) throws(NQLError) -> PathNode {
        var labels: PlanLabels?
        if let expression = node.labels {
            let bound = try bindLabels(expression, place)
            if bound.isDynamic {
                predicates.append(PlanExpression(.hasLabels(read(slot), bound), type: .boolean))
            } else {
                labels = bound
            }
        }
        predicates += try bindMatchedProperties(node.properties, slot, place)
        if let predicate = node.predicate {
            predicates += try bindCondition(predicate, place).conjuncts
        }
        return PathNode(slot: slot, labels: labels)
    }

    /// A relationship of such a path.
    func bindStep(
        _ relationship: RelationshipPattern, _ slot: Slot, _ place: ExpressionContext,
        _ predicates: inout [PlanExpression]
    ) throws(NQLError) -> PathStep {
        var step = PathStep(slot: slot, types: [], direction: relationship.direction)
        if let types = relationship.types {
            let labels = try bindLabels(types, place)
            if let names = labels.disjunctNames {
                step.types = names
            } else {
                predicates.append(PlanExpression(.hasLabels(read(slot), labels), type: .boolean))
            }
        }
        predicates += try bindMatchedProperties(relationship.properties, slot, place)
        if let predicate = relationship.predicate {
            predicates += try bindCondition(predicate, place).conjuncts
        }
        return step
    }

    func repeatedRelationship(_ name: Name) -> NQLError {
        .syntax(
            "RelationshipUniquenessViolation",
            "Relationship `\(name.text)` stands twice in one pattern, where every"
                + " relationship differs from the others.", at: name.span)
    }
}
