// TemporalError: the errors of temporal values, as data for `NQLError`.

/// What can be wrong with a temporal value.
public enum TemporalError {
    /// A field outside its range.
    public static func range(
        _ field: String, _ value: Int64, _ low: Int64, _ high: Int64
    ) -> NQLError {
        .runtime(
            .argument, "NumberOutOfRange",
            "\(field) must be from \(low) to \(high), not \(value).")
    }

    /// A result outside the years that dates have.
    public static func overflow() -> NQLError {
        .runtime(
            .argument, "NumberOutOfRange",
            "The date would be outside the years \(GregorianCalendar.yearMin) to "
                + "\(GregorianCalendar.yearMax).")
    }

    /// A duration whose parts leave 64 bits.
    public static func durationOverflow() -> NQLError {
        .runtime(
            .argument, "NumberOutOfRange", "A part of the duration leaves the 64-bit integers.")
    }

    /// Milliseconds since 1970 that leave 64 bits: the years beyond some ±292 million.
    static func epochOverflow() -> NQLError {
        .runtime(
            .argument, "NumberOutOfRange",
            "`epochMillis` leaves the 64-bit integers this far from 1970.",
            hint: "Take `epochSeconds`.")
    }

    /// Text that is no value of `type`.
    public static func text(_ text: String, _ type: String) -> NQLError {
        .runtime(
            .argument, "InvalidArgumentValue", "`\(text)` cannot be read as a \(type).",
            hint: "Write it as in ISO 8601, such as \(example(type)).")
    }

    /// Anything else about an argument.
    public static func argument(_ message: String, hint: String? = nil) -> NQLError {
        .runtime(.argument, "InvalidArgumentValue", message, hint: hint)
    }

    private static func example(_ type: String) -> String {
        switch type {
        case "Date": "2015-07-21"
        case "LocalTime": "21:40:32.142"
        case "Time": "21:40:32.142+01:00"
        case "LocalDateTime": "2015-07-21T21:40:32.142"
        case "Duration": "P1Y2M10DT2H30M"
        default: "2015-07-21T21:40:32.142+02:00[Europe/Stockholm]"
        }
    }
}
