// ReferenceEvaluator+Operators: unary and binary operators, property and list access.

import Foundation
import NQLSyntax
import NenCore

extension ReferenceEvaluator {
    func conjunction(_ left: Bool?, _ right: Bool?) -> Bool? {
        if left == false || right == false { return false }
        return left == nil || right == nil ? nil : true
    }

    func unary(_ operation: UnaryOperator, _ operand: ModelValue) throws -> ModelValue {
        switch (operation, operand) {
        case (.not, _): return ModelValue(try truth(operand).map { !$0 })
        case (_, .null): return .null
        case (.plus, _): return operand
        case (.minus, .integer(let number)): return .integer(-number)
        case (.minus, .float(let number)): return .float(-number)
        default: throw ModelError.mayFail("unary")
        }
    }

    func binary(
        _ operation: BinaryOperator, _ left: ModelValue, _ right: ModelValue
    ) throws -> ModelValue {
        switch operation {
        case .and: return ModelValue(conjunction(try truth(left), try truth(right)))
        case .or:
            let (a, b) = (try truth(left), try truth(right))
            return ModelValue(conjunction(a.map { !$0 }, b.map { !$0 }).map { !$0 })
        case .xor:
            guard let a = try truth(left), let b = try truth(right) else { return .null }
            return .boolean(a != b)
        case .equal: return ModelValue(ModelValue.equal(left, right))
        case .notEqual: return ModelValue(ModelValue.equal(left, right).map { !$0 })
        case .less: return ModelValue(ModelValue.less(left, right))
        case .greater: return ModelValue(ModelValue.less(right, left))
        case .lessOrEqual: return try atMost(left, right)
        case .greaterOrEqual: return try atMost(right, left)
        case .inList: return try contains(right, left)
        case .startsWith, .endsWith, .contains: return textTest(operation, left, right)
        case .add where isList(left) || isList(right): return concatenation(left, right)
        case .add, .subtract, .multiply, .divide, .modulo:
            return try arithmetic(operation, left, right)
        case .power:
            if left.isNull || right.isNull { return .null }
            guard let base = left.number, let exponent = right.number else {
                throw ModelError.mayFail("power")
            }
            return .float(pow(base, exponent))
        case .concatenate, .matches: throw ModelError.unsupported("\(operation)")
        }
    }

    private func isList(_ value: ModelValue) -> Bool {
        if case .list = value { return true }
        return false
    }

    private func concatenation(_ left: ModelValue, _ right: ModelValue) -> ModelValue {
        switch (left, right) {
        case (.null, _), (_, .null): .null
        case (.list(let a), .list(let b)): .list(a + b)
        case (.list(let a), _): .list(a + [right])
        case (_, .list(let b)): .list([left] + b)
        default: .null
        }
    }

    /// `left <= right`: `<` or `=` among values that `<` compares.
    private func atMost(_ left: ModelValue, _ right: ModelValue) throws -> ModelValue {
        switch (left, right) {
        case (.list, .list), (.map, .map): throw ModelError.unsupported("order of lists")
        default: break
        }
        guard let isLess = ModelValue.less(left, right) else { return .null }
        return .boolean(isLess || ModelValue.equal(left, right) == true)
    }

    private func contains(_ list: ModelValue, _ value: ModelValue) throws -> ModelValue {
        switch list {
        case .null: return .null
        case .list(let elements):
            let results = elements.map { ModelValue.equal($0, value) }
            if results.contains(true) { return .boolean(true) }
            return results.contains(nil) ? .null : .boolean(false)
        default: throw ModelError.mayFail("IN over no list")
        }
    }

    private func textTest(
        _ operation: BinaryOperator, _ left: ModelValue, _ right: ModelValue
    ) -> ModelValue {
        guard case .string(let text) = left, case .string(let part) = right else { return .null }
        switch operation {
        case .startsWith: return .boolean(text.hasPrefix(part))
        case .endsWith: return .boolean(text.hasSuffix(part))
        default: return .boolean(part.isEmpty || text.contains(part))
        }
    }

    func arithmetic(
        _ operation: BinaryOperator, _ left: ModelValue, _ right: ModelValue
    ) throws -> ModelValue {
        switch (left, right) {
        case (.null, _), (_, .null): return .null
        case (.integer(let a), .integer(let b)): return try integers(operation, a, b)
        case (.string(let a), .string(let b)) where operation == .add: return .string(a + b)
        default:
            guard let a = left.number, let b = right.number else {
                throw ModelError.mayFail("\(left) \(operation) \(right)")
            }
            switch operation {
            case .add: return .float(a + b)
            case .subtract: return .float(a - b)
            case .multiply: return .float(a * b)
            case .divide: return .float(a / b)
            default: return .float(a.truncatingRemainder(dividingBy: b))
            }
        }
    }

    private func integers(
        _ operation: BinaryOperator, _ a: Int64, _ b: Int64
    ) throws -> ModelValue {
        let result: (partialValue: Int64, overflow: Bool)
        switch operation {
        case .add: result = a.addingReportingOverflow(b)
        case .subtract: result = a.subtractingReportingOverflow(b)
        case .multiply: result = a.multipliedReportingOverflow(by: b)
        case .divide: result = a.dividedReportingOverflow(by: b)
        default: result = a.remainderReportingOverflow(dividingBy: b)
        }
        if result.overflow { throw ModelError.mayFail("overflow or division by zero") }
        return .integer(result.partialValue)
    }

    func hasLabels(
        _ base: ModelValue, _ labels: LabelExpression, _ row: ModelRow
    ) throws -> ModelValue {
        switch base {
        case .null: return .null
        case .node(let id): return .boolean(try accepts(labels, graph.nodes[id].labels, row))
        case .relationship(let id):
            return .boolean(try accepts(labels, [graph.relationships[id].type], row))
        default: throw ModelError.mayFail("labels of no entity")
        }
    }

    func property(_ base: ModelValue, _ key: String) throws -> ModelValue {
        switch base {
        case .null: return .null
        case .map(let map): return map[key] ?? .null
        case .node(let id):
            if graph.nodes[id].isDeleted { throw ModelError.mayFail("deleted") }
            return graph.nodes[id].properties[key] ?? .null
        case .relationship(let id):
            if graph.relationships[id].isDeleted { throw ModelError.mayFail("deleted") }
            return graph.relationships[id].properties[key] ?? .null
        default: throw ModelError.mayFail("property of \(base)")
        }
    }

    func element(_ base: ModelValue, _ index: ModelValue) throws -> ModelValue {
        switch (base, index) {
        case (.null, _), (_, .null): return .null
        case (.list(let elements), .integer(let index)):
            let place = index < 0 ? Int(index) + elements.count : Int(index)
            return elements.indices.contains(place) ? elements[place] : .null
        case (_, .string(let key)): return try property(base, key)
        default: throw ModelError.mayFail("element")
        }
    }

    func slice(
        _ base: ModelValue, _ from: ModelValue?, _ to: ModelValue?
    ) throws -> ModelValue {
        if base.isNull || from == .null || to == .null { return .null }
        guard case .list(let list) = base else { throw ModelError.mayFail("slice") }
        func place(_ value: ModelValue?, _ missing: Int) throws -> Int {
            guard let value else { return missing }
            guard case .integer(let index) = value else { throw ModelError.mayFail("slice") }
            let place = index < 0 ? Int(index) + list.count : Int(index)
            return min(max(place, 0), list.count)
        }
        let (first, last) = (try place(from, 0), try place(to, list.count))
        return .list(first < last ? Array(list[first..<last]) : [])
    }
}
