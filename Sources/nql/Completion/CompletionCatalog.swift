// CompletionCatalog: the names that completion offers, as plain lists, so that it needs no database
// to be tested; and how a database fills them.

import NenDB
import NQLSyntax

/// What there is to complete with.
struct CompletionCatalog {
    var labels: [String] = []
    var types: [String] = []
    var properties: [String] = []
    var functions: [String] = []
    var procedures: [String] = []
    var parameters: [String] = []
    var keywords = KeywordList.words
}

extension CompletionCatalog {
    /// The names in a session's database as its open transaction sees them. What cannot be read is
    /// left out: completion is no place for errors.
    init(of session: Session, parameters: [String]) {
        func column(_ statement: String) -> [String] {
            guard let result = try? session.run(statement) else { return [] }
            var names: [String] = []
            while let row = try? result.next() {
                if case .string(let name)? = row.values.first { names.append(name) }
            }
            return names
        }
        labels = column("SHOW LABELS")
        types = column("SHOW RELATIONSHIP TYPES")
        properties = column("SHOW PROPERTY KEYS")
        functions = column("SHOW FUNCTIONS")
        procedures = column("SHOW PROCEDURES")
        self.parameters = parameters
    }
}
