// BTreeNode: one node of an index tree, stored or private, in one format.
//
// Little endian, no alignment:
//    0  kind    u8   1 leaf, 2 inner
//    1  zero    3 bytes
//    4  count   u32  n: keys
//    8  ends    n × u32  end of key i, counted from the start of the key area
//       children  inner only: (n + 1) × 24 bytes, extent descriptors
//       keys    the key area: all keys one behind the other, ascending by memcmp, shorter first
//
// A leaf's keys are entries. An inner node's key i is above all entries below child i and not above
// any below child i + 1. A node is valid when its length is exactly what these fields say, and
// the ends ascend. Nodes split above 4,096 bytes; only a node with a very long key is larger.

import CNenKernels
import Glibc
import NenCore

/// A child: in the file, or changed by this transaction.
enum BTreeNodeRef {
    case stored(ExtentDescriptor)
    case dirty(BTreeNode)
}

/// Reads a node wherever its bytes are.
struct BTreeNodeView {
    let bytes: UnsafeRawPointer
    let byteCount: Int
    let count: Int
    let isLeaf: Bool
    private let keyArea: Int

    /// A stored node.
    /// - Throws: `CorruptionError` when the head contradicts the length, or a leaf has no entry.
    init(_ stored: VerifiedBytes) throws(NQLError) {
        try self.init(stored.start, byteCount: stored.byteCount)
        guard !isLeaf || count > 0 else { throw BTreeNodeView.damaged("has no entries") }
    }

