// TimeZoneRules: the offsets of a named zone, from the system's tz database in TZif form (RFC
// 8536). Times after the last recorded transition follow the POSIX rule in the file's footer.
//
// The files are input that can be damaged: every count and index is checked against the file's
// length before use, and what does not fit is a typed error.

import Glibc
import Synchronization

/// A named zone's offsets over all time; immutable, shared by all threads.
public final class TimeZoneRules: Sendable {
    /// The name by which the zone was asked for.
    public let name: String
    /// Instants (seconds since 1970-01-01T00:00Z), ascending, at which an offset begins.
    private let transitions: [Int64]
    /// Offset in seconds from each transition on.
    private let offsets: [Int32]
    /// Offset before the first transition.
    private let firstOffset: Int32
    /// The rule after the last transition; nil: the last offset stays.
    private let rule: PosixTimeZoneRule?

    /// Bytes of a TZif file beyond which it is refused.
    static let fileByteCountMax = 1 << 20

    init(name: String, bytes: [UInt8]) throws(NQLError) {
        self.name = name
        var reader = TZifReader(bytes: bytes, name: name)
        let data = try reader.read()
        transitions = data.transitions
        offsets = data.offsets
        firstOffset = data.firstOffset
        rule = data.rule
    }

    /// The offset in force at an instant, in seconds east of UTC.
    public func offset(at epochSeconds: Int64) -> Int32 {
        guard let last = transitions.last else {
            return rule?.offset(at: epochSeconds) ?? firstOffset
        }
        if epochSeconds >= last, let rule { return rule.offset(at: epochSeconds) }
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= epochSeconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffset : offsets[low - 1]
    }

    /// What a local time means in this zone.
    public enum LocalResolution: Sendable, Hashable {
        case single(Int32)
        /// The clock shows it twice: offset before and after the change.
        case overlap(before: Int32, after: Int32)
        /// The clock skips it: offset before and after the change.
        case gap(before: Int32, after: Int32)
    }

    /// The offsets that a local time (seconds since 1970-01-01T00:00 on the local clock) can have.
    public func resolve(localSeconds: Int64) -> LocalResolution {
        // No zone changes twice within two days, and offsets stay within 26 hours.
        let before = offset(at: localSeconds - 93_600)
        let after = offset(at: localSeconds + 93_600)
        if before == after { return .single(before) }
        let beforeHolds = offset(at: localSeconds - Int64(before)) == before
        let afterHolds = offset(at: localSeconds - Int64(after)) == after
        switch (beforeHolds, afterHolds) {
        case (true, true): return .overlap(before: before, after: after)
        case (true, false): return .single(before)
        case (false, true): return .single(after)
        case (false, false): return .gap(before: before, after: after)
        }
    }

    // MARK: look-up

    private static let loaded = Mutex<[String: TimeZoneRules]>([:])

    /// The rules of an IANA name.
    ///
    /// - Throws: `ArgumentError` for an unknown name, `DatabaseError` when the system has no tz
    ///   database or lacks the zone.
    public static func named(_ name: String) throws(NQLError) -> TimeZoneRules {
        if let known = loaded.withLock({ $0[name] }) { return known }
        guard TimeZoneNames.number(of: name) != nil else {
            throw TemporalError.argument(
                "There is no time zone `\(name)`.",
                hint: "Use an IANA name such as Europe/Stockholm, or an offset such as +01:00.")
        }
        let rules = try TimeZoneRules(name: name, bytes: try file(of: name))
        loaded.withLock { $0[name] = rules }
        return rules
    }

    /// `$TZDIR`, or where systems keep the tz database.
    private static var folder: String {
        if let path = getenv("TZDIR") { return String(cString: path) }
        return "/usr/share/zoneinfo"
    }

    private static func file(of name: String) throws(NQLError) -> [UInt8] {
        let path = "\(folder)/\(TimeZoneLinks.target(of: name))"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .runtime(
                .database, "TimeZoneNotAvailable",
                "The rules of the time zone `\(name)` cannot be read from `\(path)`: "
                    + "\(String(cString: strerror(errno))).",
                hint: "Install the system's tz database (package tzdata) or set TZDIR.")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= fileByteCountMax {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .runtime(
                    .database, "TimeZoneNotAvailable", "`\(path)` cannot be read.")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[0 ..< count])
        }
        throw .runtime(
            .database, "TimeZoneNotAvailable",
            "`\(path)` has more than \(fileByteCountMax) bytes.")
    }
}
