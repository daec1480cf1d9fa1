// NearMissTests: which misspellings get a suggestion.

import NenCore
import Testing

struct NearMissTests {
    private let names = ["RETURN", "MATCH", "name", "firstName", "id", "Person"]

    @Test(arguments: [
        ("RETRUN", "RETURN"), ("retun", "RETURN"), ("MTACH", "MATCH"), ("nmae", "name"),
        ("fristname", "firstName"), ("person", "Person"), ("Persons", "Person"), ("ID", "id"),
        ("di", "id"),
    ])
    func closeNames(text: String, expected: String) {
        #expect(NearMiss.suggestion(for: text, among: names) == expected)
    }

    @Test(arguments: ["", "x", "ix", "SELECT", "completelyDifferent", "id"])
    func distantNames(text: String) {
        #expect(NearMiss.suggestion(for: text, among: names) == nil)
    }

    @Test func theClosestWins() {
        #expect(NearMiss.suggestion(for: "nam", among: ["naming", "name", "game"]) == "name")
        let long = String(repeating: "a", count: 10_000)
        #expect(NearMiss.suggestion(for: long, among: [long + "b"]) == nil)
    }
}
