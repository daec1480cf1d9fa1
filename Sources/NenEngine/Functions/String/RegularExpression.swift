// RegularExpression: a compiled pattern of `=~`. PCRE2 with JIT, Unicode properties on; a pattern
// must match the whole string.
//
// Matching may backtrack without end, and compiled code cannot be asked to stop. So a match first
// gets few steps, which is enough for nearly all. When they are used up, the pattern is compiled
// again with a callout before each of its items: that is slower, but there the statement's
// interruption is looked at. Named limits bound this second match, so no pattern can hang a query.

import CPCRE2
import Glibc
import NenCore

/// A compiled pattern and its match state; used by one thread.
final class RegularExpression {
    /// Steps of one match before it is given up.
    static let matchLimit: UInt32 = 20_000_000
    /// Nested backtracking points of one match.
    static let depthLimit: UInt32 = 250_000
    /// Kibibytes of heap one match may take when the JIT is not available.
    static let heapLimitKibibytes: UInt32 = 65_536
    private static let jitStackByteCountMax = 1 << 20

    /// Longest pattern.
    static let patternByteCountMax = 1 << 20
    /// Nanoseconds of work, by and large, that the second match may do.
    static let workMax = 20_000_000_000

    private let code: OpaquePointer
    private let matchData: OpaquePointer
    private let matchContext: OpaquePointer
    private let jitStack: OpaquePointer?
    /// The pattern again, in the form that can be interrupted; made when it is needed.
    private var interruptible: RegularExpression?
    private let pattern: [UInt8]
    private let hasCallouts: Bool

