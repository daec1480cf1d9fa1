// InputSet: the files of all inputs of one kind, opened, with their headers read.

import NenCore

/// One input ready to be parsed.
struct PreparedInput: Sendable {
    var names: [String]
    var plan: BlockPlan
    var files: [CSVFile]
    var tasks: [RangeTask]
}

/// All `--nodes` or all `--relationships` inputs.
struct InputSet: Sendable {
    var inputs: [PreparedInput]
    var tasks: [RangeTask]
    /// Bytes of all files.
    let byteCount: Int

    /// Opens the files and reads the headers.
    ///
    /// - Throws: `IOError`, `ArgumentError(InvalidHeader)`, …
    init(
        _ entity: ImportEntity, _ inputs: [ImportInput], _ options: GraphImportOptions
    ) throws(NQLError) {
        var prepared: [PreparedInput] = []
        for (number, input) in inputs.enumerated() {
            prepared.append(try InputSet.prepare(input, number, entity, options))
        }
        self.inputs = prepared
        tasks = prepared.flatMap(\.tasks)
        byteCount = prepared.reduce(0) { sum, input in
            sum + input.files.reduce(0) { $0 + $1.byteCount }
        }
    }

    private static func prepare(
        _ input: ImportInput, _ number: Int, _ entity: ImportEntity,
        _ options: GraphImportOptions
    ) throws(NQLError) -> PreparedInput {
        var files: [CSVFile] = []
        for path in input.paths {
            for name in try FilePattern.expand(path) { files.append(try CSVFile(path: name)) }
        }
        let reader = try CSVReader(file: files[0], dialect: options.dialect)
        guard let record = try reader.next() else {
            throw .runtime(
                .argument, "InvalidHeader",
                "'\(files[0].path)' is empty; it must begin with a header.")
        }
        let header = try ImportHeader(
            fields: record.fields, entity: entity, hasFixedType: !input.names.isEmpty,
            place: "\(files[0].path):\(record.line)")
        let plan = BlockPlan(header: header, entity: entity, options: options)
        var tasks: [RangeTask] = []
        for (index, file) in files.enumerated() {
            var start = file.contentStart
            var line = 1
            if index == 0 {
                (start, line) = reader.position
            } else if options.skipsRepeatedHeaders {
                let further = try CSVReader(file: file, dialect: options.dialect)
                if let first = try further.next(), header.isRepeated(by: first.fields) {
                    (start, line) = further.position
                }
            }
            guard start < file.byteCount else { continue }
            tasks += RangeTask.tasks(
                file: file, input: number, dataStart: start, firstLine: line,
                rangeByteCount: options.rangeByteCount)
        }
        return PreparedInput(names: input.names, plan: plan, files: files, tasks: tasks)
    }
}
