// TemporalPattern+Duration: durations by the letters of a pattern. Months, days and seconds do not
// convert into each other; within each, the largest unit of the pattern takes all it can, and the
// rest goes to the next smaller one.

extension TemporalPattern {
    /// Units of durations, the largest of each group first, and their letters.
    private static let monthUnits: [(letters: String, size: Int64)] = [
        ("yYu", 12), ("qQ", 3), ("ML", 1),
    ]
    private static let dayUnits: [(letters: String, size: Int64)] = [("wW", 7), ("dD", 1)]
    private static let secondUnits: [(letters: String, size: Int64)] = [
        ("hHkK", 3_600), ("m", 60), ("s", 1),
    ]

    /// A duration as text.
    ///
    /// - Throws: `InvalidArgumentValue` for letters that durations do not have.
    public func text(of duration: DurationValue) throws(NQLError) -> String {
        let letters = TemporalPattern.letters(of: elements)
        var rest = duration.seconds
        for unit in TemporalPattern.secondUnits {
            if unit.letters.contains(where: letters.contains) { rest %= unit.size }
        }
        return try text({ (letter, count) throws(NQLError) in
            let groups = [
                (TemporalPattern.monthUnits, duration.months),
                (TemporalPattern.dayUnits, duration.days),
                (TemporalPattern.secondUnits, duration.seconds),
            ]
            for (units, amount) in groups {
                if let value = TemporalPattern.share(of: letter, amount, units, letters) {
                    return TemporalPattern.number(value, width: count)
                }
            }
            return try TemporalPattern.fraction(letter, count, rest, duration.nanosecond)
        }, lacking: { letter in
            TemporalError.argument(
                "A Duration has no field for the letter `\(letter)`.",
                hint: "Its letters are y, q, M, w, d, h, m, s, S, A, n and N.")
        })
    }

    private static func letters(of elements: [Element]) -> Set<Character> {
        var letters: Set<Character> = []
        for element in elements {
            switch element {
            case .text: break
            case .field(let letter, _), .padded(let letter, _, _): letters.insert(letter)
            case .optional(let inner): letters.formUnion(self.letters(of: inner))
            }
        }
        return letters
    }

    /// What is left for `letter` of `amount` when larger units of the pattern took their part.
    private static func share(
        of letter: Character, _ amount: Int64, _ units: [(letters: String, size: Int64)],
        _ present: Set<Character>
    ) -> Int64? {
        var rest = amount
        for unit in units {
            if unit.letters.contains(letter) { return rest / unit.size }
            if unit.letters.contains(where: present.contains) { rest %= unit.size }
        }
        return nil
    }

    private static func fraction(
        _ letter: Character, _ count: Int, _ seconds: Int64, _ nanosecond: Int32
    ) throws(NQLError) -> String? {
        let factor: Int64
        switch letter {
        case "S":
            try check(letter, count, 1 ... 9)
            return String(number(Int64(nanosecond), width: 9).prefix(count))
        case "n": return number(Int64(nanosecond), width: count)
        case "A": factor = 1_000
        case "N": factor = 1_000_000_000
        default: return nil
        }
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: factor)
        if overflows { throw TemporalError.durationOverflow() }
        let part = Int64(nanosecond) / (1_000_000_000 / factor)
        return number(whole + part, width: count)
    }
}
