// Appending for C: Arrow streams become nodes and relationships, all rows of them or none.

import CNenDB
import NenCore
import NenDB

extension SessionHandle {
    /// Appends the tables that `body` is called with, in a transaction of their own batch by batch.
    /// In an open one all batches are one table, so that an error leaves nothing of it.
    fileprivate func appending(
        _ stream: UnsafeMutablePointer<ArrowArrayStream>?,
        _ body: ([AppendColumn]) throws -> Int
    ) throws -> Int {
        try running {
            let reader = try ArrowReader(stream)
            if session.isInTransaction { return try reader.rest().map(body) ?? 0 }
            try session.run("BEGIN")
            do {
                var count = 0
                while let columns = try reader.next() { count += try body(columns) }
                try session.run("COMMIT")
                return count
            } catch {
                try? { _ = try session.run("ROLLBACK") }()
                throw error
            }
        }
    }

    /// The numbers of a label's nodes by the values of a property.
    fileprivate func nodes(_ label: String, _ key: String) throws -> [Value: UInt32] {
        // By scalars: a combining mark would make one character of a backtick and itself.
        let quoted = { (name: String) in
            name.unicodeScalars.reduce("`") { $0 + ($1 == "`" ? "``" : String($1)) } + "`"
        }
        let result = try session.run(
            "MATCH (n:\(quoted(label))) WHERE n.\(quoted(key)) IS NOT NULL "
                + "RETURN n.\(quoted(key)), id(n)")
        var found: [Value: UInt32] = [:]
        while let row = try result.next() {
            guard case .integer(let number) = row.values[1] else { continue }
            let value = SessionHandle.comparable(row.values[0])
            if found.updateValue(UInt32(number), forKey: value) != nil {
                throw NQLError.runtime(
                    .argument, "AmbiguousNode",
                    "Two nodes with the label `\(label)` have the same `\(key)`: "
                        + "\(row.values[0].displayText).",
                    hint: "Relationships are loaded by a property that tells nodes apart.")
            }
        }
        return found
    }

    /// 1.0 as 1, since they are equal.
    fileprivate static func comparable(_ value: Value) -> Value {
        if case .float(let number) = value, let exact = Int64(exactly: number) {
            return .integer(exact)
        }
        return value
    }
}

/// `nen_append_nodes` of `nendb.h`.
@_cdecl("nen_append_nodes")
public func appendNodes(
    _ session: OpaquePointer?, _ labels: UnsafePointer<UnsafePointer<CChar>?>?,
    _ labelCount: Int, _ stream: UnsafeMutablePointer<ArrowArrayStream>?,
    _ count: UnsafeMutablePointer<Int64>?, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    status(errorPlace(error)) {
        let count = try place(count)
        let handle = try Handle.of(session, SessionHandle.self)
        var names: [String] = []
        for place in 0 ..< labelCount {
            if let label = labels?[place] { names.append(String(cString: label)) }
        }
        count.pointee = Int64(
            try handle.appending(stream) { columns in
                try handle.session.append(nodes: names, columns).count
            })
    }
}

/// One end of relationships: which column has which property of which nodes.
private struct End {
    let label: String
    let key: String
    let column: String
    let nodes: [Value: UInt32]

    init(_ end: nen_end, _ handle: SessionHandle) throws {
        label = end.label.map { String(cString: $0) } ?? ""
        key = end.key.map { String(cString: $0) } ?? ""
        column = end.column.map { String(cString: $0) } ?? ""
        nodes = try handle.nodes(label, key)
    }

    /// The numbers of the nodes of a batch.
    func numbers(_ columns: [AppendColumn]) throws -> [UInt32] {
        guard let given = columns.first(where: { $0.key == column }) else {
            throw NQLError.runtime(
                .argument, "UnknownColumn", "The table has no column `\(column)`.",
                hint: "It has: \(columns.map(\.key).joined(separator: ", ")).")
        }
        return try given.all.map { value in
            guard let number = nodes[SessionHandle.comparable(value)] else {
                throw NQLError.runtime(
                    .entityNotFound, "NodeNotFound",
                    "No node with the label `\(label)` has the `\(key)` "
                        + "\(value.displayText).",
                    hint: "Load the nodes first, or leave the row out.")
            }
            return number
        }
    }
}

extension AppendColumn {
    var all: [Value] {
        switch values {
        case .integers(let values): values.map(Value.integer)
        case .floats(let values): values.map(Value.float)
        case .booleans(let values): values.map(Value.boolean)
        case .strings(let values): values.map(Value.string)
        case .values(let values): values
        }
    }
}

/// `nen_append_relationships` of `nendb.h`.
@_cdecl("nen_append_relationships")
public func appendRelationships(
    _ session: OpaquePointer?, _ type: UnsafePointer<CChar>?, _ source: nen_end,
    _ target: nen_end, _ stream: UnsafeMutablePointer<ArrowArrayStream>?,
    _ count: UnsafeMutablePointer<Int64>?, _ error: UnsafeMutableRawPointer?
) -> nen_status {
    status(errorPlace(error)) {
        let count = try place(count)
        let handle = try Handle.of(session, SessionHandle.self)
        let name = type.map { String(cString: $0) } ?? ""
        var ends: (from: End, to: End)?
        count.pointee = Int64(
            try handle.appending(stream) { columns in
                let (from, to) = try ends ?? (End(source, handle), End(target, handle))
                ends = (from, to)
                let rest = columns.filter { $0.key != from.column && $0.key != to.column }
                return try handle.session.append(
                    relationships: name, from: try from.numbers(columns),
                    to: try to.numbers(columns), rest
                ).count
            })
    }
}
