// nencover: fuzzing that follows coverage, by libFuzzer, which brings `main` along and takes its
// own options and folders. `make fuzz-coverage` builds and runs it.
//
//   NEN_FUZZ_TARGET=TARGET nencover [options] [folders]   `-help=1` lists libFuzzer's options
//   NEN_FUZZ_SEEDS=FOLDER nencover                        writes a corpus to start from
//
// Targets: `statement` (lexer, parser, printer, formatter, binder, planner), `store` (a database
// file with forged fields and checksums put right), `csv` (the reader of `LOAD CSV`), `copy` (the
// reader of `COPY … FROM`), `import` (the parsers of `nql import`). An input that ends the process,
// or is treated wrongly, is kept in a file; `nencover FILE` runs it alone.

import Foundation

/// What can be fuzzed: each takes any bytes and ends the process when they were treated wrongly.
enum FuzzTarget: String, CaseIterable {
    case statement, store, csv, copy
    case `import`

    /// The one that the environment asks for.
    static let chosen: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["NEN_FUZZ_TARGET"] ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            fail("NEN_FUZZ_TARGET is '\(name)', not one of \(names)")
        }
        return target
    }()

    func run(_ bytes: UnsafeBufferPointer<UInt8>) {
        switch self {
        case .statement: StatementTarget.run(bytes)
        case .store: StoreTarget.run(bytes)
        case .csv: CSVTarget.run(bytes)
        case .copy: CopyTarget.run(bytes)
        case .import: ImportTarget.run(bytes)
        }
    }
}

/// libFuzzer calls it first.
@_cdecl("LLVMFuzzerInitialize")
public func startFuzzing(_ count: UnsafeRawPointer?, _ words: UnsafeRawPointer?) -> CInt {
    if let folder = ProcessInfo.processInfo.environment["NEN_FUZZ_SEEDS"] {
        needed("the seeds") { try Seeds.write(to: folder) }
        exit(0)
    }
    return 0
}

/// libFuzzer calls it with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen.run(UnsafeBufferPointer(start: bytes, count: count))
    return 0
}

/// Ends the process, which libFuzzer takes for a finding.
func fail(_ complaint: String) -> Never {
    FileHandle.standardError.write(Data("nencover: \(complaint)\n".utf8))
    abort()
}

/// What the fuzzer needs itself and cannot go on without.
func needed<Result>(_ what: String, _ body: () throws -> Result) -> Result {
    do { return try body() } catch { fail("\(what): \(error)") }
}
