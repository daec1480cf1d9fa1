// Goal: an interruption is over when it was cancelled or its time is up, stays so, and reaches who
// works on the statement and nobody else. Method: short deadlines, tokens, nested scopes, threads.

import NenCore
import Synchronization
import Testing

@Suite struct InterruptionTests {
    private func thrown(_ body: () throws(NQLError) -> Void) -> NQLError? {
        do throws(NQLError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    /// Spends work until the statement is over; nil when it is not after very much of it.
    private func work() -> NQLError? {
        thrown { () throws(NQLError) in
            for _ in 0 ..< 200_000 { try Interruption.spend(10_000) }
        }
    }

    @Test func withoutLimitsNothingIsOver() throws {
        let interruption = Interruption()
        try interruption.check()
        #expect(!interruption.isOver)
        #expect(interruption.run { work() } == nil)
        #expect(work() == nil)
        try Interruption.check()
    }

    @Test func aDeadlinePasses() {
        let interruption = Interruption(timeoutMilliseconds: 1)
        let error = interruption.run { work() }
        #expect(error?.code == .interrupted && error?.detail == "Timeout")
        #expect(error?.message.contains("1 ms") == true)
        #expect(thrown { () throws(NQLError) in try interruption.check() } == error)
    }

    @Test func extremeTimesAreNoTraps() {
        #expect(Interruption(timeoutMilliseconds: 0).isOver)
        #expect(Interruption(timeoutMilliseconds: -5).isOver)
        #expect(!Interruption(timeoutMilliseconds: .max).isOver)
        #expect(Interruption(timeoutMilliseconds: .min).isOver)
    }

    @Test func aPartIsLateWhenTheWholeIs() {
        let whole = Interruption(timeoutMilliseconds: 1)
        let long = Interruption(timeoutMilliseconds: 60_000, within: whole)
        let endless = Interruption(within: whole)
        #expect(endless.run { work() }?.message.contains("1 ms") == true)
        #expect(long.isOver)
        #expect(long.run { work() }?.message.contains("1 ms") == true)
        let roomy = Interruption(timeoutMilliseconds: 60_000)
        #expect(Interruption(timeoutMilliseconds: 0, within: roomy).isOver)
        #expect(!Interruption(timeoutMilliseconds: 60_000, within: Interruption()).isOver)
    }

    @Test func whatIsOverStaysOver() {
        let token = CancellationToken()
        let interruption = Interruption(token: token)
        #expect(!interruption.isOver)
        token.cancel()
        #expect(interruption.isOver)
        token.reset()
        #expect(interruption.isOver)
        #expect(thrown { () throws(NQLError) in try interruption.check() }?.detail == "Cancelled")
        #expect(!Interruption(token: token).isOver)
    }

    @Test func aPartEndsAlone() {
        let token = CancellationToken()
        let whole = Interruption(token: token)
        let part = whole.part()
        part.stop()
        #expect(part.isOver)
        #expect(!whole.isOver)
        token.cancel()
        #expect(whole.isOver)
    }

    @Test func scopesNest() {
        let over = Interruption(timeoutMilliseconds: 0)
        let open = Interruption()
        #expect(Interruption.current == nil)
        over.run {
            #expect(Interruption.current === over)
            open.run {
                #expect(Interruption.current === open)
                #expect(work() == nil)
            }
            #expect(work()?.detail == "Timeout")
            Interruption.suspended {
                #expect(Interruption.current == nil)
                #expect(work() == nil)
            }
            #expect(Interruption.isOver(after: 1))
        }
        #expect(Interruption.current == nil)
        #expect(!Interruption.isOver(after: 1))
    }

    @Test func anErrorLeavesTheScope() {
        struct Failure: Error {}
        let interruption = Interruption(timeoutMilliseconds: 0)
        #expect(throws: Failure.self) { try interruption.run { throw Failure() } }
        #expect(Interruption.current == nil)
    }
}
