// NewDatabase: a database that is filled step by step and yet appears whole or not at all.
//
// It is filled under another name and takes the place of an empty one (StoreReplacement). Whoever
// looks at its path sees an empty database until then, also when the process is killed on its way.

import NenCore

/// Makes databases as a whole.
public enum NewDatabase {
    /// Makes a database at `path`, where there may be an empty one.
    ///
    /// - Parameter fill: fills and closes the database at the path it is given.
    /// - Throws: `DatabaseError(NotEmpty)`, or what `fill` throws; the place is then as it was.
    public static func make<Output>(
        at path: String, _ fill: (String) throws -> Output
    ) throws -> Output {
        let isNew = try demandEmpty(path)
        do {
            guard let replacement = try StoreReplacement(of: path, in: RealFileSystem.shared) else {
                throw NQLError.runtime(
                    .io, nil, "the database '\(path)' was removed while it was to be filled")
            }
            defer { replacement.end() }
            let output = try fill(replacement.freshPath)
            try replacement.complete()
            return output
        } catch {
            if isNew {
                try? StoreLocation.find(path, in: RealFileSystem.shared)
                    .removeFiles(in: RealFileSystem.shared)
            }
            throw error
        }
    }

    /// Makes an empty database unless there is one; whether it did.
    private static func demandEmpty(_ path: String) throws -> Bool {
        let store = try GraphStore.open(path: path, fileSystem: RealFileSystem.shared)
        let isNew = store.openReport.wasCreated
        do {
            let view = try store.snapshot()
            let catalog = view.catalog
            guard view.statistics.nodeCount == 0, catalog.indexes.isEmpty,
                catalog.constraints.isEmpty
            else {
                throw NQLError.runtime(
                    .database, "NotEmpty",
                    "The database '\(path)' is not empty; a dump is loaded into a new one.",
                    hint: "Name a file that does not exist yet.")
            }
        } catch {
            try? store.close()
            throw error
        }
        try store.close()
        return isNew
    }
}
