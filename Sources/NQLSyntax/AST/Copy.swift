// Copy: the syntax tree of COPY … FROM and COPY … TO.

import NenCore

/// `COPY Label FROM 'file' (options)`
public struct CopyFrom: Sendable, Hashable {
    public var target: CopyTarget
    public var source: Expression
    public var options: [CopyOption]
    public init(target: CopyTarget, source: Expression, options: [CopyOption]) {
        self.target = target
        self.source = source
        self.options = options
    }
}

/// What the rows of a file become.
public enum CopyTarget: Sendable, Hashable {
    /// Nodes with these labels.
    case nodes([Name])
    /// `(:Label {key})-[:TYPE]->(:Label {key})`: relationships between nodes that are there.
    case relationships(from: CopyEnd, type: Name, to: CopyEnd)
}

/// `(:Label {key})`: the nodes that a column finds by a property.
public struct CopyEnd: Sendable, Hashable {
    public var label: Name
    public var key: Name
    public init(label: Name, key: Name) {
        self.label = label
        self.key = key
    }
}

/// `COPY (query) TO 'file' (options)`
public struct CopyTo: Sendable, Hashable {
    public var query: Query
    public var destination: Expression
    public var options: [CopyOption]
    public init(query: Query, destination: Expression, options: [CopyOption]) {
        self.query = query
        self.destination = destination
        self.options = options
    }
}

/// `NAME value`; without a value it is true.
public struct CopyOption: Sendable, Hashable {
    public var name: Name
    public var value: Expression?
    public init(name: Name, value: Expression?) {
        self.name = name
        self.value = value
    }
}
