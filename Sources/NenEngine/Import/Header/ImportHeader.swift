// ImportHeader: the first record of the first file of an input, in the form of
// `neo4j-admin database import`: `personId:ID(Person)`, `age:int`, `:LABEL`, `:START_ID(Person)`,
// `:END_ID`, `:TYPE`, `:IGNORE`, `tags:string[]`. A column without a type is a string.

import NenCore

/// How the identifiers in `:ID`, `:START_ID` and `:END_ID` columns are read and stored.
public enum ImportIDType: String, Sendable, CaseIterable {
    case string
    case integer
}

/// What one column is for.
enum HeaderRole: Sendable, Hashable {
    /// The node's identifier, unique in `group`; stored as property `name` where there is one.
    case id(group: String, name: String?, type: ImportIDType?)
    case startID(group: String)
    case endID(group: String)
    /// Further labels, separated by the array delimiter.
    case label
    /// The relationship's type.
    case type
    case property(name: String, type: PropertyType)
    case ignored
}

/// Whether an input describes nodes or relationships.
enum ImportEntity: String, Sendable {
    case nodes
    case relationships
}

/// The columns of one input.
struct ImportHeader: Sendable, Hashable {
    var columns: [HeaderRole]
    /// The header's fields as written, for messages and for finding repeated headers.
    var fields: [String]

    /// Reads the header's fields.
    ///
    /// - Parameter place: File and line for messages.
    /// - Throws: `ArgumentError(InvalidHeader | UnsupportedType)`.
    init(
        fields: [String?], entity: ImportEntity, hasFixedType: Bool, place: String
    ) throws(NQLError) {
        var columns: [HeaderRole] = []
        for field in fields {
            columns.append(try ImportHeader.role(of: field ?? "", entity, place))
        }
        self.columns = columns
        self.fields = fields.map { $0 ?? "" }
        try validate(entity, hasFixedType: hasFixedType, place: place)
    }

    private static func invalid(_ place: String, _ text: String) -> NQLError {
        .runtime(.argument, "InvalidHeader", "\(place): \(text).")
    }

    private static func role(
        of field: String, _ entity: ImportEntity, _ place: String
    ) throws(NQLError) -> HeaderRole {
        let parts = try split(field, place)
        guard let kind = parts.kind, !kind.isEmpty else {
            guard !parts.name.isEmpty else { return .ignored }
            return .property(name: parts.name, type: PropertyType(.string))
        }
        switch kind {
        case "IGNORE": return .ignored
        case "ID":
            try expect(.nodes, entity, kind, place)
            return .id(
                group: parts.group ?? "", name: parts.name.isEmpty ? nil : parts.name,
                type: try idType(parts.options, place))
        case "LABEL":
            try expect(.nodes, entity, kind, place)
            return .label
        case "START_ID":
            try expect(.relationships, entity, kind, place)
            return .startID(group: parts.group ?? "")
        case "END_ID":
            try expect(.relationships, entity, kind, place)
            return .endID(group: parts.group ?? "")
        case "TYPE":
            try expect(.relationships, entity, kind, place)
            return .type
        default:
            guard !parts.name.isEmpty else {
                throw invalid(place, "the column '\(field)' has a type but no name")
            }
            var type = try PropertyType(name: kind, place: place)
            if let options = parts.options {
                for (key, value) in try entries(options, place) {
                    try type.take(key, value, place: place)
                }
            }
            return .property(name: parts.name, type: type)
        }
    }

    private static func expect(
        _ wanted: ImportEntity, _ entity: ImportEntity, _ kind: String, _ place: String
    ) throws(NQLError) {
        guard wanted == entity else {
            throw invalid(place, ":\(kind) is for \(wanted.rawValue), this is a header of "
                + entity.rawValue)
        }
    }

