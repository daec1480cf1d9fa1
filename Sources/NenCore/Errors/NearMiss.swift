// NearMiss: the name somebody probably meant. Optimal string alignment distance: insertions,
// deletions, substitutions and swaps of neighbours, letters compared without case.

/// Suggestions for misspelt names.
public enum NearMiss {
    /// Longer names are not compared.
    private static let scalarCountMax = 64

    /// The candidate closest to `name`, if it is close enough to be meant: one edit for up to four
    /// letters, two for up to eight, three beyond; of two letters only
    /// swapped ones. The first of several equally close ones wins;
    /// one that differs in case only is closest.
    public static func suggestion(for name: String, among candidates: [String]) -> String? {
        let wanted = folded(name)
        guard !wanted.isEmpty, wanted.count <= scalarCountMax else { return nil }
        if wanted.count == 2 {
            let swapped = [wanted[1], wanted[0]]
            return candidates.first { $0 != name && folded($0) == wanted }
                ?? candidates.first { folded($0) == swapped }
        }
        let allowed = wanted.count <= 2 ? 0 : wanted.count <= 4 ? 1 : wanted.count <= 8 ? 2 : 3
        var best: (candidate: String, distance: Int)?
        for candidate in candidates where candidate != name {
            if Interruption.isOver(after: workUnits) { return nil }
            let other = folded(candidate)
            guard other.count <= scalarCountMax, abs(other.count - wanted.count) <= allowed else {
                continue
            }
            let distance = editDistance(wanted, other)
            if distance <= allowed, distance < best?.distance ?? Int.max {
                best = (candidate, distance)
            }
        }
        return best?.candidate
    }

    /// Nanoseconds for a candidate, by and large.
    private static let workUnits = 300

    private static func folded(_ name: String) -> [Unicode.Scalar] {
        Array(name.lowercased().unicodeScalars)
    }

    /// Edits that turn `a` into `b`; time and space |a|·|b|.
    static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        let width = b.count + 1
        var rows = [Int](repeating: 0, count: (a.count + 1) * width)
        for column in 0...b.count { rows[column] = column }
        for row in 0...a.count { rows[row * width] = row }
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        for row in 1...a.count {
            for column in 1...b.count {
                let cost = a[row - 1] == b[column - 1] ? 0 : 1
                let above = rows[(row - 1) * width + column] + 1
                let left = rows[row * width + column - 1] + 1
                let diagonal = rows[(row - 1) * width + column - 1] + cost
                var least = min(above, min(left, diagonal))
                if row > 1, column > 1, a[row - 1] == b[column - 2], a[row - 2] == b[column - 1] {
                    least = min(least, rows[(row - 2) * width + column - 2] + 1)
                }
                rows[row * width + column] = least
            }
        }
        return rows[a.count * width + b.count]
    }
}
