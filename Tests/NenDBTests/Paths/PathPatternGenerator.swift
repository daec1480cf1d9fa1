// PathPatternGenerator: random path patterns, as text and as the model has them.

/// A pattern with the query that asks for its paths.
struct GeneratedPattern {
    var pattern: ModelPattern
    var selector: ModelSelector
    var query: String
    /// For each piece that is repeated: its number and how many columns it has.
    var groups: [(piece: Int, nodes: Int)]
}

struct PathPatternGenerator {
    var random: SeededGenerator

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func step() -> ModelStep {
        ModelStep(direction: pick(ModelDirection.allCases), onlyR: chance(40))
    }

    private mutating func piece(isRepeatable: Bool) -> ModelPiece {
        if chance(35) { return ModelPiece(steps: [step()], tests: [.none, .none]) }
        var minimum = pick([0, 1, 1, 1, 2])
        var maximum: Int? = minimum + pick([0, 1, 2])
        if !isRepeatable, chance(50) { maximum = nil }
        if maximum == 0 { maximum = 1 }
        if chance(40) {
            var short = step()
            if chance(40) { short.weightAbove = 1 }
            return ModelPiece(
                steps: [short], tests: [.none, .none], bounds: (minimum, maximum), isShort: true)
        }
        let count = pick([1, 1, 2])
        if count == 2, maximum != nil { (minimum, maximum) = (min(minimum, 1), 2) }
        var steps: [ModelStep] = []
        for _ in 0..<count { steps.append(step()) }
        var tests: [ModelNodeTest] = []
        for _ in 0...count { tests.append(chance(70) ? .none : pick(ModelNodeTest.allCases)) }
        let condition = chance(50) ? .none : pick(ModelCondition.allCases)
        return ModelPiece(
            steps: steps, tests: tests, condition: condition, bounds: (minimum, maximum))
    }

    /// A pattern, and the query that asks for it.
    mutating func next(_ graph: PathModelGraph) -> GeneratedPattern {
        let isRepeatable = chance(25)
        var pieces: [ModelPiece] = []
        for _ in 0..<pick([1, 1, 2, 2, 3]) { pieces.append(piece(isRepeatable: isRepeatable)) }
        var junctions: [ModelNodeTest?] = []
        for index in 0...pieces.count {
            let beside = [index - 1, index].filter { pieces.indices.contains($0) }
            let isFree = beside.allSatisfy { pieces[$0].bounds != nil && !pieces[$0].isShort }
            junctions.append(isFree && chance(40) ? nil : pick(ModelNodeTest.allCases))
        }
        // A pattern stands for one node at least.
        if pieces.allSatisfy({ $0.minimum == 0 }) && junctions.allSatisfy({ $0 == nil }) {
            junctions[0] = ModelNodeTest.none
        }
        let explicit = chance(35) ? pick(ModelMode.allCases) : nil
        var pattern = ModelPattern(
            pieces: pieces, junctions: junctions, mode: explicit ?? (isRepeatable ? .walk : .trail))
        if !isRepeatable, pattern.mode == .walk { pattern.mode = .trail }
        let (selector, words) = selector(explicit)
        var text = self.text(pattern)
        if case .everything = selector {
        } else if chance(20) {
            pattern.onlyEven = true
            text = "(q = \(text) WHERE length(q) % 2 = 0)"
        }
        // A node that is bound before: all paths begin at it in the end.
        let before = junctions[0] != nil && chance(30) ? "MATCH (n0) " : ""
        return GeneratedPattern(
            pattern: pattern, selector: selector,
            query: before + query(text, words, isRepeatable, pieces), groups: groups(pieces))
    }