    /// Compiles `pattern`.
    ///
    /// - Parameter hasCallouts: whether matching can be interrupted.
    /// - Throws: `ArgumentError` naming the place in the pattern.
    init(_ pattern: UnsafeRawBufferPointer, hasCallouts: Bool = false) throws(NQLError) {
        guard pattern.count <= RegularExpression.patternByteCountMax else {
            throw .runtime(
                .argument, "InvalidArgumentValue",
                "A regular expression has at most \(RegularExpression.patternByteCountMax) bytes, "
                    + "not \(pattern.count).")
        }
        var errorNumber: Int32 = 0
        var errorOffset = 0
        let options =
            PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED | PCRE2_ENDANCHORED
            | UInt32(PCRE2_MATCH_INVALID_UTF)
            | (hasCallouts ? UInt32(PCRE2_AUTO_CALLOUT) : 0)
        let start = pattern.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard
            let code = pcre2_compile_8(
                start, start == nil ? 0 : pattern.count, options, &errorNumber, &errorOffset,
                nil)
        else {
            let text = String(decoding: pattern, as: UTF8.self)
            throw .runtime(
                .argument, "InvalidArgumentValue",
                "The regular expression `\(text)` is not valid at offset \(errorOffset): "
                    + "\(RegularExpression.message(errorNumber)).")
        }
        let compiledToMachineCode = pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE) == 0
        guard let matchData = pcre2_match_data_create_8(1, nil),
            let matchContext = pcre2_match_context_create_8(nil)
        else {
            pcre2_code_free_8(code)
            throw .runtime(.memory, "OutOfMemory", "No memory for a regular expression.")
        }
        pcre2_set_match_limit_8(matchContext, RegularExpression.matchLimit)
        pcre2_set_depth_limit_8(matchContext, RegularExpression.depthLimit)
        pcre2_set_heap_limit_8(matchContext, RegularExpression.heapLimitKibibytes)
        var stack: OpaquePointer?
        if compiledToMachineCode {
            stack = pcre2_jit_stack_create_8(
                32_768, RegularExpression.jitStackByteCountMax, nil)
            pcre2_jit_stack_assign_8(matchContext, nil, stack.map { UnsafeMutableRawPointer($0) })
        }
        self.hasCallouts = hasCallouts
        self.pattern = hasCallouts ? [] : Array(pattern)
        self.code = code
        self.matchData = matchData
        self.matchContext = matchContext
        jitStack = stack
    }

    deinit {
        pcre2_jit_stack_free_8(jitStack)
        pcre2_match_context_free_8(matchContext)
        pcre2_match_data_free_8(matchData)
        pcre2_code_free_8(code)
    }

    /// Whether the whole string matches.
    ///
    /// - Throws: `ArgumentError` when a limit is reached.
    func matchesWhole(_ cell: Cell, _ base: HeapBase) throws(NQLError) -> Bool {
        try base.withBytes(cell) { bytes throws(NQLError) in try matchesWhole(bytes) }
    }

    /// Steps that the first match gets for a text of `count` bytes. Each may go through all of the
    /// text, so that there are the fewer the longer it is.
    private static func stepsOfFirstMatch(_ count: Int) -> UInt32 {
        let few = 100 * (count + 50)
        let bounded = min(few, 100_000_000 / (count + 1))
        return UInt32(clamping: max(16, bounded))
    }

    /// Whether all of `bytes` matches.
    func matchesWhole(_ bytes: UnsafeRawBufferPointer) throws(NQLError) -> Bool {
        try Interruption.spend(bytes.count &* 2)
        let steps = RegularExpression.stepsOfFirstMatch(bytes.count)
        pcre2_set_match_limit_8(matchContext, min(steps, RegularExpression.matchLimit))
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let count = start == nil ? 0 : bytes.count
        let result = pcre2_match_8(code, start, count, 0, 0, matchData, matchContext)
        if result >= 0 { return true }
        if result == PCRE2_ERROR_NOMATCH { return false }
        guard result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_JIT_STACKLIMIT else {
            throw RegularExpression.givenUp(RegularExpression.message(result))
        }
        try Interruption.check()
        return try second().matchesPatiently(bytes)
    }

    /// The form of the pattern that can be interrupted.
    private func second() throws(NQLError) -> RegularExpression {
        if let interruptible { return interruptible }
        let made: RegularExpression
        do throws(NQLError) {
            made = try storage {
                try pattern.withUnsafeBytes { try RegularExpression($0, hasCallouts: true) }
            }
        } catch {
            // Callouts lengthen the pattern, so that it may be too long with them.
            throw RegularExpression.givenUp("it takes too many steps")
        }
        interruptible = made
        return made
    }

    /// What one match with callouts has done.
    private struct Progress {
        var work = 0
        var place = 0
        var isTooLong = false
    }

    private func matchesPatiently(_ bytes: UnsafeRawBufferPointer) throws(NQLError) -> Bool {
        var progress = Progress()
        pcre2_set_match_limit_8(matchContext, RegularExpression.matchLimit)
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let count = start == nil ? 0 : bytes.count
        let result = withUnsafeMutablePointer(to: &progress) { progress in
            pcre2_set_callout_8(
                matchContext,
                { block, data in
                    guard let block, let data else { return 0 }
                    return RegularExpression.look(
                        block.pointee.current_position,
                        data.assumingMemoryBound(to: Progress.self))
                }, progress)
            defer { pcre2_set_callout_8(matchContext, nil, nil) }
            let first = pcre2_match_8(code, start, count, 0, 0, matchData, matchContext)
            guard first == PCRE2_ERROR_JIT_STACKLIMIT else { return first }
            // The interpreter keeps its backtracking points on the heap, up to the limit above.
            return pcre2_match_8(
                code, start, count, 0, PCRE2_NO_JIT, matchData, matchContext)
        }
        if result >= 0 { return true }
        if result == PCRE2_ERROR_NOMATCH { return false }
        try Interruption.check()
        throw RegularExpression.givenUp(
            progress.isTooLong ? "it takes too many steps" : RegularExpression.message(result))
    }

    /// Called between the items of a pattern: 0 to go on.
    private static func look(
        _ place: Int, _ progress: UnsafeMutablePointer<Progress>
    ) -> Int32 {
        let units = 20 &+ abs(place &- progress.pointee.place)
        progress.pointee.place = place
        progress.pointee.work &+= units
        if progress.pointee.work > workMax {
            progress.pointee.isTooLong = true
            return PCRE2_ERROR_CALLOUT
        }
        return Interruption.isOver(after: units) ? PCRE2_ERROR_CALLOUT : 0
    }

    private static func givenUp(_ why: String) -> NQLError {
        .runtime(
            .argument, "InvalidArgumentValue", "A regular expression was given up: \(why).",
            hint: "Avoid nested repetition such as (a+)+.")
    }

    private static func message(_ number: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(number, &buffer, buffer.count)
        return count > 0
            ? String(decoding: buffer[0 ..< Int(count)], as: UTF8.self) : "error \(number)"
    }
}

/// The compiled patterns of one worker: the last one is found without hashing.
final class PatternCache {
    /// Patterns kept; when there are more, all are dropped.
    static let patternCountMax = 128

    private var lastPattern: [UInt8] = []
    private var last: RegularExpression?
    private var expressions: [[UInt8]: RegularExpression] = [:]

    /// The compiled form of a pattern, compiled at first use.
    func expression(
        for pattern: Cell, _ base: HeapBase
    ) throws(NQLError) -> RegularExpression {
        try base.withBytes(pattern) { bytes throws(NQLError) in
            if let last, isLast(bytes) { return last }
            let key = [UInt8](bytes)
            let expression: RegularExpression
            if let known = expressions[key] {
                expression = known
            } else {
                expression = try RegularExpression(bytes)
                if expressions.count >= PatternCache.patternCountMax { expressions.removeAll() }
                expressions[key] = expression
            }
            lastPattern = key
            last = expression
            return expression
        }
    }

    private func isLast(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == lastPattern.count else { return false }
        guard let start = bytes.baseAddress else { return true }
        return lastPattern.withUnsafeBytes { known in
            known.baseAddress.map { memcmp($0, start, known.count) == 0 } ?? true
        }
    }
}
