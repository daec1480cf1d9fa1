// Goal: pages are never handed out while somebody may read them, and always come back.
// Method: random operations against models as plain as they can be.
import Testing

@testable import NenEngine

@Suite struct PageBitmapTests {
    @Test func randomRunsAgainstASet() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let bitmap = PageBitmap()
        var model: [Bool] = []
        func grow(to count: Int) {
            bitmap.grow(to: count)
            while model.count < count {
                let group = model.count / FreeMapLayout.pagesPerGroup
                let inGroup = model.count % FreeMapLayout.pagesPerGroup
                model.append(inGroup < FreeMapLayout.reserved(in: group))
            }
        }
        grow(to: 512)
        for step in 0..<3_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where model.count < 70_000:
                grow(to: model.count + 256 * Int.random(in: 1..<40, using: &random))
            case 1..<6:
                let count = Int.random(in: 1..<200, using: &random)
                if let run = bitmap.findRun(of: count) {
                    #expect(!model[Int(run.start)..<Int(run.end)].contains(true), "seed \(seed)")
                    bitmap.insert(run)
                    for page in run.start..<run.end { model[Int(page)] = true }
                } else {
                    #expect(longestFree(model) < count, "seed \(seed) step \(step)")
                }
            default:
                let start = Int.random(in: 4..<model.count, using: &random)
                let inGroup = start % FreeMapLayout.pagesPerGroup
                guard inGroup >= 4 else { continue }
                let rest = min(FreeMapLayout.pagesPerGroup - inGroup, model.count - start)
                let count = min(rest, Int.random(in: 1..<150, using: &random))
                bitmap.remove(PageRun(start: UInt32(start), count: UInt32(count)))
                for page in start..<start + count { model[page] = false }
            }
            if step % 100 == 0 {
                #expect(bitmap.usedCount == model.count(where: { $0 }), "seed \(seed)")
            }
        }
        for page in model.indices where bitmap.isUsed(page) != model[page] {
            Issue.record("page \(page), seed \(seed)")
        }
        for used in [true, false] {
            var seen = 0
            bitmap.forEachRun(used: used) { run in
                seen += Int(run.count)
                #expect(!model[Int(run.start)..<Int(run.end)].contains(!used))
            }
            #expect(seen == model.count(where: { $0 == used }))
        }
    }

    private func longestFree(_ model: [Bool]) -> Int {
        var longest = 0
        var current = 0
        for (page, used) in model.enumerated() {
            if page % FreeMapLayout.pagesPerGroup == 0 { current = 0 }
            current = used ? 0 : current + 1
            longest = max(longest, current)
        }
        return longest
    }
}

@Suite struct PageAllocatorTests {
    /// The reuse rule as the design states it, on every extent, after every step.
    @Test func reuseRuleAgainstItsDefinition() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let used = PageBitmap()
        used.grow(to: 8_192)
        let base = used.copy()
        let allocator = PageAllocator(
            used: used, base: base, changedGroups: [], capacityPages: 8_192)
        var live: [(run: PageRun, birth: UInt64)] = []
        var dead: [DeadRun] = []
        var tip: UInt64 = 1
        var published: UInt64 = 1
        var durable: UInt64 = 1
        var pins: [UInt64] = []
        for _ in 0..<2_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                tip += 1
                var births: [PageRun] = []
                for _ in 0..<Int.random(in: 0..<6, using: &random) {
                    let count = Int.random(in: 1..<20, using: &random)
                    guard let run = used.findRun(of: count) else { continue }
                    used.insert(run)
                    births.append(run)
                }
                var deaths: [DeadRun] = []
                for _ in 0..<Int.random(in: 0..<6, using: &random) where !live.isEmpty {
                    let at = Int.random(in: 0..<live.count, using: &random)
                    let extent = live.remove(at: at)
                    deaths.append(DeadRun(run: extent.run, birth: extent.birth, death: tip))
                }
                live += births.map { ($0, tip) }
                dead += deaths
                allocator.commit(
                    CommittedPages(transaction: tip, births: births, deaths: deaths.map(\.run)),
                    dead: deaths)
            case 5: published = UInt64.random(in: published...tip, using: &random)
            case 6:
                durable = published
                allocator.fold(upTo: durable)
            case 7: pins.append(published)
            default:
                if !pins.isEmpty { pins.remove(at: Int.random(in: 0..<pins.count, using: &random)) }
            }
            let holders = Set(pins + [durable]).sorted()
            allocator.collect(published: published, holders: holders)
            dead.removeAll { extent in
                let isBlocked = holders.contains { extent.birth <= $0 && $0 < extent.death }
                return extent.death <= published && !isBlocked
            }
            let expected = live.map(\.run) + dead.map(\.run)
            let pages = expected.reduce(0) { $0 + Int($1.count) }
            #expect(used.usedCount == pages + 4, "seed \(seed)")
            for run in expected where !used.isUsed(Int(run.start)) {
                Issue.record("page \(run.start) was freed too early, seed \(seed)")
            }
        }
        allocator.fold(upTo: tip)
        #expect(allocator.base.usedCount == live.reduce(4) { $0 + Int($1.run.count) })
    }
}
