// TestGraph: a small graph in memory for expressions in tests:
// (0:Person:Swede {name: 'Ada', born: date('1815-12-10')})-[0:KNOWS {since: 1833}]->(2048)

import NenCore

@testable import NenEngine

enum TestGraph {
    static let store: GraphStore = {
        do {
            return try GraphStore.inMemory()
        } catch {
            fatalError("the test graph cannot be made: \(error)")
        }
    }()

    static let view: GraphView = {
        do {
            let transaction = try store.beginWrite()
            let labels = [
                try transaction.internLabel("Person"), try transaction.internLabel("Swede"),
            ]
            let name = try transaction.internKey("name")
            let born = try transaction.internKey("born")
            let since = try transaction.internKey("since")
            let knows = try transaction.internType("KNOWS")
            let ada = try transaction.createNode(
                labels: labels,
                properties: [
                    (name, Cell(shortString: "Ada")),
                    (born, Cell(DateValue(epochDays: -56_270))),
                ])
            let other = try transaction.createNode(labels: [], properties: [])
            _ = try transaction.createRelationship(
                type: knows, source: ada, target: other,
                properties: [(since, Cell(integer: 1_833))])
            try transaction.commit()
            return try store.snapshot()
        } catch {
            fatalError("the test graph cannot be made: \(error)")
        }
    }()
}
