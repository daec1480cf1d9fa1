// Printer+Pattern: paths, nodes, relationships, labels and types.

import NenCore

extension Printer {
    mutating func write(_ pattern: PathPattern) {
        if let variable = pattern.variable {
            writeVariable(variable.text)
            write(" = ")
        }
        writePrefix(pattern.selector, pattern.mode)
        for _ in pattern.predicates { write("(") }
        if pattern.subpath != nil, pattern.predicates.isEmpty { write("(") }
        if let subpath = pattern.subpath {
            writeVariable(subpath.text)
            write(" = ")
        }
        writeChain(pattern.nodes, pattern.relationships)
        writePredicates(pattern.predicates)
        if pattern.subpath != nil, pattern.predicates.isEmpty { write(")") }
        if pattern.selector?.isFunction == true { write(")") }
    }

    /// Nodes and relationships in turn; quantified paths stand apart.
    private mutating func writeChain(
        _ nodes: [NodePattern], _ relationships: [RelationshipPattern]
    ) {
        if !nodes[0].isImplicit { write(nodes[0]) }
        for (index, relationship) in relationships.enumerated() {
            let isApart = relationship.body != nil
            if isApart, index > 0 || !nodes[0].isImplicit { write(" ") }
            write(relationship)
            let node = nodes[index + 1]
            if node.isImplicit { continue }
            if isApart { write(" ") }
            write(node)
        }
    }

    /// Each of them ends its pair of parentheses.
    private mutating func writePredicates(_ predicates: [Expression]) {
        for predicate in predicates {
            write(" WHERE ")
            write(predicate)
            write(")")
        }
    }

    private mutating func writePrefix(_ selector: PathSelector?, _ mode: PathMode?) {
        switch selector {
        case .shortestPath: write("shortestPath(")
        case .allShortestPaths: write("allShortestPaths(")
        case .all: write("ALL ")
        case .any(let count):
            write("ANY ")
            if let count { writeCount(count) }
        case .anyShortest: write("ANY SHORTEST ")
        case .allShortest: write("ALL SHORTEST ")
        case .shortest(let count):
            write("SHORTEST ")
            writeCount(count)
        case .shortestGroups(let count):
            write("SHORTEST ")
            if let count { writeCount(count) }
        case nil: break
        }
        if let mode { write("\(mode.keyword) ") }
        if case .shortestGroups = selector { write("GROUPS ") }
    }

    private mutating func writeCount(_ count: Expression) {
        write(count)
        write(" ")
    }

    private mutating func write(_ body: QuantifiedBody, _ length: PathLength?) {
        write("(")
        for _ in body.predicates.dropFirst() { write("(") }
        writeChain(body.nodes, body.relationships)
        writePredicates(body.predicates)
        if body.predicates.isEmpty { write(")") }
        if let length { writeQuantifier(length) }
    }

    private mutating func write(_ node: NodePattern) {
        write("(")
        var isEmpty = true
        if let variable = node.variable {
            writeVariable(variable.text)
            isEmpty = false
        }
        if let labels = node.labels {
            write(":")
            writeNodeLabels(labels)
            isEmpty = false
        }
        writeDetailEnd(node.properties, node.predicate, isEmpty: isEmpty)
        write(")")
    }

    private mutating func write(_ relationship: RelationshipPattern) {
        if let body = relationship.body {
            write(body, relationship.length)
            return
        }
        write(relationship.direction == .incoming ? "<-" : "-")
        let usesQuantifier = relationship.length?.isQuantifier ?? false
        // `--+` could be a subtraction in an expression.
        if relationship.hasDetail || (usesQuantifier && relationship.direction != .outgoing) {
            write("[")
            var isEmpty = true
            if let variable = relationship.variable {
                writeVariable(variable.text)
                isEmpty = false
            }
            if let types = relationship.types {
                write(":")
                write(types)
                isEmpty = false
            }
            if let length = relationship.length, !usesQuantifier {
                write("*")
                writeRange(length)
                isEmpty = false
            }
            writeDetailEnd(relationship.properties, relationship.predicate, isEmpty: isEmpty)
            write("]")
        }
        write(relationship.direction == .outgoing ? "->" : "-")
        if let length = relationship.length, usesQuantifier { writeQuantifier(length) }
    }

    /// Properties and predicate, with spaces where something stands before.
    private mutating func writeDetailEnd(
        _ properties: PatternProperties?, _ predicate: Expression?, isEmpty: Bool
    ) {
        var isEmpty = isEmpty
        if let properties {
            if !isEmpty { write(" ") }
            switch properties {
            case .map(let entries, _): write(entries)
            case .parameter(let name, _): writeParameter(name)
            }
            isEmpty = false
        }
        if let predicate {
            write(isEmpty ? "WHERE " : " WHERE ")
            write(predicate)
        }
    }

    /// What follows `*`.
    private mutating func writeRange(_ length: PathLength) {
        if let minimum = length.minimum, length.maximum == minimum {
            write(String(minimum))
            return
        }
        if let minimum = length.minimum { write(String(minimum)) }
        if length.minimum != nil || length.maximum != nil { write("..") }
        if let maximum = length.maximum { write(String(maximum)) }
    }

