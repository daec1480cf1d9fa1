// TokenEstimate: about how many tokens a text has, by one pass over its bytes. What parser and
// planner build grows with tokens, not with bytes: a string literal of a megabyte is one, a list
// of small numbers has one for every second byte.

/// Counts tokens without making them.
public enum TokenEstimate {
    /// Words, numbers, quoted texts and every other sign that is not space; comments count nothing,
    /// unless they hold quotes.
    public static func tokenCount(of text: String) -> Int {
        var text = text
        return text.withUTF8 { count($0) }
    }

    private static func count(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var tokens = 0
        var isInWord = false
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
                tokens += 1
                isInWord = false
                place = end(ofQuoted: bytes, from: place)
                continue
            case UInt8(ascii: "/") where place + 1 < bytes.count
                && bytes[place + 1] == UInt8(ascii: "*"):
                place += 2
                while place + 1 < bytes.count,
                    bytes[place] != UInt8(ascii: "*") || bytes[place + 1] != UInt8(ascii: "/")
                { place += 1 }
                place += 2
                isInWord = false
                continue
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), 0x80...:
                if !isInWord { tokens += 1 }
                isInWord = true
            case 0...0x20: isInWord = false
            default:
                tokens += 1
                isInWord = false
            }
            place += 1
        }
        return tokens
    }

    /// The place behind the quoted text that begins at `start`.
    private static func end(
        ofQuoted bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int {
        let quote = bytes[start]
        var place = start + 1
        while place < bytes.count, bytes[place] != quote {
            let isEscape = bytes[place] == UInt8(ascii: "\\") && quote != UInt8(ascii: "`")
            place += isEscape ? 2 : 1
        }
        return place + 1
    }
}
