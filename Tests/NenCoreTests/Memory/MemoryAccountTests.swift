// Goal: an account refuses what exceeds its limit or one above it, and forgets nothing it was
// charged with. Method: charges, notes and releases over a chain of three accounts.

import NenCore
import Testing

@Suite struct MemoryAccountTests {
    private let database = MemoryAccount(.database, limitBytes: 1_000)
    private let transaction: MemoryAccount
    private let statement: MemoryAccount

    init() {
        transaction = MemoryAccount(.transaction, limitBytes: 800, parent: database)
        statement = MemoryAccount(.statement, limitBytes: 500, parent: transaction)
    }

    private func refusal(_ bytes: Int) -> NQLError? {
        do {
            try statement.charge(bytes, for: .rows)
            return nil
        } catch {
            return error
        }
    }

    @Test func aChargeCountsInEveryAccountAbove() throws {
        try statement.charge(300, for: .rows)
        #expect([statement, transaction, database].map(\.heldBytes) == [300, 300, 300])
        statement.release(300)
        #expect([statement, transaction, database].map(\.heldBytes) == [0, 0, 0])
        #expect([statement, transaction, database].map(\.peakBytes) == [300, 300, 300])
    }

    @Test func theTightestLimitRefusesAndNothingIsCharged() throws {
        #expect(refusal(501)?.message.contains("memory budget of 500 bytes") == true)
        transaction.note(400)
        #expect(refusal(401)?.message.contains("The transaction holds 400 bytes") == true)
        database.note(500)
        let error = try #require(refusal(200))
        #expect(error.code == .memory)
        #expect(error.detail == "DatabaseMemoryExceeded")
        #expect([statement, transaction, database].map(\.heldBytes) == [0, 400, 900])
        #expect(refusal(100) == nil)
    }

    @Test func hugeChargesDoNotOverflow() {
        #expect(refusal(.max) != nil)
        statement.note(1)
        #expect(refusal(.max) != nil)
        #expect(statement.heldBytes == 1)
    }

    @Test func notesAreJudgedByTheCheckBetweenTwoSteps() throws {
        statement.note(500)
        try statement.check(for: .changes)
        transaction.note(301)
        #expect(transaction.isExceeded)
        #expect(throws: NQLError.self) { try statement.check(for: .changes) }
        transaction.release(1)
        try statement.check(for: .changes)
    }

    @Test func whatAnAccountStillHoldsEndsWithIt() throws {
        do {
            let short = MemoryAccount(.statement, limitBytes: 100, parent: database)
            try short.charge(70, for: .results)
            #expect(database.heldBytes == 70)
        }
        #expect(database.heldBytes == 0)
    }

    @Test func freeBytesAreThoseOfTheTightestAccount() {
        #expect(statement.freeBytes == 500)
        database.note(900)
        #expect(statement.freeBytes == 100)
        database.note(200)
        #expect(statement.freeBytes == 0)
    }
}
