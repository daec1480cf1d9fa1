// OperatorKind+Text: title and details of operators, for EXPLAIN.

import NQLSyntax
import NenCore

extension OperatorKind {
    /// The operator's name in the field's terms.
    public var title: String {
        switch self {
        case .singleRow: "SingleRow"
        case .argument: "Argument"
        case .nodeScan: "NodeScan"
        case .indexSeek: "IndexSeek"
        case .relationshipScan: "RelationshipScan"
        case .entityByID: "EntityByID"
        case .filter: "Filter"
        case .project: "Project"
        case .expand: "Expand"
        case .expandInto: "ExpandInto"
        case .intersect: "Intersect"
        case .projectEndpoints: "ProjectEndpoints"
        case .semiExpandInto(_, let isAnti): isAnti ? "AntiExpandInto" : "SemiExpandInto"
        case .variableLengthExpand(let spec):
            spec.reach != nil ? "Reach" : spec.body == nil ? "VarLengthExpand" : "Repeat"
        case .shortestPath(let spec): spec.all ? "AllShortestPaths" : "ShortestPath"
        case .pathSearch: "PathSearch"
        case .unwind: "Unwind"
        case .aggregate: "Aggregate"
        case .distinct: "Distinct"
        case .sort: "Sort"
        case .topK: "TopK"
        case .partialSort: "PartialSort"
        case .skip: "Skip"
        case .limit: "Limit"
        case .eager: "Eager"
        case .transactions: "Transactions"
        case .hashJoin(let kind, _): kind.title
        case .cartesianProduct: "CartesianProduct"
        case .apply(let kind, _): kind.title
        case .unionAll: "UnionAll"
        case .create: "Create"
        case .merge: "Merge"
        case .set: "Set"
        case .delete(_, let detach, _): detach ? "DetachDelete" : "Delete"
        case .foreach: "Foreach"
        case .procedureCall: "ProcedureCall"
        case .loadCSV: "LoadCSV"
        case .weightAggregate: "WeightAggregate"
        case .storedCount: "StoredCount"
        case .weightScan: "WeightScan"
        case .produceResults: "ProduceResults"
        }
    }
}

extension JoinKind {
    package var title: String {
        switch self {
        case .inner: "HashJoin"
        case .leftOuter: "LeftOuterHashJoin"
        case .semi: "SemiJoin"
        case .anti: "AntiJoin"
        }
    }
}

extension ApplyKind {
    package var title: String {
        switch self {
        case .inner: "Apply"
        case .optional: "OptionalApply"
        case .semi: "SemiApply"
        case .anti: "AntiApply"
        case .mark: "MarkApply"
        case .count: "CountApply"
        case .collect: "CollectApply"
        case .effect: "EffectApply"
        }
    }
}

extension PlanPrinter {
    /// What the operator does, in one line.
    package func details(_ kind: OperatorKind) -> String {
        switch kind {
        case .singleRow, .argument, .eager, .cartesianProduct: ""
        case .transactions(let rules): rules
        case .nodeScan(let node, let labels):
            "(\(name(node))\(labels.map { ":" + text($0) } ?? ""))"
        case .indexSeek(let seek): details(seek)
        case .relationshipScan(let spec), .expand(let spec), .expandInto(let spec),
            .projectEndpoints(let spec), .semiExpandInto(let spec, _):
            details(spec, length: nil)
        case .intersect(let spec):
            "(\(name(spec.to))\(spec.labels.map { ":" + text($0) } ?? "")): "
                + spec.steps.map { details($0, length: nil) }.joined(separator: ", ")
        case .variableLengthExpand(let spec): details(spec)
        case .shortestPath(let spec):
            details(spec.expand) + (spec.stepCount.map { ", steps AS \(name($0))" } ?? "")
        case .pathSearch(let spec): details(spec)
        case .entityByID(let seek): details(seek)
        case .filter(let predicates): predicates.map(text).joined(separator: " AND ")
        case .project(let items): text(items)
        case .unwind(let list, let element): "\(text(list)) AS \(name(element))"
        case .aggregate(let keys, let aggregates): details(keys, aggregates)
        case .distinct(let slots): list(slots)
        case .sort(let keys): details(keys)
        case .topK(let keys, let count): "\(details(keys)) LIMIT \(text(count))"
        case .partialSort(let keys, let sorted):
            "\(details(keys)), sorted by \(details(Array(keys.prefix(sorted))))"
        case .skip(let count), .limit(let count): text(count)
        case .hashJoin(_, let keys):
            keys.map { key in
                key.left.plainSlot == key.right
                    ? name(key.right) : "\(text(key.left)) = \(name(key.right))"
            }.joined(separator: ", ")
        case .apply(let kind, let isPerRow): details(kind, isPerRow)
        case .unionAll(let targets, _): list(targets)
        case .produceResults(let columns):
            columns.map { column in
                name(column.slot) == column.name
                    ? column.name : "\(name(column.slot)) AS \(column.name)"
            }.joined(separator: ", ")
        case .weightAggregate(let program): "\(name(program.slot)) = \(details(program))"
        case .storedCount(.nodes(let labels), let slot):
            "\(name(slot)) = (\(labels.map { ":" + text($0) } ?? ""))"
        case .storedCount(.relationships(let types, let direction), let slot):
            "\(name(slot)) = ()\(direction == .incoming ? "<" : "")-["
                + (types.isEmpty ? "" : ":" + types.joined(separator: "|"))
                + "]-\(direction == .outgoing ? ">" : "")()"
        case .weightScan(let program): "(\(name(program.slot))) × \(details(program))"
        case .create, .merge, .set, .delete, .foreach, .procedureCall, .loadCSV:
            updateDetails(kind)
        }
    }

