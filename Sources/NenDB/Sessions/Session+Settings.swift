// Session+Settings: `SET query_timeout = …` and its kin. A time is a number of milliseconds, a
// duration, or a text with a unit such as '2 s'; null and 0 stand for no limit.

import NQLSyntax
import NenCore
import NenEngine

extension Session {
    /// Time that the change of a setting has in any case: no limit can lock the session out.
    private static let settingMilliseconds = 10_000

    /// The milliseconds that a statement has whatever the limit: those of a setting, whose text has
    /// to be read before it is known as one. No other statement begins with SET.
    static func leastLimit(of text: String) -> Int {
        let head = text.unicodeScalars.drop { $0.properties.isWhitespace }.prefix(4)
        let isSet = head.count == 4 && String(String.UnicodeScalarView(head.prefix(3)))
            .uppercased() == "SET" && head.last?.properties.isWhitespace == true
        return isSet && text.utf8.count < 1_000 ? settingMilliseconds : 0
    }

    /// Changes a setting of this session.
    ///
    /// - Throws: `NQLError` for a value that is no time, at its place.
    func set(_ change: SettingChange, _ parameters: [String: Value]) throws {
        let limit = limits.timeoutMilliseconds.map { max($0, Session.settingMilliseconds) }
        let interruption = Interruption(timeoutMilliseconds: limit, token: cancellation.token)
        let read = try database.engine.beginRead()
        let run = StatementRun(
            session: self, transaction: read, parameters: parameters, interruption: interruption)
        let value = try interruption.run { try run.constant(change.value) }
        do throws(NQLError) {
            let milliseconds = try Milliseconds.read(value, setting: change.setting.rawValue)
            switch change.setting {
            case .queryTimeout: limits.timeoutMilliseconds = milliseconds
            case .idleTransactionTimeout: idleTransactionTimeoutMilliseconds = milliseconds
            }
        } catch {
            var located = error
            if located.span == .none { located.span = change.value.span }
            throw located
        }
    }
}

/// Times as settings have them.
public enum Milliseconds {
    private static let units: [(name: String, milliseconds: Double)] = [
        ("", 1), ("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000),
    ]
    private static let valueMax = 9e15

    /// A number with a unit, such as `250 ms`, `2 s`, `1.5min`, `1h`; nil of any other text.
    public static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text[digits.endIndex...].drop { $0 == " " }.lowercased()
        guard let number = Double(String(digits)), number >= 0,
            let factor = units.first(where: { $0.name == unit })?.milliseconds,
            number * factor < valueMax
        else { return nil }
        return Int(number * factor)
    }

    /// What a value says about a limit of time; nil for none.
    ///
    /// - Throws: `ArgumentError`.
    static func read(_ value: Value, setting: String) throws(NQLError) -> Int? {
        let milliseconds: Int?
        switch value {
        case .null: return nil
        case .integer(let number): milliseconds = Int(exactly: number)
        case .string(let text): milliseconds = parse(text)
        case .duration(let duration): milliseconds = read(duration)
        default:
            throw .runtime(
                .type, "InvalidArgumentType",
                "`\(setting)` takes a number of milliseconds, a Duration or a text such as '2 s', "
                    + "not a value of type \(value.typeName).")
        }
        guard let milliseconds, milliseconds >= 0, Double(milliseconds) < valueMax else {
            throw .runtime(
                .argument, "NumberOutOfRange",
                "\(value.literalText) is no time that `\(setting)` can take.",
                hint: "Such as 1500, '2 s', '5 min' or null for no limit.")
        }
        return milliseconds == 0 ? nil : milliseconds
    }

    /// A duration without months, which have no fixed length.
    private static func read(_ duration: DurationValue) -> Int? {
        guard duration.months == 0 else { return nil }
        let seconds = Double(duration.days) * 86_400 + Double(duration.seconds)
        let milliseconds = seconds * 1_000 + (Double(duration.nanosecond) / 1e6).rounded(.up)
        return abs(milliseconds) < valueMax ? Int(milliseconds) : nil
    }
}
