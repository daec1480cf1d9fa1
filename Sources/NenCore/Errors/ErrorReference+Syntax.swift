// ErrorReference+Syntax: what is found before a statement runs.

extension ErrorKind {
    static let syntaxKinds: [ErrorKind] = [
        ErrorKind(
            .syntax, nil, "42000", "The statement breaks a rule of the language.",
            "See the message and the caret."),
        ErrorKind(
            .syntax, "UnexpectedSyntax", "42001", "A word or sign stands where it cannot.",
            "Look left of the caret too; the message names what is expected."),
        ErrorKind(
            .syntax, "InvalidNumberLiteral", "42001", "A number is not written as one.",
            "Octal numbers begin with `0o`; `_` stands between digits only."),
        ErrorKind(
            .syntax, "InvalidUnicodeLiteral", "42001", "A `\\u` escape stands for no character.",
            "Four digits behind `\\u`, eight behind `\\U`."),
        ErrorKind(
            .syntax, "InvalidUnicodeCharacter", "42001", "A character has no meaning there.",
            "Quote it, or write the ASCII character that it looks like."),
        ErrorKind(
            .syntax, "IntegerOverflow", "22003", "An integer literal does not fit 64 bits.",
            "Write it as a float, with a decimal point."),
        ErrorKind(
            .syntax, "FloatingPointOverflow", "22003", "A float literal is too large.",
            "The largest is about 1.8e308."),
        ErrorKind(
            .syntax, "NestingLimitExceeded", "42000", "Expressions nest too deep.",
            "Name an inner part in a WITH before."),
        ErrorKind(
            .syntax, "NestingTooDeep", "42000", "Subqueries nest too deep.",
            "Take one apart by WITH."),
        ErrorKind(
            .syntax, "PatternTooLarge", "42000",
            "A MATCH or MERGE has too many relationships that must differ from each other.",
            "Take the pattern apart into several clauses."),
        ErrorKind(
            .syntax, "NotSupported", "42000", "The language has it, this version does not.",
            "Say it in another way; the message names what is meant."),
        ErrorKind(
            .syntax, "InvalidClauseComposition", "42001", "Clauses in an order that cannot be.",
            "A query ends in RETURN or an update; WITH stands between."),
        ErrorKind(
            .syntax, "DifferentColumnsInUnion", "42001", "The parts of UNION differ in columns.",
            "Give them the same aliases."),
        ErrorKind(
            .syntax, "UndefinedVariable", "42002", "A name stands for nothing here.",
            "Check the spelling; pass it on by WITH or import it by `CALL (x)`."),
        ErrorKind(
            .syntax, "VariableAlreadyBound", "42001", "A name is given a second meaning.",
            "Use another name."),
        ErrorKind(
            .syntax, "VariableTypeConflict", "42001", "A name is used as what it is not.",
            "Use another name, or the name of what is meant."),
        ErrorKind(
            .syntax, "ColumnNameConflict", "42001", "Two columns have one name.",
            "Give one of them an alias."),
        ErrorKind(
            .syntax, "NoExpressionAlias", "42001",
            "An expression in WITH, or one that CALL returns, has no name.",
            "Add `AS name`."),
        ErrorKind(
            .syntax, "NoVariablesInScope", "42002", "`*` stands for nothing.",
            "Name what is to be returned."),
        ErrorKind(
            .syntax, "UnknownFunction", "42002", "No function has that name.",
            "Check the spelling; `SHOW FUNCTIONS` lists them."),
        ErrorKind(
            .syntax, "InvalidNumberOfArguments", "42001", "Too many or too few arguments.",
            "The hint shows the forms."),
        ErrorKind(
            .syntax, "InvalidArgumentType", "22G03", "A value cannot have the type needed.",
            "Convert it, as by toInteger()."),
        ErrorKind(
            .syntax, "InvalidArgumentPassingMode", "42001", "A call lacks its parentheses.",
            "Write the arguments out."),
        ErrorKind(
            .syntax, "InvalidParameterUse", "42001", "A parameter stands where none can.",
            "Name the keys; write `$($label)` for a label."),
        ErrorKind(
            .syntax, "NegativeIntegerArgument", "22G02", "SKIP or LIMIT is negative.",
            "Use 0 or more."),
        ErrorKind(
            .syntax, "NonConstantExpression", "42001", "An expression must not depend on rows.",
            "Use a constant or a parameter."),
        ErrorKind(
            .syntax, "InvalidAggregation", "42001", "An aggregate where none can be.",
            "Aggregate in a WITH before."),
        ErrorKind(
            .syntax, "NestedAggregation", "42001", "An aggregate in an aggregate.",
            "Aggregate in a WITH before."),
        ErrorKind(
            .syntax, "AmbiguousAggregationExpression", "42001",
            "Something beside an aggregate is no grouping key.",
            "Project it under a name of its own first."),
    ] + patternKinds

    /// Patterns that are matched or created.
    private static let patternKinds: [ErrorKind] = [
        ErrorKind(
            .syntax, "InvalidRelationshipPattern", "42001", "A relationship cannot be so.",
            "One type in a time, alternatives by `|`, lengths by `*`."),
        ErrorKind(
            .syntax, "RelationshipUniquenessViolation", "42001",
            "One relationship stands twice in a pattern.", "Give the second another name."),
        ErrorKind(
            .syntax, "RequiresDirectedRelationship", "42001",
            "A relationship to create has no direction.", "Write `-[…]->` or `<-[…]-`."),
        ErrorKind(
            .syntax, "NoSingleRelationshipType", "42001",
            "A relationship to create has not exactly one type.", "Write one: `-[:TYPE]->`."),
        ErrorKind(
            .syntax, "CreatingVarLength", "42001", "A path of variable length is to be created.",
            "Create each relationship, as by UNWIND or FOREACH."),
        ErrorKind(
            .syntax, "InvalidDelete", "42001", "DELETE of what is no whole entity.",
            "REMOVE takes off labels and properties."),
        ErrorKind(
            .syntax, "EmptyPathPattern", "42001", "A quantified path could be empty.",
            "Put a relationship into it."),
        ErrorKind(
            .syntax, "InvalidQuantifier", "42001", "The least count is above the most.",
            "Write `{least,most}`."),
        ErrorKind(
            .syntax, "NestedQuantifier", "42001", "A quantifier within a quantifier.",
            "Take one apart."),
        ErrorKind(
            .syntax, "UnboundedRepetition", "42001", "Repetition without bound.",
            "Bound it by `{,n}`, by a path mode or by a selector."),
        ErrorKind(
            .syntax, "InvalidPathCount", "22G0F", "A count of paths below one.", "Use 1 or more."),
    ]
}