    private func updateDetails(_ kind: OperatorKind) -> String {
        switch kind {
        case .create(let spec, let isBlocking): details(spec) + mode(isBlocking)
        case .merge(let spec, let isBlocking): details(spec.create) + mode(isBlocking)
        case .set(let items, let isBlocking):
            items.map(details).joined(separator: ", ") + mode(isBlocking)
        case .delete(let items, _, let isBlocking): list(items) + mode(isBlocking)
        case .foreach(let list, let element, let isBlocking):
            "\(name(element)) IN \(text(list))" + mode(isBlocking)
        case .procedureCall(let call):
            "\(call.name)(\(list(call.arguments)))"
                + (call.yields.isEmpty ? "" : " YIELD \(list(call.yields.map(\.slot)))")
        case .loadCSV(let spec): "\(text(spec.source)) AS \(name(spec.slot))"
        default: ""
        }
    }

    private func mode(_ isBlocking: Bool) -> String { isBlocking ? "" : " (streaming)" }

    private func details(_ seek: IndexSeek) -> String {
        var parts = seek.equals.map { "= \(text($0))" }
        if seek.isList, let last = parts.popLast() { parts.append("IN" + last.dropFirst()) }
        if let bound = seek.lower {
            parts.append("\(bound.isInclusive ? ">=" : ">") \(text(bound.value))")
        }
        if let bound = seek.upper {
            parts.append("\(bound.isInclusive ? "<=" : "<") \(text(bound.value))")
        }
        if let prefix = seek.prefix { parts.append("STARTS WITH \(text(prefix))") }
        var words = ["(\(name(seek.slot)))", seek.index.name]
        if !parts.isEmpty { words.append(parts.joined(separator: ", ")) }
        switch seek.order {
        case .ascending: words.append("ASC")
        case .descending: words.append("DESC")
        case nil: break
        }
        if seek.includesUnindexed { words.append("with null") }
        return words.joined(separator: " ")
    }

    private func details(_ seek: IdentitySeek) -> String {
        let function = seek.isElementID ? "elementId" : "id"
        return "\(function)(\(name(seek.slot))) \(seek.isList ? "IN" : "=") \(text(seek.value))"
    }

    package func details(_ spec: ExpandSpec, length: String?) -> String {
        let relationship = spec.relationship.map(name) ?? ""
        let types = spec.types.isEmpty ? "" : ":" + spec.types.joined(separator: "|")
        let inner = relationship + types + (length ?? "")
        let body = inner.isEmpty ? "--" : "-[\(inner)]-"
        let (left, right) = (
            spec.direction == .incoming ? "<" : "", spec.direction == .outgoing ? ">" : ""
        )
        let near = name(spec.from) + (spec.fromLabels.map { ":" + text($0) } ?? "")
        let far = name(spec.to) + (spec.toLabels.map { ":" + text($0) } ?? "")
        var result = "(\(near))\(left)\(body)\(right)(\(far))"
        if !spec.differentFrom.isEmpty { result += " distinct from \(list(spec.differentFrom))" }
        if spec.provesDistinct { result += " distinct proven" }
        return result
    }

