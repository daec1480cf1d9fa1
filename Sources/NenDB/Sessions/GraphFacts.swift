// GraphFacts: what a cached plan relies on. Rules may use exact counts only to know that something
// does not exist; costs follow the counts roughly. So a plan holds as long as names, indexes and
// constraints, what is empty and what is not, each count's order of magnitude and the era of the
// estimates stay as they were.

import NenCore

/// Condenses catalog and statistics into one number.
enum GraphFacts {
    /// Equal for states of the graph for which the same plan is right and good. O(label sets +
    /// types + groups).
    static func fingerprint(
        catalog: Catalog, statistics: GraphStatistics, estimateEra: UInt64, isWrite: Bool
    ) -> UInt64 {
        var state = Fingerprint()
        state.add(estimateEra)
        // What may still be changed is read by one thread.
        state.add(isWrite ? 1 : 0)
        state.add(UInt64(catalog.labels.count))
        state.add(UInt64(catalog.types.count))
        state.add(UInt64(catalog.keys.count))
        state.add(UInt64(catalog.labelSets.count))
        for index in catalog.indexes { state.add(UInt64(index.id) &* 4 &+ 1) }
        for constraint in catalog.constraints { state.add(UInt64(constraint.id) &* 4 &+ 2) }
        for count in statistics.nodesPerLabelSet { state.addMagnitude(count) }
        for count in statistics.relationshipsPerType { state.addMagnitude(count) }
        for count in statistics.selfLoopsPerType { state.addMagnitude(count) }
        // A dictionary has no order, so groups are summed.
        var groups: UInt64 = 0
        for (group, count) in statistics.relationshipsPerGroup {
            var one = Fingerprint()
            one.add(UInt64(group.sourceSet) << 32 | UInt64(group.targetSet))
            one.add(UInt64(group.type))
            one.addMagnitude(count)
            groups = groups &+ one.value
        }
        state.add(groups)
        return state.value
    }
}

/// A 64-bit mixing hash; equal on all machines and in all runs.
struct Fingerprint {
    private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func add(_ word: UInt64) {
        var mixed = value ^ word
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        value = mixed ^ (mixed >> 31)
    }

    mutating func add(text: String) {
        add(UInt64(text.utf8.count))
        var word: UInt64 = 0
        for (place, byte) in text.utf8.enumerated() {
            word = word &<< 8 | UInt64(byte)
            if place % 8 == 7 {
                add(word)
                word = 0
            }
        }
        add(word)
    }

    /// Zero, or the power of two below the count.
    mutating func addMagnitude(_ count: UInt64) {
        add(count == 0 ? 0 : UInt64(64 - count.leadingZeroBitCount))
    }
}
