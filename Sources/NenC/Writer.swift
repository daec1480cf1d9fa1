// Writer: values that C puts together piece by piece, as parameters and as results of functions.

import CNenDB
import NenCore
import NenDB

final class WriterHandle: Handle {
    private enum Level {
        case list([Value])
        case map([String: Value], key: String?)
    }

    private var levels: [Level] = []
    private(set) var failure: NQLError?

    /// Whether the outermost values have names: parameters have, the result of a function has not.
    private let hasNames: Bool

    init(hasNames: Bool) {
        self.hasNames = hasNames
        super.init()
        reset()
    }

    func reset() {
        levels = [hasNames ? .map([:], key: nil) : .list([])]
        failure = nil
    }

    private func fail(_ message: String) {
        failure = failure
            ?? NQLError.runtime(.protocolViolation, "WrongOrder", message)
    }

    /// Notes that a value is none of NQL's.
    func refuse(_ error: NQLError) { failure = failure ?? error }

    func put(_ value: Value) {
        guard let last = levels.indices.last else { return fail("A value stands behind the end.") }
        switch levels[last] {
        case .list(var items):
            levels[last] = .list([])
            items.append(value)
            levels[last] = .list(items)
        case .map(var entries, let key?):
            levels[last] = .map([:], key: nil)
            entries[key] = value
            levels[last] = .map(entries, key: nil)
        case .map: fail("A value of a map has no key.")
        }
    }

    func key(_ name: String) {
        guard let last = levels.indices.last, case .map(let entries, nil) = levels[last] else {
            return fail("A key stands outside of a map, or behind another key.")
        }
        levels[last] = .map(entries, key: name)
    }

    /// Lists and maps within each other; what is deeper would need more of the stack than a thread
    /// may have.
    private static let depthMax = 1_000

    func beginList() { begin(.list([])) }

    func beginMap() { begin(.map([:], key: nil)) }

    private func begin(_ level: Level) {
        if levels.count > WriterHandle.depthMax {
            return fail("Lists and maps stand within each other more than 1,000 deep.")
        }
        levels.append(level)
    }

    func end(list: Bool) {
        guard levels.count > 1, let level = levels.popLast() else {
            return fail("A list or map ends that was not begun.")
        }
        switch level {
        case .list(let items) where list: put(.list(items))
        case .map(let entries, nil) where !list: put(.map(entries))
        default: fail("A list or map ends as something else, or behind a key.")
        }
    }

    /// The values by name.
    func parameters() throws -> [String: Value] {
        if let failure { throw failure }
        guard levels.count == 1, case .map(let entries, nil) = levels[0] else {
            throw NQLError.runtime(
                .protocolViolation, "WrongOrder", "Parameters end within a list or map.")
        }
        return entries
    }

    /// The only value.
    func value() throws -> Value {
        if let failure { throw failure }
        guard levels.count == 1, case .list(let items) = levels[0], items.count == 1 else {
            throw NQLError.runtime(
                .protocolViolation, "WrongOrder", "A function gives one value.")
        }
        return items[0]
    }
}

private func put(_ writer: OpaquePointer?, _ value: Value) {
    (try? Handle.of(writer, WriterHandle.self))?.put(value)
}

/// `nen_parameters_new` of `nendb.h`.
@_cdecl("nen_parameters_new")
public func parametersNew(
    _ out: UnsafeMutablePointer<OpaquePointer?>, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    out.pointee = WriterHandle(hasNames: true).owned
    return 0
}

/// `nen_writer_free` of `nendb.h`.
@_cdecl("nen_writer_free")
public func writerFree(_ writer: OpaquePointer?) { Handle.release(writer, WriterHandle.self) }

/// `nen_writer_reset` of `nendb.h`.
@_cdecl("nen_writer_reset")
public func writerReset(_ writer: OpaquePointer?) {
    (try? Handle.of(writer, WriterHandle.self))?.reset()
}

/// `nen_put_null` of `nendb.h`.
@_cdecl("nen_put_null")
public func putNull(_ writer: OpaquePointer?) { put(writer, .null) }

/// `nen_put_boolean` of `nendb.h`.
@_cdecl("nen_put_boolean")
public func putBoolean(_ writer: OpaquePointer?, _ value: Bool) { put(writer, .boolean(value)) }

/// `nen_put_integer` of `nendb.h`.
@_cdecl("nen_put_integer")
public func putInteger(_ writer: OpaquePointer?, _ value: Int64) { put(writer, .integer(value)) }

