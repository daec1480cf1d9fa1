// Functions of NQL that C provides.

import CNenDB
import NenCore
import NenDB

private typealias Body = @convention(c) (
    UnsafeMutableRawPointer?, UnsafePointer<nen_value>?, Int, OpaquePointer?
) -> Int32

/// C's context, freed when nobody can call the function any more.
private final class FunctionContext: @unchecked Sendable {
    let context: UnsafeMutableRawPointer?
    let body: Body
    let destroy: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?

    init(
        _ context: UnsafeMutableRawPointer?, _ body: @escaping Body,
        _ destroy: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
    ) {
        self.context = context
        self.body = body
        self.destroy = destroy
    }

    deinit { destroy?(context) }

    func call(_ arguments: [Value]) throws -> Value {
        let arena = ValueArena()
        let cells = arena.array(arguments.count, of: nen_value.self)
        for (place, argument) in arguments.enumerated() { cells[place] = arena.value(argument) }
        let writer = WriterHandle(hasNames: false)
        let pointer = OpaquePointer(Unmanaged.passUnretained(writer).toOpaque())
        let outcome = withExtendedLifetime(writer) {
            body(context, cells, arguments.count, pointer)
        }
        let value = try writer.value()
        if outcome == 0 { return value }
        throw NQLError.runtime(
            .procedure, "FunctionFailed", "The function failed: \(value.displayText)")
    }
}

/// The type of a name such as `STRING`, `INTEGER?` or `LIST<FLOAT>`.
private func type(named name: String) throws -> NQLType {
    var name = name.uppercased()
    if name.hasSuffix("?") { name.removeLast() }
    if name.hasPrefix("LIST<"), name.hasSuffix(">") {
        return .list(try type(named: String(name.dropFirst(5).dropLast())))
    }
    let known: [String: NQLType] = [
        "ANY": .any, "BOOLEAN": .boolean, "INTEGER": .integer, "FLOAT": .float,
        "NUMBER": .number, "STRING": .string, "DATE": .date, "LOCAL TIME": .localTime,
        "ZONED TIME": .time, "LOCAL DATETIME": .localDateTime, "ZONED DATETIME": .dateTime,
        "DURATION": .duration, "POINT": .point, "MAP": .map, "NODE": .node,
        "RELATIONSHIP": .relationship, "PATH": .path,
    ]
    guard let type = known[name] else {
        throw NQLError.runtime(
            .argument, "UnknownType", "There is no type `\(name)`.",
            hint: "The types are \(known.keys.sorted().joined(separator: ", ")) and LIST<type>.")
    }
    return type
}

/// `nen_register_function` of `nendb.h`.
@_cdecl("nen_register_function")
public func registerFunction(
    _ database: OpaquePointer?, _ name: UnsafePointer<CChar>?,
    _ types: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int,
    _ result: UnsafePointer<CChar>?,
    _ body: @escaping @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<nen_value>?, Int, OpaquePointer?
    ) -> Int32,
    _ context: UnsafeMutableRawPointer?,
    _ destroy: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?,
    _ error: UnsafeMutableRawPointer?
) -> nen_status {
    let kept = FunctionContext(context, body, destroy)
    return status(errorPlace(error)) {
        let handle = try Handle.of(database, DatabaseHandle.self)
        var fields: [ProcedureField] = []
        var seesNulls = false
        for place in 0 ..< count {
            let text = types?[place].map { String(cString: $0) } ?? "ANY"
            if text.hasSuffix("?") { seesNulls = true }
            fields.append(ProcedureField(name: "a\(place + 1)", type: try type(named: text)))
        }
        let output = try type(named: result.map { String(cString: $0) } ?? "ANY")
        try handle.open().register(
            function: UserFunction(
                name.map { String(cString: $0) } ?? "", fields, to: output,
                nulls: seesNulls ? .custom : .propagates, isDeterministic: true
            ) { try kept.call($0) })
    }
}
