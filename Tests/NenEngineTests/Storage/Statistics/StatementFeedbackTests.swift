// Goal: what is remembered of statements is bounded, forgets what was not used for long, follows
// what they need of late, and comes back from the file. Method: the table alone, and round trips.

import NenCore
import Testing

@testable import NenEngine

@Suite struct StatementFeedbackTests {
    private func note(_ table: FeedbackTable, _ number: UInt64, _ peak: UInt64) {
        table.note(number, peakBytes: peak, rowCount: 10, entityCount: 1_000, stored: [])
    }

    @Test func aHigherPeakCountsAtOnceALowerOneByAndBy() throws {
        let table = FeedbackTable()
        note(table, 1, 4 << 20)
        note(table, 1, 8 << 20)
        #expect(table.find(1, stored: [])?.peakBytes == 8 << 20)
        note(table, 1, 4 << 20)
        let found = try #require(table.find(1, stored: []))
        #expect(found.peakBytes == 7 << 20 && found.runCount == 3)
        for _ in 0 ..< 30 { note(table, 1, 4 << 20) }
        #expect(try #require(table.find(1, stored: [])).peakBytes < 4_300_000)
    }

    @Test func predictionsGrowWithTheGraphWithinBounds() {
        let one = StatementFeedback(
            fingerprint: 1, runCount: 1, peakBytes: 1_000, rowCount: 1, entityCount: 100)
        #expect(one.predictedBytes(entityCount: 100) == 1_000)
        #expect(one.predictedBytes(entityCount: 200) == 2_000)
        #expect(one.predictedBytes(entityCount: 1_000_000) == 4_000)
        #expect(one.predictedBytes(entityCount: 1) == 250)
    }

    @Test func theTableIsBoundedAndForgetsTheOldest() {
        let table = FeedbackTable()
        for number in 0 ..< 3_000 as Range<UInt64> {
            note(table, number, 2 << 20)
            _ = table.find(0, stored: [])
            #expect(table.count <= FeedbackTable.entryCountMax)
        }
        #expect(table.find(0, stored: []) != nil)
        #expect(table.find(1, stored: []) == nil)
        #expect(table.find(2_999, stored: []) != nil)
    }

    @Test func whatIsAsBeforeIsNotWorthAWrite() {
        let table = FeedbackTable()
        #expect(!table.isChanged && table.takeStored(beside: []).isEmpty)
        note(table, 2, 5 << 20)
        #expect(table.isChanged)
        #expect(table.takeStored(beside: []).map(\.fingerprint) == [2])
        #expect(!table.isChanged)
        note(table, 2, 5 << 20)
        #expect(!table.isChanged)
        note(table, 2, 9 << 20)
        #expect(table.isChanged)
    }

    @Test func theyComeBackFromTheFile() throws {
        let disk = SimulatedDisk()
        let first = try GraphStore.open(path: "g.nen", fileSystem: disk)
        let writer = try first.beginWrite()
        _ = try writer.createNode(labels: [try writer.internLabel("A")], properties: [])
        try writer.commit()
        for number in 1 ... 50 as ClosedRange<UInt64> {
            note(first.context.feedback, number, number << 20)
        }
        #expect(try first.storeFeedback())
        // ANALYZE leaves them in place.
        try first.analyze()
        try first.close()
        let second = try GraphStore.open(path: "g.nen", fileSystem: disk)
        let view = try second.snapshot()
        #expect(view.counter.feedback.count == 50)
        let found = second.context.feedback.find(7, stored: view.counter.feedback)
        #expect(found?.peakBytes == 7 << 20 && found?.rowCount == 10)
        #expect(try second.check { Issue.record("\($0)") } == 0)
        try second.close()
    }
}
