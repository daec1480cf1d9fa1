// Goal: the type lattice's join and meet. Method: cases by hand.

import NenCore
import Testing

@Suite struct NQLTypeTests {
    @Test func joinOfNumbersIsNumber() {
        #expect(NQLType.integer.joined(with: .float) == .number)
        #expect(NQLType.null.joined(with: .string) == .string)
        #expect(NQLType.list(.integer).joined(with: .list(.float)) == .list(.number))
        #expect(NQLType.node.joined(with: .string) == .any)
    }

    @Test func meetKnowsNumbersAndLists() {
        #expect(NQLType.number.mayBe(.integer))
        #expect(!NQLType.integer.mayBe(.float))
        #expect(!NQLType.list(.node).mayBe(.list(.string)))
        #expect(NQLType.any.mayBe(.path))
    }
}
