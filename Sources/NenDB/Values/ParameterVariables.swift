// ParameterVariables: parameters that are Swift variables: `["name": name, "age": user.age]`. The
// calls that take literals as NQL values have a twin each that takes any `ValueConvertible`; the
// compiler chooses it where a value is no literal. nil is null.

import NenCore

/// Parameters of a statement as Swift values.
public typealias SwiftParameters = [String: (any ValueConvertible)?]

/// The values of parameters.
private func values(_ parameters: SwiftParameters) -> [String: Value] {
    parameters.mapValues { $0?.value ?? .null }
}

extension Database {
    /// As `query` with values.
    @discardableResult @_disfavoredOverload
    public func query(_ text: String, _ parameters: SwiftParameters) throws -> QueryResult {
        try query(text, values(parameters))
    }

    /// As `rows` with values.
    @_disfavoredOverload
    public func rows(_ text: String, _ parameters: SwiftParameters) async throws -> [Row] {
        try await rows(text, values(parameters))
    }

    /// As `stream` with values.
    @_disfavoredOverload
    public func stream(_ text: String, _ parameters: SwiftParameters) -> RowStream {
        stream(text, values(parameters))
    }

    /// As `explain` with values.
    @_disfavoredOverload
    public func explain(
        _ text: String, _ parameters: SwiftParameters, verbose: Bool = false
    ) throws -> String {
        try explain(text, values(parameters), verbose: verbose)
    }
}

extension Transaction {
    /// As `query` with values.
    @discardableResult @_disfavoredOverload
    public borrowing func query(
        _ text: String, _ parameters: SwiftParameters
    ) throws -> QueryResult {
        try query(text, values(parameters))
    }
}

extension Session {
    /// As `run` with values.
    @discardableResult @_disfavoredOverload
    public func run(_ text: String, _ parameters: SwiftParameters) throws -> QueryResult {
        try run(text, values(parameters))
    }
}
