// SyntaxLimits: the named bounds that keep every text, however hostile, from exhausting the stack.
//
// Nesting bounds the parser's own recursion; height bounds the tree, which chains such as
// `1 + 1 + 1 + …` make tall without any nesting. Every later stage recurses over the tree, so
// both are chosen to be safe on a thread with a 1 MiB stack in a debug build.

import NenCore

/// The bounds of a statement's text and tree. Beyond them parsing fails with a typed error.
public enum SyntaxLimits {
    /// Units of nesting: an operator's operand takes one, a parenthesis, list, map, call or other
    /// expression within an expression two, a subquery five.
    public static let nestingMax = 256
    /// Height of an expression's tree. AND, OR and XOR build balanced trees, and other chains
    /// (`+`, `.`, `IN`) flat nodes once they are longer than `chainStart`, so that none comes near.
    public static let heightMax = 256
    /// Operations from which on a chain is no longer a tree.
    public static let chainStart = 32
    /// Operations of one chain: `1 + 1 + …`, `a.b.c …`.
    public static let chainMax = 100_000
    /// Bytes of a name: variable, label, type, key or function.
    public static let nameByteCountMax = 65_535
    /// Bytes of a statement's text, so that spans fit 32 bits.
    public static let textByteCountMax = Int(UInt32.max) - 1
}
