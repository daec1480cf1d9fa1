// Goal: what the reference page says is true. Method: every example of every function is evaluated
// and compared with the result beside it; the table itself is checked for gaps.

import NenCore
import Testing

@testable import NenEngine

@Suite struct FunctionExamplesTests {
    @Test func examplesGiveTheirResults() {
        var count = 0
        for name in FunctionTable.standard.functionNames {
            guard let signature = FunctionTable.standard.function(named: name) else {
                Issue.record("\(name) is listed but not found")
                continue
            }
            #expect(!signature.summary.isEmpty && !signature.overloads.isEmpty)
            for example in signature.examples {
                ExpressionTester().expect(example.expression, is: example.result)
                count += 1
            }
        }
        #expect(count > 70)
    }

    @Test(arguments: ["TOUPPER", "upper", "Datetime.FromEpochMillis", "ceiling", "STDEVP"])
    func lookUpIgnoresCaseAndKnowsAliases(_ name: String) {
        #expect(FunctionTable.standard.function(named: name) != nil)
    }

    @Test func unknownNamesAreNotFound() {
        #expect(FunctionTable.standard.function(named: "toUpperr") == nil)
        #expect(FunctionTable.standard.scalar(named: "count") == nil)
        #expect(FunctionTable.standard.function(named: "count")?.isAggregate == true)
    }

    @Test func aCallWithNullIsNullUnlessTheFunctionSaysOtherwise() {
        let custom: Set<String> = ["coalesce", "nullIf", "valueType"]
        for name in FunctionTable.standard.functionNames {
            guard let function = FunctionTable.standard.scalar(named: name) else { continue }
            #expect((function.nullRule == .custom) == custom.contains(name), "\(name)")
        }
    }
}
