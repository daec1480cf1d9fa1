// Binder+Updates: CREATE, MERGE, SET, REMOVE, DELETE and FOREACH.

import NQLPlan
import NQLSyntax
import NenCore

/// Whether a pattern is created outright or when it is not found.
enum CreationRole {
    case create, merge
}

extension Binder {
    func bindUpdate(_ clause: Clause, _ state: inout QueryState) throws(NQLError) {
        switch clause.kind {
        case .create(let patterns), .insert(let patterns): try bindCreate(patterns, &state)
        case .merge(let merge): try bindMerge(merge, &state)
        case .set(let items):
            let operations = try bindSetItems(items, state.scope)
            state.add(.update(.set(operations), isBlocking: true))
        case .remove(let items):
            let operations = try bindRemoveItems(items, state.scope)
            state.add(.update(.set(operations), isBlocking: true))
        case .delete(let expressions, let detach):
            let targets = try bindDeletions(expressions, state.scope)
            state.add(.update(.delete(targets, detach: detach), isBlocking: true))
        case .foreach(let variable, let list, let body):
            try bindForeach(variable, list, body, &state)
        default: throw unbound(clause.kind.keyword, clause.span)
        }
    }

    /// Binds the update clauses of one kind that `clauses` begins with as one operator; returns how
    /// many, nil when there is but one, or when the difference could be seen: with more than one
    /// row, a clause sees all that the one before did for all rows. Dumps have thousands of CREATE
    /// in one statement.
    func bindRun(
        _ clauses: ArraySlice<Clause>, _ state: inout QueryState
    ) throws(NQLError) -> Int? {
        guard let most = state.plan.promise.maximum, most <= 1, let first = clauses.first else {
            return nil
        }
        let run = clauses.prefix { $0.kind.joins(first.kind) }
        guard run.count > 1 else { return nil }
        switch first.kind {
        case .create, .insert:
            let patterns = run.flatMap { clause -> [PathPattern] in
                switch clause.kind {
                case .create(let patterns), .insert(let patterns): patterns
                default: []
                }
            }
            try bindCreate(patterns, &state)
        case .set, .remove:
            var operations: [SetOperation] = []
            for clause in run {
                switch clause.kind {
                case .set(let items): operations += try bindSetItems(items, state.scope)
                case .remove(let items): operations += try bindRemoveItems(items, state.scope)
                default: break
                }
            }
            state.add(.update(.set(operations), isBlocking: true))
        case .delete(_, let detach):
            var targets: [PlanExpression] = []
            for clause in run {
                if case .delete(let expressions, _) = clause.kind {
                    targets += try bindDeletions(expressions, state.scope)
                }
            }
            state.add(.update(.delete(targets, detach: detach), isBlocking: true))
        default: return nil
        }
        return run.count
    }

    private func bindCreate(
        _ patterns: [PathPattern], _ state: inout QueryState
    ) throws(NQLError) {
        let before = state.scope
        var spec = CreateSpec(elements: [], paths: [])
        for pattern in patterns {
            try addCreation(pattern, before, &state.scope, .create, elements: nil, &spec)
        }
        state.add(.update(.create(spec), isBlocking: true))
    }

    /// Adds what `pattern` creates. `elements` gives the slots when they exist already (MERGE).
    private func addCreation(
        _ pattern: PathPattern, _ before: Scope, _ scope: inout Scope, _ role: CreationRole,
        elements known: PatternElements?, _ spec: inout CreateSpec
    ) throws(NQLError) {
        try checkCreation(pattern)
        let outer = known == nil ? scope : before
        var elements = PatternElements(nodes: [], relationships: [], path: nil)
        let isAlone = pattern.relationships.isEmpty
        for (index, node) in pattern.nodes.enumerated() {
            let slot = try addNode(
                node, before, outer, &scope, isAlone: isAlone, slot: known?.nodes[index], &spec)
            elements.nodes.append(slot)
        }
        for (index, relationship) in pattern.relationships.enumerated() {
            let (left, right) = (elements.nodes[index], elements.nodes[index + 1])
            let slot = try addRelationship(
                relationship, before, &scope, role, left: left, right: right,
                slot: known?.relationships[index], &spec)
            elements.relationships.append(slot)
        }
        if let name = pattern.variable {
            if known == nil, scope[name.text] != nil { throw alreadyBound(name) }
            let slot = known?.path ?? newSlot(name.text, .path)
            scope[name.text] = slot
            spec.paths.append(
                SlotAssignment(slot: slot, expression: elements.pathExpression(self)))
        }
    }

    /// Selectors, modes and what stands in parentheses are for MATCH.
    private func checkCreation(_ pattern: PathPattern) throws(NQLError) {
        var what: String?
        if pattern.relationships.contains(where: { $0.body != nil }) {
            what = "A quantified path"
        } else if pattern.selector?.isFunction == true {
            what = "A shortest path"
        } else if pattern.selector != nil {
            what = "A path with a selector"
        } else if let mode = pattern.mode {
            what = "A path with the mode \(mode.keyword)"
        } else if pattern.isNamedOrFiltered {
            what = "A path with a name or a condition in its parentheses"
        }
        if let what {
            throw .syntax("UnexpectedSyntax", "\(what) can be matched only.", at: pattern.span)
        }
    }

