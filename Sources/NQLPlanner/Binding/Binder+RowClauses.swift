// Binder+RowClauses: LET, FOR, and ORDER BY, SKIP and LIMIT as clauses of their own.

import NQLPlan
import NQLSyntax
import NenCore

extension Binder {
    /// The values of one LET see what was bound before it, not each other.
    func bindLet(_ items: [LetItem], _ state: inout QueryState) throws(NQLError) {
        let at = ExpressionContext(scope: state.scope)
        var assignments: [SlotAssignment] = []
        for item in items {
            let value = try bind(item.value, at)
            if state.scope[item.variable.text] != nil { throw alreadyBound(item.variable) }
            if let plain = value.plainSlot {
                state.scope[item.variable.text] = plain
                continue
            }
            let slot = newSlot(item.variable.text, value.type)
            assignments.append(SlotAssignment(slot: slot, expression: value))
            state.scope[item.variable.text] = slot
        }
        if !assignments.isEmpty { state.add(.project(assignments)) }
    }

    /// `FOR x IN list WITH ORDINALITY i`: with a position the list is walked by its indices.
    func bindFor(_ loop: ForClause, _ state: inout QueryState) throws(NQLError) {
        let source = try bind(loop.list, ExpressionContext(scope: state.scope))
        guard source.type.mayBe(.list(.any)) else {
            throw invalidType(.syntax, expected: "a List", found: source, loop.list.span)
        }
        if state.scope[loop.variable.text] != nil { throw alreadyBound(loop.variable) }
        var type: NQLType = .any
        if case .list(let element) = source.type { type = element }
        let element = newSlot(loop.variable.text, type)
        let list = hiddenSlot(source.type)
        let value = source.type == .any ? checkedList(source) : source
        state.add(.project([SlotAssignment(slot: list, expression: value)]))
        guard let position = loop.position else {
            state.add(.unwind(list: read(list), element: element))
            state.scope[loop.variable.text] = element
            return
        }
        state.scope[loop.variable.text] = element
        if state.scope[position.text] != nil { throw alreadyBound(position) }
        let index = loop.countsFromOne ? hiddenSlot(.integer) : newSlot(position.text, .integer)
        state.add(.unwind(list: indices(of: list), element: index))
        var assignments = [
            SlotAssignment(
                slot: element,
                expression: PlanExpression(.subscripted(read(list), read(index)), type: type))
        ]
        var place = index
        if loop.countsFromOne {
            place = newSlot(position.text, .integer)
            assignments.append(
                SlotAssignment(
                    slot: place,
                    expression: PlanExpression(
                        .binary(.add, read(index), integer(1)), type: .integer)))
        }
        state.add(.project(assignments))
        state.scope[position.text] = place
    }

    /// A value of unknown type that has to be a list: a slice of all of it is one.
    private func checkedList(_ value: PlanExpression) -> PlanExpression {
        PlanExpression(
            .slice(value, from: integer(0), to: nil), type: .list(.any), span: value.span)
    }

    /// The indices of a list, none of null.
    private func indices(of list: Slot) -> PlanExpression {
        let size = PlanExpression(.call("size", [read(list)]), type: .integer)
        let known = PlanExpression(.call("coalesce", [size, integer(0)]), type: .integer)
        let last = PlanExpression(.binary(.subtract, known, integer(1)), type: .integer)
        return PlanExpression(.call("range", [integer(0), last]), type: .list(.integer))
    }

    private func integer(_ number: Int64) -> PlanExpression {
        PlanExpression(.constant(.integer(number)), type: .integer)
    }

    func bindPage(
        _ orderBy: [SortItem], _ skip: Expression?, _ limit: Expression?,
        _ state: inout QueryState
    ) throws(NQLError) {
        let at = ExpressionContext(scope: state.scope)
        var sorts: [(PlanExpression, isDescending: Bool)] = []
        for item in orderBy { sorts.append((try bind(item.expression, at), item.isDescending)) }
        addSort(sorts, &state)
        try addSlice(skip, limit, at, &state)
    }
}
