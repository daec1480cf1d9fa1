// ArrowNode: an array of Arrow's with its children, in memory of its own, built from values of one
// type. The type of a column is found over all of its values: integers among floats become floats,
// values of different types become JSON texts with the extension name `nendb.json`.

import CNenDB
import Glibc
import NenCore
import NenDB

/// What a column holds.
indirect enum ArrowType: Equatable, Sendable {
    case null, boolean, integer, float, string, json, date, localTime, duration
    /// With the unit of nanoseconds or of microseconds; a zone for instants.
    /// `isWide`: some value is beyond what nanoseconds reach.
    case timestamp(isNano: Bool, isWide: Bool, zone: String?)
    case list(ArrowType)
    case structure([Field])

    struct Field: Equatable, Sendable {
        var name: String
        var type: ArrowType
    }

    static let labels = ArrowType.list(.string)

    /// The type of a value alone.
    init(_ value: Value) {
        switch value {
        case .null: self = .null
        case .boolean: self = .boolean
        case .integer: self = .integer
        case .float: self = .float
        case .string, .time: self = .string
        case .date(let date):
            self = Int32(exactly: date.epochDays) == nil ? .string : .date
        case .localTime: self = .localTime
        case .localDateTime(let time):
            self = ArrowType.timestamp(time.epochSeconds, time.nanosecond, zone: nil)
        case .dateTime(let time):
            self = ArrowType.timestamp(
                time.epochSeconds, time.nanosecond,
                zone: time.zoneName ?? TemporalText.offset(time.offsetSeconds))
        case .duration(let span):
            let fits = Int32(exactly: span.months) != nil && Int32(exactly: span.days) != nil
                && span.seconds.magnitude < 9_000_000_000
            self = fits ? .duration : .string
        case .list(let items):
            self = .list(ArrowType.of(items))
        case .map(let entries): self = ArrowType.map(entries)
        case .point:
            self = .structure([
                Field(name: "srid", type: .integer), Field(name: "x", type: .float),
                Field(name: "y", type: .float), Field(name: "z", type: .float),
            ])
        case .node(let node):
            self = .structure([
                Field(name: "id", type: .integer), Field(name: "labels", type: .labels),
                Field(name: "properties", type: ArrowType.map(node.properties)),
            ])
        case .relationship(let step):
            self = .structure([
                Field(name: "id", type: .integer), Field(name: "type", type: .string),
                Field(name: "source", type: .integer), Field(name: "target", type: .integer),
                Field(name: "properties", type: ArrowType.map(step.properties)),
            ])
        case .path(let path):
            self = .structure([
                Field(name: "nodes", type: .list(ArrowType.of(path.nodes.map(Value.node)))),
                Field(
                    name: "relationships",
                    type: .list(ArrowType.of(path.relationships.map(Value.relationship)))),
            ])
        }
    }

    private static func map(_ entries: [String: Value]) -> ArrowType {
        .structure(
            entries.keys.sorted().map {
                Field(name: $0, type: ArrowType(entries[$0] ?? .null))
            })
    }

    private static func timestamp(
        _ seconds: Int64, _ nanosecond: Int32, zone: String?
    ) -> ArrowType {
        let isNano = nanosecond % 1_000 != 0
        let most: Int64 = isNano ? 9_000_000_000 : 9_000_000_000_000
        guard seconds.magnitude < most.magnitude else { return .string }
        return .timestamp(
            isNano: isNano, isWide: seconds.magnitude >= 9_000_000_000,
            zone: zone.map { $0 == "Z" ? "UTC" : $0 })
    }

    static func of(_ values: some Sequence<Value>) -> ArrowType {
        var type = ArrowType.null
        for value in values where value != .null { type = type.joined(ArrowType(value)) }
        return type
    }

    /// The type that holds values of both.
    func joined(_ other: ArrowType) -> ArrowType {
        if self == other || other == .null { return self }
        switch (self, other) {
        case (.null, _): return other
        case (.integer, .float), (.float, .integer): return .float
        case (.list(let mine), .list(let theirs)): return .list(mine.joined(theirs))
        case (.timestamp(let nano, let wide, let zone),
            .timestamp(let otherNano, let otherWide, let otherZone)):
            let (isNano, isWide) = (nano || otherNano, wide || otherWide)
            guard (zone == nil) == (otherZone == nil), !(isNano && isWide) else { return .json }
            return .timestamp(
                isNano: isNano, isWide: isWide, zone: zone == otherZone ? zone : "UTC")
        case (.structure(let mine), .structure(let theirs)):
            return .structure(ArrowType.joined(mine, theirs))
        default: return .json
        }
    }

    private static func joined(_ mine: [Field], _ theirs: [Field]) -> [Field] {
        var fields = mine
        for field in theirs {
            if let place = fields.firstIndex(where: { $0.name == field.name }) {
                fields[place].type = fields[place].type.joined(field.type)
            } else {
                fields.append(field)
            }
        }
        return fields
    }

    /// Arrow's format string.
    var format: String {
        switch self {
        case .null: "n"
        case .boolean: "b"
        case .integer: "l"
        case .float: "g"
        case .string, .json: "U"
        case .date: "tdD"
        case .localTime: "ttn"
        case .duration: "tin"
        case .timestamp(let isNano, _, let zone): (isNano ? "tsn:" : "tsu:") + (zone ?? "")
        case .list: "+l"
        case .structure: "+s"
        }
    }

    var fields: [Field] {
        switch self {
        case .list(let element): [Field(name: "item", type: element)]
        case .structure(let fields): fields
        default: []
        }
    }
}

