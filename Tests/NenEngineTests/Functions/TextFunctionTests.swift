// Goal: string, list, conversion and mathematical functions at their edges. Method: tables.

import NenCore
import Testing

@testable import NenEngine

@Suite struct TextFunctionTests {
    @Test(arguments: [
        ("toUpper('åäö ß')", "'ÅÄÖ SS'"), ("toLower('ÅÄÖ')", "'åäö'"), ("toUpper('')", "''"),
        ("toUpper('abcdefghijklmnopqrstuvwxyz{`1')", "'ABCDEFGHIJKLMNOPQRSTUVWXYZ{`1'"),
        ("trim('\\u00A0 \\t x y \\n')", "'x y'"), ("lTrim('  x ')", "'x '"),
        ("trim('   ')", "''"), ("btrim('ääxä', 'ä')", "'x'"), ("rTrim('xyy', 'y')", "'x'"),
        ("left('😀😀a', 2)", "'😀😀'"), ("left('abc', 0)", "''"), ("left('abc', 9)", "'abc'"),
        ("right('a😀😀', 2)", "'😀😀'"), ("right('abc', 0)", "''"),
        ("substring('😀abc', 1, 2)", "'ab'"), ("substring('abc', 5)", "''"),
        ("substring('abc', 1, 99)", "'bc'"),
        ("substring('0123456789abcdefghij', 3, 14)", "'3456789abcdefg'"),
        ("replace('abc', '', '-')", "'-a-b-c-'"), ("replace('aaa', 'aa', 'b')", "'ba'"),
        ("replace('abc', 'x', 'y')", "'abc'"), ("replace('a.b.c', '.', '', 1)", "'ab.c'"),
        ("split('', ',')", "['']"), ("split('a,,b', ',')", "['a', '', 'b']"),
        ("split('abc', '')", "['a', 'b', 'c']"),
        ("split('a--b-c', ['-', '--'])", "['a', 'b', 'c']"),
        ("split('a', null)", "null"), ("reverse('a😀b')", "'b😀a'"), ("size('e\\u0301')", "2"),
        ("size('😀')", "1"), ("normalize('e\\u0301') = '\\u00E9'", "true"),
        ("normalize('\\u00E9', 'NFD') = 'e\\u0301'", "true"), ("isEmpty('')", "true"),
        ("isEmpty({})", "true"), ("char_length('åä')", "2"),
    ])
    func strings(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("head([])", "null"), ("last([])", "null"), ("tail([])", "[]"), ("tail([1])", "[]"),
        ("reverse([1, [2, 3], null])", "[null, [2, 3], 1]"), ("range(0, 10, 5)", "[0, 5, 10]"),
        ("range(2, 1)", "[]"), ("range(0, -2000, -1298)", "[0, -1298]"),
        ("range(9223372036854775806, 9223372036854775807)",
            "[9223372036854775806, 9223372036854775807]"),
        ("range(9223372036854775807, -9223372036854775808, -9223372036854775807)",
            "[9223372036854775807, 0, -9223372036854775807]"),
        ("coalesce(null, null)", "null"), ("nullIf(null, 1)", "null"), ("nullIf(1, 1.0)", "null"),
        ("map.merge({}, {})", "{}"),
    ])
    func lists(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("toInteger(' 42 ')", "42"), ("toInteger('-1.9')", "-1"), ("toInteger('1e3')", "1000"),
        ("toInteger('0x10')", "null"), ("toInteger('')", "null"), ("toInteger('1 2')", "null"),
        ("toInteger('9223372036854775807')", "9223372036854775807"), ("toInteger(true)", "1"),
        ("toIntegerOrNull('9223372036854775808')", "null"), ("toIntegerOrNull(1e300)", "null"),
        ("toFloat('1.5e3')", "1500.0"), ("toFloat('inf')", "null"), ("toFloat('nan')", "null"),
        ("isNaN(toFloat('NaN'))", "true"), ("toFloat('.5')", "0.5"), ("toFloat('5.')", "5.0"),
        ("toFloat('.')", "null"), ("toFloat('0x1p3')", "null"), ("toFloat('1e')", "null"),
        ("toBoolean(' TRUE ')", "true"), ("toBoolean('yes')", "null"), ("toBoolean(0)", "false"),
        ("toString(1.0)", "'1.0'"), ("toString(0.1)", "'0.1'"), ("toString(-0.0)", "'-0.0'"),
        ("toString(1e7)", "'1.0E7'"), ("toString(123456.789)", "'123456.789'"),
        ("toString(0.001)", "'0.001'"), ("toString(0.0001)", "'1.0E-4'"),
        ("toString(1.7976931348623157e308)", "'1.7976931348623157E308'"),
        ("toString(5e-324)", "'5.0E-324'"), ("toString(1e308 * 10)", "'Infinity'"),
        ("toString(100000.0)", "'100000.0'"), ("toString('x')", "'x'"),
        ("toString(duration('P1DT-0.001S'))", "'P1DT-0.001S'"),
    ])
    func conversions(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("round(2.5)", "3.0"), ("round(-2.5)", "-2.0"), ("round(0.49999999999999994)", "0.0"),
        ("round(0.285, 2)", "0.29"), ("round(-0.285, 2)", "-0.29"), ("round(1.5, 5)", "1.5"),
        ("round(9.99, 1)", "10.0"), ("round(0.05, 1)", "0.1"), ("round(0.005, 1)", "0.0"),
        ("round(0.05, 1, 'HALF_EVEN')", "0.0"), ("round(0.15, 1, 'HALF_EVEN')", "0.2"),
        ("round(1.21, 1, 'UP')", "1.3"), ("round(1.29, 1, 'DOWN')", "1.2"),
        ("round(-1.21, 1, 'CEILING')", "-1.2"), ("round(-1.21, 1, 'FLOOR')", "-1.3"),
        ("round(0.001, 1, 'UP')", "0.1"), ("round(1e20, 2)", "1e20"), ("round(7)", "7.0"),
        ("abs(-9223372036854775807)", "9223372036854775807"), ("sign(-0.0)", "0"),
        ("ceil(-0.5) = 0.0", "true"), ("isNaN(sqrt(-1))", "true"), ("log(0) < -1e308", "true"),
        ("toInteger(degrees(pi()))", "180"), ("haversin(pi()) > 0.999", "true"),
        ("valueType([])", "'LIST<NOTHING> NOT NULL'"), ("valueType(null)", "'NULL'"),
        ("valueType([1, null])", "'LIST<INTEGER> NOT NULL'"),
        ("valueType([[1], [1.5]])",
            "'LIST<LIST<FLOAT NOT NULL> NOT NULL | LIST<INTEGER NOT NULL> NOT NULL> NOT NULL'"),
    ])
    func numbers(_ expression: String, _ result: String) {
        ExpressionTester().expect(expression, is: result)
    }

    @Test(arguments: [
        ("abs(-9223372036854775808)", "ArithmeticError(IntegerOverflow)"),
        ("abs('a')", "TypeError(InvalidArgumentValue)"),
        ("left('abc', -1)", "ArgumentError(NumberOutOfRange)"),
        ("substring('abc', -1)", "ArgumentError(NumberOutOfRange)"),
        ("substring('abc', 1, -1)", "ArgumentError(NumberOutOfRange)"),
        ("round(1.5, -1)", "ArgumentError(NumberOutOfRange)"),
        ("round(1.5, 1, 'SIDEWAYS')", "ArgumentError(InvalidArgumentValue)"),
        ("range(2, 8, 0)", "ArgumentError(NumberOutOfRange)"),
        ("range(0, 'xyz', 1)", "ArgumentError(InvalidArgumentType)"),
        ("range(0.0, 1)", "ArgumentError(InvalidArgumentType)"),
        ("range(0, 9223372036854775807)", "ArgumentError(NumberOutOfRange)"),
        ("range(0, 2000000000)", "MemoryLimitExceeded(MemoryBudgetExceeded)"),
        ("toInteger('9223372036854775808')", "ArithmeticError(IntegerOverflow)"),
        ("toInteger(1e300)", "ArithmeticError(IntegerOverflow)"),
        ("toInteger([])", "TypeError(InvalidArgumentValue)"),
        ("toBoolean({})", "TypeError(InvalidArgumentValue)"),
        ("toBoolean(1.5)", "TypeError(InvalidArgumentValue)"),
        ("toFloat(true)", "TypeError(InvalidArgumentValue)"),
        ("toString([])", "TypeError(InvalidArgumentValue)"),
        ("size(1)", "TypeError(InvalidArgumentValue)"),
        ("head('a')", "TypeError(InvalidArgumentValue)"),
        ("toUpper(1)", "TypeError(InvalidArgumentValue)"),
        ("normalize('ä', 'NFX')", "ArgumentError(InvalidArgumentValue)"),
    ])
    func errors(_ expression: String, _ error: String) {
        #expect(ExpressionTester().error(expression) == error, "\(expression)")
    }

    @Test func randomUUIDsHaveTheirForm() throws {
        let tester = ExpressionTester()
        let first = tester.context.base.string(try tester.evaluate("randomUUID()"))
        let second = tester.context.base.string(try tester.evaluate("randomUUID()"))
        #expect(first != second && first.utf8.count == 36)
        #expect(Array(first.utf8)[14] == UInt8(ascii: "4"))
        let number = try tester.evaluate("rand()").float
        #expect(number >= 0 && number < 1)
    }
}
