// Names: labels, types, keys and label sets get their numbers at first use.

import NenCore

extension WriteTransaction {
    /// Longest name in bytes.
    private static let nameByteCountMax = 65_535

    private func checkName(_ name: String) throws {
        try checkOpen()
        guard name.utf8.count <= WriteTransaction.nameByteCountMax else {
            throw NQLError.runtime(
                .argument, "NameTooLong",
                "a name of \(name.utf8.count) bytes exceeds the limit of 65535")
        }
    }

    /// The number of a label, new if need be.
    func internLabel(_ name: String) throws -> NameID {
        if let known = catalog.label(name) { return known }
        try checkName(name)
        record(.label) { $0.string(name) }
        return catalog.internLabel(name)
    }

    /// The number of a relationship type, new if need be.
    func internType(_ name: String) throws -> NameID {
        if let known = catalog.type(name) { return known }
        try checkName(name)
        record(.type) { $0.string(name) }
        let number = catalog.internType(name)
        noteNames()
        return number
    }

    /// The number of a property key, new if need be.
    func internKey(_ name: String) throws -> NameID {
        if let known = catalog.key(name) { return known }
        try checkName(name)
        record(.key) { $0.string(name) }
        return catalog.internKey(name)
    }

    /// The number of a set of labels (any order, repeats allowed), new if need be.
    func internLabelSet(_ labels: [NameID]) throws -> UInt32 {
        if labels.isEmpty { return 0 }
        try Interruption.spend(labels.count &* WriteTransaction.labelWorkUnits)
        let sorted = labels.count == 1 ? labels : Array(Set(labels)).sorted()
        if let known = labelSetNumbers[sorted] { return known }
        try checkOpen()
        for label in sorted where Int(label) >= catalog.labels.count {
            throw NQLError.runtime(.argument, "UnknownLabel", "there is no label number \(label)")
        }
        guard catalog.labelSets.count < Int(ChunkFormat.sharedSet) else {
            throw NQLError.runtime(
                .capacity, "LabelSetsUsedUp", "the database has no numbers left for label sets")
        }
        let number = UInt32(catalog.labelSets.count)
        record(.labelSet) { bytes in
            bytes.varint(sorted.count)
            for label in sorted { bytes.varint(UInt64(label)) }
        }
        catalog.labelSets.append(sorted)
        labelSetNumbers[sorted] = number
        noteNames()
        return number
    }

    private func noteNames() {
        counter.cover(labelSets: catalog.labelSets.count, types: catalog.types.count)
    }
}
