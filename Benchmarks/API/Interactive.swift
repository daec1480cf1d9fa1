// Interactive: short queries with parameters, each prepared once and run many times, rows read and
// thrown away; beside it the same as text for every run.

import Foundation
import MallocCount
import NenDB

/// The queries of a file in the form of `Benchmarks/queries`: `// name kinds: what` and the text.
struct Interactive {
    private struct Query {
        var name: String
        var kinds: [Character]
        var text: String
    }

    let database: String
    let queries: String
    let runs: Int

    func run() throws {
        var options = DatabaseOptions()
        options.isReadOnly = true
        options.limits.threadCount = 1
        let db = try Database(at: database, options: options)
        let persons = try values(db, "MATCH (p:Person)-[:KNOWS]-() RETURN DISTINCT p.id AS id")
        let messages = try values(db, "MATCH (m:Message) WHERE m.id % 97 = 0 RETURN m.id AS id")
        for query in try read() {
            let pick: [Character: [Int64]] = ["p": persons, "q": persons, "m": messages]
            try measure(db, query, pick)
        }
    }

    private func values(_ db: Database, _ text: String) throws -> [Int64] {
        try db.query(text).rows().map { try $0.get(0, as: Int64.self) }.sorted()
    }

    private func read() throws -> [Query] {
        var found: [Query] = []
        for line in try String(contentsOfFile: queries, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("// "), let colon = line.firstIndex(of: ":") {
                let words = line[line.index(line.startIndex, offsetBy: 3) ..< colon].split(
                    separator: " ")
                guard words.count == 2 else { continue }
                found.append(Query(name: String(words[0]), kinds: Array(words[1]), text: ""))
            } else if !found.isEmpty, !line.hasPrefix("//") {
                found[found.count - 1].text += line + "\n"
            }
        }
        return found
    }

    private func measure(
        _ db: Database, _ query: Query, _ pick: [Character: [Int64]]
    ) throws {
        var random = SystemRandomNumberGenerator()
        var picked: [[String: Value]] = []
        for _ in 0 ..< runs {
            var parameters: [String: Value] = [:]
            for kind in query.kinds {
                let values = pick[kind, default: []]
                guard let value = values.randomElement(using: &random) else { continue }
                parameters[String(kind)] = .integer(value)
            }
            picked.append(parameters)
        }
        var durations = Durations()
        var rowCount = 0
        for parameters in picked.prefix(20) {
            rowCount += try db.query(query.text, parameters).rows().count
        }
        rowCount = 0
        for parameters in picked {
            let start = Clock.wall
            rowCount += try db.query(query.text, parameters).rows().count
            durations.add(Clock.wall - start)
        }
        report("\(query.name), as text", "\(durations.text)   rows \(rowCount)")
        durations = Durations()
        durations.reserve(runs)
        let statement = try db.prepare(query.text)
        let names = Array(picked[0].keys)
        rowCount = 0
        var mallocs = 0
        for (turn, parameters) in (picked.prefix(20) + picked).enumerated() {
            for name in names { statement.bind(name, parameters[name] ?? .null) }
            var (rows, nulls) = (0, 0)
            let before = malloc_count()
            let start = Clock.wall
            try statement.run { row in
                for column in row.columns.indices where try row.value(column) == .null {
                    nulls += 1
                }
                rows += 1
            }
            let end = Clock.wall
            guard turn >= 20 else { continue }
            durations.add(end - start)
            mallocs += malloc_count() - before
            rowCount += rows
        }
        let perRun = String(format: "%.2f", Double(mallocs) / Double(runs))
        report(
            "\(query.name), prepared", "\(durations.text)   rows \(rowCount)   mallocs \(perRun)")
    }
}
