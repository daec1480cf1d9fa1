// CSVModel: a naive CSV reader, byte by byte over an array, and temporary files: what the fast
// reader and the import are compared with.

import Foundation

@testable import NenEngine

/// What a naive reading of CSV text gives.
struct CSVModel {
    enum Failure: Error { case malformed }

    /// Records as fields of bytes; nil for an empty field without quotes.
    static func records(_ text: [UInt8], delimiter: UInt8, quote: UInt8?) throws -> [[[UInt8]?]] {
        var records: [[[UInt8]?]] = []
        var index = 0
        func isLineEnd(_ at: Int) -> Int? {
            if at < text.count, text[at] == 10 { return 1 }
            if at + 1 < text.count, text[at] == 13, text[at + 1] == 10 { return 2 }
            return nil
        }
        while index < text.count {
            if let length = isLineEnd(index) {
                index += length
                continue
            }
            var record: [[UInt8]?] = []
            var isOpen = true
            while isOpen {
                var field: [UInt8] = []
                var isQuoted = false
                if let quote, index < text.count, text[index] == quote {
                    isQuoted = true
                    index += 1
                    while true {
                        guard index < text.count else { throw Failure.malformed }
                        if text[index] == quote {
                            if index + 1 < text.count, text[index + 1] == quote {
                                field.append(quote)
                                index += 2
                                continue
                            }
                            index += 1
                            break
                        }
                        field.append(text[index])
                        index += 1
                    }
                } else {
                    while index < text.count, text[index] != delimiter, isLineEnd(index) == nil {
                        field.append(text[index])
                        index += 1
                    }
                }
                record.append(isQuoted || !field.isEmpty ? field : nil)
                if index == text.count {
                    isOpen = false
                } else if text[index] == delimiter {
                    index += 1
                } else if let length = isLineEnd(index) {
                    index += length
                    isOpen = false
                } else {
                    throw Failure.malformed
                }
            }
            records.append(record)
        }
        return records
    }
}

/// A folder that is removed with the object.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "nen-import-test-" + UUID().uuidString
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    func write(_ name: String, _ bytes: [UInt8]) -> String {
        let target = path + "/" + name
        _ = FileManager.default.createFile(atPath: target, contents: Data(bytes))
        return target
    }

    func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }
}
