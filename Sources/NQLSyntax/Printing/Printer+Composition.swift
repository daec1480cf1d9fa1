// Printer+Composition: the clauses that hold queries, and those that come from GQL.

import NenCore

extension Printer {
    mutating func writeComposition(_ clause: Clause) {
        switch clause.kind {
        case .letting(let items):
            write("LET ")
            write(items) { printer, item in
                printer.writeVariable(item.variable.text)
                printer.write(" = ")
                printer.write(item.value)
            }
        case .filter(let predicate):
            write("FILTER ")
            write(predicate)
        case .forEach(let loop): write(loop)
        case .page(let orderBy, let skip, let limit): writePage(orderBy, skip, limit)
        case .finish: write("FINISH")
        case .block(let query): writeBraced(query)
        case .conditional(let branches, let otherwise):
            write(branches, separator: clauseSeparator) { printer, branch in
                printer.write("WHEN ")
                printer.write(branch.condition)
                printer.write(" THEN ")
                printer.writeBraced(branch.body)
            }
            if let otherwise {
                write(clauseSeparator)
                write("ELSE ")
                writeBraced(otherwise)
            }
        default: preconditionFailure("no composition: \(clause.kind)")
        }
    }

    private mutating func writeBraced(_ query: Query) {
        write("{ ")
        writeInner(query)
        write(" }")
    }

    private mutating func write(_ loop: ForClause) {
        write("FOR ")
        writeVariable(loop.variable.text)
        write(" IN ")
        write(loop.list)
        if let position = loop.position {
            write(loop.countsFromOne ? " WITH ORDINALITY " : " WITH OFFSET ")
            writeVariable(position.text)
        }
    }

    mutating func write(_ call: SubqueryCall) {
        write(call.isOptional ? "OPTIONAL CALL " : "CALL ")
        switch call.imports {
        case .leadingWith: break
        case .all: write("(*) ")
        case .names(let names):
            write("(")
            write(names) { $0.writeVariable($1.text) }
            write(") ")
        }
        writeBraced(call.query)
        if let batches = call.batches { write(batches) }
    }

    private mutating func write(_ batches: TransactionBatches) {
        write(" IN ")
        if let concurrency = batches.concurrency {
            write(concurrency)
            write(" ")
        }
        write(batches.isConcurrent ? "CONCURRENT TRANSACTIONS" : "TRANSACTIONS")
        if let rowCount = batches.rowCount { writeRowCount(rowCount) }
        writeErrorRule(batches)
        if let status = batches.status {
            write(" REPORT STATUS")
            writeAlias(status)
        }
    }

    fileprivate mutating func writeRowCount(_ rowCount: Expression) {
        write(" OF ")
        write(rowCount)
        write(" ROWS")
    }

    fileprivate mutating func writeErrorRule(_ batches: TransactionBatches) {
        if let retry = batches.retry {
            write(" ON ERROR RETRY")
            if let seconds = retry.seconds {
                write(" FOR ")
                write(seconds)
                write(" SECONDS")
            }
            if batches.onError != .fail { write(" THEN \(batches.onError.rawValue)") }
        } else if batches.onError != .fail {
            write(" ON ERROR \(batches.onError.rawValue)")
        }
    }
}

extension TransactionBatches {
    /// Rows of one transaction and what happens when it fails, as a plan shows them.
    public var rulesText: String {
        var printer = Printer()
        if let rowCount {
            printer.writeRowCount(rowCount)
        } else {
            printer.write(" OF \(TransactionBatches.usualRowCount) ROWS")
        }
        printer.writeErrorRule(self)
        return String(printer.text.dropFirst())
    }
}
