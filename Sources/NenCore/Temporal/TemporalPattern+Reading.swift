// TemporalPattern+Reading: texts read by a pattern, as `date('03/04/2026', 'dd/MM/yyyy')` does. The
// letters that are read are a subset of those that `format` writes: years, months, days, hours,
// minutes, seconds and their parts, halves of days, weekdays (which are not checked), zones.

extension TemporalPattern {
    /// The fields that a text gives.
    ///
    /// - Throws: `InvalidArgumentValue` for a text of another form, and letters that are not read.
    public func fields(of text: String) throws(NQLError) -> TemporalFields {
        var reader = PatternReader(text: text)
        try reader.read(elements)
        guard reader.rest.isEmpty else { throw reader.mismatch("nothing more") }
        return try reader.fields()
    }
}

private struct PatternReader {
    let text: String
    var rest: Substring
    private var values: [Character: Int64] = [:]
    private var zone: String?
    private var isAfternoon: Bool?

    init(text: String) {
        self.text = text
        rest = text[...]
    }

    func mismatch(_ what: String) -> NQLError {
        TemporalError.argument("`\(text)` does not fit its pattern: expected \(what) at `\(rest)`.")
    }

    mutating func read(_ elements: [TemporalPattern.Element]) throws(NQLError) {
        for (index, element) in elements.enumerated() {
            switch element {
            case .text(let wanted):
                guard rest.hasPrefix(wanted) else { throw mismatch("`\(wanted)`") }
                rest = rest.dropFirst(wanted.count)
            case .field(let letter, let count):
                var isAdjacent = false
                if index + 1 < elements.count, case .field = elements[index + 1] {
                    isAdjacent = true
                }
                try read(letter, count, isAdjacent: isAdjacent)
            case .padded(let letter, let count, _):
                while rest.first == " " { rest.removeFirst() }
                try read(letter, count, isAdjacent: false)
            case .optional(let inner):
                var attempt = self
                do throws(NQLError) {
                    try attempt.read(inner)
                    self = attempt
                } catch {
                    continue
                }
            }
        }
    }

    private mutating func read(
        _ letter: Character, _ count: Int, isAdjacent: Bool
    ) throws(NQLError) {
        switch letter {
        case "y", "u":
            if count == 2 {
                values["y"] = 2_000 + (try number(2))
            } else {
                values["y"] = try number(isAdjacent ? count : 9)
            }
        case "M", "L":
            values["M"] = try count > 2
                ? name(TemporalPattern.monthNames, isFull: count == 4) : number(2)
        case "E", "e", "c": _ = try name(TemporalPattern.weekdayNames, isFull: count == 4)
        case "d", "H", "h", "K", "k", "m", "s": values[letter] = try number(2)
        case "D": values[letter] = try number(3)
        case "S": values["n"] = try fraction(count)
        case "n": values["n"] = try number(9)
        case "A": values["A"] = try number(9)
        case "a":
            let half = rest.prefix(2).uppercased()
            guard half == "AM" || half == "PM" else { throw mismatch("`AM` or `PM`") }
            isAfternoon = half == "PM"
            rest = rest.dropFirst(2)
        case "X", "x", "Z", "O", "V", "z", "v": zone = try zoneText()
        case "G":
            guard rest.hasPrefix("AD") else { throw mismatch("`AD`") }
            rest = rest.dropFirst(2)
        default:
            throw TemporalError.argument(
                "The letter `\(letter)` of a pattern can be written, but not read.")
        }
    }

    private mutating func number(_ digitCountMax: Int) throws(NQLError) -> Int64 {
        let isNegative = rest.first == "-" && digitCountMax > 2
        let start = isNegative ? rest.dropFirst() : rest
        let digits = start.prefix(digitCountMax).prefix { $0.isASCII && $0.isNumber }
        guard let value = Int64(digits) else { throw mismatch("a number") }
        rest = start.dropFirst(digits.count)
        return isNegative ? -value : value
    }

    private mutating func fraction(_ digitCount: Int) throws(NQLError) -> Int64 {
        let digits = rest.prefix(min(9, digitCount)).prefix { $0.isASCII && $0.isNumber }
        guard digits.count == digitCount, let value = Int64(digits) else {
            throw mismatch("\(digitCount) digits")
        }
        rest = rest.dropFirst(digits.count)
        return (digits.count ..< 9).reduce(value) { value, _ in value * 10 }
    }

    /// The number of a name, from 1.
    private mutating func name(_ names: [String], isFull: Bool) throws(NQLError) -> Int64 {
        let folded = rest.lowercased()
        for (index, name) in names.enumerated() {
            let wanted = isFull ? name : String(name.prefix(3))
            guard folded.hasPrefix(wanted.lowercased()) else { continue }
            rest = rest.dropFirst(wanted.count)
            return Int64(index + 1)
        }
        throw mismatch("a name such as `\(isFull ? names[0] : String(names[0].prefix(3)))`")
    }

    /// `Z`, `GMT`, `UTC`, an offset, or the name of a zone.
    private mutating func zoneText() throws(NQLError) -> String {
        var zone = String(
            rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-:/_".contains($0)) })
        if zone.isEmpty { throw mismatch("a time zone") }
        rest = rest.dropFirst(zone.count)
        if zone == "GMT" || zone == "UTC" || zone == "UT" { return "Z" }
        if zone.hasPrefix("GMT"), zone.dropFirst(3).first.map({ "+-".contains($0) }) == true {
            zone = String(zone.dropFirst(3))
            let digits = zone.dropFirst().prefix { $0 != ":" }
            if digits.count == 1 { zone.insert("0", at: zone.index(after: zone.startIndex)) }
        }
        return zone
    }

    /// What was read, as fields.
    func fields() throws(NQLError) -> TemporalFields {
        var fields = TemporalFields()
        let names: [(Character, String)] = [
            ("y", "year"), ("M", "month"), ("d", "day"), ("D", "ordinalDay"), ("m", "minute"),
            ("s", "second"), ("n", "nanosecond"),
        ]
        var read: [(String, Value)] = names.compactMap { letter, name in
            values[letter].map { (name, .integer($0)) }
        }
        var hour = values["H"] ?? values["k"].map { $0 % 24 }
        if let half = values["h"] ?? values["K"] {
            hour = half % 12 + (isAfternoon == true ? 12 : 0)
        }
        if let hour { read.append(("hour", .integer(hour))) }
        if let milliseconds = values["A"] {
            read.append(("hour", .integer(milliseconds / 3_600_000)))
            read.append(("minute", .integer(milliseconds / 60_000 % 60)))
            read.append(("second", .integer(milliseconds / 1_000 % 60)))
            read.append(("millisecond", .integer(milliseconds % 1_000)))
        }
        if values["m"] == nil, values["s"] != nil || values["n"] != nil {
            read.append(("minute", .integer(0)))
        }
        if values["s"] == nil, values["n"] != nil { read.append(("second", .integer(0))) }
        if let zone { read.append(("timezone", .string(zone))) }
        for (name, value) in read { try fields.set(name, to: value) }
        return fields
    }
}
