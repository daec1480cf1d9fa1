// CompatibilityDecomposition: characters replaced by what they are compatible with: the first step
// of NFKC and NFKD; canonical decomposition or composition is the second. The table is read from
// its text once, when the first string that is not ASCII asks for it.

import NenCore

/// The replacements of NFKC and NFKD beyond those of NFC and NFD.
enum CompatibilityDecomposition {
    /// Nanoseconds for a character, by and large.
    private static let workUnits = 30

    /// The text with every character replaced that has a compatibility decomposition.
    ///
    /// - Throws: `Interrupted`.
    static func apply(to text: String) throws(NQLError) -> String.UnicodeScalarView {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            try Interruption.spend(workUnits)
            if scalar.value >= 0xA0, let replacement = table[scalar.value] {
                result.append(contentsOf: replacement)
            } else {
                result.append(scalar)
            }
        }
        return result
    }

    private static let table: [UInt32: [Unicode.Scalar]] = {
        var table: [UInt32: [Unicode.Scalar]] = [:]
        let text = UnsafeBufferPointer(
            start: CompatibilityTable.text.utf8Start,
            count: CompatibilityTable.text.utf8CodeUnitCount)
        for run in text.split(separator: UInt8(ascii: ";")) {
            let words = run.split(separator: UInt8(ascii: " "))
            guard let first = words.first else { continue }
            var code = number(first[...])
            for word in words.dropFirst() { append(word, &code, to: &table) }
        }
        return table
    }()

    /// The characters that one item stands for; moves `code` behind them.
    private static func append(
        _ item: Slice<UnsafeBufferPointer<UInt8>>, _ code: inout UInt32,
        to table: inout [UInt32: [Unicode.Scalar]]
    ) {
        let marks: [UInt8] = [UInt8(ascii: "*"), UInt8(ascii: "=")]
        let mark = item.firstIndex { marks.contains($0) }
        let parts = item[..<(mark ?? item.endIndex)].split(separator: UInt8(ascii: "+"))
        let values = parts.map { number($0) }
        var count: UInt32 = 1
        var isAscending = false
        if let mark {
            isAscending = item[mark] == marks[0]
            count = UInt32(String(decoding: item[(mark + 1)...], as: UTF8.self)) ?? 1
        }
        for place in 0 ..< count {
            table[code] = values.compactMap { Unicode.Scalar(isAscending ? $0 + place : $0) }
            code += 1
        }
    }

    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt32 {
        UInt32(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0
    }
}
