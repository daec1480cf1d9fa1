// RowFile: rows in a temporary file, in the order in which they were written, as images of some
// hundred rows each that are read one at a time.

import NenCore

/// Rows on disk.
final class RowFile {
    private let file: TemporaryFile
    private let images: PooledArray<TemporaryExtent>
    /// Rows of all images.
    private(set) var rowCount = 0
    /// Bytes of the largest image.
    private(set) var imageByteCountMax = 0

    init(_ file: TemporaryFile, pool: PagePool) {
        self.file = file
        images = PooledArray(pool: pool)
    }

    var imageCount: Int { images.count }

    /// Writes rows: flat vectors, as many in each call.
    func append(
        _ vectors: [Vector], _ count: Int, _ writer: RowImageWriter
    ) throws(NQLError) {
        if count == 0 { return }
        try writer.write(vectors, count)
        let bytes = UnsafeRawBufferPointer(
            start: writer.bytes.pointer, count: writer.bytes.count)
        try images.append(try file.append(bytes))
        rowCount += count
        imageByteCountMax = max(imageByteCountMax, bytes.count)
    }

    /// Reads an image.
    ///
    /// - Parameter memory: is made as long as the image, which lies in it.
    func read(
        _ index: Int, into memory: PooledArray<UInt8>, _ context: ExecutionContext
    ) throws(NQLError) -> RowImage {
        try memory.resizeUninitialized(images[index].byteCount)
        let start = UnsafeMutableRawPointer(memory.pointer)
        try file.read(images[index], into: start)
        return RowImage(start, context)
    }
}
