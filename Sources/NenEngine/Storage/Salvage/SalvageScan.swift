// SalvageScan: finds chunk records and roots in a file whose superblocks or trees cannot be
// followed.
//
// A record does not carry its own checksum: it stands in the tree's leaf. So every page that begins
// like a record is a candidate, and every place of the file that could be a leaf's entry is read as
// one: if it names a candidate and its checksum matches, both are proven. Of a chunk found in
// several versions the one with the latest birth counts.
import NenCore

/// What a look at every page found.
struct SalvageScan {
    /// Proven records by chunk number: of each the latest version.
    private(set) var nodes: [Int: ExtentDescriptor] = [:]
    private(set) var relationships: [Int: ExtentDescriptor] = [:]
    /// Pages that begin like a graph root.
    private(set) var rootPages: [Int] = []

    /// Checksums computed for one candidate: more than versions of it can exist.
    private static let attemptsMax = 64

    init(_ source: SalvageSource, checkInterrupt: () throws -> Void) throws {
        var candidates: [UInt32: Int] = [:]
        for number in 4 ..< max(4, source.pageCount) {
            guard let page = source.part(ofPage: number), page.count >= 4 else { break }
            let magic = page.load(as: UInt32.self)
            if magic == ChunkFormat.magic { candidates[UInt32(number)] = 0 }
            if magic == GraphRoot.magic { rootPages.append(number) }
            if number & 4_095 == 0 { try checkInterrupt() }
        }
        if candidates.isEmpty { return }
        var seen: Set<ExtentDescriptor> = []
        for number in 4 ..< max(4, source.pageCount) {
            guard let page = source.part(ofPage: number), let start = page.baseAddress else {
                break
            }
            if number & 255 == 0 { try checkInterrupt() }
            let end = page.count - ExtentDescriptor.byteWidth
            for place in stride(from: 0, through: end, by: ChunkEntry.byteWidth) {
                let first = page.load(fromByteOffset: place, as: UInt32.self)
                guard let attempts = candidates[first], attempts < SalvageScan.attemptsMax else {
                    continue
                }
                let extent = ExtentDescriptor(from: start + place)
                guard seen.insert(extent).inserted else { continue }
                candidates[first] = attempts + 1
                note(extent, source)
            }
        }
    }

    /// Takes an extent in if it is a record.
    private mutating func note(_ extent: ExtentDescriptor, _ source: SalvageSource) {
        guard let bytes = source.bytes(of: extent),
            let chunk = SalvagedChunk(bytes, byteCount: Int(extent.byteCount), in: source),
            chunk.number < source.pageCount
        else { return }
        let known = chunk.isNode ? nodes[chunk.number] : relationships[chunk.number]
        if let known, known.birth >= extent.birth { return }
        if chunk.isNode {
            nodes[chunk.number] = extent
        } else {
            relationships[chunk.number] = extent
        }
    }
}
