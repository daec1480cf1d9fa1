// LineInputStream: standard input line by line, as bytes.

import Glibc

/// Lines of a file descriptor; read as they arrive.
struct LineInputStream {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// First byte of the buffer that no line has taken.
    private var start = 0
    private var isAtEnd = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// The next line without its line feed; nil at the end of input.
    mutating func next() -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[start..<end])
                start = end + 1
                return line
            }
            searched = buffer.count
            if isAtEnd {
                if start == buffer.count { return nil }
                let line = Array(buffer[start...])
                start = buffer.count
                return line
            }
            let consumed = start
            fill()
            searched -= consumed
        }
    }

    /// Drops what was taken and reads more.
    private mutating func fill() {
        buffer.removeFirst(start)
        start = 0
        let space = 65_536
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: space))
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                let tail = UnsafeMutableRawBufferPointer(rebasing: bytes[old...])
                return read(descriptor, tail.baseAddress, tail.count)
            }
            if count < 0 && errno == EINTR { continue }
            buffer.removeLast(space - max(0, count))
            if count <= 0 { isAtEnd = true }
            return
        }
    }
}
