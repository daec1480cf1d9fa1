// PatternSearch: all matches of a regular expression in a text, for the functions that replace,
// split and take apart. `=~` asks about whole texts only (`RegularExpression`), with machine code;
// here the interpreter of PCRE2 works within a limit of steps.

import CPCRE2
import NenCore

/// A compiled pattern that is searched for.
final class PatternSearch {
    private let code: OpaquePointer
    private let matchData: OpaquePointer
    private let matchContext: OpaquePointer

    /// Steps of one match.
    private static let stepMax: UInt32 = 1_000_000

    /// - Throws: `ArgumentError` for what is no pattern.
    init(_ pattern: String) throws(NQLError) {
        guard pattern.utf8.count <= RegularExpression.patternByteCountMax else {
            throw .runtime(
                .argument, "InvalidArgumentValue",
                "A regular expression has at most \(RegularExpression.patternByteCountMax) bytes.")
        }
        var number: Int32 = 0
        var offset = 0
        var text = pattern
        let options = PCRE2_UTF | PCRE2_UCP | UInt32(PCRE2_MATCH_INVALID_UTF)
        let code = text.withUTF8 {
            pcre2_compile_8($0.baseAddress, $0.count, options, &number, &offset, nil)
        }
        guard let code else {
            throw .runtime(
                .argument, "InvalidArgumentValue",
                "The regular expression `\(pattern)` is not valid at offset \(offset).")
        }
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil),
            let context = pcre2_match_context_create_8(nil)
        else {
            pcre2_code_free_8(code)
            throw .runtime(.memory, "OutOfMemory", "No memory for a regular expression.")
        }
        pcre2_set_match_limit_8(context, PatternSearch.stepMax)
        pcre2_set_heap_limit_8(context, RegularExpression.heapLimitKibibytes)
        self.code = code
        matchData = data
        matchContext = context
    }

    deinit {
        pcre2_match_context_free_8(matchContext)
        pcre2_match_data_free_8(matchData)
        pcre2_code_free_8(code)
    }

    /// Byte ranges of each match in turn: of the whole, then of its groups; nil for a group that
    /// takes no part.
    private func matches(in bytes: [UInt8]) throws(NQLError) -> [[Range<Int>?]] {
        var found: [[Range<Int>?]] = []
        var start = 0
        while start <= bytes.count {
            try Interruption.spend(1_000 + bytes.count - start)
            let result = bytes.withUnsafeBufferPointer {
                pcre2_match_8(
                    code, $0.baseAddress, $0.count, start, 0, matchData, matchContext)
            }
            if result == PCRE2_ERROR_NOMATCH { break }
            guard result > 0, let places = pcre2_get_ovector_pointer_8(matchData) else {
                throw .runtime(
                    .argument, "InvalidArgumentValue",
                    "A regular expression was given up: it takes too many steps.",
                    hint: "Avoid nested repetition such as (a+)+.")
            }
            let groups = Int(pcre2_get_ovector_count_8(matchData))
            found.append(
                (0 ..< groups).map { group in
                    let (from, to) = (places[2 * group], places[2 * group + 1])
                    return group < Int(result) && from <= to && to <= bytes.count
                        ? from ..< to : nil
                })
            let (from, to) = (places[0], places[1])
            start = to > from ? to : next(to, bytes)
        }
        return found
    }

    /// Where the character behind the one at `place` begins.
    private func next(_ place: Int, _ bytes: [UInt8]) -> Int {
        var place = place + 1
        while place < bytes.count, bytes[place] & 0xC0 == 0x80 { place += 1 }
        return place
    }

    private func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    /// What matched, and its groups.
    func groups(in text: String) throws(NQLError) -> [[String?]] {
        let bytes = Array(text.utf8)
        return try matches(in: bytes).map { match in
            match.map { range in range.map { self.text(bytes, $0) } }
        }
    }

    /// The text with every match replaced; `$1` stands for a group, `\$` for a dollar.
    func replacing(_ text: String, with replacement: String) throws(NQLError) -> String {
        let bytes = Array(text.utf8)
        var result = ""
        var done = 0
        for match in try matches(in: bytes) {
            guard let whole = match[0] else { continue }
            result += self.text(bytes, done ..< whole.lowerBound)
            result += filled(replacement, match, bytes)
            done = whole.upperBound
        }
        return result + self.text(bytes, done ..< bytes.count)
    }

    private func filled(_ replacement: String, _ match: [Range<Int>?], _ bytes: [UInt8]) -> String {
        var result = ""
        var rest = Substring(replacement)
        while let first = rest.popFirst() {
            if first == "\\", let escaped = rest.popFirst() {
                result.append(escaped)
            } else if first == "$", let group = rest.first?.wholeNumberValue, group < match.count {
                rest = rest.dropFirst()
                if let range = match[group] { result += text(bytes, range) }
            } else {
                result.append(first)
            }
        }
        return result
    }

    /// The parts between the matches, `most` of them.
    func splitting(_ text: String, _ most: Int) throws(NQLError) -> [String] {
        let bytes = Array(text.utf8)
        var parts: [String] = []
        var done = 0
        for match in try matches(in: bytes) {
            guard parts.count + 1 < most, let whole = match[0], !whole.isEmpty else { continue }
            parts.append(self.text(bytes, done ..< whole.lowerBound))
            done = whole.upperBound
        }
        return parts + [self.text(bytes, done ..< bytes.count)]
    }
}
