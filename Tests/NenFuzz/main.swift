// nenfuzz: damages copies of a database and sees what becomes of them. See Driver.swift.
//
//   nenfuzz [--files N] [--seed S] [--first N] [--kind raw|forged] [--seconds N] [--folder DIR]
//
// Prints each file that was treated badly and the counts; the status is 0 when none was. A seed and
// the number of a file make the same damage again: --seed S --first N --files 1 --kind K.

import Foundation

do {
    let options = try FuzzOptions(CommandLine.arguments.dropFirst())
    if options.isChild {
        try FuzzChild(options).run()
    } else {
        exit(try FuzzDriver(options).run() ? 0 : 1)
    }
} catch {
    report("nenfuzz: \(error)")
    exit(2)
}