    private func addNode(
        _ node: NodePattern, _ before: Scope, _ outer: Scope, _ scope: inout Scope,
        isAlone: Bool, slot known: Slot?, _ spec: inout CreateSpec
    ) throws(NQLError) -> Slot {
        if let predicate = node.predicate {
            throw .syntax(
                "UnexpectedSyntax", "WHERE cannot stand in a pattern that is created.",
                at: predicate.span)
        }
        let isDeclared = node.variable.map { isKnown($0.text, outer, scope, known, spec) }
        if let name = node.variable, isDeclared == true, let slot = scope[name.text] {
            let isBare = node.labels == nil && node.properties == nil
            if isAlone || !isBare { throw alreadyBound(name) }
            guard slots[slot].type.mayBe(.node) else {
                throw typeConflict(name, expected: "Node", found: slots[slot].type)
            }
            return slot
        }
        // Elements further left exist when this one is created.
        let at = ExpressionContext(scope: known == nil ? scope : before)
        var labels: [PlanLabelName] = []
        if let expression = node.labels { labels = try bindLabelNames(expression, at) }
        let properties = try bindCreatedProperties(node.properties, at)
        let slot = known ?? newSlot(node.variable?.text ?? "anon_\(slots.count)", .node)
        if let name = node.variable { scope[name.text] = slot }
        spec.add(
            .node(
                CreateNode(
                    slot: slot, labels: labels, properties: properties, span: node.span)))
        return slot
    }

    /// Whether the name stands for a node that exists before this element is created.
    private func isKnown(
        _ name: String, _ outer: Scope, _ scope: Scope, _ known: Slot?, _ spec: CreateSpec
    ) -> Bool {
        if outer[name] != nil { return true }
        if known == nil { return scope[name] != nil }
        return scope[name].map { spec.created.contains($0) } ?? false
    }

    private func addRelationship(
        _ relationship: RelationshipPattern, _ before: Scope, _ scope: inout Scope,
        _ role: CreationRole, left: Slot, right: Slot, slot known: Slot?,
        _ spec: inout CreateSpec
    ) throws(NQLError) -> Slot {
        let at = ExpressionContext(scope: known == nil ? scope : before)
        let type = try checkCreated(relationship, known == nil ? scope : before, role, at)
        let properties = try bindCreatedProperties(relationship.properties, at)
        let slot =
            known ?? newSlot(relationship.variable?.text ?? "anon_\(slots.count)", .relationship)
        if let name = relationship.variable { scope[name.text] = slot }
        let isIncoming = relationship.direction == .incoming
        spec.add(
            .relationship(
                CreateRelationship(
                    slot: slot, type: type, source: isIncoming ? right : left,
                    target: isIncoming ? left : right, properties: properties,
                    span: relationship.span)))
        return slot
    }

    /// The one type of a relationship to create, after all that makes it impossible.
    private func checkCreated(
        _ relationship: RelationshipPattern, _ outer: Scope, _ role: CreationRole,
        _ at: ExpressionContext
    ) throws(NQLError) -> PlanLabelName {
        if let length = relationship.length {
            throw .syntax(
                "CreatingVarLength", "A relationship of variable length cannot be created.",
                at: length.span)
        }
        if let name = relationship.variable, outer[name.text] != nil {
            throw alreadyBound(name)
        }
        if role == .create, relationship.direction == .both {
            throw .syntax(
                "RequiresDirectedRelationship", "A relationship to create needs a direction.",
                at: relationship.span, hint: "Write `-[…]->` or `<-[…]-`.")
        }
        if let predicate = relationship.predicate {
            throw .syntax(
                "UnexpectedSyntax", "WHERE cannot stand in a pattern that is created.",
                at: predicate.span)
        }
        switch relationship.types {
        case .name(let name): return .fixed(name.text)
        case .dynamic(let expression): return .dynamic(try bind(expression, at))
        case .dynamicAny(let expression): throw alternativesCreated(expression.span)
        default:
            throw .syntax(
                "NoSingleRelationshipType",
                "A relationship to create needs exactly one type.", at: relationship.span)
        }
    }

    private func alternativesCreated(_ span: SourceSpan) -> NQLError {
        .syntax(
            "UnexpectedSyntax",
            "`$any(…)` asks for one name of several; it can be matched only.", at: span,
            hint: "`$(…)` stands for all names of a list.")
    }

    private func bindLabelNames(
        _ labels: LabelExpression, _ at: ExpressionContext
    ) throws(NQLError) -> [PlanLabelName] {
        switch labels {
        case .name(let name): return [.fixed(name.text)]
        case .dynamic(let expression): return [.dynamic(try bind(expression, at))]
        case .and(let left, let right):
            return try bindLabelNames(left, at) + bindLabelNames(right, at)
        case .wildcard(let span):
            throw .syntax("UnexpectedSyntax", "A node is created with named labels.", at: span)
        case .dynamicAny(let expression): throw alternativesCreated(expression.span)
        case .not, .or:
            throw .syntax(
                "UnexpectedSyntax", "A node is created with named labels joined by `:` or `&`.",
                at: labels.span)
        }
    }

