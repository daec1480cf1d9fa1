// Goal: recursion that asks for room, and the release of long chains, need no deep stack. Method:
// both a million levels deep on threads of 512 KiB; an overflow would end the test process.

import Foundation
import NenCore
import Testing

/// Runs `body` on a thread whose stack has so many KiB.
func onThread(stackKiB: Int, _ body: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
        body()
        done.signal()
    }
    thread.stackSize = stackKiB * 1_024
    thread.start()
    done.wait()
}

@Suite struct StackRoomTests {
    private static func depth(_ left: Int) throws(NQLError) -> Int {
        if left == 0 { return 0 }
        if StackRoom.isLow {
            return try StackRoom.extended { () throws(NQLError) in try depth(left) }
        }
        return try depth(left - 1) + 1
    }

    @Test func aMillionLevelsOnASmallStack() {
        onThread(stackKiB: 512) {
            #expect((try? StackRoomTests.depth(1_000_000)) == 1_000_000)
        }
    }

    @Test func errorsComeBackThroughAllStacks() {
        func fail(_ left: Int) throws(NQLError) {
            if StackRoom.isLow {
                return try StackRoom.extended { () throws(NQLError) in try fail(left) }
            }
            if left == 0 { throw .runtime(.argument, "NumberOutOfRange", "at the bottom") }
            try fail(left - 1)
        }
        #expect(throws: NQLError.self) { try fail(300_000) }
    }

    @Test func endlessRecursionIsRefused() {
        let level = Level()
        let error = #expect(throws: NQLError.self) { try level.enter() }
        #expect(error?.detail == "OutOfMemory")
        #expect(level.count == StackRoom.segmentsMax)
    }

    private final class Level {
        var count = 0
        func enter() throws(NQLError) {
            try StackRoom.extended { () throws(NQLError) in
                count += 1
                try enter()
            }
        }
    }

    @Test func theStatementIsKnownOnEveryStack() throws {
        let interruption = Interruption(timeoutMilliseconds: 60_000)
        try interruption.run { () throws(NQLError) in
            let same = try StackRoom.extended { () throws(NQLError) in
                Interruption.current === interruption
            }
            #expect(same)
        }
    }

    private final class Link {
        nonisolated(unsafe) static var alive = 0
        var next: [Link]
        init(_ next: [Link]) {
            self.next = next
            Link.alive += 1
        }
        deinit {
            Link.alive -= 1
            ChainRelease.release(&next)
        }
    }

    @Test func aChainOfAMillionIsReleasedOnASmallStack() {
        onThread(stackKiB: 128) {
            var chain = Link([])
            for _ in 1 ..< 1_000_000 { chain = Link([chain]) }
            // A part that somebody else holds stays.
            let held = chain.next[0].next[0]
            chain = Link([])
            #expect(Link.alive == 999_999)
            withExtendedLifetime(held) {}
        }
        #expect(Link.alive == 0)
    }
}
