// RandomValues: values of every type that can be stored, with the extremes of each, for dumps.

import NenDB

/// Values by chance, from a seed.
struct RandomValues {
    private var generator: DumpGenerator

    init(seed: UInt64) { generator = DumpGenerator(state: seed) }

    mutating func number(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

    private static let texts = [
        "", "Ada", "it's", "\"quoted\"", "a\\b", "line\nfeed\r\n\ttab", "\u{0}\u{1}\u{1F}x",
        "é", "e\u{301}", "日本語", "👩‍👩‍👧", "\u{2028}\u{FEFF}", "`tick`", "// no comment", "/* nor",
        ";", "a;b", "$x", "null", " spaces ", "\u{7F}\u{85}", "{}", "},{", "\\u0041", "'", "\\",
        "x'; MATCH (n) DETACH DELETE n; //",
    ]

    /// Names of labels, types and keys.
    static let names = [
        "A", "Person", "has space", "tick`tick", "ünïcode", "日本", "match", "null", "a:b",
        "new\nline", "'quote'", "\"double\"", "_x", "nen dump", "back\\slash", "CONSTRAINT", "é",
    ]

    mutating func name() -> String { RandomValues.names[number(RandomValues.names.count)] }

    mutating func text() -> String {
        if number(20) == 0 { return String(repeating: "long ü'\n", count: number(3_000)) }
        return RandomValues.texts[number(RandomValues.texts.count)]
    }

    private mutating func integer() -> Int64 {
        let extremes: [Int64] = [0, 1, -1, .max, .min, 1 << 53, -(1 << 31)]
        return number(2) == 0
            ? extremes[number(extremes.count)] : Int64.random(in: .min ... .max, using: &generator)
    }

    private mutating func float() -> Double {
        let extremes: [Double] = [
            0, -0.0, 1, .nan, .infinity, -.infinity, .greatestFiniteMagnitude,
            .leastNonzeroMagnitude, 0.1, 1e100, 123456789012345680, 1e22, -1e-7,
            .leastNormalMagnitude,
        ]
        if number(2) == 0 { return extremes[number(extremes.count)] }
        let bits = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &generator))
        return bits.isFinite ? bits : 0.5
    }

    /// What evaluates to values of the temporal and spatial types.
    private static let calls = [
        "date('-999999999-01-01')", "date('+999999999-12-31')", "date('2020-02-29')",
        "localtime('00:00')", "localtime('23:59:59.999999999')", "time('12:00:00.5+18:00')",
        "time('12:00-18:00')", "time('00:00:01Z')",
        "localdatetime('0000-01-01T00:00:00.000000001')",
        "localdatetime('+999999999-12-31T23:59:59.999999999')", "datetime('2020-06-01T12:00Z')",
        "datetime('2020-10-25T02:30+02:00[Europe/Stockholm]')",
        "datetime('2020-10-25T02:30+01:00[Europe/Stockholm]')",
        "datetime('1850-01-01T00:00[Europe/Stockholm]')", "datetime('2020-06-01T12:00-03:30')",
        "datetime('-0044-03-15T12:00:00.123456789[Europe/Rome]')", "duration('P0D')",
        "duration('P1Y2M-3DT4H5M6.789S')", "duration({seconds: -1, nanoseconds: 1})",
        "duration({months: -14, days: 3, seconds: -59, nanoseconds: -999999999})",
        "duration({months: 9223372036854775807, days: -9223372036854775807})",
        "point({x: 1, y: -2.5})", "point({x: 1e-300, y: 0.1, z: -3})",
        "point({longitude: 12.5, latitude: -90})",
        "point({longitude: -179.999, latitude: 55.7, height: 1e9})",
    ]

    /// The values of `calls`, evaluated.
    static let evaluated: [Value] = {
        guard let db = try? Database.inMemory() else { return [] }
        return calls.compactMap { call in
            (try? db.query("RETURN " + call).rows())?.first?.values[0]
        }
    }()

    /// One that is no list and no map.
    mutating func scalar() -> Value {
        switch number(6) {
        case 0: .boolean(number(2) == 0)
        case 1: .integer(integer())
        case 2: .float(float())
        case 3: .string(text())
        default: RandomValues.evaluated[number(RandomValues.evaluated.count)]
        }
    }

    /// Any that a property can have: lists hold no maps.
    mutating func value(depth: Int = 0, inList: Bool = false) -> Value {
        switch depth < 3 ? number(10) : 9 {
        case 0:
            return .list((0..<number(4)).map { _ in value(depth: depth + 1, inList: true) })
        case 1 where !inList:
            var map: [String: Value] = [:]
            for _ in 0..<number(4) { map[name()] = value(depth: depth + 1) }
            return .map(map)
        case 2 where depth > 0: return .null
        default: return scalar()
        }
    }

    /// One that CSV can hold: a scalar, or a list of scalars of one type.
    mutating func flatValue() -> Value {
        guard number(4) == 0 else { return scalar() }
        let first = scalar()
        var list = [first]
        for _ in 0..<number(4) {
            let next = scalar()
            if next.typeName == first.typeName { list.append(next) }
        }
        let isPlain = list.allSatisfy {
            guard case .string(let text) = $0 else { return true }
            return !text.utf8.contains(0x1F)
        }
        if !isPlain || list == [""] { return .list([]) }
        return .list(list)
    }
}

/// SplitMix64.
struct DumpGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
