// GraphImportForecast: how large a database will be, from samples of the files: the arithmetic of
// ChunkFormat with estimated counts. Every array is a run of 4 KiB pages unless it fits the record.

import Glibc
import NenCore

/// The predicted size of an import.
public struct GraphImportForecast: Sendable {
    /// One line of the forecast.
    public struct Item: Sendable {
        public var name: String
        public var byteCount: Double
    }

    public internal(set) var nodeCount: Double = 0
    public internal(set) var relationshipCount: Double = 0
    /// Property columns of nodes and relationships by `owner.key`.
    public internal(set) var columns: [Item] = []
    public internal(set) var nodeRecordByteCount: Double = 0
    public internal(set) var relationshipByteCount: Double = 0
    public internal(set) var adjacencyByteCount: Double = 0
    /// Identifier maps while importing.
    public internal(set) var identifierByteCount: Double = 0

    /// Bytes of the region in all.
    public var regionByteCount: Double {
        columns.reduce(nodeRecordByteCount + relationshipByteCount + adjacencyByteCount) {
            $0 + $1.byteCount
        }
    }

    /// The forecast as a table.
    public var lines: [String] {
        var rows: [(String, String)] = [
            ("nodes", GraphImportForecast.grouped(nodeCount)),
            ("relationships", GraphImportForecast.grouped(relationshipCount)),
        ]
        for column in columns.sorted(by: { $0.byteCount > $1.byteCount }) {
            rows.append(("column " + column.name, GraphImportForecast.bytes(column.byteCount)))
        }
        rows.append(("node records", GraphImportForecast.bytes(nodeRecordByteCount)))
        rows.append(("relationship ends", GraphImportForecast.bytes(relationshipByteCount)))
        rows.append(("adjacency", GraphImportForecast.bytes(adjacencyByteCount)))
        rows.append(("region in all", GraphImportForecast.bytes(regionByteCount)))
        rows.append(("memory for identifiers", GraphImportForecast.bytes(identifierByteCount)))
        let left = rows.reduce(0) { max($0, $1.0.count) }
        let right = rows.reduce(0) { max($0, $1.1.count) }
        return rows.map { name, value in
            name + String(repeating: " ", count: left - name.count + 2 + right - value.count)
                + value
        }
    }

    private static func grouped(_ value: Double) -> String {
        var digits = Array(String(Int(value.rounded())))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return String(digits)
    }

