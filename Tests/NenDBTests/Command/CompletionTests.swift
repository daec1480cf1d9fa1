// Goal: Tab offers what may stand at the cursor. Method: texts with a broken bar at the cursor into
// the pure function, with a small catalog; then the line buffer that takes a candidate; then the
// names of a database.

import NenDB
import Testing

@testable import nql

@Suite struct CompletionTests {
    private static let catalog = CompletionCatalog(
        labels: ["Person", "Post", "odd label"], types: ["KNOWS", "LIKES", "LIKED_BY"],
        properties: ["name", "nickname", "born", "first name"],
        functions: ["count", "labels", "lower", "point.distance", "point.withinBBox", "size"],
        procedures: ["db.labels", "db.ping"], parameters: ["minimum", "name"])

    /// The candidates at the broken bar.
    private func at(_ marked: String) -> [String] {
        let parts = marked.split(separator: "¦", omittingEmptySubsequences: false)
        return Completion(
            text: parts.joined(), cursor: parts[0].count, catalog: CompletionTests.catalog
        ).candidates
    }

    @Test func keywordsFollowTheCaseOfTheWord() {
        #expect(at("MAT¦") == ["MATCH"])
        #expect(at("mat¦") == ["match"])
        #expect(at("opt¦ional") == ["optional", "options"])
        #expect(at("RETURN 1; UNW¦") == ["UNWIND"])
        #expect(at("MATCH (n) WHE¦") == ["WHEN", "WHERE"])
        #expect(at("show lab¦") == ["labels"])
        #expect(at("MATCH (n) ret¦") == ["return"])
        #expect(at("CALL { FINISH } IN TRANSACTIONS ON ERROR RET¦") == ["RETRY"])
        #expect(at("¦") == [])
        #expect(at("MATCH (n) ¦") == [])
        #expect(at("Q¦") == [])
    }

    @Test func labelsAndTypes() {
        let labels = ["`odd label`", "Person", "Post"]
        let types = ["KNOWS", "LIKED_BY", "LIKES"]
        #expect(at("MATCH (n:¦") == labels)
        #expect(at("MATCH (n:P¦)") == ["Person", "Post"])
        #expect(at("MATCH (:per¦") == ["Person"])
        #expect(at("MATCH (n:Person|¦") == labels)
        #expect(at("MATCH (n:(Person|P¦") == ["Person", "Post"])
        #expect(at("MATCH (n:!P¦") == ["Person", "Post"])
        #expect(at("MATCH (n IS P¦") == ["Person", "Post"])
        #expect(at("MATCH (n:`o¦") == ["odd label`"])
        #expect(at("MATCH ()-[:¦") == types)
        #expect(at("MATCH ()-[r:LIK¦]->()") == ["LIKED_BY", "LIKES"])
        #expect(at("MATCH ()-[r:KNOWS|L¦") == ["LIKED_BY", "LIKES"])
        #expect(at("MATCH (n) WHERE n:Po¦") == ["Post"])
        #expect(at("MATCH (n WHERE n:Po¦") == ["Post"])
        #expect(at("MATCH (n) SET n:Po¦") == ["Post"])
        #expect(at("CREATE INDEX FOR (n:Po¦") == ["Post"])
        #expect(at("MATCH (n:Person wh¦") == ["when", "where"])
        #expect(at("COPY Po¦") == ["Post"])
        // A list is none of them.
        #expect(at("RETURN [x IN xs | lo¦") == ["load", "local", "log", "lookup", "lower("])
    }

    @Test func properties() {
        let all = ["`first name`", "born", "name", "nickname"]
        #expect(at("MATCH (n) RETURN n.¦") == all)
        #expect(at("MATCH (n) RETURN n.n¦") == ["name", "nickname"])
        #expect(at("MATCH (n) WHERE n.name = 'x.y' AND n.b¦") == ["born"])
        #expect(at("MATCH (n:Person {¦") == all)
        #expect(at("MATCH (n:Person {born: 1, ni¦") == ["nickname"])
        #expect(at("MATCH (n:Person {name: lo¦") == ["load", "local", "log", "lookup", "lower("])
        #expect(at("MATCH (n) RETURN n {.ni¦") == ["nickname"])
        #expect(at("MATCH (n) RETURN n.`f¦") == ["first name`"])
        #expect(at("RETURN 1.n¦") == [])
    }