    private func bindCreatedProperties(
        _ properties: PatternProperties?, _ at: ExpressionContext
    ) throws(NQLError) -> PlanProperties {
        switch properties {
        case nil: return .entries(keys: [], values: [])
        case .parameter(let name, let span): return .map(try bindParameter(name, span))
        case .map(let entries, _):
            var values: [PlanExpression] = []
            for entry in entries { values.append(try bind(entry.value, at)) }
            return .entries(keys: entries.map(\.key.text), values: values)
        }
    }

    private func bindMerge(
        _ clause: MergeClause, _ state: inout QueryState
    ) throws(NQLError) {
        let before = state.scope
        let pattern = clause.pattern
        try checkCreation(pattern)
        for (node, isAlone) in pattern.nodes.map({ ($0, pattern.relationships.isEmpty) }) {
            guard let name = node.variable, before[name.text] != nil else { continue }
            let isBare = node.labels == nil && node.properties == nil
            if isAlone || !isBare { throw alreadyBound(name) }
        }
        for relationship in pattern.relationships {
            _ = try checkCreated(
                relationship, before, .merge, ExpressionContext(scope: before))
        }
        try checkMergeProperties(pattern, before)
        var inner = QueryState(plan: LogicalPlan(.argument(before.boundSlots)), scope: before)
        let bound = try bindPatterns([pattern], &inner.scope)
        inner.plan = LogicalPlan(.match(bound.graph), [inner.plan])
        if !bound.paths.isEmpty { inner.add(.project(bound.paths)) }
        var spec = CreateSpec(elements: [], paths: [])
        var scope = inner.scope
        try addCreation(
            pattern, before, &scope, .merge, elements: bound.elements[0], &spec)
        state.scope = scope
        let onCreate = try bindSetItems(clause.onCreate, scope)
        let onMatch = try bindSetItems(clause.onMatch, scope)
        state.add(
            .update(
                .merge(MergeSpec(create: spec, onCreate: onCreate, onMatch: onMatch)),
                isBlocking: true), right: inner.plan)
    }

    /// Properties of a MERGE may read only what was bound before.
    private func checkMergeProperties(
        _ pattern: PathPattern, _ before: Scope
    ) throws(NQLError) {
        let at = ExpressionContext(scope: before)
        let all = pattern.nodes.map(\.properties) + pattern.relationships.map(\.properties)
        for case .map(let entries, _)? in all {
            for entry in entries { _ = try bind(entry.value, at) }
        }
    }

    private func bindForeach(
        _ variable: Name, _ list: Expression, _ body: [Clause], _ state: inout QueryState
    ) throws(NQLError) {
        let source = try bind(list, ExpressionContext(scope: state.scope))
        guard source.type.mayBe(.list(.any)) else {
            throw invalidType(.syntax, expected: "a List", found: source, list.span)
        }
        // The variable may hide one of the clauses around.
        var element: NQLType = .any
        if case .list(let inner) = source.type { element = inner }
        let slot = newSlot(variable.text, element)
        var inner = QueryState(
            plan: LogicalPlan(.argument(state.scope.boundSlots.union([slot]))),
            scope: state.scope)
        inner.scope[variable.text] = slot
        var rest = body[...]
        while let clause = rest.first {
            switch clause.kind {
            case .create, .insert, .merge, .set, .remove, .delete, .foreach:
                let count = try bindRun(rest, &inner)
                if count == nil { try bindUpdate(clause, &inner) }
                rest.removeFirst(count ?? 1)
            default:
                throw .syntax(
                    "InvalidClauseComposition",
                    "\(clause.kind.keyword) cannot stand in FOREACH.", at: clause.span,
                    hint: "FOREACH takes update clauses only.")
            }
        }
        state.add(
            .update(.foreach(list: source, element: slot), isBlocking: true), right: inner.plan)
    }
}

extension ClauseKind {
    /// Whether this clause may be one operator with an update clause of kind `other` before it.
    fileprivate func joins(_ other: ClauseKind) -> Bool {
        switch (self, other) {
        case (.create, .create), (.create, .insert), (.insert, .create), (.insert, .insert),
            (.set, .set), (.set, .remove), (.remove, .set), (.remove, .remove):
            true
        case (.delete(_, let mine), .delete(_, let its)): mine == its
        default: false
        }
    }
}

extension LabelExpression {
    /// The place of the whole expression.
    var span: SourceSpan {
        switch self {
        case .name(let name): name.span
        case .dynamic(let expression), .dynamicAny(let expression): expression.span
        case .wildcard(let span): span
        case .not(let inner): inner.span
        case .and(let left, let right), .or(let left, let right): left.span.union(right.span)
        }
    }
}