/// `nen_put_float` of `nendb.h`.
@_cdecl("nen_put_float")
public func putFloat(_ writer: OpaquePointer?, _ value: Double) { put(writer, .float(value)) }

/// `nen_put_string` of `nendb.h`.
@_cdecl("nen_put_string")
public func putString(_ writer: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ length: Int) {
    put(writer, .string(text(bytes, length)))
}

/// `nen_put_date` of `nendb.h`.
@_cdecl("nen_put_date")
public func putDate(_ writer: OpaquePointer?, _ days: Int64) {
    put(writer, .date(DateValue(epochDays: days)))
}

/// `nen_put_local_time` of `nendb.h`.
@_cdecl("nen_put_local_time")
public func putLocalTime(_ writer: OpaquePointer?, _ nanosecond: Int64) {
    put(writer, .localTime(LocalTimeValue(nanosecondOfDay: nanosecond)))
}

/// `nen_put_time` of `nendb.h`.
@_cdecl("nen_put_time")
public func putTime(_ writer: OpaquePointer?, _ nanosecond: Int64, _ offset: Int32) {
    put(writer, .time(TimeValue(nanosecondOfDay: nanosecond, offsetSeconds: offset)))
}

/// `nen_put_local_datetime` of `nendb.h`.
@_cdecl("nen_put_local_datetime")
public func putLocalDateTime(_ writer: OpaquePointer?, _ seconds: Int64, _ nanosecond: Int32) {
    put(writer, .localDateTime(LocalDateTimeValue(epochSeconds: seconds, nanosecond: nanosecond)))
}

/// `nen_put_datetime` of `nendb.h`.
@_cdecl("nen_put_datetime")
public func putDateTime(
    _ writer: OpaquePointer?, _ seconds: Int64, _ nanosecond: Int32, _ offset: Int32,
    _ zone: UnsafePointer<CChar>?, _ length: Int
) {
    let name = zone.map { text($0, length) }
    put(
        writer,
        .dateTime(
            DateTimeValue(
                epochSeconds: seconds, nanosecond: nanosecond, offsetSeconds: offset,
                zoneName: name)))
}

/// `nen_put_duration` of `nendb.h`.
@_cdecl("nen_put_duration")
public func putDuration(
    _ writer: OpaquePointer?, _ months: Int64, _ days: Int64, _ seconds: Int64,
    _ nanosecond: Int32
) {
    put(
        writer,
        .duration(
            DurationValue(months: months, days: days, seconds: seconds, nanosecond: nanosecond)))
}

/// `nen_put_point` of `nendb.h`.
@_cdecl("nen_put_point")
public func putPoint(
    _ writer: OpaquePointer?, _ srid: UInt32, _ x: Double, _ y: Double, _ z: Double
) {
    guard let handle = try? Handle.of(writer, WriterHandle.self) else { return }
    do throws(NQLError) {
        guard let system = CoordinateSystem(rawValue: srid) else {
            throw .runtime(
                .argument, "InvalidArgumentValue", "There is no coordinate system \(srid).",
                hint: "There are 4326 and 4979 (degrees), 7203 and 9157 (Cartesian).")
        }
        handle.put(.point(try PointValue(system: system, x: x, y: y, z: z)))
    } catch {
        handle.refuse(error)
    }
}

/// `nen_begin_list` of `nendb.h`.
@_cdecl("nen_begin_list")
public func beginList(_ writer: OpaquePointer?) {
    (try? Handle.of(writer, WriterHandle.self))?.beginList()
}

/// `nen_end_list` of `nendb.h`.
@_cdecl("nen_end_list")
public func endList(_ writer: OpaquePointer?) {
    (try? Handle.of(writer, WriterHandle.self))?.end(list: true)
}

/// `nen_begin_map` of `nendb.h`.
@_cdecl("nen_begin_map")
public func beginMap(_ writer: OpaquePointer?) {
    (try? Handle.of(writer, WriterHandle.self))?.beginMap()
}

/// `nen_key` of `nendb.h`.
@_cdecl("nen_key")
public func putKey(_ writer: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ length: Int) {
    (try? Handle.of(writer, WriterHandle.self))?.key(text(bytes, length))
}

/// `nen_end_map` of `nendb.h`.
@_cdecl("nen_end_map")
public func endMap(_ writer: OpaquePointer?) {
    (try? Handle.of(writer, WriterHandle.self))?.end(list: false)
}
