// StatementOutcome: what a statement did that neither rows nor counters tell, such as a commit.

import NenCore

/// What a statement did.
public enum StatementOutcome: Sendable, Hashable {
    /// A declared index or constraint.
    public enum SchemaRule: String, Sendable, Hashable {
        case index, constraint
    }

    /// What its rows and counters say.
    case rows
    case transactionBegun(readOnly: Bool)
    case committed
    case rolledBack
    case created(SchemaRule, name: String)
    case dropped(SchemaRule, name: String)
    /// IF NOT EXISTS found that there was nothing to create.
    case existed(SchemaRule, name: String)
    /// IF EXISTS found that there was nothing to drop.
    case absent(SchemaRule, name: String)
    case statisticsMade
    case checkpointMade
    case settingChanged(String)
}

extension StatementOutcome: CustomStringConvertible {
    /// The outcome in words; empty where rows and counters say it.
    public var description: String {
        switch self {
        case .rows: ""
        case .transactionBegun(let readOnly):
            readOnly ? "read-only transaction begun" : "transaction begun"
        case .committed: "transaction committed"
        case .rolledBack: "transaction rolled back"
        case .created(let rule, let name): "\(rule.rawValue) \(Value.identifier(name)) created"
        case .dropped(let rule, let name): "\(rule.rawValue) \(Value.identifier(name)) dropped"
        case .existed(let rule, let name):
            "\(rule.rawValue) \(Value.identifier(name)) exists already, nothing was created"
        case .absent(let rule, let name):
            "there is no \(rule.rawValue) \(Value.identifier(name)), nothing was dropped"
        case .statisticsMade: "statistics made"
        case .checkpointMade: "checkpoint made"
        case .settingChanged(let name): "\(name) set"
        }
    }
}
