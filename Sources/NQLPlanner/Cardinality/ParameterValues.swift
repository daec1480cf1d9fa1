// ParameterValues: values that are known while a plan is made. They enter estimates only; the plan
// holds for all others.

import NQLPlan
import NenCore

/// The parameters of the first run.
struct ParameterValues {
    private let parameters: [String: Value]

    init(_ parameters: [String: Value]) { self.parameters = parameters }

    /// The value of a constant, a parameter, a property of a parameter; nil for all else.
    subscript(_ expression: PlanExpression) -> Value? {
        switch expression.kind {
        case .parameter(let name): return parameters[name]
        case .property(let base, let key):
            guard case .map(let entries) = self[base] else { return nil }
            return entries[key]
        default: return expression.constantValue
        }
    }
}
