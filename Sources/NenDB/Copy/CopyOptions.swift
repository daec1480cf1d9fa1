// CopyOptions: what stands in parentheses behind COPY, with its values.

import NQLSyntax
import NenCore
import NenEngine

/// How a file is written.
enum CopyFileKind: String, CaseIterable {
    case csv, json, jsonl
}

/// The options of one COPY.
struct CopyOptions {
    var format = CopyFormat()
    /// nil: by the file's name.
    var kind: CopyFileKind?

    private static func names(_ isReading: Bool) -> [String] {
        ["HEADER", "DELIMITER", "ARRAY_DELIMITER"] + (isReading ? ["COLUMNS"] : []) + ["FORMAT"]
    }

    /// - Parameter value: evaluates the expression of an option.
    init(
        _ options: [CopyOption], isReading: Bool, value: (Expression) throws -> Value
    ) throws {
        var seen: Set<String> = []
        for option in options {
            let name = option.name.text.uppercased()
            guard seen.insert(name == "DELIM" ? "DELIMITER" : name).inserted else {
                throw NQLError(
                    .argument, "InvalidCopyOption", phase: .compile,
                    "The option \(name) stands here twice.", span: option.name.span)
            }
            let given = try option.value.map(value) ?? .boolean(true)
            switch (name, given) {
            case ("HEADER", .boolean(let flag)): format.hasHeader = flag
            case ("DELIMITER", .string(let text)), ("DELIM", .string(let text)):
                try CopyOptions.check(text, option)
                format.delimiter = text
            case ("ARRAY_DELIMITER", .string(let text)):
                try CopyOptions.check(text, option)
                format.arrayDelimiter = text
            case ("COLUMNS", .list(let items)) where isReading:
                format.columns = try items.map { item in
                    guard case .string(let text) = item else {
                        throw CopyOptions.wrong(option, "a list of Strings")
                    }
                    return text
                }
            case ("FORMAT", .string(let text)):
                guard let known = CopyFileKind(rawValue: text.lowercased()),
                    !isReading || known == .csv
                else {
                    throw CopyOptions.wrong(
                        option, isReading ? "'csv'" : "'csv', 'json' or 'jsonl'")
                }
                kind = known
            default: throw CopyOptions.refuse(option, name, isReading)
            }
        }
    }

    /// Whether the text names a delimiter.
    private static func check(_ text: String, _ option: CopyOption) throws {
        do {
            _ = try CopyFormat.character(named: text, option: option.name.text.uppercased())
        } catch {
            var located = error
            located.span = option.value?.span ?? option.name.span
            throw located
        }
    }

    private static func wrong(_ option: CopyOption, _ what: String) -> NQLError {
        NQLError(
            .argument, "InvalidCopyOption", phase: .compile,
            "The option \(option.name.text.uppercased()) takes \(what).",
            span: option.value?.span ?? option.name.span)
    }

    private static func refuse(
        _ option: CopyOption, _ name: String, _ isReading: Bool
    ) -> NQLError {
        switch name {
        case "HEADER": return wrong(option, "true or false")
        case "DELIMITER", "DELIM", "ARRAY_DELIMITER": return wrong(option, "one character")
        case "COLUMNS" where isReading: return wrong(option, "a list of Strings")
        case "FORMAT": return wrong(option, "a String")
        default:
            let names = names(isReading)
            let near = NearMiss.suggestion(for: name, among: names)
            return NQLError(
                .argument, "InvalidCopyOption", phase: .compile,
                "COPY … \(isReading ? "FROM" : "TO") has no option \(name).",
                hint: near.map { "Did you mean \($0)?" }
                    ?? "The options are \(names.joined(separator: ", ")).",
                span: option.name.span)
        }
    }
}
