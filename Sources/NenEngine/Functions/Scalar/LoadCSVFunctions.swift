// LoadCSVFunctions: `file` and `linenumber`. Where a LOAD CSV clause is in reach the binder reads
// the columns that it fills; these entries are what the functions give elsewhere.

import NenCore

/// Functions about the file that LOAD CSV reads.
enum LoadCSVFunctions {
    static let definitions: [ScalarFunction] = [file, lineNumber]

    static let file = ScalarFunction(
        "file", [], to: .string,
        summary: "The path of the file that the row's LOAD CSV clause reads; null without one.",
        examples: [FunctionExample("file()", "null")]
    ) { _, _ throws(NQLError) in .null }

    static let lineNumber = ScalarFunction(
        "linenumber", [], to: .integer,
        summary: "The line of the file at which the row's record begins, from 1; null without a "
            + "LOAD CSV clause.",
        examples: [FunctionExample("linenumber()", "null")]
    ) { _, _ throws(NQLError) in .null }
}
