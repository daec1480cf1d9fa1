// ReadmeSnippet: the Swift blocks of README.md as code. `ReadmeTests` compares the texts; what the
// blocks print and the file that they open are the function's own.

import NenDB

/// The blocks.
final class ReadmeSnippet {
    /// Opens the database that the block calls `social.nen` elsewhere.
    private func Database(at name: String) throws -> NenDB.Database {
        try NenDB.Database(at: path)
    }

    /// Takes what the blocks print.
    private func print(_ items: Any...) { printed.append("\(items)") }

    private let path: String
    private var printed: [String] = []

    /// The database is made at `path`.
    init(at path: String) { self.path = path }

    /// Runs the blocks.
    ///
    /// - Returns: what they printed.
    func run() async throws -> [String] {
        try block()
        let db = try NenDB.Database(at: path)
        try await report(db, min: 40)
        try db.close()
        return printed
    }

    private func block() throws {
    // README 1
    let db = try Database(at: "social.nen")
    let (name, age) = ("Ada", 36)
    try db.query("CREATE (:Person {name: $name, age: $age})", ["name": name, "age": age])

    let adults = "MATCH (p:Person) WHERE p.age >= $min RETURN p.name AS name"
    for row in try db.query(adults, ["min": 18]).rows() {
        print(try row.get("name", as: String.self))
    }

    struct Person: Decodable { var name: String; var age: Int? }
    let people = try db.query("MATCH (p:Person) RETURN p").decode(Person.self)
    let nodes = try db.query("MATCH (p:Person) RETURN p").decode(Node<Person>.self)
    print(nodes[0].id, nodes[0].labels, nodes[0].name)

    try db.write { tx in                       // one transaction: all of it or nothing
        try tx.query("MATCH (p:Person {name: 'Ada'}) SET p.age = p.age + 1")
        try tx.query("CREATE (:Log {what: 'birthday'})")
    }
    let total = try db.read { tx in            // one snapshot for all its queries
        try tx.query("MATCH (p:Person) RETURN count(*)").scalar(as: Int.self)
    }

    let byName = try db.prepare("MATCH (p:Person {name: $name}) RETURN p.age")
    for name in ["Ada", "Grace"] {
        byName.bind("name", name)
        try byName.run { row in print(try row.get(0, as: Int?.self) ?? 0) }
    }

    try db.write { tx in                       // rows that are in columns already
        let people = try tx.append(
            nodes: ["Person"],
            [.init("name", .strings(["Alan", "Kurt"])), .init("age", .integers([41, 71]))])
        try tx.append(relationships: "KNOWS", from: [people[0]], to: [people[1]])
    }

    let mistake = "MATCH (p:Persn) RETURN q"
    do {
        try db.query(mistake)
    } catch let error as NQLError {
        print(error.rendered(source: mistake))   // the line, a caret, what may help
    }
    try db.close()                             // this handle; others of the file stay open
    // end of README
        _ = (people, total)
    }

    // README 2
    func report(_ db: Database, min: Int) async throws {
        let adults = "MATCH (p:Person) WHERE p.age >= $min RETURN p.name AS name"
        for try await row in db.stream(adults, ["min": min]) {   // one batch in memory at a time
            print(row)
        }
        let count = try await db.read { tx in
            try tx.query("MATCH (p:Person) RETURN count(*)").scalar(as: Int.self)
        }
        print(count)
    }
    // end of README
}
