// Goal: a BitSet is a set of numbers. Method: random operations beside a `Set<Int>`.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct BitSetTests {
    @Test(arguments: [1, UInt64.random(in: 2 ..< 1_000_000)])
    func agreesWithSet(seed: UInt64) {
        var dice = SystemDice(seed: seed)
        var pairs = (0 ..< 4).map { _ in (bits: BitSet(), model: Set<Int>()) }
        for step in 0 ..< 4_000 {
            let note: Comment = "seed \(seed), step \(step)"
            let one = Int.random(in: 0 ..< 4, using: &dice)
            let other = Int.random(in: 0 ..< 4, using: &dice)
            let element = Int.random(in: 0 ..< 3_000, using: &dice)
            switch Int.random(in: 0 ..< 7, using: &dice) {
            case 0, 1:
                let isNew = pairs[one].model.insert(element).inserted
                #expect(pairs[one].bits.insert(element) == isNew, note)
            case 2:
                pairs[one].model.remove(element)
                pairs[one].bits.remove(element)
            case 3:
                pairs[one].model.formUnion(pairs[other].model)
                pairs[one].bits.formUnion(pairs[other].bits)
            case 4:
                pairs[one].model.subtract(pairs[other].model)
                pairs[one].bits = pairs[one].bits.subtracting(pairs[other].bits)
            case 5:
                pairs[one].model.formIntersection(pairs[other].model)
                pairs[one].bits = pairs[one].bits.intersection(pairs[other].bits)
            default: pairs[one] = pairs[other]
            }
            let (bits, model) = pairs[one]
            #expect(bits.contains(element) == model.contains(element), note)
            #expect(
                bits.isSubset(of: pairs[other].bits) == model.isSubset(of: pairs[other].model),
                note)
            if step % 50 == 0 {
                #expect(bits.elements == model.sorted(), note)
                #expect(bits.count == model.count && bits.isEmpty == model.isEmpty, note)
                #expect(bits == BitSet(model), note)
                #expect(bits.first(3) == Array(model.sorted().prefix(3)), note)
            }
        }
    }

    @Test func scopesOfVeryManyNames() {
        var scope = Scope()
        for number in 0 ..< 5_000 { scope["n\(number)"] = number }
        let before = scope
        scope["n17"] = 9_000
        #expect(scope["n17"] == 9_000 && before["n17"] == 17 && scope["n4999"] == 4_999)
        #expect(scope.boundSlots.count == 5_000 && !scope.boundSlots.contains(17))
        #expect(before.boundSlots.contains(17) && scope["m"] == nil)
        #expect(scope.names.count == 5_000)
    }
}

/// Random numbers whose seed can be printed.
private struct SystemDice: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