    /// `+`, `*` or `{1,3}` behind an arrow or a parenthesis.
    private mutating func writeQuantifier(_ length: PathLength) {
        let minimum = length.minimum ?? 0
        guard let maximum = length.maximum else {
            write(minimum == 0 ? "*" : minimum == 1 ? "+" : "{\(minimum),}")
            return
        }
        write(minimum == maximum ? "{\(minimum)}" : "{\(minimum),\(maximum)}")
    }

    // MARK: Labels

    /// The labels of a node: names that are all wanted are joined by colons.
    private mutating func writeNodeLabels(_ labels: LabelExpression) {
        let factors = labels.factors
        let areNames = factors.allSatisfy { factor in
            switch factor {
            case .name, .dynamic, .dynamicAny: true
            default: false
            }
        }
        if factors.count > 1, areNames {
            write(factors, separator: ":") { $0.write($1) }
        } else {
            write(labels)
        }
    }

    /// Labels that an expression tests; a `|` might end the expression and is kept inside
    /// parentheses.
    mutating func writeTestedLabels(_ labels: LabelExpression) {
        if case .or = labels {
            write("(")
            write(labels)
            write(")")
        } else {
            writeNodeLabels(labels)
        }
    }

    mutating func write(_ labels: LabelExpression) {
        switch labels {
        case .name(let name): writeSymbol(name.text)
        case .dynamic(let expression):
            write("$(")
            write(expression)
            write(")")
        case .dynamicAny(let expression):
            write("$any(")
            write(expression)
            write(")")
        case .wildcard: write("%")
        case .not(let inner):
            write("!")
            writeOperand(inner, isCompound: inner.isJoin)
        case .and:
            write(labels.factors, separator: "&") { printer, factor in
                if case .or = factor {
                    printer.writeOperand(factor, isCompound: true)
                } else {
                    printer.write(factor)
                }
            }
        case .or: write(labels.alternatives, separator: "|") { $0.write($1) }
        }
    }

    private mutating func writeOperand(_ labels: LabelExpression, isCompound: Bool) {
        if isCompound { write("(") }
        write(labels)
        if isCompound { write(")") }
    }

    // MARK: Types

    mutating func write(_ type: TypeName) {
        write(Printer.typeText(type.type, isNotNull: type.isNotNull))
    }

    /// A type as it stands behind `::`; a union in brackets, so that no bar is left outside.
    static func typeText(_ type: NQLType, isNotNull: Bool) -> String {
        if case .union = type { return "ANY<\(membersText(type, isNotNull))>" }
        return typeText(type) + (isNotNull ? " NOT NULL" : "")
    }

    private static func membersText(_ type: NQLType, _ isNotNull: Bool) -> String {
        type.members.map { typeText($0) + (isNotNull ? " NOT NULL" : "") }
            .joined(separator: " | ")
    }

    static func typeText(_ type: NQLType) -> String {
        switch type {
        case .any: "ANY"
        case .null: "NULL"
        case .boolean: "BOOLEAN"
        case .integer: "INTEGER"
        case .float: "FLOAT"
        case .number: "NUMBER"
        case .string: "STRING"
        case .date: "DATE"
        case .localTime: "LOCAL TIME"
        case .time: "ZONED TIME"
        case .localDateTime: "LOCAL DATETIME"
        case .dateTime: "ZONED DATETIME"
        case .duration: "DURATION"
        case .point: "POINT"
        case .nothing: "NOTHING"
        case .propertyValue: "PROPERTY VALUE"
        case .list(.notNull(let element)): "LIST<\(membersText(element, true))>"
        case .list(let element): "LIST<\(membersText(element, false))>"
        case .notNull(let inner): typeText(inner, isNotNull: true)
        case .union: typeText(type, isNotNull: false)
        case .map: "MAP"
        case .node: "NODE"
        case .relationship: "RELATIONSHIP"
        case .path: "PATH"
        }
    }
}

extension RelationshipPattern {
    /// Whether anything stands in the brackets.
    fileprivate var hasDetail: Bool {
        let isLong = length.map { !$0.isQuantifier } ?? false
        return variable != nil || types != nil || properties != nil || predicate != nil || isLong
    }
}

extension PathMode {
    /// The mode as it is written.
    public var keyword: String {
        switch self {
        case .walk: "WALK"
        case .trail: "TRAIL"
        case .acyclic: "ACYCLIC"
        case .simple: "SIMPLE"
        }
    }
}

extension MatchMode {
    /// The mode as it is written.
    public var keyword: String {
        switch self {
        case .differentRelationships: "DIFFERENT RELATIONSHIPS"
        case .repeatableElements: "REPEATABLE ELEMENTS"
        }
    }
}

extension LabelExpression {
    fileprivate var isJoin: Bool {
        switch self {
        case .and, .or: true
        default: false
        }
    }

    /// The terms of a chain of `|`, from left to right.
    var alternatives: [LabelExpression] {
        if case .or(let left, let right) = self { return left.alternatives + right.alternatives }
        return [self]
    }

    /// The terms of a chain of `&`, from left to right.
    var factors: [LabelExpression] {
        if case .and(let left, let right) = self { return left.factors + right.factors }
        return [self]
    }
}

extension NQLType {
    /// The type as it is written in NQL.
    public var written: String { Printer.typeText(self) }
}
