class GraphView: @unchecked Sendable {}