    /// Takes `name:KIND(group){options}` apart.
    private static func split(
        _ field: String, _ place: String
    ) throws(NQLError) -> (name: String, kind: String?, group: String?, options: String?) {
        guard let colon = field.lastIndex(of: ":", outsideBraces: true) else {
            return (field, nil, nil, nil)
        }
        let name = String(field[..<colon])
        var rest = String(field[field.index(after: colon)...])
        var options: String?
        if let brace = rest.firstIndex(of: "{") {
            guard rest.hasSuffix("}") else { throw invalid(place, "'\(field)' misses a '}'") }
            options = String(rest[rest.index(after: brace)...].dropLast())
            rest = String(rest[..<brace])
        }
        var group: String?
        if let open = rest.firstIndex(of: "(") {
            guard rest.hasSuffix(")") else { throw invalid(place, "'\(field)' misses a ')'") }
            group = String(rest[rest.index(after: open)...].dropLast())
            rest = String(rest[..<open])
        }
        return (name, rest, group, options)
    }

    /// `id-type:long` and the like; nil when the command's option decides.
    private static func idType(
        _ options: String?, _ place: String
    ) throws(NQLError) -> ImportIDType? {
        guard let options else { return nil }
        var type: ImportIDType?
        for (key, value) in try entries(options, place) {
            switch (key, value.lowercased()) {
            case ("id-type", "int"), ("id-type", "long"), ("id-type", "integer"): type = .integer
            case ("id-type", "string"): type = .string
            // The label under which a later import would look the node up.
            case ("label", _): break
            default:
                throw invalid(
                    place, "the option '{\(options)}' is unknown; known are id-type:long|string "
                        + "and label:…")
            }
        }
        return type
    }

    /// `key:value, …`, values perhaps in quotes.
    private static func entries(
        _ options: String, _ place: String
    ) throws(NQLError) -> [(key: String, value: String)] {
        var entries: [(key: String, value: String)] = []
        for part in options.split(separator: ",") {
            let pair = part.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else {
                throw invalid(place, "'{\(options)}' is not of the form {key:value}")
            }
            let blank: Set<Character> = [" ", "\t", "'", "\""]
            entries.append((pair[0].trimming(blank), pair[1].trimming(blank)))
        }
        return entries
    }

    private func validate(
        _ entity: ImportEntity, hasFixedType: Bool, place: String
    ) throws(NQLError) {
        var starts = 0, ends = 0, types = 0, ids = 0, labels = 0
        var names: Set<String> = []
        for column in columns {
            switch column {
            case .startID: starts += 1
            case .endID: ends += 1
            case .type: types += 1
            case .label: labels += 1
            case .id(_, let name, _):
                ids += 1
                if let name, !names.insert(name).inserted { throw repeated(name, place) }
            case .property(let name, _):
                if !names.insert(name).inserted { throw repeated(name, place) }
            case .ignored: break
            }
        }
        if ids > 1 || labels > 1 || starts > 1 || ends > 1 || types > 1 {
            throw ImportHeader.invalid(
                place, "a column of identifiers, labels or types stands twice")
        }
        guard entity == .relationships else { return }
        if starts == 0 || ends == 0 {
            throw ImportHeader.invalid(
                place, "a header of relationships needs :START_ID and :END_ID")
        }
        if types == 0, !hasFixedType {
            throw ImportHeader.invalid(
                place, "no relationship type: write TYPE=file or add a :TYPE column")
        }
    }

    private func repeated(_ name: String, _ place: String) -> NQLError {
        ImportHeader.invalid(place, "the property '\(name)' stands twice")
    }

    /// Whether a record is this header again, with or without types.
    func isRepeated(by record: [String?]) -> Bool {
        guard record.count == fields.count else { return false }
        for (field, found) in zip(fields, record) {
            let found = found ?? ""
            if found == field { continue }
            guard let colon = field.firstIndex(of: ":"), found == field[..<colon] else {
                return false
            }
        }
        return true
    }
}

extension Substring {
    /// Without these characters at both ends.
    fileprivate func trimming(_ characters: Set<Character>) -> String {
        var rest = self
        while let first = rest.first, characters.contains(first) { rest = rest.dropFirst() }
        while let last = rest.last, characters.contains(last) { rest = rest.dropLast() }
        return String(rest)
    }
}

extension String {
    /// The last `character`, not looking into `{…}`.
    fileprivate func lastIndex(of character: Character, outsideBraces: Bool) -> String.Index? {
        let limit = firstIndex(of: "{") ?? endIndex
        return self[..<limit].lastIndex(of: character)
    }
}
