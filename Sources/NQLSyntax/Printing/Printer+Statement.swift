// Printer+Statement: queries, clauses, commands and schema definitions.

import NenCore

extension Printer {
    mutating func write(_ statement: Statement) {
        switch statement.mode {
        case .run: break
        case .explain(let style): write("EXPLAIN ", style)
        case .profile(let style): write("PROFILE ", style)
        }
        switch statement.kind {
        case .query(let query): write(query)
        case .begin(let readOnly): write(readOnly ? "BEGIN READ ONLY" : "BEGIN")
        case .commit: write("COMMIT")
        case .rollback: write("ROLLBACK")
        case .analyze: write("ANALYZE")
        case .checkpoint: write("CHECKPOINT")
        case .vacuum: write("VACUUM")
        case .backup(let command): write(command)
        case .createIndex(let definition): write(definition)
        case .dropIndex(let index, let ifExists): writeDrop(index, ifExists)
        case .createConstraint(let definition): write(definition)
        case .dropConstraint(let constraint, let ifExists): writeDrop(constraint, ifExists)
        case .createLookupIndex(let name, let entity): writeLookupIndex(name, entity)
        case .terminate(let ids):
            write("TERMINATE TRANSACTIONS ")
            write(ids) { $0.write($1) }
        case .show(let command): write(command)
        case .copyFrom(let copy): write(copy)
        case .copyTo(let copy): write(copy)
        case .setting(let change):
            write("SET \(change.setting.rawValue) = ")
            write(change.value)
        }
    }

    private mutating func write(_ word: String, _ style: ExplainStyle) {
        write(word)
        if style.isVerbose { write("VERBOSE ") }
        if style.format != .table { write("FORMAT \(style.format.rawValue) ") }
    }

    mutating func write(_ query: Query) {
        write(query.segments, separator: "\(clauseSeparator)NEXT\(clauseSeparator)") {
            $0.writeUnion($1)
        }
    }

    private mutating func writeUnion(_ query: Query) {
        for (index, part) in query.parts.enumerated() {
            if index > 0 {
                write(clauseSeparator)
                write(query.unionAll[index - 1] ? "UNION ALL" : "UNION")
                write(clauseSeparator)
            }
            write(part.clauses, separator: clauseSeparator) { $0.write($1) }
        }
    }

    /// A query within braces, on one line.
    mutating func writeInner(_ query: Query) {
        let outer = clauseSeparator
        clauseSeparator = " "
        write(query)
        clauseSeparator = outer
    }

    private mutating func write(_ command: ShowCommand) {
        write("SHOW \(command.filter.map { "\($0.words) " } ?? "")\(command.kind.rawValue)")
        if let yield = command.yield {
            write(" YIELD ")
            if let items = yield.items { write(items) } else { write("*") }
            if !yield.orderBy.isEmpty || yield.skip != nil || yield.limit != nil { write(" ") }
            writePage(yield.orderBy, yield.skip, yield.limit)
        }
        writeWhere(command.predicate)
        if let returning = command.returning {
            write(" ")
            write(Clause(.returning(returning), .none))
        }
    }

    // MARK: Schema

    private mutating func writeDrop(_ index: DroppedIndex, _ ifExists: Bool) {
        write("DROP INDEX ")
        switch index {
        case .named(let name): write(name)
        case .described(let label, let properties):
            write("ON :")
            writeSymbol(label.text)
            write("(")
            write(properties) { $0.writeSymbol($1.text) }
            write(")")
        }
        if ifExists { write(" IF EXISTS") }
    }

    private mutating func writeDrop(_ constraint: DroppedConstraint, _ ifExists: Bool) {
        write("DROP CONSTRAINT ")
        switch constraint {
        case .named(let name): write(name)
        case .described(let definition):
            write("ON ")
            writeSchemaPattern(definition.entity, definition.labelOrType)
            write(" ASSERT ")
            writeRule(definition)
        }
        if ifExists { write(" IF EXISTS") }
    }

    private mutating func writeLookupIndex(_ name: SchemaName?, _ entity: EntityKind) {
        write("CREATE LOOKUP INDEX ")
        if let name {
            write(name)
            write(" ")
        }
        write(entity == .node ? "FOR (n) ON EACH labels(n)" : "FOR ()-[r]-() ON EACH type(r)")
    }

    private mutating func write(_ name: SchemaName) {
        switch name {
        case .written(let name): writeSchemaName(name.text)
        case .parameter(let name): writeParameter(name.text)
        }
    }

    /// `CREATE what [name] [IF NOT EXISTS] FOR pattern`
    private mutating func writeSchemaHead(
        _ what: String, _ name: SchemaName?, _ ifNotExists: Bool, _ entity: EntityKind,
        _ labelOrType: Name
    ) {
        write("CREATE \(what) ")
        if let name {
            write(name)
            write(" ")
        }
        write(ifNotExists ? "IF NOT EXISTS FOR " : "FOR ")
        writeSchemaPattern(entity, labelOrType)
    }

    /// `(n:Label)` or `()-[r:TYPE]-()`
    private mutating func writeSchemaPattern(_ entity: EntityKind, _ labelOrType: Name) {
        write(entity == .node ? "(n:" : "()-[r:")
        writeSymbol(labelOrType.text)
        write(entity == .node ? ")" : "]-()")
    }

    private mutating func writeSchemaProperties(
        _ properties: [Name], _ entity: EntityKind, inParentheses: Bool
    ) {
        if inParentheses { write("(") }
        write(properties) { printer, property in
            printer.write(entity == .node ? "n." : "r.")
            printer.writeSymbol(property.text)
        }
        if inParentheses { write(")") }
    }

    private mutating func write(_ index: IndexDefinition) {
        writeSchemaHead("INDEX", index.name, index.ifNotExists, index.entity, index.labelOrType)
        write(" ON ")
        writeSchemaProperties(index.properties, index.entity, inParentheses: true)
    }

    private mutating func write(_ constraint: ConstraintDefinition) {
        writeSchemaHead(
            "CONSTRAINT", constraint.name, constraint.ifNotExists, constraint.entity,
            constraint.labelOrType)
        write(" REQUIRE ")
        writeRule(constraint)
    }

    /// The properties and what is asked of them.
    private mutating func writeRule(_ constraint: ConstraintDefinition) {
        writeSchemaProperties(
            constraint.properties, constraint.entity,
            inParentheses: constraint.properties.count > 1)
        switch constraint.kind {
        case .unique: write(" IS UNIQUE")
        case .exists: write(" IS NOT NULL")
        case .key: write(constraint.entity == .node ? " IS NODE KEY" : " IS RELATIONSHIP KEY")
        case .type(let type): write(" IS :: \(Printer.typeText(type))")
        }
    }
}

extension ShowFilter {
    /// How it is written in front of what it filters.
    fileprivate var words: String {
        switch self {
        case .indexType(let type): type
        case .constraint(let entity?, let kind): "\(entity.rawValue.uppercased()) \(kind.rawValue)"
        case .constraint(nil, let kind): kind.rawValue
        case .builtIn(let isBuiltIn): isBuiltIn ? "BUILT IN" : "USER DEFINED"
        }
    }
}
