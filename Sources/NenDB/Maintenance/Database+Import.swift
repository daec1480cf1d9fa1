// Database+Import: bulk loading of CSV files into a new database: `nql import` as a library.

import NenEngine

/// One set of files with their labels or type.
public typealias ImportInput = NenEngine.ImportInput
/// What an import is told.
public typealias GraphImportOptions = NenEngine.GraphImportOptions
/// How far an import is.
public typealias GraphImportProgress = NenEngine.GraphImportProgress
/// What an import did.
public typealias GraphImportReport = NenEngine.GraphImportReport
/// How identifiers are read.
public typealias ImportIDType = NenEngine.ImportIDType

extension Database {
    /// Imports CSV files into a new database at `path`: as a whole or not at all.
    ///
    /// - Parameters:
    ///   - replacesExisting: a database at `path` is replaced once the new one is complete.
    ///   - progress: called from time to time, on the threads of the import; what it throws ends
    ///     the import.
    /// - Throws: `NQLError`; the place is then as it was before.
    @discardableResult
    public static func importGraph(
        into path: String, _ options: GraphImportOptions, replacesExisting: Bool = false,
        progress: (@Sendable (GraphImportProgress) throws -> Void)? = nil
    ) throws -> GraphImportReport {
        try GraphImporter.importFiles(
            options, into: path, replacesExisting: replacesExisting, progress: progress)
    }

    /// How large a database the files would make, from a sample of them, as text.
    public static func predictImport(_ options: GraphImportOptions) throws -> String {
        try GraphImporter.forecast(options).lines.joined(separator: "\n")
    }
}