    private static func bytes(_ value: Double) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var scaled = value
        var unit = 0
        while scaled >= 1024, unit < units.count - 1 {
            scaled /= 1024
            unit += 1
        }
        let tenths = Int((scaled * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}

/// Computes a forecast.
struct GraphImportForecaster {
    private let nodes: InputSet
    private let relationships: InputSet
    private let options: GraphImportOptions
    private var forecast = GraphImportForecast()
    /// Nodes and chunks per identifier group.
    private var groups: [String: (nodes: Double, chunks: Double)] = [:]
    private var nodeChunkCount: Double = 0
    /// Entries per type, direction and group of nodes.
    private var lists: [ListKey: Double] = [:]

    private struct ListKey: Hashable {
        var type: String
        var isOutgoing: Bool
        var group: String
    }

    private static let page = Double(pageByteCount)
    private static let rows = Double(ChunkFormat.rowsPerChunk)

    init(_ options: GraphImportOptions) throws(NQLError) {
        try options.validate()
        self.options = options
        nodes = try InputSet(.nodes, options.nodes, options)
        relationships = try InputSet(.relationships, options.relationships, options)
    }

    /// Samples the files and adds everything up.
    mutating func run() throws(NQLError) -> GraphImportForecast {
        let spaces = try IDSpaces(nodes)
        for input in nodes.inputs { addNodes(input, try InputSample(input)) }
        var plans = try spaces.plans(of: relationships)
        for (index, input) in relationships.inputs.enumerated() {
            var resolved = input
            swap(&resolved.plan, &plans[index])
            addRelationships(resolved, try InputSample(resolved))
        }
        addAdjacency()
        let trees = (nodeChunkCount + forecast.relationshipCount / Self.rows) * 32
        forecast.nodeRecordByteCount += Self.pages(trees) + 8 * Self.page
        return forecast
    }

    /// Bytes of the pages that `byteCount` bytes take.
    private static func pages(_ byteCount: Double) -> Double {
        (byteCount / page).rounded(.up) * page
    }

    /// Bytes of an array outside of the record: none when it fits.
    private static func array(
        _ byteCount: Double, inline: Int = ChunkFormat.inlineByteCountMax
    ) -> Double {
        byteCount <= Double(inline) ? 0 : pages(byteCount)
    }

    // MARK: Nodes

    private mutating func addNodes(_ input: PreparedInput, _ sample: InputSample) {
        let count = sample.rowCount
        let sets = max(1, Double(sample.names.count))
        let chunks = (count / Self.rows + (sets - 1) / 2).rounded(.up)
        forecast.nodeCount += count
        nodeChunkCount += chunks
        if let group = input.plan.idGroup {
            let known = groups[group] ?? (0, 0)
            groups[group] = (known.nodes + count, known.chunks + chunks)
            var slots: Double = 64
            while slots * 5 / 8 < known.nodes + count { slots *= 2 }
            forecast.identifierByteCount += slots * 16
        }
        let owner = input.names.isEmpty ? "nodes" : input.names.joined(separator: ":")
        addColumns(sample, owner: owner, count: count, chunks: chunks)
        let record = 112 + 256 + Double(sample.columns.count) * (112 + 24)
        forecast.nodeRecordByteCount += chunks * Self.pages(record)
    }

    private mutating func addColumns(
        _ sample: InputSample, owner: String, count: Double, chunks: Double
    ) {
        guard chunks > 0 else { return }
        let perChunk = min(Self.rows, count / chunks)
        let capacity = Double(ChunkFormat.capacity(for: Int(perChunk.rounded(.up))))
        for column in sample.columns where column.validCount > 0 {
            let share = sample.share(column)
            let width = Double(column.storedWidth)
            let isSparse = share * perChunk <= capacity / 8
            let values = (isSparse ? share * perChunk : capacity) * width
            var plain = Double(column.stretchCount - column.constantStretchCount)
            var sum: Double = 0
            if !isSparse {
                for (logarithm, stretches) in column.framedStretchCounts.enumerated() {
                    plain -= Double(stretches)
                    sum += Double(stretches) * Self.array(
                        capacity * Double(1 << logarithm),
                        inline: ChunkFormat.inlineFrameByteCountMax)
                }
            }
            sum += plain * Self.array(values)
            var bytes = sum / Double(max(1, column.stretchCount))
            if isSparse { bytes += Self.array(share * perChunk * 2) }
            let deep = Double(column.deepByteCount) / Double(max(1, sample.sampledRowCount))
            if deep > 0 { bytes += Self.pages(deep * perChunk) }
            forecast.columns.append(
                GraphImportForecast.Item(
                    name: "\(owner).\(column.name)", byteCount: bytes * chunks))
        }
    }

    // MARK: Relationships

    private mutating func addRelationships(_ input: PreparedInput, _ sample: InputSample) {
        let count = sample.rowCount
        var types: [String: Double] = [:]
        if input.plan.hasNames, sample.sampledRowCount > 0 {
            for (name, rows) in sample.names {
                let type = name.isEmpty ? input.names.first ?? "" : name
                types[type, default: 0] += count * Double(rows) / Double(sample.sampledRowCount)
            }
        } else {
            types[input.names.first ?? ""] = count
        }
        forecast.relationshipCount += count
        for (type, entries) in types {
            let chunks = (entries / Self.rows).rounded(.up)
            let ends = endBytes(input, entries)
            let inline = ends.filter { $0 <= Double(ChunkFormat.inlineEndsByteCountMax) }
            let record = 120 + 256 + Double(sample.columns.count) * (112 + 24 + 256)
                + inline.reduce(0, +)
            let apart = ends.map {
                Self.array($0, inline: ChunkFormat.inlineEndsByteCountMax)
            }
            forecast.relationshipByteCount +=
                chunks * (apart.reduce(0, +) + Self.pages(record))
            let start = ListKey(type: type, isOutgoing: true, group: input.plan.startGroup)
            let end = ListKey(type: type, isOutgoing: false, group: input.plan.endGroup)
            lists[start, default: 0] += entries
            lists[end, default: 0] += entries
        }
        let owner = input.names.first ?? "relationships"
        let chunks = (count / Self.rows).rounded(.up)
        addColumns(sample, owner: owner, count: count, chunks: chunks)
    }

    /// Bytes of the sources of a chunk's relationships, and of the targets. Full chunks pack them:
    /// sources follow each other, targets may be any node of their group.
    private func endBytes(_ input: PreparedInput, _ entries: Double) -> [Double] {
        if entries < Self.rows {
            let capacity = ChunkFormat.capacity(for: Int(entries.rounded(.up)))
            return [Double(capacity) * 4, Double(capacity) * 4]
        }
        let starts = groups[input.plan.startGroup]?.nodes ?? 1
        let ends = groups[input.plan.endGroup]?.nodes ?? 1
        return [Self.rows * starts / entries, ends].map { span in
            Self.rows / 8 * log2(max(2, span + 1)).rounded(.up)
        }
    }

    /// Neighbours, relationship numbers and offsets of every chunk that has any.
    private mutating func addAdjacency() {
        for (key, entries) in lists where entries > 0 {
            guard let group = groups[key.group], group.nodes > 0 else { continue }
            let chunks = min(group.chunks, entries.rounded(.up))
            let perChunk = entries / chunks
            let rows = min(Self.rows, group.nodes / group.chunks)
            // As if ends were drawn at random: the share of nodes with at least one.
            let withNeighbours = rows * (1 - exp(-entries / group.nodes))
            let capacity = Double(ChunkFormat.capacity(for: Int(rows.rounded(.up))))
            let isSparse = withNeighbours * 8 < capacity
            let offsets = isSparse
                ? Self.array(withNeighbours * 4) + Self.array(withNeighbours * 2)
                : Self.array((capacity + 1) * 4)
            let limit = Double(ChunkFormat.segmentEntriesMax)
            let full = (perChunk / limit).rounded(.down)
            let rest = perChunk - full * limit
            let segments = full * Self.pages(limit * 4) + Self.array(rest * 4)
            let inline = 96 + (full + 1) * 72
            // Those of outgoing relationships follow each other.
            let arrays: Double = key.isOutgoing ? 1 : 2
            forecast.adjacencyByteCount += chunks * (arrays * segments + offsets + inline)
        }
    }
}

extension GraphImporter {
    /// Samples the files and predicts the size of the database.
    ///
    /// - Throws: As the import would for files that are missing or headers that are wrong.
    public static func forecast(
        _ options: GraphImportOptions
    ) throws -> GraphImportForecast {
        var forecaster = try GraphImportForecaster(options)
        return try forecaster.run()
    }
}
