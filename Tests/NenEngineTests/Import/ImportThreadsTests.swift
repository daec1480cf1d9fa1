// Goal: every call of a phase is made, also where the system refuses threads. Method: no thread, or
// fewer than calls, may be started; each call notes its number.

import Synchronization
import Testing

@testable import NenEngine

@Suite struct ImportThreadsTests {
    @Test(arguments: [0, 1, 3, .max])
    func everyCallIsMade(threadsMax: Int) throws {
        final class Seen: Sendable {
            let numbers = Mutex<[Int]>([])
        }
        let seen = Seen()
        try ImportThreads.run(6, threadsMax: threadsMax) { number in
            seen.numbers.withLock { $0.append(number) }
        }
        #expect(seen.numbers.withLock { $0.sorted() } == Array(0 ..< 6))
    }
}
