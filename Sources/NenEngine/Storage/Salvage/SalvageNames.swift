// SalvageNames: labels, types, keys and label sets of a salvaged database by their numbers in the
// damaged one. A number that no catalog explains gets a name made of it.
import NenCore

/// The numbers of the damaged database and those of the new one. As long as its own catalog was
/// read, they are the same.
struct SalvageNames {
    private let catalog: Catalog?
    private var labelSets: [UInt32: UInt32] = [:]
    private var types: [NameID: NameID] = [:]
    private var keys: [NameID: NameID] = [:]

    init(_ catalog: Catalog?) { self.catalog = catalog }

    /// Gives the new database the names of the old one, in their order.
    func declare(in writer: WriteTransaction) throws {
        guard let catalog else { return }
        for label in catalog.labels { _ = try writer.internLabel(label) }
        for type in catalog.types { _ = try writer.internType(type) }
        for key in catalog.keys { _ = try writer.internKey(key) }
        for set in catalog.labelSets { _ = try writer.internLabelSet(set) }
    }

    mutating func labelSet(_ number: UInt32, in writer: WriteTransaction) throws -> UInt32 {
        if let known = catalog?.labelSets, Int(number) < known.count {
            return try writer.internLabelSet(known[Int(number)])
        }
        if number == 0 { return 0 }
        if let known = labelSets[number] { return known }
        let name = free("LabelSet_\(number)") { writer.catalog.label($0) }
        let made = try writer.internLabelSet([try writer.internLabel(name)])
        labelSets[number] = made
        return made
    }

    /// The type of that number; some type for nil.
    mutating func type(_ number: NameID?, in writer: WriteTransaction) throws -> NameID {
        guard let number else {
            return writer.catalog.types.isEmpty ? try writer.internType("Type_0") : 0
        }
        if let known = catalog?.types, Int(number) < known.count {
            return try writer.internType(known[Int(number)])
        }
        if let known = types[number] { return known }
        let made = try writer.internType(free("Type_\(number)") { writer.catalog.type($0) })
        types[number] = made
        return made
    }

    mutating func key(_ number: NameID, in writer: WriteTransaction) throws -> NameID {
        if let known = catalog?.keys, Int(number) < known.count {
            return try writer.internKey(known[Int(number)])
        }
        if let known = keys[number] { return known }
        let made = try writer.internKey(free("key_\(number)") { writer.catalog.key($0) })
        keys[number] = made
        return made
    }

    /// The name, or with underscores behind it the first that is not taken.
    private func free(_ name: String, _ known: (String) -> NameID?) -> String {
        var name = name
        while known(name) != nil { name += "_" }
        return name
    }
}
