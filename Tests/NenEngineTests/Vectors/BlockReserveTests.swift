// Goal: no block is handed out twice at a time, whatever the sizes and threads; sizes have room for
// what was asked. Method: threads that take, mark, check and give blocks of random sizes; the seed
// is printed.

import Foundation
import NenCore
import Synchronization
import Testing

@testable import NenEngine

@Suite struct BlockReserveTests {
    @Test func sizesHaveRoom() {
        for count in [1, 255, 256, 257, 4_000, 32_768, 32_769, 65_536] {
            let size = BlockReserve.size(for: count)
            #expect(size >= count && size.nonzeroBitCount == 1)
            #expect(size < 2 * count || size == BlockReserve.leastByteCount)
        }
    }

    @Test func noBlockIsHeldTwice() {
        let seed = UInt64.random(in: 0 ... .max)
        let strayed = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            var random = SeededGenerator(seed: seed &+ UInt64(worker))
            var held: [(block: UnsafeMutableRawPointer, size: Int, mark: UInt64)] = []
            for _ in 0 ..< 20_000 {
                if held.count < 100, Bool.random(using: &random) {
                    let size = 256 << Int.random(in: 0 ... 8, using: &random)
                    guard let block = BlockReserve.take(size) else { continue }
                    let mark = random.next()
                    if Int(bitPattern: block) % 64 != 0 { strayed.add(1, ordering: .relaxed) }
                    block.storeBytes(of: mark, as: UInt64.self)
                    block.storeBytes(of: mark, toByteOffset: size - 8, as: UInt64.self)
                    held.append((block, size, mark))
                } else if let index = held.indices.randomElement(using: &random) {
                    let (block, size, mark) = held.remove(at: index)
                    let isMine = block.load(as: UInt64.self) == mark
                        && block.load(fromByteOffset: size - 8, as: UInt64.self) == mark
                    if !isMine { strayed.add(1, ordering: .relaxed) }
                    BlockReserve.give(block, size)
                }
            }
            for (block, size, _) in held { BlockReserve.give(block, size) }
        }
        #expect(strayed.load(ordering: .relaxed) == 0, "seed \(seed)")
    }
}