    @Test func functionsProceduresAndParameters() {
        #expect(at("RETURN siz¦") == ["size("])
        #expect(at("RETURN SIZ¦") == ["size("])
        #expect(at("RETURN point.d¦") == ["distance("])
        #expect(at("RETURN point.WITH¦") == ["withinBBox("])
        #expect(at("CALL ¦") == ["db.labels(", "db.ping("])
        #expect(at("CALL db.p¦") == ["ping("])
        #expect(at("RETURN $¦") == ["minimum", "name"])
        #expect(at("RETURN $m¦") == ["minimum"])
    }

    @Test func variables() {
        #expect(at("MATCH (person:Person) RETURN pers¦") == ["person"])
        #expect(at("MATCH (person)-[know:KNOWS]->(other)\nRETURN kno¦") == ["know"])
        #expect(at("UNWIND [1] AS number RETURN numb¦") == ["number"])
        #expect(at("MATCH trace = (a)-->(b) RETURN trac¦") == ["trace"])
        #expect(at("RETURN numb¦ UNION UNWIND [1] AS numbers RETURN 1") == ["number", "numbers"])
        #expect(at("RETURN [element IN xs | elem¦") == ["element", "elements"])
        // Case tells variables apart.
        #expect(at("MATCH (Abcd) RETURN abc¦") == [])
    }

    @Test func nothingInStringsAndComments() {
        #expect(at("RETURN 'MAT¦") == [])
        #expect(at("RETURN \"it's MAT¦") == [])
        #expect(at("RETURN 1 // MAT¦") == [])
        #expect(at("RETURN 1 /* MAT¦") == [])
        #expect(at("RETURN 1 // x\n unwi¦") == ["unwind"])
        #expect(at("RETURN 'a\\'b' unwi¦") == ["unwind"])
    }

    @Test func dotCommands() {
        #expect(at(".m¦") == [".mode"])
        #expect(at(".¦").count == DotCommand.allCases.count)
        #expect(at(".mode j¦") == ["json", "jsonl"])
        #expect(at(".timer o¦") == ["off", "on"])
        #expect(at(".read f¦") == [])
        #expect(at("MATCH (n)\n.m¦") == [])
    }

    /// Any text and any cursor give an answer, and what is replaced stands before the cursor.
    @Test func anyTextIsTaken() {
        let signs = Array("()[]{}:|&!.,;$`'\"/*\n aPn1=")
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3_000 {
            let count = Int.random(in: 0...14)
            let text = String((0..<count).map { _ in signs.randomElement(using: &random) ?? " " })
            let cursor = Int.random(in: 0...text.count)
            let found = Completion(text: text, cursor: cursor, catalog: CompletionTests.catalog)
            #expect(found.replacedCount <= cursor, "\(text.debugDescription) at \(cursor)")
        }
    }

    @Test func theLineTakesWhatCandidatesShare() {
        func typed(_ text: String, _ found: Completion) -> String? {
            var buffer = LineBuffer(text)
            return buffer.complete(with: found) ? buffer.text : nil
        }
        #expect(typed("mat", .init(replacedCount: 3, candidates: ["match"])) == "match")
        #expect(typed("n.N", .init(replacedCount: 1, candidates: ["name"])) == "n.name")
        let two = Completion(replacedCount: 2, candidates: ["LIKED_BY", "LIKES"])
        #expect(typed("[:li", two) == "[:LIKE")
        #expect(typed("[:LIKE", .init(replacedCount: 4, candidates: two.candidates)) == nil)
        #expect(typed("x", .none) == nil)
        #expect(LineBuffer("  ").isBlankBeforeCursor)
        #expect(!LineBuffer(" a").isBlankBeforeCursor)
    }

    @Test func aDatabaseGivesItsNames() throws {
        let database = try Database.inMemory()
        let session = database.session()
        try session.run("CREATE (:Person {name: 'Ada'})-[:KNOWS {since: 1}]->(:Person)")
        let catalog = CompletionCatalog(of: session, parameters: ["p"])
        #expect(catalog.labels == ["Person"])
        #expect(catalog.types == ["KNOWS"])
        #expect(Set(catalog.properties) == ["name", "since"])
        #expect(catalog.functions.contains("size"))
        #expect(catalog.procedures.contains("db.labels"))
        #expect(catalog.parameters == ["p"])
        #expect(catalog.keywords.contains("MATCH") && !catalog.keywords.contains("GRANT"))
        #expect(!session.isInTransaction)
    }
}
