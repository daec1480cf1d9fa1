// Memory forecasts: goal: bytes grow with rows and widths where an operator holds its input, and
// stay at a batch where it streams; the floor never exceeds the peak. Method: single operators.

import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct MemoryModelTests {
    private let model = MemoryModel(
        slots: [
            SlotInfo(name: "n", type: .node), SlotInfo(name: "s", type: .string),
            SlotInfo(name: "c", type: .integer),
        ], nodeCount: 1_000_000, labelled: { _ in 10_000 })

    private func memory(_ kind: OperatorKind, rows: Double, input: Double) -> OperatorMemory {
        model.memory(
            kind, rows: rows, inputRows: [input, input], inputWidths: [36, 36], output: [0, 1])
    }

    @Test func streamingHoldsABatch() {
        let small = memory(.filter([]), rows: 10, input: 10)
        let large = memory(.filter([]), rows: 1e7, input: 1e7)
        #expect(small == large)
        #expect(small.peakBytes == small.floorBytes)
    }

    @Test(arguments: [
        OperatorKind.sort([SortKey(slot: 0, isDescending: false)]), .eager, .cartesianProduct,
        .hashJoin(
            .inner, keys: [JoinKey(left: PlanExpression(.slot(0), type: .node), right: 0)]),
        .distinct([0, 1]),
        .aggregate(
            keys: [], aggregates: [
                AggregateCall(slot: 2, function: "collect", arguments: [], isDistinct: false)
            ]),
    ])
    func blockingGrows(_ kind: OperatorKind) {
        let small = memory(kind, rows: 1e4, input: 1e4)
        let large = memory(kind, rows: 1e6, input: 1e6)
        #expect(large.peakBytes > small.peakBytes * 10)
        #expect(large.floorBytes < large.peakBytes)
        #expect(large.floorBytes == small.floorBytes)
    }

    @Test func weightsCannotSpill() {
        func program(_ labels: PlanLabels?) -> WeightProgram {
            let leaf = WeightNode(labels: nil, predicates: [], slot: 0, branches: [])
            let step = { WeightBranch(types: ["R"], direction: .outgoing, node: $0) }
            let middle = WeightNode(
                labels: labels, predicates: [], slot: 1, branches: [step(leaf)])
            let root = WeightNode(
                labels: nil, predicates: [], slot: 2, branches: [step(middle)])
            return WeightProgram(terms: [WeightTerm(coefficient: 1, root: root)], slot: 2)
        }
        let all = memory(.weightAggregate(program(nil)), rows: 1, input: 0)
        #expect(all.floorBytes == all.peakBytes)
        #expect(all.floorBytes >= 8e6)
        // Of labelled nodes only their chunks have weights; the root's are added up at once.
        let few = memory(.weightAggregate(program(.name("L"))), rows: 1, input: 0)
        #expect(few.peakBytes < 1e6)
        let kept = memory(.weightScan(program(.name("L"))), rows: 1, input: 0)
        #expect(kept.peakBytes >= 8e6)
    }

    @Test func forecastOfAPlan() throws {
        let sorted = try plan("MATCH (p:Post) RETURN p.text AS t ORDER BY t")
        let limited = try plan("MATCH (p:Post) RETURN p.text AS t ORDER BY t LIMIT 10")
        #expect(sorted.memory.peakBytes > 3e6)
        #expect(limited.memory.peakBytes < 2e6)
        #expect(limited.memory.floorBytes <= limited.memory.peakBytes)
    }
}