    private mutating func selector(_ mode: ModelMode?) -> (ModelSelector, String) {
        let count = Int.random(in: 1...4, using: &random)
        let selector: ModelSelector
        var words: [String]
        var last = ""
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1, 2: (selector, words) = (.everything, chance(30) ? ["ALL"] : [])
        case 3: (selector, words) = (.paths(1), ["ANY SHORTEST"])
        case 4: (selector, words) = (.paths(count), ["SHORTEST \(count)"])
        case 5: (selector, words) = (.lengths(1), ["ALL SHORTEST"])
        case 6:
            (selector, words) = (.lengths(count), ["SHORTEST \(count)"])
            last = "GROUPS"
        case 7: (selector, words) = (.paths(1), ["ANY"])
        default: (selector, words) = (.paths(count), ["ANY \(count)"])
        }
        if let mode { words.append(mode.rawValue) }
        if !last.isEmpty { words.append(last) }
        return (selector, words.joined(separator: " "))
    }

    // MARK: Text

    private func arrow(_ step: ModelStep, _ name: String) -> String {
        var inner = name + (step.onlyR ? ":R" : "")
        if step.weightAbove >= 0 { inner += " WHERE \(name).w > \(step.weightAbove)" }
        let left = step.direction == .left ? "<" : ""
        return "\(left)-[\(inner)]-\(step.direction == .right ? ">" : "")"
    }

    private func quantifier(_ bounds: (minimum: Int, maximum: Int?)) -> String {
        guard let maximum = bounds.maximum else {
            return ["*", "+"].indices.contains(bounds.minimum)
                ? ["*", "+"][bounds.minimum] : "{\(bounds.minimum),}"
        }
        return maximum == bounds.minimum
            ? "{\(maximum)}" : "{\(bounds.minimum),\(maximum)}"
    }

    private func text(_ pattern: ModelPattern) -> String {
        var text = pattern.junctions[0]?.text("n0") ?? ""
        for (index, piece) in pattern.pieces.enumerated() {
            text += self.text(piece, index)
            text += pattern.junctions[index + 1]?.text("n\(index + 1)") ?? ""
        }
        return text
    }

    private func text(_ piece: ModelPiece, _ index: Int) -> String {
        guard let bounds = piece.bounds else { return arrow(piece.steps[0], "r\(index)_0") }
        if piece.isShort { return arrow(piece.steps[0], "r\(index)_0") + quantifier(bounds) }
        var text = piece.tests[0].text("x\(index)_0")
        for (number, step) in piece.steps.enumerated() {
            text += arrow(step, "r\(index)_\(number)")
            text += piece.tests[number + 1].text("x\(index)_\(number + 1)")
        }
        let last = piece.steps.count
        switch piece.condition {
        case .none: break
        case .valuesRise: text += " WHERE x\(index)_0.v <= x\(index)_1.v"
        case .endsDiffer: text += " WHERE x\(index)_0.v <> x\(index)_\(last).v"
        case .weightsRise: text += " WHERE r\(index)_0.w <= r\(index)_\(last - 1).w"
        }
        return " (\(text))\(quantifier(bounds)) "
    }

    private func groups(_ pieces: [ModelPiece]) -> [(piece: Int, nodes: Int)] {
        pieces.indices.filter { pieces[$0].bounds != nil }.map { index in
            (index, pieces[index].isShort ? 0 : pieces[index].tests.count)
        }
    }

    private func query(
        _ text: String, _ words: String, _ isRepeatable: Bool, _ pieces: [ModelPiece]
    ) -> String {
        var items = ["[i IN nodes(p) | i.id] AS ns", "[i IN relationships(p) | i.id] AS rs"]
        for (piece, nodes) in groups(pieces) {
            for node in 0..<nodes {
                items.append("[i IN x\(piece)_\(node) | i.id] AS x\(piece)_\(node)")
            }
            for step in pieces[piece].steps.indices {
                items.append("[i IN r\(piece)_\(step) | i.id] AS r\(piece)_\(step)")
            }
        }
        let mode = isRepeatable ? "REPEATABLE ELEMENTS " : ""
        return "MATCH \(mode)p = \(words) \(text) RETURN " + items.joined(separator: ", ")
    }
}
