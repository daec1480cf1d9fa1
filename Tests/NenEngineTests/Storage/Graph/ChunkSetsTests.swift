// Goal: label sets of chunks are kept in whatever order the chunks are noted. Method: sets noted
// for chunks far behind the last one, in random order, as a bulk load does.

import Testing

@testable import NenEngine

@Suite struct ChunkSetsTests {
    @Test func chunksFarBehindTheLast() {
        let seed = UInt64.random(in: 0 ... .max)
        print("chunksFarBehindTheLast: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let first: [UInt32] = [3, 4]
        let sets = first.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { ChunkSets(copying: $0, count: 2) }
        }
        guard let sets else { return }
        let order = (2 ..< 5_000).shuffled(using: &random)
        for chunk in order { sets.set(chunk, UInt32(chunk) * 3) }
        #expect(sets.pointer[0] == 3 && sets.pointer[1] == 4)
        for chunk in 2 ..< 5_000 where sets.pointer[chunk] != UInt32(chunk) * 3 {
            Issue.record("chunk \(chunk) has \(sets.pointer[chunk]), seed \(seed)")
            return
        }
    }
}
