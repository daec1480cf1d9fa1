// Goal: functions, aggregates and procedures written in Swift work as built-in ones do: types,
// nulls, errors with their place, several threads. Method: registered ones are called from queries.

import NenDB
import Synchronization
import Testing

@Suite struct UserFunctionTests {
    private struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let shout = UserFunction(
        "my.shout",
        [
            ProcedureField(name: "text", type: .string),
            ProcedureField(name: "times", type: .integer),
        ],
        optionalCount: 1, to: .string, summary: "The text, loud."
    ) { arguments in
        guard case .string(let text) = arguments[0] else { return .null }
        var times: Int64 = 1
        if arguments.count > 1, case .integer(let given) = arguments[1] { times = given }
        if times < 0 { throw Failure(description: "there is no silence") }
        return .string(text.uppercased() + String(repeating: "!", count: Int(times)))
    }

    private func single(_ database: Database, _ query: String) throws -> Value {
        let rows = try database.query(query).rows()
        return try #require(rows.first).values[0]
    }

    private func error(_ database: Database, _ query: String) -> NQLError? {
        #expect(throws: NQLError.self, "\(query)") { try database.query(query).rows() }
    }

    @Test func aFunctionIsCalledByNameInAnyCase() throws {
        let database = try Database.inMemory()
        try database.register(function: UserFunctionTests.shout)
        #expect(try single(database, "RETURN my.shout('a')") == "A!")
        #expect(try single(database, "RETURN MY.Shout('a', 3) + '?'") == "A!!!?")
        #expect(try single(database, "RETURN my.shout(null)") == nil)
        #expect(try single(database, "RETURN [x IN ['a', 'b'] | my.shout(x)]") == ["A!", "B!"])
        let query = "UNWIND ['a', null, 'b'] AS x RETURN collect(my.shout(x)) AS l"
        #expect(try single(database, query) == ["A!", "B!"])
    }

    @Test func errorsHaveTheirPlace() throws {
        let database = try Database.inMemory()
        try database.register(function: UserFunctionTests.shout)
        let failed = error(database, "RETURN 1, my.shout('a', -1)")
        #expect(failed?.code == .procedure && failed?.detail == "UserFunctionFailed")
        #expect(failed?.message.contains("there is no silence") == true)
        #expect(failed?.span == SourceSpan(start: 10, end: 27))
        let type = error(database, "RETURN my.shout(1)")
        #expect(type?.detail == "InvalidArgumentType" && type?.phase == .compile)
        let later = error(database, "UNWIND [{a: 1}] AS m RETURN my.shout(m.a)")
        #expect(later?.code == .type && later?.phase == .runtime)
        let count = error(database, "RETURN my.shout()")
        #expect(count?.detail == "InvalidNumberOfArguments")
        let near = error(database, "RETURN my.shot('a')")
        #expect(near?.hint?.contains("my.shout") == true)
    }

    @Test func resultsAreChecked() throws {
        let database = try Database.inMemory()
        try database.register(function: UserFunction("my.wrong", [], to: .string) { _ in 1 })
        #expect(error(database, "RETURN my.wrong()")?.detail == "InvalidResultType")
        try database.register(function: UserFunction("my.half", [
            ProcedureField(name: "x", type: .float)
        ], to: .float) { arguments in
            guard case .float(let x) = arguments[0] else { return .null }
            return .float(x / 2)
        })
        #expect(try single(database, "RETURN my.half(3)") == 1.5)
        let ghost = NodeValue(id: 77, labels: [], properties: [:])
        try database.register(function: UserFunction("my.ghost", [], to: .node) { _ in
            .node(ghost)
        })
        #expect(error(database, "RETURN my.ghost()")?.detail == "InvalidResult")
    }

