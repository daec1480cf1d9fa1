// Goal: a transaction whose log outgrew the budget's share is as durable and as undoable as
// another. Method: texts of more than a megabyte in one transaction with a small budget, failed
// statements before and behind the point where the log is given up, then the file is opened anew.

import Foundation
import NenCore
import Testing

@testable import NenDB

@Suite struct LargeTransactionTests {
    private let text = Value.string(String(repeating: "x", count: 2_048))

    @Test func whatGoesByCheckpointIsThereAfterOpening() throws {
        let path = FileManager.default.temporaryDirectory.path + "/l-\(UUID().uuidString).nen"
        defer {
            for end in ["", "-log", "-shared"] { unlink(path + end) }
        }
        var options = DatabaseOptions()
        options.limits.memoryBudgetBytes = 16 << 20
        do {
            let db = try Database(at: path, options: options)
            try db.query("CREATE INDEX FOR (n:A) ON (n.id)")
            let session = db.session()
            try session.run("BEGIN")
            try session.run("CREATE (:A {id: -1})")
            #expect(throws: NQLError.self) {
                try session.run("UNWIND range(1, 9) AS i CREATE (:A {id: i, x: 1 / (9 - i)})")
            }
            try session.run(
                "UNWIND range(1, 1500) AS i CREATE (:A {id: i, t: $text + i})", ["text": text])
            #expect(throws: NQLError.self) {
                try session.run(
                    "UNWIND range(2001, 3000) AS i CREATE (:A {id: i, t: $text + 1 / (3000 - i)})",
                    ["text": text])
            }
            try session.run("MATCH (n:A {id: 7}) SET n.t = 'changed'")
            try session.run("COMMIT")
            // One that is small again, in the log.
            try db.query("MATCH (n:A {id: 8}) SET n.t = 'later'")
            #expect(try db.check().isEmpty)
            try db.close()
        }
        let db = try Database(at: path, options: options)
        #expect(try db.query("MATCH (n:A) RETURN count(*)").scalar() == 1_501)
        #expect(try db.query("MATCH (n:A {id: 7}) RETURN n.t").scalar() == "changed")
        #expect(try db.query("MATCH (n:A {id: 8}) RETURN n.t").scalar() == "later")
        #expect(try db.query("MATCH (n:A {id: 1500}) RETURN size(n.t)").scalar() == 2_052)
        #expect(try db.check().isEmpty)
        try db.close()
    }
}
