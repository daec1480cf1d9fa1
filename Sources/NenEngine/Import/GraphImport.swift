// GraphImport: the whole import: headers, nodes, relationships, sorting, publication. Everything
// goes to a sink that publishes at the very end, so an import that fails or is killed leaves
// nothing.

import NenCore

/// One run of an import into an empty graph.
final class GraphImport {
    private let options: GraphImportOptions
    private let sink: any GraphSink
    private let spillDirectory: String
    private let progress: (@Sendable (GraphImportProgress) throws -> Void)?
    private var spillFile: SpillFile?

    /// - Parameter spillDirectory: For temporary files over the memory budget.
    init(
        _ options: GraphImportOptions, into sink: any GraphSink, spillDirectory: String,
        progress: (@Sendable (GraphImportProgress) throws -> Void)? = nil
    ) {
        self.options = options
        self.sink = sink
        self.spillDirectory = spillDirectory
        self.progress = progress
    }

    /// Imports everything and publishes it.
    ///
    /// - Throws: The first error in the order of the files; then nothing was published.
    func run() throws -> GraphImportReport {
        try options.validate()
        let nodes = try InputSet(.nodes, options.nodes, options)
        let relationships = try InputSet(.relationships, options.relationships, options)
        let spaces = try IDSpaces(nodes)
        let relationshipPlans = try spaces.plans(of: relationships)
        let bad = BadEntryReport(options)
        var report = GraphImportReport()

        let nodeImport = try NodeImport(nodes, sink: sink, spaces: spaces.spaces, report: bad)
        let nodePipeline = RangePipeline(
            nodes, plans: nodes.inputs.map(\.plan), consumer: nodeImport, phase: "nodes",
            report: progress)
        try nodePipeline.run(threads: options.threadCount)
        let layout = try nodeImport.finish()
        report.rowCount = nodePipeline.takenRowCount
        report.propertyCount = nodeImport.propertyCount

        var resolved = relationships
        for index in resolved.inputs.indices {
            resolved.inputs[index].plan = relationshipPlans[index]
        }
        let collected = try RelationshipImport(
            resolved, sink: sink, spaces: spaces.spaces, report: bad,
            budgetBytes: options.memoryBudgetBytes / 2, spillDirectory: spillDirectory)
        let pipeline = RangePipeline(
            resolved, plans: relationshipPlans, consumer: collected, phase: "relationships",
            report: progress)
        try pipeline.run(threads: options.threadCount)
        report.rowCount += pipeline.takenRowCount
        report.propertyCount += collected.propertyCount
        report.spilledByteCount = collected.spilledByteCount

        let statistics = try sort(collected, layout, &report)
        report.nodeCount = statistics.nodeCount
        report.relationshipCount = statistics.relationshipCount
        report.badEntryCount = bad.count
        try sink.finish(statistics)
        return report
    }

    /// Sorts type after type and gathers the statistics.
    private func sort(
        _ collected: RelationshipImport, _ layout: NodeLayout, _ report: inout GraphImportReport
    ) throws -> GraphStatistics {
        var statistics = GraphStatistics(nodesPerLabelSet: layout.nodesPerLabelSet)
        let types = collected.buckets.keys.sorted()
        let total = types.reduce(0) { $0 + (collected.buckets[$1]?.rowCount ?? 0) }
        let typeCount = types.last.map { Int($0) + 1 } ?? 0
        statistics.relationshipsPerType = Array(repeating: 0, count: typeCount)
        statistics.selfLoopsPerType = Array(repeating: 0, count: typeCount)
        var firstChunk = 0
        var done = 0
        for type in types {
            guard let bucket = collected.buckets[type] else { continue }
            let sorter = TypeSorter(
                bucket, layout: layout, sink: sink, threads: max(1, options.threadCount),
                budgetBytes: options.memoryBudgetBytes / 2, firstChunk: firstChunk,
                openSpillFile: { try self.openSpillFile() })
            try sorter.run()
            firstChunk += sorter.chunkCount
            statistics.relationshipsPerType[Int(type)] = UInt64(bucket.rowCount)
            statistics.selfLoopsPerType[Int(type)] = sorter.selfLoopCount
            statistics.relationshipsPerGroup.merge(sorter.groups) { $0 + $1 }
            report.spilledByteCount += sorter.spilledByteCount
            done += bucket.rowCount
            bucket.removeAll()
            try progress?(
                GraphImportProgress(
                    phase: "adjacency", rowCount: UInt64(done), doneByteCount: done,
                    totalByteCount: total))
        }
        return statistics
    }

    private func openSpillFile() throws -> SpillFile {
        let file = try spillFile ?? SpillFile(directory: spillDirectory)
        spillFile = file
        return file
    }
}

/// The identifier groups that the headers of nodes declare.
struct IDSpaces {
    let spaces: [String: IDSpace]
    private let numberGroups: Set<String>

    /// - Throws: `ArgumentError` when a group is used with both types of identifiers.
    init(_ nodes: InputSet) throws(NQLError) {
        var spaces: [String: IDSpace] = [:]
        var types: [String: Bool] = [:]
        for input in nodes.inputs {
            guard let group = input.plan.idGroup,
                let column = input.plan.columns.first(where: { $0.action == .nodeID })
            else { continue }
            if let known = types[group], known != column.isNumberID {
                throw .runtime(
                    .argument, "InvalidHeader",
                    "The identifiers of group '\(group)' are strings in one header and integers "
                        + "in another.")
            }
            types[group] = column.isNumberID
            if spaces[group] == nil { spaces[group] = IDSpace(name: group) }
        }
        self.spaces = spaces
        numberGroups = Set(types.filter(\.value).keys)
    }

    /// The plans of relationships with the types of the groups they refer to.
    ///
    /// - Throws: `ArgumentError` for a group that no header of nodes declares.
    func plans(of relationships: InputSet) throws(NQLError) -> [BlockPlan] {
        var plans: [BlockPlan] = []
        for input in relationships.inputs {
            var plan = input.plan
            for group in [plan.startGroup, plan.endGroup] where spaces[group] == nil {
                throw .runtime(
                    .argument, "UnknownIDGroup",
                    group.isEmpty
                        ? "'\(input.files[0].path)' refers to identifiers without a group, but no "
                            + "node header has a plain :ID column."
                        : "'\(input.files[0].path)' refers to the group '\(group)', which no node "
                            + "header declares.")
            }
            plan.setNumberIDs { numberGroups.contains($0) }
            plans.append(plan)
        }
        return plans
    }
}
