// PlaceCodes: numbers for the places of a path pattern, so that a state of a search is two words.

import NenCore

/// Numbers for the places of a pattern. Iterations are counted as far as the bounds tell them
/// apart: up to the minimum where there is no maximum.
struct PlaceCodes {
    private struct Piece {
        var first: Int
        var stepCount: Int
        /// Iterations beyond are one.
        var counted: Int
    }

    private var pieces: [Piece] = []
    /// Relationships of the longest path, where that is all that the maximum of the only piece
    /// asks for; nil: unbounded.
    let longest: Int?

    /// - Parameter limit: no path has more iterations of a piece.
    init(_ walked: [WalkedPiece], limit: Int) throws(NQLError) {
        var first = 0
        for piece in walked {
            // A maximum above the limit changes nothing.
            let bound = piece.maximum.map { $0 < limit } ?? false
            let isOnly = walked.count == 1
            let counted = bound && !isOnly ? piece.maximum ?? 0 : min(piece.minimum, limit)
            pieces.append(
                Piece(first: first, stepCount: piece.steps.count, counted: counted))
            first += (counted + 1) * piece.steps.count
            guard first < Int(UInt32.max) else {
                throw .runtime(
                    .argument, "NumberOutOfRange",
                    "The quantifiers of a path with a selector allow more than"
                        + " \(UInt32.max) places.", hint: "Lower their bounds.")
            }
        }
        let only = walked.count == 1 ? walked.first : nil
        longest = only?.maximum.map { $0.multipliedClamped(by: only?.steps.count ?? 1) }
    }

    func code(_ place: PathGraph.Place) -> UInt32 {
        let piece = pieces[place.piece]
        return UInt32(piece.first + place.iteration * piece.stepCount + place.offset)
    }

    func place(_ code: UInt32) -> PathGraph.Place {
        var number = pieces.count - 1
        while pieces[number].first > Int(code) { number -= 1 }
        let rest = Int(code) - pieces[number].first
        let width = pieces[number].stepCount
        return PathGraph.Place(piece: number, iteration: rest / width, offset: rest % width)
    }

    /// The iteration after this one.
    func next(_ piece: Int, _ iteration: Int) -> Int {
        min(iteration + 1, pieces[piece].counted)
    }
}
