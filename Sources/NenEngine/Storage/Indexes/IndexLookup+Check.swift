// Every entity that look-ups found must be alive, and the first of each look-up must have the
// values that were asked for.

import NenCore

extension IndexLookup {
    /// Entities from which on a table of chunks pays.
    private static let tableMin = 64
    /// Entities between fetching an entity's values and looking at them.
    private static let prefetchDistance = 16

    /// Checks what was found.
    /// - Throws: `CorruptionError` naming an entity that is not what the index says.
    func check(in view: GraphView, epoch: Int) throws {
        let count = found.count
        if count == 0 { return }
        try Interruption.spend(count * IndexLookup.entityWorkUnits)
        var check = takeEntryCheck(view)
        defer { entryCheck = check }
        if count < IndexLookup.tableMin {
            for place in 0 ..< count {
                try check.checkLive(found[place].entity)
                try checkValues(found[place], &check)
            }
            return
        }
        try entities.prepare(check)
        let limit = check.limit
        let list = found.pointer
        for place in 0 ..< count {
            let entity = list[place].entity
            guard Int(entity) < limit else { throw check.notThere(entity) }
            _ = try entities.chunk(of: entity, check, epoch: epoch)
        }
        for place in 0 ..< count {
            if isExact, place &+ IndexLookup.prefetchDistance < count {
                let next = list[place &+ IndexLookup.prefetchDistance]
                if next.request != .max { entities.prefetch(next.entity) }
            }
            let entity = list[place].entity
            let row = GraphView.row(of: entity)
            let chunk = try entities.chunk(of: entity, check, epoch: epoch)
            guard row < Int(chunk.rowCount), Bitmap.isSet(chunk.liveBits, row) else {
                throw check.notThere(entity)
            }
            let request = Int(list[place].request)
            if isExact, request != Int(UInt32.max), chunk.isOwner,
                entities.has(cells.pointer + request &* equalCount, entity, base)
            {
                continue
            }
            try checkValues(list[place], &check)
        }
    }

    /// The first entity of a look-up has values that were asked for.
    private func checkValues(_ found: Found, _ check: inout IndexEntryCheck) throws {
        if found.request == .max { return }
        let request = requests[Int(found.request)]
        let isWanted = try check.hasOwnEntry(found.entity) { entry in
            BTreeNodeView.compare(entry, key(request)) >= 0 && isWithin(request, entry)
        }
        guard isWanted else { throw check.hasOtherValues(found.entity) }
    }
}
