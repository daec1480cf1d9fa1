// Goal: threads that keep to their own places lose nothing, also while others read theirs. Method:
// threads that count up in places of their own; under ThreadSanitizer, which sees an array in the
// place of Slots at once (`make sanitize-thread`).

import Testing

@testable import NenEngine

@Suite struct SlotsTests {
    @Test func everyThreadKeepsWhatItWrote() {
        let slots = Slots<[Int]?>(repeating: nil, count: 8)
        onThreads(
            (0 ..< 8).map { number in
                { for step in 0 ..< 500 { slots[number] = (slots[number] ?? []) + [step] } }
            })
        #expect(slots.indices.allSatisfy { slots[$0] == Array(0 ..< 500) })
    }

    @Test func placesAreReleased() {
        final class Value {}
        weak var seen: Value?
        do {
            let slots = Slots<Value?>(repeating: nil, count: 2)
            slots[1] = Value()
            seen = slots[1]
            #expect(seen != nil)
        }
        #expect(seen == nil)
    }
}
