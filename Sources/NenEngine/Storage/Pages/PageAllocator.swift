// PageAllocator: hands out pages and takes them back when nobody can see them any more.
//
// An extent lives from its birth to its death (transaction numbers). It may be reused when death <=
// published root and no holder x (durable root, checkpoint in progress, pins) has birth <= x <
// death. Dead extents first wait for publication, then stand in the list of the smallest holder
// that blocks them and are looked at again only when that holder is gone.
//
// `base` is the bitmap as of the last folded transaction: exactly the pages its root reaches. A
// checkpoint folds the committed transactions up to its root and writes the groups that changed.
import NenCore

/// An extent that is out of the newest tree.
struct DeadRun: Sendable {
    var run: PageRun
    var birth: UInt64
    var death: UInt64
}

/// What one committed transaction did to the set of used pages.
struct CommittedPages {
    var transaction: UInt64
    var births: [PageRun]
    var deaths: [PageRun]
}

/// Allocation state of a store; guarded by the store's state monitor.
final class PageAllocator {
    /// Pages that must not be handed out.
    private(set) var used: PageBitmap
    /// Pages reachable from the root of the last folded transaction.
    private(set) var base: PageBitmap
    private(set) var changedGroups: Set<Int> = []
    private var unfolded: [CommittedPages] = []
    private var awaitingPublication: [DeadRun] = []
    private var blocked: [UInt64: [DeadRun]] = [:]
    /// Runs freed by the last `collect`, for whoever gives memory back; longest ones only.
    private(set) var freedLongRuns: [PageRun] = []

    /// Upper bound in pages, and what of it ordinary transactions may use.
    let capacityPages: Int
    var ordinaryPages: Int { capacityPages - capacityPages / 50 }

    init(used: PageBitmap, base: PageBitmap, changedGroups: Set<Int>, capacityPages: Int) {
        self.used = used
        self.base = base
        self.changedGroups = changedGroups
        self.capacityPages = capacityPages
    }

    /// Files grow by multiples of this many pages, so that no group ends inside its own free map.
    static let growthUnit = 256

    /// How far the file should grow so that `needed` more pages fit in one run: 1/8 of its size
    /// within 1 and 16 MiB, never beyond the capacity; nil when that is not enough.
    func grownPageCount(for needed: Int) -> Int? {
        let current = used.pageCount
        let step = min(max(current / 8, PageAllocator.growthUnit), 4_096)
        var target = current + max(step, needed + FreeMapLayout.reservedInFirstGroup)
        // A run does not cross a group: when the rest of this group is too short, go beyond it.
        let groupEnd = FreeMapLayout.groupCount(forPages: current) * FreeMapLayout.pagesPerGroup
        if current + needed > groupEnd {
            target = max(target, groupEnd + needed + FreeMapLayout.reservedInGroup)
        }
        let unit = PageAllocator.growthUnit
        target = min((target + unit - 1) / unit * unit, capacityPages)
        return target >= current + needed ? target : nil
    }

    /// Records a commit: the released extents wait until they may be reused.
    func commit(_ pages: CommittedPages, dead: [DeadRun]) {
        unfolded.append(pages)
        awaitingPublication.append(contentsOf: dead)
    }

    /// Returns the pages of a transaction that did not commit.
    func abort(_ runs: [PageRun]) {
        for run in runs { used.remove(run) }
    }

    /// Adds runs that nobody new can reach but holders from `birth` to below `death` may still
    /// read. `death` is of a published root.
    func quarantine(_ runs: [PageRun], birth: UInt64, death: UInt64) {
        for run in runs {
            used.insert(run)
            awaitingPublication.append(DeadRun(run: run, birth: birth, death: death))
        }
    }

    /// Frees what may be reused. `holders` is ascending, without repetition.
    func collect(published: UInt64, holders: [UInt64]) {
        var candidates: [DeadRun] = []
        for holder in blocked.keys where !holders.contains(holder) {
            candidates.append(contentsOf: blocked.removeValue(forKey: holder) ?? [])
        }
        var ready = 0
        while ready < awaitingPublication.count, awaitingPublication[ready].death <= published {
            candidates.append(awaitingPublication[ready])
            ready += 1
        }
        if ready > 0 { awaitingPublication.removeFirst(ready) }
        freedLongRuns.removeAll(keepingCapacity: true)
        for dead in candidates {
            let at = firstIndex(in: holders, notBelow: dead.birth)
            if at < holders.count, holders[at] < dead.death {
                blocked[holders[at], default: []].append(dead)
            } else {
                used.remove(dead.run)
                if dead.run.count >= 64 { freedLongRuns.append(dead.run) }
            }
        }
    }

    private func firstIndex(in holders: [UInt64], notBelow number: UInt64) -> Int {
        var low = 0
        var high = holders.count
        while low < high {
            let middle = (low + high) / 2
            if holders[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Moves `base` on to transaction `number`, noting the groups that change.
    func fold(upTo number: UInt64) {
        var folded = 0
        while folded < unfolded.count, unfolded[folded].transaction <= number {
            for run in unfolded[folded].births {
                growBase(to: Int(run.end))
                note(base.insert(run), in: run)
            }
            for run in unfolded[folded].deaths { note(base.remove(run), in: run) }
            folded += 1
        }
        if folded > 0 { unfolded.removeFirst(folded) }
    }

    private func growBase(to pageCount: Int) {
        guard pageCount > base.pageCount else { return }
        let groups = base.groupCount
        base.grow(to: max(pageCount, used.pageCount))
        for group in groups..<max(groups, base.groupCount) { changedGroups.insert(group) }
    }

    private func note(_ changes: Int, in run: PageRun) {
        if changes > 0 { changedGroups.insert(Int(run.start) / FreeMapLayout.pagesPerGroup) }
    }

    /// What `base` would be after one more transaction, and the groups that would then differ from
    /// the disk.
    func preview(births: [PageRun], deaths: [PageRun]) -> (PageBitmap, Set<Int>) {
        let next = PageAllocator(
            used: used, base: base.copy(), changedGroups: changedGroups,
            capacityPages: capacityPages)
        next.unfolded = [CommittedPages(transaction: 0, births: births, deaths: deaths)]
        next.fold(upTo: 0)
        return (next.base, next.changedGroups)
    }

    /// Forgets the pages from `count` on, none of which is in use.
    func shorten(to count: Int) {
        used = used.shortened(to: count)
        base = base.shortened(to: min(count, base.pageCount))
        changedGroups = changedGroups.filter { $0 < used.groupCount }
    }

    /// Hands over the groups that differ from the disk; what changes later is noted anew.
    func takeChanges() -> Set<Int> {
        defer { changedGroups.removeAll() }
        return changedGroups
    }

    /// The groups handed over did not reach the disk after all.
    func restoreChanges(_ groups: Set<Int>) { changedGroups.formUnion(groups) }

    /// Dead extents that still wait for publication or for a holder to go.
    var deadRunCount: Int { awaitingPublication.count + blocked.values.reduce(0) { $0 + $1.count } }
}
