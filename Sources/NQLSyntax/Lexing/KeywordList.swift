// KeywordList: the words of the language for those who offer them, such as a shell that completes.

/// The words that the grammar gives a meaning.
public enum KeywordList {
    /// Words that are lexed for the sake of good errors only.
    private static let refused: Set<Keyword> = [.none, .alter, .grant, .revoke, .start]

    /// Words that stand behind SHOW.
    static let shownKeywords: [Keyword] = [
        .indexes, .constraints, .functions, .procedures, .labels, .relationship, .types,
        .property, .keys, .settings, .statistics, .memory, .all, .range, .built, .user, .node,
        .unique, .uniqueness, .existence, .key, .function, .procedure,
        .transactions, .databases,
    ]

    /// The words that stand behind SHOW, in upper case, ascending.
    public static let shown: [String] = shownKeywords.map(\.rawValue).sorted()

    /// Every word that some statement takes, in upper case, ascending.
    public static let words: [String] =
        Keyword.allCases.filter { !refused.contains($0) }.map(\.rawValue).sorted()
}
