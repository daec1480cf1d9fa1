// ErrorReference+Values: what is found in values while rows are processed.

extension ErrorKind {
    static let valueKinds: [ErrorKind] = [
        ErrorKind(
            .type, nil, "22G03", "A value has not the type needed.", "Convert or filter it."),
        ErrorKind(
            .type, "InvalidArgumentType", "22G03", "A value has not the type needed.",
            "Convert it, or test it first by `IS ::`."),
        ErrorKind(
            .type, "InvalidArgumentValue", "22018", "A text cannot be read as the type needed.",
            "Conversions ending in OrNull give null instead."),
        ErrorKind(
            .type, "InvalidPropertyType", "22G03", "A property cannot hold the value.",
            "Store its parts one by one."),
        ErrorKind(
            .type, "MapElementAccessByNonString", "22G03", "A map's key is no string.",
            "Convert it by toString()."),
        ErrorKind(
            .semantic, nil, "22000", "The statement cannot do what it says.", "See the message."),
        ErrorKind(
            .semantic, "InvalidArgumentType", "22G03", "A relationship's end is no node.",
            "Filter null: `WHERE n IS NOT NULL`."),
        ErrorKind(
            .semantic, "MergeReadOwnWrites", "22004", "MERGE with a property that is null.",
            "Filter null before; coalesce() gives another value."),
        ErrorKind(
            .argument, nil, "22000", "An argument's value is not possible.", "See the message."),
        ErrorKind(
            .argument, "InvalidArgumentValue", "22000", "An argument's value is not possible.",
            "The message names what is."),
        ErrorKind(
            .argument, "InvalidDump", "22000", "A script is not what a dump has written.",
            "Dump again; the message names the line."),
        ErrorKind(
            .argument, "NotForCSV", "22000", "CSV files cannot hold a value of the graph exactly.",
            "Dump as NQL."),
        ErrorKind(
            .argument, "InvalidFileName", "22000", "A text cannot be the name of a file.",
            "Names are neither empty nor hold NUL, and paths have at most 4,096 bytes."),
        ErrorKind(
            .argument, "InvalidArgumentType", "22G03", "An argument has not the type needed.",
            "Convert it."),
        ErrorKind(
            .argument, "NumberOutOfRange", "22003", "A number is outside the range.",
            "The message names the range."),
        ErrorKind(
            .argument, "NegativeIntegerArgument", "22G02", "SKIP or LIMIT is negative.",
            "Use 0 or more."),
        ErrorKind(
            .argument, "InvalidPathCount", "22G0F", "A count of paths below one.",
            "Use 1 or more."),
        ErrorKind(
            .arithmetic, nil, "22000", "Arithmetic without a result.", "See the message."),
        ErrorKind(
            .arithmetic, "DivisionByZero", "22012", "An integer is divided by zero.",
            "Floats give an infinity or NaN; nullIf(x, 0) gives null."),
        ErrorKind(
            .arithmetic, "IntegerOverflow", "22003", "A result is outside the 64-bit integers.",
            "Convert an operand by toFloat()."),
        ErrorKind(
            .parameterMissing, nil, "42002", "A parameter has no value.",
            "Give it one: `--param name=value`."),
        ErrorKind(
            .parameterMissing, "MissingParameter", "42002", "A parameter has no value.",
            "Give it one: `--param name=value`."),
        ErrorKind(
            .entityNotFound, nil, "22000", "An entity is not there.", "See the message."),
        ErrorKind(
            .entityNotFound, "DeletedEntityAccess", "G1002",
            "A node or relationship was deleted earlier in the statement.",
            "Read what is needed in a WITH before DELETE."),
        ErrorKind(
            .propertyNotFound, nil, "42002", "A property is not there.", "Check the spelling."),
        ErrorKind(.labelNotFound, nil, "42002", "A label is not there.", "Check the spelling."),
        ErrorKind(
            .procedure, nil, "5P000", "A procedure or function failed.", "See the message."),
        ErrorKind(
            .procedure, "ProcedureNotFound", "42002", "No procedure has that name.",
            "Check the spelling; `SHOW PROCEDURES` lists them."),
        ErrorKind(
            .constraintVerificationFailed, nil, "G1000", "The graph would break a rule.",
            "See the message."),
        ErrorKind(
            .constraintVerificationFailed, "DeleteConnectedNode", "G1001",
            "A deleted node still has relationships.", "Use DETACH DELETE."),
        ErrorKind(
            .constraintValidationFailed, nil, "G2000", "A constraint would be broken.",
            "Change the value, or drop the constraint."),
        ErrorKind(
            .constraintValidationFailed, "UniquenessViolation", "G2000",
            "Another entity has the value that must be unique.",
            "Change it, or use MERGE to find the other."),
        ErrorKind(
            .constraintValidationFailed, "PropertyMissing", "G2000",
            "A property that must exist does not.", "Set it in the same statement."),
        ErrorKind(
            .constraintValidationFailed, "PropertyType", "G2000",
            "A property has not the type declared.", "Convert the value."),
    ]
}
