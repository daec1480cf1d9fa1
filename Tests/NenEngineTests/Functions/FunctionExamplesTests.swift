// Goal: the registry has no gaps. Method: the table itself is read. That the examples give their
// results, and that the reference page is current, is tested through the public interface.

import NenCore
import Testing

@testable import NenEngine

@Suite struct FunctionExamplesTests {
    @Test func everyFunctionHasASummaryFormsAndExamples() {
        for name in FunctionTable.standard.functionNames {
            guard let signature = FunctionTable.standard.function(named: name) else {
                Issue.record("\(name) is listed but not found")
                continue
            }
            #expect(!signature.summary.isEmpty && !signature.overloads.isEmpty, "\(name)")
            #expect(!signature.examples.isEmpty, "\(name)")
            #expect(signature.isBuiltIn && signature.category != .userDefined, "\(name)")
        }
    }

    @Test(arguments: [
        "TOUPPER", "upper", "Datetime.FromEpochMillis", "ceiling", "STDEVP", "percentile_cont",
    ])
    func lookUpIgnoresCaseAndKnowsAliases(_ name: String) {
        #expect(FunctionTable.standard.function(named: name) != nil)
    }

    @Test func unknownNamesAreNotFound() {
        #expect(FunctionTable.standard.function(named: "toUpperr") == nil)
        #expect(FunctionTable.standard.scalar(named: "count") == nil)
        #expect(FunctionTable.standard.function(named: "count")?.isAggregate == true)
    }

    @Test func aCallWithNullIsNullUnlessTheFunctionSaysOtherwise() {
        let custom: Set<String> = [
            "coalesce", "nullIf", "valueType", "coll.insert", "apoc.convert.toJson",
            "apoc.date.format", "apoc.date.parse",
        ]
        for name in FunctionTable.standard.functionNames {
            guard let function = FunctionTable.standard.scalar(named: name) else { continue }
            #expect((function.nullRule == .custom) == custom.contains(name), "\(name)")
        }
    }
}
