// Goal: no file content crashes the database, makes it hang or lie, and a check finds damage that
// is there, also after writes. Method: `nenfuzz` (Tests/NenFuzz) damages copies of a rich database,
// raw and with checksums put right, opens, checks, reads and writes them in processes of its own.
//
// NEN_FUZZ_FILES sets how many files of each kind (default 25; `make fuzz` takes 20,000),
// NEN_FUZZ_SEED repeats a run.

import Foundation
import Testing

@Suite(.serialized) struct FuzzTests {
    @Test(arguments: ["raw", "forged"])
    func damagedFilesAreTreatedWell(kind: String) throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["NEN_FUZZ_SEED"] ?? "\(UInt64.random(in: 0 ... .max))"
        let files = environment["NEN_FUZZ_FILES"] ?? "25"
        let process = Process()
        let output = Pipe()
        let folder = NQLProcess.executable.split(
            separator: "/", omittingEmptySubsequences: false
        ).dropLast().joined(separator: "/")
        process.executableURL = URL(fileURLWithPath: folder + "/nenfuzz")
        process.arguments = ["--kind", kind, "--seed", seed, "--files", files]
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        print(text)
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
