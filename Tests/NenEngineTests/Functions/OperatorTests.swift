// Goal: operators mean what openCypher says. Method: tables of expressions with their values
// or errors.

import NenCore
import Testing

@testable import NenEngine

@Suite struct OperatorTests {
    @Test(arguments: [
        ("1 + 2", "3"), ("1 + 2.5", "3.5"), ("7 / 2", "3"), ("-7 / 2", "-3"), ("-7 % 3", "-1"),
        ("7.5 % 2", "1.5"), ("7 / 2.0", "3.5"), ("2 ^ 10", "1024.0"), ("1 / 0.0", "1e308 * 10"),
        ("isNaN(0.0 / 0)", "true"), ("12 / 4 * 3 - 2 * 4", "1"), ("-(3)", "-3"), ("+3", "3"),
        ("'a' + 'b'", "'ab'"), ("'a' + 1", "'a1'"), ("1.5 + 'a'", "'1.5a'"),
        ("'a' + true", "'atrue'"), ("'on ' + date('2020-02-03')", "'on 2020-02-03'"),
        ("'a' || 'b'", "'ab'"), ("[1] || [2]", "[1, 2]"), ("[1] + [2, 3]", "[1, 2, 3]"),
        ("[1] + 2", "[1, 2]"), ("0 + [1]", "[0, 1]"), ("[1] + null", "null"),
        ("1 + null", "null"), ("null ^ 2", "null"), ("-null", "null"),
        ("'0123456789' + 'abcdef'", "'0123456789abcdef'"),
        ("-9223372036854775808 % -1", "0"),
    ])
    func arithmetic(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("true AND null", "null"), ("false AND null", "false"), ("null AND false", "false"),
        ("true OR null", "true"), ("null OR true", "true"), ("null OR false", "null"),
        ("true XOR null", "null"), ("true XOR true", "false"), ("NOT null", "null"),
        ("1 <= 2 < 3", "true"), ("1 < null < 3", "null"),
    ])
    func logic(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("3 IN [1, null, 3]", "true"), ("4 IN [1, null, 3]", "null"), ("null IN []", "false"),
        ("null IN null", "null"), ("1 IN null", "null"), ("[1, 2] IN [1, [1, 2]]", "true"),
        ("[1, 2] IN [[null, 'foo']]", "false"), ("[1, 2] IN [[null, 2]]", "null"),
        ("1 IN ['1', 2]", "false"), ("1.0 IN [1]", "true"),
        ("'abc' STARTS WITH 'ab'", "true"), ("'abc' STARTS WITH ''", "true"),
        ("'abc' ENDS WITH 'bc'", "true"), ("'abc' ENDS WITH 'abcd'", "false"),
        ("'hello wonderful world' CONTAINS 'wonderful w'", "true"),
        ("'aab' CONTAINS 'ab'", "true"), ("'aab' CONTAINS 'ba'", "false"),
        ("1 STARTS WITH 'a'", "null"), ("'a' CONTAINS null", "null"),
        ("'abc' =~ 'a.c'", "true"), ("'abcd' =~ 'a.c'", "false"), ("'Ab' =~ '(?i)aB'", "true"),
        ("'ärger' =~ '\\\\w+'", "true"), ("'' =~ ''", "true"), ("1 =~ 'a'", "null"),
        ("'a' =~ null", "null"),
    ])
    func searches(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("[1, 2, 3][0]", "1"), ("[1, 2, 3][-1]", "3"), ("[1, 2, 3][3]", "null"),
        ("[1, 2, 3][-4]", "null"), ("[1][null]", "null"), ("null[0]", "null"),
        ("{a: 1}['a']", "1"), ("{a: 1}['b']", "null"), ("{a: 1}[null]", "null"),
        ("{a: 1}.a", "1"), ("{a: 1}.b", "null"), ("null.a", "null"),
        ("[1, 2, 3, 4, 5][1..3]", "[2, 3]"), ("[1, 2, 3][..-1]", "[1, 2]"),
        ("[1, 2, 3][-2..]", "[2, 3]"), ("[1, 2, 3][3..1]", "[]"), ("[1, 2, 3][-9..9]", "[1, 2, 3]"),
        ("[1, 2, 3][null..2]", "null"), ("[1, 2, 3][1..null]", "null"),
        ("[1, 2][9223372036854775807]", "null"), ("[1, 2][-9223372036854775808]", "null"),
    ])
    func access(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("1 IS :: INTEGER", "true"), ("1 IS :: FLOAT", "false"), ("null IS :: INTEGER", "true"),
        ("null IS :: INTEGER NOT NULL", "false"), ("[1, 2] IS :: LIST<INTEGER>", "true"),
        ("[1, 'a'] IS :: LIST<INTEGER>", "false"), ("1 IS NOT :: STRING", "true"),
    ])
    func typePredicates(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("9223372036854775807 + 1", "ArithmeticError(IntegerOverflow)"),
        ("-9223372036854775808 - 1", "ArithmeticError(IntegerOverflow)"),
        ("9223372036854775807 * 2", "ArithmeticError(IntegerOverflow)"),
        ("-9223372036854775808 / -1", "ArithmeticError(IntegerOverflow)"),
        ("-(-9223372036854775808)", "ArithmeticError(IntegerOverflow)"),
        ("1 / 0", "ArithmeticError(DivisionByZero)"), ("1 % 0", "ArithmeticError(DivisionByZero)"),
        ("duration('P1D') / 0", "ArithmeticError(DivisionByZero)"),
        ("true + 1", "TypeError(InvalidArgumentType)"),
        ("{} + 1", "TypeError(InvalidArgumentType)"),
        ("'a' + {}", "TypeError(InvalidArgumentType)"),
        ("'a' * 2", "TypeError(InvalidArgumentType)"),
        ("date('2020-01-01') - date('2019-01-01')", "TypeError(InvalidArgumentType)"),
        ("1 AND true", "TypeError(InvalidArgumentType)"),
        ("NOT 'a'", "TypeError(InvalidArgumentType)"),
        ("1 IN 1", "TypeError(InvalidArgumentType)"),
        ("[1]['a']", "TypeError(InvalidArgumentType)"),
        ("[1][1.5]", "TypeError(InvalidArgumentType)"),
        ("100[0]", "TypeError(InvalidArgumentType)"),
        ("{name: 'Apa'}[12.3]", "TypeError(MapElementAccessByNonString)"),
        ("'a'.b", "TypeError(InvalidArgumentType)"),
        ("[1]['a'..]", "TypeError(InvalidArgumentType)"),
        ("'a' =~ '('", "ArgumentError(InvalidArgumentValue)"),
        ("date('2020-01-01').hour", "ArgumentError(InvalidArgumentValue)"),
    ])
    func errors(_ expression: String, _ error: String) {
        #expect(ExpressionTester().error(expression) == error, "\(expression)")
    }

    @Test func aPatternThatExplodesIsGivenUp() {
        let text = String(repeating: "a", count: 80)
        let error = ExpressionTester().error("'\(text)' =~ '(([a-z])+.)+[A-Z]([a-z])+'")
        #expect(error == "ArgumentError(InvalidArgumentValue)")
    }

    @Test func patternsAreCachedUpToALimit() throws {
        let tester = ExpressionTester()
        for round in 0 ..< 2 {
            for index in 0 ..< PatternCache.patternCountMax + 10 {
                let cell = try tester.evaluate("'x\(index)' =~ 'x\(index)'")
                #expect(cell.boolean, "round \(round)")
            }
        }
    }
}
