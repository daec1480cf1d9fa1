// SalvageReport: what a salvage kept and what it could not read, as data, text and JSON.
import NenCore

/// Something that a salvage could not read.
public struct SalvageLoss: Sendable, Hashable {
    /// What is lost.
    public enum Kind: String, Sendable, Hashable {
        case nodes
        case relationships
        case labels
        case properties
        case names
        case index
        case constraint
        case transactions
    }

    public var kind: Kind
    /// The structure, such as `node chunk 7`.
    public var place: String
    /// What is wrong with it, and what became of it.
    public var detail: String
    /// How many things are lost; an upper bound where it is an estimate, nil where nobody knows.
    public var count: Int?
    public var isEstimate: Bool
}

/// What a salvage did.
public struct SalvageReport: Sendable {
    /// The last transaction whose changes are in the new database; nil when nothing said so.
    public internal(set) var transaction: UInt64?
    public internal(set) var nodeCount = 0
    public internal(set) var relationshipCount = 0
    public internal(set) var propertyCount = 0
    /// Chunks (2,048 entities) that were read, and that there should be.
    public internal(set) var readChunkCount = 0
    public internal(set) var chunkCount = 0
    /// Transactions of the log that were redone.
    public internal(set) var replayedCount = 0
    public internal(set) var losses: [SalvageLoss] = []
    /// Losses beyond those listed.
    public internal(set) var unlistedCount = 0

    static let listedMax = 10_000

    /// Whether everything was read.
    public var isComplete: Bool { losses.isEmpty }

    mutating func lose(
        _ kind: SalvageLoss.Kind, _ place: String, _ detail: String, _ count: Int?,
        isEstimate: Bool = false
    ) {
        guard losses.count < SalvageReport.listedMax else {
            unlistedCount += 1
            return
        }
        losses.append(
            SalvageLoss(
                kind: kind, place: place, detail: detail, count: count, isEstimate: isEstimate))
    }

    /// The report for people.
    public var text: String {
        var lines = [
            "\(nodeCount) nodes, \(relationshipCount) relationships and \(propertyCount) "
                + "properties kept; \(readChunkCount) of \(chunkCount) chunks were read.",
        ]
        if replayedCount > 0 { lines.append("\(replayedCount) transactions came from the log.") }
        if isComplete { lines.append("Nothing is lost.") }
        for loss in losses {
            let count = loss.count.map { " (\(loss.isEstimate ? "at most " : "")\($0))" } ?? ""
            lines.append("lost \(loss.kind.rawValue)\(count): \(loss.place): \(loss.detail)")
        }
        if unlistedCount > 0 { lines.append("… and \(unlistedCount) more losses") }
        return lines.joined(separator: "\n")
    }

    /// The report for programs: one JSON object.
    public var json: String {
        var fields = [
            "\"nodes\": \(nodeCount)", "\"relationships\": \(relationshipCount)",
            "\"properties\": \(propertyCount)", "\"chunks\": \(chunkCount)",
            "\"chunksRead\": \(readChunkCount)", "\"transactionsRedone\": \(replayedCount)",
            "\"transaction\": \(transaction.map(String.init) ?? "null")",
        ]
        let list = losses.map { loss in
            "{\"kind\": \(JSONText.quoted(loss.kind.rawValue)), "
                + "\"place\": \(JSONText.quoted(loss.place)), "
                + "\"detail\": \(JSONText.quoted(loss.detail)), "
                + "\"count\": \(loss.count.map(String.init) ?? "null"), "
                + "\"estimate\": \(loss.isEstimate)}"
        }
        fields.append("\"unlisted\": \(unlistedCount)")
        fields.append("\"losses\": [\(list.joined(separator: ", "))]")
        return "{\(fields.joined(separator: ", "))}"
    }
}

/// What becomes of relationships whose end nodes could not be read.
public enum LostEnds: String, Sendable, CaseIterable {
    /// They are left out, and reported.
    case drop
    /// They are attached to empty nodes made in the place of the lost ones.
    case attach
}
