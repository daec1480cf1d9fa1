// RelationshipList: the relationships of consecutive entries of a group. Where they follow from
// something else, nothing is stored of them:
//
//   consecutive  as relationships are numbered by (source, target) at import, those of a chunk of
//                sources have consecutive numbers: entry i has the first one's plus i
//   parallel     where each neighbour has one relationship of the type, numbers rise with the
//                neighbours': entry i has neighbour i plus a constant
//
// All three are read alike, without a branch: a word plus a constant. The words are the stored
// ones, the numbers 0, 1, 2, …, or the neighbours.

import CNenKernels
import NenCore

/// How the relationships of a segment are stored.
enum RelationshipForm: UInt8, Sendable {
    /// One number for each entry.
    case listed = 0
    /// Each the one before plus 1.
    case consecutive = 1
    /// Each its neighbour plus a constant, modulo 2³².
    case parallel = 2

    /// The form that takes least for these entries, of which there is at least one, and what is
    /// added in it. O(count).
    static func fitting(
        _ neighbours: UnsafePointer<UInt32>, _ relationships: UnsafePointer<UInt32>, _ count: Int
    ) -> (form: RelationshipForm, base: UInt32) {
        let first = relationships[0]
        let distance = first &- neighbours[0]
        var gaps: UInt32 = 0
        var differences: UInt32 = 0
        var index = 0
        while index < count {
            let relationship = relationships[index]
            gaps |= relationship ^ (first &+ UInt32(truncatingIfNeeded: index))
            differences |= (relationship &- neighbours[index]) ^ distance
            index &+= 1
        }
        if gaps == 0 { return (.consecutive, first) }
        return differences == 0 ? (.parallel, distance) : (.listed, 0)
    }
}

/// Relationship numbers of entries that follow each other; as long as the handle it came from.
struct RelationshipList {
    private let words: UnsafePointer<UInt32>
    /// Added to each word, modulo 2³².
    let base: UInt32

    init(_ words: UnsafePointer<UInt32>, plus base: UInt32 = 0) {
        self.words = words
        self.base = base
    }

    @inline(__always)
    subscript(index: Int) -> UInt32 { words[index] &+ base }

    /// Fetches the first word ahead of use.
    @inline(__always)
    func prefetch() { nen_prefetch(words) }

    /// The list from entry `count` on.
    @inline(__always)
    static func + (list: RelationshipList, count: Int) -> RelationshipList {
        RelationshipList(list.words + count, plus: list.base)
    }
}

/// The numbers 0, 1, 2, … as an array: offsets of rows with one neighbour each, and places of
/// entries in a segment.
enum CountingNumbers {
    /// One more than a segment has entries, or a chunk rows.
    static let count = ChunkFormat.segmentEntriesMax + 1

    nonisolated(unsafe) static let pointer: UnsafePointer<UInt32> = {
        // Never written and never freed.
        let numbers = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
        for index in 0 ..< count { numbers[index] = UInt32(index) }
        return UnsafePointer(numbers)
    }()
}
