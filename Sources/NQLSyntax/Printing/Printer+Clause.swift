// Printer+Clause: one function per family of clauses.

import NenCore

extension Printer {
    mutating func write(_ clause: Clause) {
        switch clause.kind {
        case .match(let match):
            write(match.isOptional ? "OPTIONAL MATCH " : "MATCH ")
            if let mode = match.mode { write("\(mode.keyword) ") }
            write(match.patterns) { $0.write($1) }
            writeWhere(match.predicate)
        case .unwind(let list, let variable):
            write("UNWIND ")
            write(list)
            writeAlias(variable)
        case .with(let projection, let predicate):
            write("WITH ")
            write(projection)
            writeWhere(predicate)
        case .returning(let projection):
            write("RETURN ")
            write(projection)
        case .callProcedure(let call): write(call)
        case .callSubquery(let call): write(call)
        case .loadCSV(let load): write(load)
        case .letting, .filter, .forEach, .page, .finish, .conditional, .block:
            writeComposition(clause)
        case .create, .insert, .merge, .set, .remove, .delete, .foreach: writeUpdate(clause)
        }
    }

    private mutating func writeUpdate(_ clause: Clause) {
        switch clause.kind {
        case .create(let patterns):
            write("CREATE ")
            write(patterns) { $0.write($1) }
        case .insert(let patterns):
            write("INSERT ")
            write(patterns) { $0.write($1) }
        case .merge(let merge):
            write("MERGE ")
            write(merge.pattern)
            writeSetItems(merge.onCreate, " ON CREATE SET ")
            writeSetItems(merge.onMatch, " ON MATCH SET ")
        case .set(let items): writeSetItems(items, "SET ")
        case .remove(let items):
            write("REMOVE ")
            write(items) { $0.write($1) }
        case .delete(let expressions, let detach):
            write(detach ? "DETACH DELETE " : "DELETE ")
            write(expressions) { $0.write($1) }
        case .foreach(let variable, let list, let body):
            write("FOREACH (")
            writeVariable(variable.text)
            write(" IN ")
            write(list)
            write(" | ")
            let outer = clauseSeparator
            clauseSeparator = " "
            write(body, separator: " ") { $0.write($1) }
            clauseSeparator = outer
            write(")")
        default: preconditionFailure("no update: \(clause.kind)")
        }
    }

    mutating func writeAlias(_ name: Name) {
        write(" AS ")
        writeVariable(name.text)
    }

    // MARK: Projections

    private mutating func write(_ projection: Projection) {
        if projection.isDistinct { write("DISTINCT ") }
        if projection.includesAll { write(projection.items.isEmpty ? "*" : "*, ") }
        write(projection.items) { $0.write($1) }
        if !projection.orderBy.isEmpty || projection.skip != nil || projection.limit != nil {
            write(" ")
        }
        writePage(projection.orderBy, projection.skip, projection.limit)
    }

    /// `ORDER BY … SKIP … LIMIT …`, what there is of it.
    mutating func writePage(_ orderBy: [SortItem], _ skip: Expression?, _ limit: Expression?) {
        var separator = ""
        if !orderBy.isEmpty {
            write("ORDER BY ")
            write(orderBy) { printer, item in
                printer.write(item.expression)
                if item.isDescending { printer.write(" DESC") }
            }
            separator = " "
        }
        if let skip {
            write(separator + "SKIP ")
            write(skip)
            separator = " "
        }
        if let limit {
            write(separator + "LIMIT ")
            write(limit)
        }
    }

    private mutating func write(_ item: ProjectionItem) {
        if let alias = item.alias {
            write(item.expression)
            writeAlias(alias)
        } else if item.sourceText.isEmpty {
            write(item.expression)
        } else {
            write(item.sourceText)
        }
    }

    // MARK: Updates

    private mutating func writeSetItems(_ items: [SetItem], _ keyword: String) {
        guard !items.isEmpty else { return }
        write(keyword)
        write(items) { $0.write($1) }
    }

    private mutating func write(_ item: SetItem) {
        switch item {
        case .property(let entity, let key, let value):
            write(Expression(.property(entity, key: key), entity.span))
            writeAssigned(" = ", value)
        case .dynamicProperty(let entity, let key, let value):
            write(Expression(.subscripted(entity, key), entity.span))
            writeAssigned(" = ", value)
        case .replaceProperties(let variable, let value):
            writeVariable(variable.text)
            writeAssigned(" = ", value)
        case .addProperties(let variable, let value):
            writeVariable(variable.text)
            writeAssigned(" += ", value)
        case .labels(let variable, let labels): write(labels, of: variable)
        }
    }

    private mutating func writeAssigned(_ sign: String, _ value: Expression) {
        write(sign)
        write(value)
    }

    private mutating func write(_ item: RemoveItem) {
        switch item {
        case .property(let entity, let key):
            write(Expression(.property(entity, key: key), entity.span))
        case .dynamicProperty(let entity, let key):
            write(Expression(.subscripted(entity, key), entity.span))
        case .labels(let variable, let labels): write(labels, of: variable)
        }
    }

    private mutating func write(_ labels: [LabelName], of variable: Name) {
        writeVariable(variable.text)
        for label in labels {
            write(":")
            switch label {
            case .fixed(let name): writeSymbol(name.text)
            case .dynamic(let expression): write(LabelExpression.dynamic(expression))
            }
        }
    }

    // MARK: Calls

    private mutating func write(_ call: ProcedureCall) {
        write(call.isOptional ? "OPTIONAL CALL " : "CALL ")
        writeQualifiedName(call.name.text)
        if let arguments = call.arguments {
            write("(")
            write(arguments) { $0.write($1) }
            write(")")
        }
        if call.yieldsAll { write(" YIELD *") }
        if let yields = call.yields {
            write(" YIELD ")
            write(yields)
        }
        writeWhere(call.predicate)
    }

    mutating func write(_ items: [YieldItem]) {
        write(items) { printer, item in
            printer.writeSymbol(item.field.text)
            if let alias = item.alias { printer.writeAlias(alias) }
        }
    }

    private mutating func write(_ load: LoadCSVClause) {
        write(load.withHeaders ? "LOAD CSV WITH HEADERS FROM " : "LOAD CSV FROM ")
        write(load.source)
        writeAlias(load.variable)
        if let terminator = load.fieldTerminator {
            write(" FIELDTERMINATOR ")
            writeString(terminator)
        }
    }
}