/// Bytes that grow and are given away as a whole.
final class ArrowBuffer {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 64) {
        self.capacity = max(64, capacity)
        base = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 64)
    }

    deinit { base.deallocate() }

    private func reserve(_ more: Int) {
        if count + more <= capacity { return }
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
    }

    func append<Element: BitwiseCopyable>(_ element: Element) {
        reserve(MemoryLayout<Element>.size)
        (base + count).storeBytes(of: element, as: Element.self)
        count += MemoryLayout<Element>.size
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        if let source = bytes.baseAddress {
            (base + count).copyMemory(from: source, byteCount: bytes.count)
        }
        count += bytes.count
    }

    func append(bit: Bool, at index: Int) {
        if index % 8 == 0 { append(UInt8(0)) }
        if bit {
            let place = base + index / 8
            place.storeBytes(
                of: place.load(as: UInt8.self) | 1 << UInt8(index % 8), as: UInt8.self)
        }
    }
}

/// An array of Arrow's.
final class ArrowNode {
    let type: ArrowType
    var count = 0
    var nullCount = 0
    let validity = ArrowBuffer()
    let values = ArrowBuffer()
    let offsets = ArrowBuffer()
    var children: [ArrowNode] = []

    init(_ type: ArrowType) {
        self.type = type
        if type == .string || type == .json { offsets.append(Int64(0)) }
    }

    convenience init(_ type: ArrowType, _ rows: [Value]) {
        self.init(type)
        switch type {
        case .list(let element): lists(rows, element)
        case .structure(let fields): structures(rows, fields)
        default: for row in rows { append(row) }
        }
    }

    /// A column as the engine has copied it.
    init(_ image: ColumnImage) {
        type = switch image.kind {
        case .integers: .integer
        case .floats: .float
        case .booleans: .boolean
        case .texts: .string
        case .dates: .date
        }
        count = image.count
        nullCount = image.nullCount
        image.validity.withUnsafeBytes { validity.append($0) }
        image.ends.withUnsafeBytes { offsets.append($0) }
        image.values.withUnsafeBytes { values.append($0) }
    }

    private func mark(_ isValid: Bool) {
        validity.append(bit: isValid, at: count)
        if !isValid { nullCount += 1 }
        count += 1
    }

    private func lists(_ rows: [Value], _ element: ArrowType) {
        var items: [Value] = []
        offsets.append(Int32(0))
        for row in rows {
            if case .list(let inner) = row { items += inner }
            offsets.append(Int32(clamping: items.count))
            mark(row != .null)
        }
        children = [ArrowNode(element, items)]
    }

    private func structures(_ rows: [Value], _ fields: [ArrowType.Field]) {
        children = fields.map { field in
            ArrowNode(field.type, rows.map { $0.member(field.name) })
        }
        for row in rows { mark(row != .null) }
    }

    func append(_ value: Value) {
        switch type {
        case .null: count += 1; nullCount += 1; return
        case .boolean: values.append(bit: value == .boolean(true), at: count)
        case .integer: values.append(value.whole)
        case .float: values.append(value.real)
        case .date: values.append(Int32(clamping: value.whole))
        case .localTime: values.append(value.whole)
        case .timestamp(let isNano, _, _): values.append(value.instant(isNano))
        case .duration:
            guard case .duration(let span) = value else {
                values.append(Int64(0))
                values.append(Int64(0))
                break
            }
            values.append(Int32(clamping: span.months))
            values.append(Int32(clamping: span.days))
            values.append(span.seconds * 1_000_000_000 + Int64(span.nanosecond))
        case .string, .json:
            var text = type == .json ? value.json : value.plainText
            if value != .null { text.withUTF8 { values.append(UnsafeRawBufferPointer($0)) } }
            offsets.append(Int64(values.count))
        case .list, .structure: break
        }
        mark(value != .null)
    }

