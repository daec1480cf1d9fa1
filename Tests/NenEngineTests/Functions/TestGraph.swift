// TestGraph: the graph that expressions without entities see: an empty one.

@testable import NenEngine

enum TestGraph {
    static let view: GraphView = {
        do {
            return try GraphStore.inMemory().snapshot()
        } catch {
            preconditionFailure("no store in memory: \(error)")
        }
    }()
}