    private func details(_ keys: [SlotAssignment], _ aggregates: [AggregateCall]) -> String {
        let calls = aggregates.map { call in
            let arguments = call.arguments.isEmpty ? "*" : list(call.arguments)
            let distinct = call.isDistinct ? "DISTINCT " : ""
            return "\(call.function)(\(distinct)\(arguments)) AS \(name(call.slot))"
        }
        return ((keys.isEmpty ? [] : [text(keys)]) + calls).joined(separator: ", ")
    }

    private func details(_ keys: [SortKey]) -> String {
        keys.map { name($0.slot) + ($0.isDescending ? " DESC" : "") }.joined(separator: ", ")
    }

    private func details(_ kind: ApplyKind, _ isPerRow: Bool) -> String {
        var parts: [String] = []
        switch kind {
        case .mark(let slot), .count(let slot): parts.append(name(slot))
        case .collect(let slot, let value): parts.append("\(name(value)) AS \(name(slot))")
        default: break
        }
        if isPerRow { parts.append("per row") }
        return parts.joined(separator: ", ")
    }

    private func details(_ spec: CreateSpec) -> String {
        spec.elements.map { element in
            switch element {
            case .node(let node): return "(\(name(node.slot))\(text(node.labels)))"
            case .relationship(let relationship):
                let type = text([relationship.type])
                return "(\(name(relationship.source)))-[\(name(relationship.slot))\(type)]->"
                    + "(\(name(relationship.target)))"
            }
        }.joined(separator: ", ")
    }

    private func text(_ labels: [PlanLabelName]) -> String {
        labels.map { label in
            switch label {
            case .fixed(let name): ":\(name)"
            case .dynamic(let expression): ":$(\(text(expression)))"
            }
        }.joined()
    }

    private func details(_ item: SetOperation) -> String {
        switch item {
        case .property(let entity, let key, let value): "\(text(entity)).\(key) = \(text(value))"
        case .dynamicProperty(let entity, let key, let value):
            "\(text(entity))[\(text(key))] = \(text(value))"
        case .replaceProperties(let entity, let value): "\(text(entity)) = \(text(value))"
        case .addProperties(let entity, let value): "\(text(entity)) += \(text(value))"
        case .addLabels(let entity, let labels): "\(text(entity))\(text(labels))"
        case .removeLabels(let entity, let labels): "REMOVE \(text(entity))\(text(labels))"
        }
    }

    private func details(_ program: WeightProgram) -> String {
        let terms = program.terms.map { term in
            let sign = term.coefficient == 1 ? "" : "\(term.coefficient)·"
            return sign + text(term.root)
        }
        let shown = terms.prefix(3).joined(separator: " + ")
        let more = terms.count > 3 ? " + …\(terms.count - 3)" : ""
        return "\(shown)\(more)"
    }

    private func text(_ node: WeightNode) -> String {
        let labels = node.labels.map { ":" + text($0) } ?? ""
        let filter = node.predicates.isEmpty ? "" : " WHERE …"
        var branches = node.branches.map { branch in
            var mark = branch.exponent == 1 ? "" : "^\(branch.exponent)"
            switch branch.effect {
            case .product: break
            case .optional: mark += "?"
            case .exists: mark += "∃"
            case .absent: mark += "∄"
            }
            return arrow(branch.types, branch.direction, mark) + text(branch.node)
        }
        if let cycle = node.cycle { branches.append(text(cycle)) }
        let below: String
        switch branches.count {
        case 0: below = ""
        case 1: below = branches[0]
        default: below = "{\(branches.joined(separator: ", "))}"
        }
        return "(\(name(node.slot))\(labels)\(filter))\(below)"
    }

    private func arrow(_ types: [String], _ direction: PatternDirection, _ mark: String) -> String {
        let left = direction == .incoming ? "<" : ""
        let right = direction == .outgoing ? ">" : ""
        let types = types.isEmpty ? "" : ":" + types.joined(separator: "|")
        return "\(left)-[\(types)]\(mark)-\(right)"
    }

    /// Both ways to where they meet: `[-[:R]->(b)-[:R]-> ∩ -[:R]->](c)`; `[△ …]` where each
    /// triangle is met once, `[⊞ …]` where the last step is looked up for pairs.
    private func text(_ cycle: WeightCycle) -> String {
        let ways = [cycle.left, cycle.right].map { steps in
            steps.map { step in
                arrow(step.types, step.direction, step.isExistence ? "∃" : "")
                    + (step.node.map(text) ?? "")
            }.joined()
        }
        let mark =
            switch cycle.method {
            case .marks: ""
            case .triangles: "△ "
            case .pairs: "⊞ "
            }
        return "[\(mark)\(ways[0]) ∩ \(ways[1])]\(text(cycle.meeting))"
    }
}