    /// The values of a node of plain type, for a type that is wider.
    var plain: [Value] {
        (0 ..< count).map { row in
            let byte = nullCount == 0 ? .max : (validity.base + row / 8).load(as: UInt8.self)
            guard byte & 1 << UInt8(row % 8) != 0 else { return .null }
            switch type {
            case .boolean:
                let bits = (values.base + row / 8).load(as: UInt8.self)
                return .boolean(bits & 1 << UInt8(row % 8) != 0)
            case .date:
                let days = (values.base + row * 4).load(as: Int32.self)
                return .date(DateValue(epochDays: Int64(days)))
            case .integer: return .integer((values.base + row * 8).load(as: Int64.self))
            case .float: return .float((values.base + row * 8).load(as: Double.self))
            case .string:
                let start = (offsets.base + row * 8).load(as: Int64.self)
                let end = (offsets.base + row * 8 + 8).load(as: Int64.self)
                let bytes = UnsafeRawBufferPointer(
                    start: values.base + Int(start), count: Int(end - start))
                return .string(String(decoding: bytes, as: UTF8.self))
            default: return .null
            }
        }
    }
}

extension Value {
    /// A member of what is a struct in Arrow.
    fileprivate func member(_ name: String) -> Value {
        switch (self, name) {
        case (.map(let entries), _): entries[name] ?? .null
        case (.node(let node), "id"): .integer(Int64(node.id))
        case (.node(let node), "labels"): .list(node.labels.map(Value.string))
        case (.node(let node), _): .map(node.properties)
        case (.relationship(let step), "id"): .integer(Int64(step.id))
        case (.relationship(let step), "type"): .string(step.type)
        case (.relationship(let step), "source"): .integer(Int64(step.source))
        case (.relationship(let step), "target"): .integer(Int64(step.target))
        case (.relationship(let step), _): .map(step.properties)
        case (.path(let path), "nodes"): .list(path.nodes.map(Value.node))
        case (.path(let path), _): .list(path.relationships.map(Value.relationship))
        case (.point(let point), "srid"): .integer(Int64(point.system.rawValue))
        case (.point(let point), "x"): .float(point.x)
        case (.point(let point), "y"): .float(point.y)
        case (.point(let point), _):
            point.system.dimensionCount == 3 ? .float(point.z) : .null
        default: .null
        }
    }

    fileprivate var whole: Int64 {
        switch self {
        case .integer(let number): number
        case .date(let date): date.epochDays
        case .localTime(let time): time.nanosecondOfDay
        default: 0
        }
    }

    fileprivate var real: Double {
        switch self {
        case .integer(let number): Double(number)
        case .float(let number): number
        default: 0
        }
    }

    fileprivate func instant(_ isNano: Bool) -> Int64 {
        let (seconds, nanosecond): (Int64, Int32)
        switch self {
        case .localDateTime(let time): (seconds, nanosecond) = (time.epochSeconds, time.nanosecond)
        case .dateTime(let time): (seconds, nanosecond) = (time.epochSeconds, time.nanosecond)
        default: return 0
        }
        return isNano
            ? seconds &* 1_000_000_000 &+ Int64(nanosecond)
            : seconds &* 1_000_000 &+ Int64(nanosecond / 1_000)
    }

    fileprivate var plainText: String {
        if case .string(let text) = self { return text }
        return displayText
    }

    /// The value as JSON; entities as objects, other values as texts.
    fileprivate var json: String {
        switch self {
        case .null: "null"
        case .boolean(let flag): String(flag)
        case .integer(let number): String(number)
        case .float(let number) where number.isFinite: String(number)
        case .list(let items): "[" + items.map(\.json).joined(separator: ",") + "]"
        case .map(let entries):
            "{" + entries.keys.sorted().map {
                JSONText.quoted($0) + ":" + (entries[$0] ?? .null).json
            }.joined(separator: ",") + "}"
        case .node(let node): Value.map(node.properties).json
        case .relationship(let step): Value.map(step.properties).json
        default: JSONText.quoted(plainText)
        }
    }
}
