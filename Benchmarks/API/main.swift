// nenbench: measures the Swift interface, which no pipe or command stands before.
//
//   nenbench interactive DATABASE QUERIES.nql [RUNS]   prepared statements with parameters
//   nenbench batches [ROWS] [FOLDER]                    rows written by `UNWIND $rows` and `append`
//   nenbench commits [SECONDS] [FOLDER]                 durable commits beside bare append and sync
//   nenbench deletes [COUNT] [FOLDER]                   a hub and many nodes deleted
//
// Figures are printed, never tested. See Benchmarks/README.md.

import Foundation

let words = Array(CommandLine.arguments.dropFirst())

/// The number at a place of the command line.
func number(_ place: Int, _ otherwise: Int) -> Int {
    words.count > place ? Int(words[place]) ?? otherwise : otherwise
}

/// A folder of its own under the one at a place of the command line, or under the temporary one.
func folder(_ place: Int) throws -> URL {
    let parent = words.count > place
        ? URL(fileURLWithPath: words[place]) : FileManager.default.temporaryDirectory
    let own = parent.appendingPathComponent("nenbench-\(getpid())")
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    return own
}

do {
    switch words.first {
    case "interactive" where words.count > 2:
        try Interactive(database: words[1], queries: words[2], runs: number(3, 2_000)).run()
    case "batches":
        let place = try folder(2)
        defer { try? FileManager.default.removeItem(at: place) }
        try Batches(rowCount: number(1, 10_000), folder: place).run()
    case "commits":
        let place = try folder(2)
        defer { try? FileManager.default.removeItem(at: place) }
        try Commits(seconds: number(1, 2), folder: place).run()
    case "deletes":
        let place = try folder(2)
        defer { try? FileManager.default.removeItem(at: place) }
        try Deletes(count: number(1, 1_000_000), folder: place).run()
    default:
        print("usage: nenbench interactive DATABASE QUERIES.nql [RUNS] | batches [ROWS] [FOLDER] |")
        print("       commits [SECONDS] [FOLDER] | deletes [COUNT] [FOLDER]")
        exit(2)
    }
} catch {
    print("nenbench: \(error)")
    exit(1)
}