    /// A node of this process.
    /// - Throws: `CorruptionError` when the head contradicts the length.
    init(_ bytes: UnsafeRawPointer, byteCount: Int) throws(NQLError) {
        guard byteCount >= 8 else { throw BTreeNodeView.damaged("is \(byteCount) bytes long") }
        let kind = bytes.load(as: UInt8.self)
        let count = Int(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        guard kind == 1 || kind == 2 else { throw BTreeNodeView.damaged("is of kind \(kind)") }
        let childBytes = kind == 2 ? (count + 1) * ExtentDescriptor.byteWidth : 0
        let keyArea = 8 + 4 * count + childBytes
        guard keyArea <= byteCount else {
            throw BTreeNodeView.damaged("claims \(count) keys in \(byteCount) bytes")
        }
        self.bytes = bytes
        self.byteCount = byteCount
        self.count = count
        self.keyArea = keyArea
        isLeaf = kind == 1
        guard keyArea + (try end(count - 1)) == byteCount else {
            throw BTreeNodeView.damaged("has keys that do not fill it")
        }
    }

    static func damaged(_ what: String) -> NQLError {
        .runtime(
            .corruption, "Index", "an index node \(what)",
            hint: "drop the index and create it again; run nql check for the rest")
    }

    /// Mean length of the keys.
    @inline(__always)
    var meanKeyByteCount: Int { count == 0 ? 0 : (byteCount &- keyArea) / count }

    /// Fetches what `key` looks at, where the keys are about `length` bytes long each.
    @inline(__always)
    func prefetchKey(_ index: Int, length: Int) {
        nen_prefetch(bytes + (8 &+ 4 &* index))
        nen_prefetch(bytes + (keyArea &+ length &* index))
    }

    /// End of key `index` in the key area; 0 for -1.
    @inline(__always)
    private func end(_ index: Int) throws(NQLError) -> Int {
        if index < 0 { return 0 }
        let end = Int(bytes.loadUnaligned(fromByteOffset: 8 &+ 4 &* index, as: UInt32.self))
        guard keyArea &+ end <= byteCount else {
            throw BTreeNodeView.damaged("has a key that ends at \(end)")
        }
        return end
    }

    /// Key `index`; the bytes live as long as the node.
    @inline(__always)
    func key(_ index: Int) throws(NQLError) -> UnsafeRawBufferPointer {
        let start = try end(index &- 1)
        let end = try end(index)
        guard start <= end else { throw BTreeNodeView.damaged("has keys out of place") }
        return UnsafeRawBufferPointer(start: bytes + keyArea + start, count: end &- start)
    }

    /// Keys `range` as they lie in the key area.
    func keyBytes(_ range: Range<Int>) throws(NQLError) -> UnsafeRawBufferPointer {
        let start = try end(range.lowerBound - 1)
        let end = try end(range.upperBound - 1)
        guard start <= end else { throw BTreeNodeView.damaged("has keys out of place") }
        return UnsafeRawBufferPointer(start: bytes + keyArea + start, count: end - start)
    }

    /// Stored descriptor of child `index` of an inner node.
    func child(_ index: Int) -> ExtentDescriptor {
        precondition(!isLeaf && index <= count, "child \(index) of \(count + 1)")
        return ExtentDescriptor(from: bytes + 8 + 4 * count + index * ExtentDescriptor.byteWidth)
    }

    /// Number of keys below `key` (or not above it, with `orEqual`), of which `least` are known to
    /// be. O(log count), with `least` near the answer O(1).
    @inline(__always)
    func rank(
        _ key: UnsafeRawBufferPointer, orEqual: Bool, from least: Int = 0
    ) throws(NQLError) -> Int {
        var low = least
        var high = count
        if least > 0 {
            // Steps that double, from the least place on.
            var step = 1
            while low &+ step <= high {
                let order = BTreeNodeView.compare(try self.key(low &+ step &- 1), key)
                if order > 0 || (!orEqual && order == 0) {
                    high = low &+ step &- 1
                    break
                }
                low &+= step
                step &*= 2
            }
        }
        while low < high {
            let middle = (low &+ high) / 2
            let order = BTreeNodeView.compare(try self.key(middle), key)
            if order < 0 || (orEqual && order == 0) { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// memcmp order; a prefix comes first.
    @inline(__always)
    static func compare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
        let shared = min(a.count, b.count)
        if shared > 0, let x = a.baseAddress, let y = b.baseAddress {
            var done = 0
            // The first bytes of most keys tell; a call takes longer than looking at them.
            if shared >= 8 {
                let left = x.loadUnaligned(as: UInt64.self).bigEndian
                let right = y.loadUnaligned(as: UInt64.self).bigEndian
                if left != right { return left < right ? -1 : 1 }
                done = 8
            }
            let order = memcmp(x + done, y + done, shared &- done)
            if order != 0 { return Int(order) }
        }
        return a.count &- b.count
    }
}

/// A private node: an image in the stored format, and the children of an inner node.
final class BTreeNode {
    private(set) var image: UnsafeMutableRawPointer
    private(set) var byteCount: Int
    var children: [BTreeNodeRef]
    private let account = WriterMemory.account
    /// Bytes noted in `account`.
    private var notedBytes = 0
    /// The object itself and what the heap adds to it and the image.
    private static let overheadBytes = 112

    /// An empty leaf.
    init() {
        byteCount = 8
        image = WriterMemory.zeroed(8)
        image.storeBytes(of: 1, as: UInt64.self)
        children = []
        noteBytes()
    }

    /// A node of keys `keys` (their bytes one behind the other, `ends` their ends).
    init(ends: [UInt32], keys: UnsafeRawBufferPointer, children: [BTreeNodeRef]) {
        let isLeaf = children.isEmpty
        precondition(isLeaf || children.count == ends.count + 1, "\(children.count) children")
        self.children = children
        byteCount = 8 + 4 * ends.count + children.count * ExtentDescriptor.byteWidth + keys.count
        image = WriterMemory.uncleared(byteCount)
        image.storeBytes(of: isLeaf ? 1 : 2, as: UInt32.self)
        image.storeBytes(of: UInt32(ends.count), toByteOffset: 4, as: UInt32.self)
        for (index, end) in ends.enumerated() {
            image.storeBytes(of: end, toByteOffset: 8 + 4 * index, as: UInt32.self)
        }
        let area = byteCount - keys.count
        memset(image + 8 + 4 * ends.count, 0, area - 8 - 4 * ends.count)
        if let start = keys.baseAddress { memcpy(image + area, start, keys.count) }
        noteBytes()
    }

    /// A private copy of a stored node; `children` are its children, checked.
    init(copying view: BTreeNodeView, children: [BTreeNodeRef]) {
        byteCount = view.byteCount
        image = WriterMemory.uncleared(byteCount)
        image.copyMemory(from: view.bytes, byteCount: byteCount)
        self.children = children
        noteBytes()
    }

    /// A private copy of a private node that a savepoint still refers to.
    init(copying node: BTreeNode) {
        byteCount = node.byteCount
        image = WriterMemory.uncleared(byteCount)
        image.copyMemory(from: node.image, byteCount: byteCount)
        children = node.children
        noteBytes()
    }

    deinit {
        free(image)
        account?.release(notedBytes)
    }

    /// Brings the account up to date with the image and the children.
    private func noteBytes() {
        guard let account else { return }
        let now = byteCount + BTreeNode.overheadBytes
            + children.capacity * MemoryLayout<BTreeNodeRef>.stride
        if now > notedBytes { account.note(now - notedBytes) } else {
            account.release(notedBytes - now)
        }
        notedBytes = now
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: image, count: byteCount) }

    func view() throws(NQLError) -> BTreeNodeView {
        try BTreeNodeView(image, byteCount: byteCount)
    }

    /// Replaces keys `range` by `key` (or nothing). The caller keeps `children` in step.
    func replaceKeys(_ range: Range<Int>, with key: UnsafeRawBufferPointer?) throws(NQLError) {
        let old = try view()
        let before = try old.keyBytes(0 ..< range.lowerBound)
        let after = try old.keyBytes(range.upperBound ..< old.count)
        var ends: [UInt32] = []
        ends.reserveCapacity(old.count + 1)
        var position = 0
        for index in 0 ..< range.lowerBound {
            position += try old.key(index).count
            ends.append(UInt32(position))
        }
        if let key {
            position += key.count
            ends.append(UInt32(position))
        }
        for index in range.upperBound ..< old.count {
            position += try old.key(index).count
            ends.append(UInt32(position))
        }
        let children = ends.count + 1
        let childBytes = old.isLeaf ? 0 : children * ExtentDescriptor.byteWidth
        let area = 8 + 4 * ends.count + childBytes
        let fresh = WriterMemory.uncleared(area + position)
        fresh.storeBytes(of: old.isLeaf ? 1 : 2, as: UInt32.self)
        fresh.storeBytes(of: UInt32(ends.count), toByteOffset: 4, as: UInt32.self)
        for (index, end) in ends.enumerated() {
            fresh.storeBytes(of: end, toByteOffset: 8 + 4 * index, as: UInt32.self)
        }
        memset(fresh + 8 + 4 * ends.count, 0, childBytes)
        var cursor = fresh + area
        for part in [before, key ?? UnsafeRawBufferPointer(start: nil, count: 0), after] {
            if let start = part.baseAddress { memcpy(cursor, start, part.count) }
            cursor += part.count
        }
        free(image)
        image = fresh
        byteCount = area + position
        noteBytes()
    }

    /// Keys `range` with the children at their left, and at the right of the last, as a new node.
    func part(_ range: Range<Int>) throws(NQLError) -> BTreeNode {
        let whole = try view()
        let keys = try whole.keyBytes(range)
        var ends: [UInt32] = []
        var position = 0
        for index in range {
            position += try whole.key(index).count
            ends.append(UInt32(position))
        }
        let kept = whole.isLeaf ? [] : Array(children[range.lowerBound ... range.upperBound])
        return BTreeNode(ends: ends, keys: keys, children: kept)
    }

    /// Writes the descriptor of child `index` into the image, when the child has been stored.
    func setChild(_ index: Int, _ extent: ExtentDescriptor) {
        children[index] = .stored(extent)
        let count = Int(image.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        extent.store(to: image + 8 + 4 * count + index * ExtentDescriptor.byteWidth)
    }
}
