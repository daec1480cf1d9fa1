// MaintenanceBacklog: the chunks that commits of this process have left in a form that maintenance
// may better, so that nobody has to walk over all of them. A chunk that was changed again since the
// last pass is left alone: it will change more.

import NenCore
import Synchronization

/// Thread-safe; one per open store.
final class MaintenanceBacklog: Sendable {
    private struct Chunks {
        var nodes: Set<UInt32> = []
        var relationships: Set<UInt32> = []
        var isEmpty: Bool { nodes.isEmpty && relationships.isEmpty }
    }

    private struct State {
        /// Changed since the last pass began.
        var young = Chunks()
        /// Changed before.
        var old = Chunks()
        /// Called when there is something to do.
        var announce: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Calls `body` after commits that leave something to do; it may only note that.
    func onWork(_ body: (@Sendable () -> Void)?) { state.withLock { $0.announce = body } }

    /// Notes the chunks of a commit.
    func note(nodes: [UInt32], relationships: [UInt32]) {
        if nodes.isEmpty && relationships.isEmpty { return }
        let announce = state.withLock { state in
            state.young.nodes.formUnion(nodes)
            state.young.relationships.formUnion(relationships)
            return state.announce
        }
        announce?()
    }

    /// Whether nothing is noted.
    var isEmpty: Bool { state.withLock { $0.young.isEmpty && $0.old.isEmpty } }

    /// Chunks noted.
    var count: Int {
        state.withLock { state in
            state.young.nodes.union(state.old.nodes).count
                + state.young.relationships.union(state.old.relationships).count
        }
    }

    /// Hands out the chunks that were left alone since the pass before.
    func takeQuiet() -> MaintenancePass {
        state.withLock { state in
            let pass = MaintenancePass(
                nodes: state.old.nodes.subtracting(state.young.nodes),
                relationships: state.old.relationships.subtracting(state.young.relationships))
            state.old = state.young
            state.young = Chunks()
            return pass
        }
    }

    /// Takes chunks back that there was no time for.
    func putBack(_ pass: MaintenancePass) {
        state.withLock { state in
            for place in pass.remaining {
                if place.isNode {
                    state.old.nodes.insert(place.number)
                } else {
                    state.old.relationships.insert(place.number)
                }
            }
        }
    }
}

extension WriteTransaction {
    /// Notes the changed chunks that may be due, in the forms in which they were stored.
    func noteBacklog() {
        func numbers(_ dirty: [UInt32: MutableChunk]) -> [UInt32] {
            dirty.values.filter { ChunkMaintenance.mayBeDue(ChunkHandle(changed: $0)) }
                .map(\.number)
        }
        context.backlog.note(
            nodes: numbers(dirtyNodes), relationships: numbers(dirtyRelationships))
    }
}
