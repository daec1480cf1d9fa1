// TestGraph: the graph that expressions without entities see.

@testable import NenEngine

enum TestGraph {
    static let view = GraphView()
}
