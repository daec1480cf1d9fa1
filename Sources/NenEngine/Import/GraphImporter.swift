// GraphImporter: the import as programs call it: into a database file. A file that the import
// created is removed again when the import fails; a file that is to be replaced stays until the new
// one is complete (StoreReplacement).

import Glibc
import NenCore

/// Imports CSV files into databases.
public enum GraphImporter {
    /// Imports into a new or empty database file.
    ///
    /// - Parameters:
    ///   - replacesExisting: A database at `path` is replaced once the new one is complete.
    ///   - progress: Called now and then, by one thread at a time; what it throws ends the import.
    /// - Returns: What was imported.
    /// - Throws: `NQLError`; the database is then as it was before.
    public static func importFiles(
        _ options: GraphImportOptions, into path: String, replacesExisting: Bool = false,
        progress: (@Sendable (GraphImportProgress) throws -> Void)? = nil
    ) throws -> GraphImportReport {
        try options.validate()
        guard replacesExisting,
            let replacement = try StoreReplacement(of: path, in: RealFileSystem.shared)
        else { return try fill(options, path, progress) }
        defer { replacement.end() }
        let report = try fill(options, replacement.freshPath, progress)
        try replacement.complete()
        return report
    }

    /// Imports into the graph of an open store, as tests do.
    static func importFiles(
        _ options: GraphImportOptions, into store: GraphStore, spillDirectory: String,
        progress: (@Sendable (GraphImportProgress) throws -> Void)? = nil
    ) throws -> GraphImportReport {
        let load = try BulkLoad(store: store)
        do {
            return try GraphImport(
                options, into: load, spillDirectory: spillDirectory, progress: progress
            ).run()
        } catch {
            load.abort()
            throw error
        }
    }

    private static func fill(
        _ options: GraphImportOptions, _ path: String,
        _ progress: (@Sendable (GraphImportProgress) throws -> Void)?
    ) throws -> GraphImportReport {
        let store = try GraphStore.open(path: path, fileSystem: RealFileSystem.shared)
        let isNew = store.openReport.wasCreated
        do {
            let report = try importFiles(
                options, into: store, spillDirectory: directory(of: path), progress: progress)
            try store.close()
            return report
        } catch {
            let location = store.pages.disk?.location
            try? store.close()
            if isNew { location?.removeFiles(in: RealFileSystem.shared) }
            throw error
        }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