    @Test func nullsReachABodyThatWantsThem() throws {
        let database = try Database.inMemory()
        try database.register(function: UserFunction(
            "my.isNull", [ProcedureField(name: "x", type: .any)], to: .boolean, nulls: .custom
        ) { .boolean($0[0] == .null) })
        #expect(try single(database, "RETURN my.isNull(null)") == true)
        #expect(try single(database, "RETURN my.isNull(1)") == false)
    }

    @Test func namesAreChecked() throws {
        let database = try Database.inMemory()
        func refuse(_ name: String, _ detail: String) {
            let failure = #expect(throws: NQLError.self, "\(name)") {
                try database.register(function: UserFunction(name, [], to: .any) { _ in .null })
            }
            #expect(failure?.detail == detail, "\(name)")
        }
        refuse("toUpper", "FunctionExists")
        refuse("COUNT", "FunctionExists")
        refuse("a b", "InvalidFunctionName")
        refuse("", "InvalidFunctionName")
        refuse("my.", "InvalidFunctionName")
        let failure = #expect(throws: NQLError.self) {
            try database.register(procedure: UserProcedure("db.labels") { _ in [] })
        }
        #expect(failure?.detail == "FunctionExists")
    }

    @Test func aLaterRegistrationReplacesAnEarlierOne() throws {
        let database = try Database.inMemory()
        try database.register(function: UserFunction("my.f", [], to: .integer) { _ in 1 })
        #expect(try single(database, "RETURN my.f()") == 1)
        try database.register(function: UserFunction("MY.F", [], to: .integer) { _ in 2 })
        #expect(try single(database, "RETURN my.f()") == 2)
        #expect(database.functions.filter { $0.name.lowercased() == "my.f" }.count == 1)
    }

    @Test func whatIsNotDeterministicIsCalledForEachRow() throws {
        let database = try Database.inMemory()
        let counter = Atomic<Int>(0)
        let box = Box(counter)
        try database.register(function: UserFunction(
            "my.next", [], to: .integer, isDeterministic: false
        ) { _ in .integer(Int64(box.counter.add(1, ordering: .relaxed).newValue)) })
        let query = "UNWIND [1, 1, 1] AS x RETURN my.next() AS n"
        let values = try database.query(query).rows().map { $0.values[0] }
        #expect(values == [1, 2, 3])
    }

    private final class Box: Sendable {
        let counter: Atomic<Int>
        init(_ counter: consuming Atomic<Int>) { self.counter = counter }
    }

    // MARK: aggregates

    /// The product of numbers.
    private struct Product: UserAggregateState {
        var product = 1.0
        mutating func add(_ arguments: [Value]) throws {
            guard case .float(let factor) = arguments[0] else { return }
            if factor == 0 { throw Failure(description: "zero") }
            product *= factor
        }
        mutating func merge(_ later: Product) { product *= later.product }
        func result() -> Value { .float(product) }
    }

    private static let product = UserAggregate(
        "my.product", [ProcedureField(name: "x", type: .float)], to: .float
    ) { Product() }

    @Test func anAggregateFoldsGroups() throws {
        let database = try Database.inMemory()
        try database.register(aggregate: UserFunctionTests.product)
        #expect(try single(database, "UNWIND [2, null, 3] AS x RETURN my.product(x)") == 6.0)
        #expect(try single(database, "UNWIND [] AS x RETURN my.product(x)") == 1.0)
        #expect(
            try single(database, "UNWIND [2, 2, 3] AS x RETURN my.product(DISTINCT x)") == 6.0)
        let rows = try database.query(
            "UNWIND [[1, 2], [2, 5], [1, 4]] AS p RETURN p[0] AS k, my.product(p[1]) AS v"
        ).rows().map(\.values)
        #expect(rows == [[1, 8.0], [2, 5.0]])
        #expect(
            error(database, "UNWIND [1, 0] AS x RETURN my.product(x)")?.detail
                == "UserFunctionFailed")
        #expect(
            error(database, "RETURN my.product(my.product(1))")?.detail == "NestedAggregation")
    }

    @Test func severalThreadsGiveTheSame() throws {
        var options = DatabaseOptions()
        options.limits.threadCount = 2
        let database = try Database.inMemory(options: options)
        try database.register(aggregate: UserFunctionTests.product)
        try database.register(function: UserFunction(
            "my.twoOnce", [ProcedureField(name: "x", type: .integer)], to: .integer
        ) { $0[0] == 777 ? 2 : 1 })
        try database.query("UNWIND range(1, 40000) AS x CREATE (:N {x: x})")
        let query = "MATCH (n:N) RETURN my.product(my.twoOnce(n.x))"
        #expect(try single(database, query) == 2.0)
    }

    // MARK: procedures

    @Test func aProcedureYieldsRows() throws {
        let database = try Database.inMemory()
        try database.register(procedure: UserProcedure(
            "my.count", inputs: [ProcedureField(name: "to", type: .integer)],
            outputs: [
                ProcedureField(name: "n", type: .integer),
                ProcedureField(name: "text", type: .string),
            ], summary: "Counts."
        ) { arguments in
            guard case .integer(let end) = arguments[0] else { return [] }
            if end < 0 { throw Failure(description: "backwards") }
            return (0 ..< end).map { [.integer($0), .string("number \($0) of many")] }
        })
        let rows = try database.query("CALL my.count(2)").rows().map(\.values)
        #expect(rows == [[0, "number 0 of many"], [1, "number 1 of many"]])
        let joined = "UNWIND [0, 3000, 1] AS e CALL my.count(e) YIELD n RETURN e, count(n) AS c"
        #expect(
            try database.query(joined).rows().map(\.values) == [[3_000, 3_000], [1, 1]])
        #expect(error(database, "CALL my.count(-1)")?.message.contains("backwards") == true)
        #expect(error(database, "CALL my.count('x')")?.detail == "InvalidArgumentType")
    }

    @Test func aProcedureWithoutOutputsRunsForEachRow() throws {
        let database = try Database.inMemory()
        let box = Box(Atomic<Int>(0))
        try database.register(procedure: UserProcedure(
            "my.note", inputs: [ProcedureField(name: "x", type: .integer)]
        ) { arguments in
            if case .integer(let x) = arguments[0] { box.counter.add(Int(x), ordering: .relaxed) }
            return []
        })
        let count = try single(database, "UNWIND [1, 2, 3] AS x CALL my.note(x) RETURN count(*)")
        #expect(count == 3)
        #expect(box.counter.load(ordering: .relaxed) == 6)
    }

    @Test func rowsOfAProcedureAreChecked() throws {
        let database = try Database.inMemory()
        let output = [ProcedureField(name: "n", type: .integer)]
        try database.register(procedure: UserProcedure("my.wide", outputs: output) { _ in
            [[1, 2]]
        })
        #expect(error(database, "CALL my.wide()")?.detail == "InvalidProcedureRow")
        try database.register(procedure: UserProcedure("my.text", outputs: output) { _ in
            [["a"]]
        })
        #expect(error(database, "CALL my.text()")?.detail == "InvalidResultType")
    }

    @Test func showListsThem() throws {
        let database = try Database.inMemory()
        try database.register(function: UserFunctionTests.shout)
        try database.register(aggregate: UserFunctionTests.product)
        try database.register(procedure: UserProcedure("my.note", summary: "Notes.") { _ in [] })
        let functions = try database.query("SHOW FUNCTIONS").rows().map(\.values)
        let shout = functions.first { $0[0] == "my.shout" }
        #expect(
            shout == [
                "my.shout", "User-defined", false, ["my.shout(String[, Integer]) :: String"],
                "The text, loud.", false,
            ])
        #expect(functions.contains { $0[0] == "my.product" && $0[2] == true })
        let procedures = try database.query("SHOW PROCEDURES").rows().map(\.values)
        #expect(procedures.contains(["my.note", "my.note() :: ()", "Notes."]))
    }
}
