// SettingChange: `SET query_timeout = …` as a statement: what a session lets its statements do. It
// is written like a SET clause, whose variable would have to be bound by a clause before it; a
// query that begins with one and sets the name of a setting can mean nothing else.

import NenCore

/// What a session may change for itself.
public enum SessionSetting: String, Sendable, Hashable, CaseIterable {
    /// How long a statement may take.
    case queryTimeout = "query_timeout"
    /// How long a transaction may be idle while another writer waits.
    case idleTransactionTimeout = "idle_transaction_timeout"
}

/// `SET setting = value`
public struct SettingChange: Sendable, Hashable {
    public var setting: SessionSetting
    /// Where the setting's name stands.
    public var nameSpan: SourceSpan
    public var value: Expression

    public init(setting: SessionSetting, nameSpan: SourceSpan, value: Expression) {
        self.setting = setting
        self.nameSpan = nameSpan
        self.value = value
    }

    /// The change that a query stands for; nil of any other query.
    init?(_ query: Query) {
        guard query.next.isEmpty, query.parts.count == 1, query.parts[0].clauses.count == 1,
            case .set(let items) = query.parts[0].clauses[0].kind, items.count == 1,
            case .replaceProperties(let name, let value) = items[0],
            let setting = SessionSetting(rawValue: name.text.lowercased())
        else { return nil }
        self.init(setting: setting, nameSpan: name.span, value: value)
    }
}
