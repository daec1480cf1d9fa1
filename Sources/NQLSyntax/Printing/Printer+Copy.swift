// Printer+Copy: COPY … FROM and COPY … TO, BACKUP … TO.

import NenCore

extension Printer {
    mutating func write(_ copy: CopyFrom) {
        write("COPY ")
        switch copy.target {
        case .nodes(let labels): write(labels, separator: ":") { $0.writeSymbol($1.text) }
        case .relationships(let from, let type, let to):
            write(from)
            write("-[:")
            writeSymbol(type.text)
            write("]->")
            write(to)
        }
        write(" FROM ")
        write(copy.source)
        write(copy.options)
    }

    mutating func write(_ copy: CopyTo) {
        write("COPY (")
        writeInner(copy.query)
        write(") TO ")
        write(copy.destination)
        write(copy.options)
    }

    mutating func write(_ command: BackupCommand) {
        switch command.kind {
        case .changes: write("BACKUP TO ")
        case .full: write("BACKUP FULL TO ")
        case .log: write("BACKUP LOG TO ")
        }
        write(command.destination)
    }

    private mutating func write(_ end: CopyEnd) {
        write("(:")
        writeSymbol(end.label.text)
        write(" {")
        writeSymbol(end.key.text)
        write("})")
    }

    private mutating func write(_ options: [CopyOption]) {
        if options.isEmpty { return }
        write(" (")
        write(options) { printer, option in
            printer.writeSymbol(option.name.text.uppercased())
            if let value = option.value {
                printer.write(" ")
                printer.write(value)
            }
        }
        write(")")
    }
}
