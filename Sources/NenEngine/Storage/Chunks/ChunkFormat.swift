// ChunkFormat: the bytes of a chunk record. Format versions 1 to 3.
//
// A chunk is up to 2,048 rows of nodes or relationships. Everything about it hangs on its record,
// one extent. Little endian; offsets count from the record's start; arrays are aligned to 8 bytes;
// unused bytes are zero. The extent's checksum stands in the chunk tree (ChunkTree.swift).
//
// Record
//     0  magic            u32  "NCHK"
//     4  version          u8   1; 2 when the counts of columns or adjacency have high halves;
//                              3 when anything is in a form marked with (3)
//     5  kind             u8   0 nodes, 1 relationships
//     6  sourcesForm      u8   relationships: how sources and targets are packed, as `code` of
//     7  targetsForm      u8   PackedNumbers.swift says; 0 plain, as in chunks that are not full;
//                              else (3)
//     8  chunk            u32  its number
//    12  set              u32  nodes: home label set | bit 31 when rows have differing sets;
//                              relationships: type
//    16  rowCount         u16  rows ever used: 1 ... capacity
//    18  capacity         u16  64, 256, 1,024 or 2,048
//    20  liveCount        u16
//    22  columnCount      u16  low half
//    24  adjacencyCount   u16  low half
//    26  zero             u16
//    28  columnsOffset    u32  columnCount column descriptors, ascending by key
//    32  adjacencyOffset  u32  adjacencyCount adjacency descriptors, ascending by type, direction
//    36  liveOffset       u32  capacity / 8 bytes: one bit per row; zero from rowCount on
//    40  columnCount      u32  bits 16 and up; zero in version 1
//    44  adjacencyCount   u32  bits 16 and up; zero in version 1
//    48  first   array ref     nodes of differing sets: label sets, u32 × capacity
//                              relationships: source nodes, u32 × capacity, or packed
//    80  second  array ref     relationships: target nodes, u32 × capacity, or packed
//   112
//   112  sourcesBase      u32  only where sourcesForm or targetsForm is not 0
//   116  targetsBase      u32
//   120
//
// Array ref, 32 bytes
//     0  extent  24 bytes      page 0: the array lies in the record
//    24  offset     u32        in the record
//    28  byteCount  u32
//
// Column descriptor, 112 bytes
//     0  key u32 · 4 encoding u8 · 5 type u8 (ColumnType.swift)
//     6  flags u8              bit 0 presence bitmap; bit 1 zone known
//     7  offsetWidth u8        framed: bytes of an offset, 1, 2 or 4; else zero
//     8  valueCount u32        live rows with a value, at least 1
//    12  heapCount u32
//    16  least u64 · 24 greatest u64   zone as payload bits
//    32  values array ref      sparse: valueCount values; dense, mixed: capacity; constant: 1;
//                              framed: capacity offsets (3)
//    64  presence array ref    sparse: valueCount × u16 rows; else bitmap of capacity / 8 bytes
//    96  heapsOffset u32       heapCount extent descriptors of 24 bytes
//   100  zero u32
//   104  base i64              framed: what is added to the offsets; else zero
//
// Adjacency descriptor, 96 bytes: neighbours of the chunk's rows over one type in one direction
//     0  type u32 · 4 direction u8 (0 outgoing, 1 incoming)
//     5  form u8               0 none, 1 sparse, 2 dense
//     6  deltaCount u16        at most 400
//     8  sourceCount u32       sparse: rows with neighbours in the base
//    12  entryCount u32        entries of the base
//    16  segmentCount u32 · 20 segmentsOffset u32
//    24  deltaOffset u32 · 28 zero u32
//    32  rows array ref        sparse: sourceCount × u16, ascending
//    64  offsets array ref     u32 × (sourceCount + 1), or (capacity + 1) when dense: where a row's
//                              entries begin in the base; no bytes when dense with an entry in
//                              each of `capacity` rows (3)
//
// The base is one sequence of (neighbour, relationship) per row, ascending within a row, cut into
// segments of at most 16,384 entries. Segment, 72 bytes:
//     0  start u32 · 4 count u16      place in the base
//     6  form u8                      of the relationships (RelationshipList.swift): 0 listed,
//                                     1 consecutive (3), 2 parallel (3)
//     7  zero u8
//     8  neighbours array ref         u32 × count
//    40  relationships array ref      listed: u32 × count; else its `offset` is what is added and
//                                     the rest is zero
//
// Delta: changes to the base, ascending by (row, neighbour, relationship):
//     neighbours u32 × deltaCount, relationships u32 × deltaCount, rows u16 × deltaCount;
//     bit 15 of a row: the base's entry is deleted, else the entry is added.

/// Offsets and sizes of the record format.
enum ChunkFormat {
    static let magic: UInt32 = 0x4B48_434E
    /// Greatest version known.
    static let versionMax: UInt8 = 3
    static let headerByteCount = 112
    /// The same with packed ends.
    static let packedHeaderByteCount = 120
    static let arrayRefByteCount = 32
    static let columnByteCount = 112
    static let adjacencyByteCount = 96
    static let segmentByteCount = 72
    /// Entries of a stored delta.
    static let deltaCountMax = 400
    /// Entries of a segment.
    static let segmentEntriesMax = 16_384
    /// Arrays up to this size lie in the record.
    static let inlineByteCountMax = 1_024
    /// The same of offsets in a frame: one byte for each row of a full chunk.
    static let inlineFrameByteCountMax = 2_048
    /// The same of packed ends, which change when a relationship comes or goes, and then with the
    /// record.
    static let inlineEndsByteCountMax = 4_096
    static let mixedFlag: UInt32 = 1 << 31
    /// Home of chunks that rare label sets share.
    static let sharedSet: UInt32 = 0x7FFF_FFFF
    static let deletionFlag: UInt16 = 1 << 15
    static let rowsPerChunk = 2_048
    /// A chunk with this many columns and adjacency groups takes no new rows, so that records
    /// stay far below the longest extent.
    static let tableCountOpenMax = 32_768

    /// Version of a record with so many columns and adjacency groups; `isCompact` when it has
    /// forms of version 3.
    static func version(columns: Int, groups: Int, isCompact: Bool) -> UInt8 {
        if isCompact { return 3 }
        return max(columns, groups) >> 16 > 0 ? 2 : 1
    }

    /// The smallest tail capacity that holds `rows`.
    static func capacity(for rows: Int) -> Int {
        if rows <= 64 { return 64 }
        if rows <= 256 { return 256 }
        return rows <= 1_024 ? 1_024 : rowsPerChunk
    }
}

/// A reference from a record to one of its arrays.
struct ArrayRef {
    var extent: ExtentDescriptor
    var offset: UInt32
    var byteCount: UInt32

    init(from bytes: UnsafeRawPointer) {
        extent = ExtentDescriptor(from: bytes)
        offset = bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
        byteCount = bytes.loadUnaligned(fromByteOffset: 28, as: UInt32.self)
    }

    init(extent: ExtentDescriptor, offset: UInt32, byteCount: UInt32) {
        self.extent = extent
        self.offset = offset
        self.byteCount = byteCount
    }

    func store(to bytes: UnsafeMutableRawPointer) {
        extent.store(to: bytes)
        bytes.storeBytes(of: offset, toByteOffset: 24, as: UInt32.self)
        bytes.storeBytes(of: byteCount, toByteOffset: 28, as: UInt32.self)
    }
}
