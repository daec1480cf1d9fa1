// Goal: databases of every earlier format version open, hold what they held and can be written.
// Method: the fixtures, closed and killed ones, are expanded, dumped by the built `nql` and
// compared with what the version that wrote them printed.

import Foundation
import NenDB
import Testing

@Suite struct FormatFixtureTests {
    private func dump(_ path: String) throws -> CommandRun {
        try CommandRun([path, "--format", "csv", FormatFixture.folder + "/dump.nql"])
    }

    @Test func thereAreFixtures() {
        #expect(FormatFixture.all.count >= 2)
    }

    @Test(arguments: FormatFixture.all)
    func earlierVersionsAreRead(_ fixture: FormatFixture) throws {
        let file = TemporaryDatabase()
        try fixture.expand(to: file.path)
        let first = try dump(file.path)
        #expect(first.status == 0 && first.errors == "", "\(first.errors)")
        #expect(first.output == (try fixture.expectedDump()))
        let check = try CommandRun(["check", file.path])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }

    @Test(arguments: FormatFixture.all)
    func earlierVersionsAreWritten(_ fixture: FormatFixture) throws {
        let file = TemporaryDatabase()
        try fixture.expand(to: file.path)
        let before = try fixture.expectedDump()
        do {
            let db = try Database(at: file.path)
            try db.query(
                "MATCH (n:Item) SET n.price = n.price + 1, n.seen = true CREATE (n)-[:NEXT]->(n)")
            try db.query("CREATE (:Fresh {text: 'written by a later version'})")
            #expect(try db.check() == [])
            try db.query("MATCH (:Item)-[r:NEXT]->(n:Item) WHERE r.weight IS NULL DELETE r")
            try db.query("MATCH (n:Item) SET n.price = n.price - 1 REMOVE n.seen")
            try db.query("MATCH (n:Fresh) DELETE n")
            try db.close()
        }
        let check = try CommandRun(["check", file.path])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        #expect(try dump(file.path).output == before)
    }
}
