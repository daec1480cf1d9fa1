// Goal: points come through files, logs, imports and the Swift interface unchanged, and LOAD CSV
// tells file and line. Method: values are written, the database is opened again, and read.

import Foundation
import NenDB
import Testing

@Suite struct PointTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "nen-points-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private static let points: [PointValue] = [
        try? PointValue(system: .cartesian, x: 1.5, y: -2),
        try? PointValue(system: .cartesian3D, x: 0, y: 1e300, z: -0.0),
        try? PointValue(system: .wgs84, x: 12.5, y: 55.6),
        try? PointValue(system: .wgs84WithHeight, x: -180, y: 90, z: 8_848),
    ].compactMap { $0 }

    @Test(arguments: [false, true])
    func aFileKeepsThem(checkpoints: Bool) throws {
        try withFolder { folder in
            let path = folder + "/points.nen"
            let wanted = Value.list(PointTests.points.map { .point($0) })
            do {
                let database = try Database(at: path)
                try database.query(
                    "UNWIND range(0, size($all) - 1) AS i "
                        + "CREATE (:P {i: i, at: $all[i], all: $all, mixed: [1, $all[i]]})",
                    ["all": wanted])
                try database.query("CREATE INDEX FOR (p:P) ON (p.at)")
                if checkpoints { try database.checkpoint() }
                try database.close()
            }
            let database = try Database(at: path)
            let rows = try database.query(
                "MATCH (p:P) RETURN p.at, p.all, p.mixed[1] ORDER BY p.i"
            ).rows().map(\.values)
            #expect(rows == PointTests.points.map { [.point($0), wanted, .point($0)] })
            for (index, point) in PointTests.points.enumerated() {
                let found = try database.query(
                    "MATCH (p:P {at: $at}) RETURN p.i", ["at": .point(point)]
                ).rows().map { $0.values[0] }
                #expect(found == [.integer(Int64(index))], "\(point)")
            }
        }
    }

    @Test func swiftReadsAndWritesThem() throws {
        let database = try Database.inMemory()
        let point = PointTests.points[2]
        let row = try #require(
            try database.query("RETURN $p AS p", ["p": Value(point)]).rows().first)
        #expect(try row.get("p", as: PointValue.self) == point)
        #expect(Value.point(point).literalText == "point({srid: 4326, x: 12.5, y: 55.6})")
        #expect(throws: NQLError.self) { try PointValue(system: .wgs84, x: 0, y: 91) }
        #expect(throws: NQLError.self) { try PointValue(system: .cartesian, x: .nan, y: 0) }
        let negative = try PointValue(system: .cartesian, x: -0.0, y: 0)
        #expect(negative.x.sign == .plus)
    }

    @Test(arguments: [
        ("{x: 1, y: 2}", "point({srid: 7203, x: 1.0, y: 2.0})"),
        ("{latitude:13.5,longitude:56.75}", "point({srid: 4326, x: 56.75, y: 13.5})"),
        ("{x:1, y:2, z:3, crs:'cartesian-3D'}", "point({srid: 9157, x: 1.0, y: 2.0, z: 3.0})"),
        ("{x: 1, y: 2, srid: 4326}", "point({srid: 4326, x: 1.0, y: 2.0})"),
    ])
    func textsOfTheImportAreRead(text: String, wanted: String) throws {
        #expect(try PointValue(parsing: text).description == wanted)
    }

    @Test(arguments: ["", "{}", "{x: 1}", "x: 1, y: 2", "{x: a, y: 2}", "{x:1,,y:2}"])
    func otherTextsAreRefused(text: String) {
        #expect(throws: NQLError.self) { try PointValue(parsing: text) }
    }

    @Test func theImportStoresThem() throws {
        try withFolder { folder in
            let point = "{x: 1, y: 2}"
            let file = folder + "/nodes.csv"
            try "id:ID,at:point,way:point[]\n1,\"\(point)\",\"\(point);\(point)\"\n2,,\n".write(
                toFile: file, atomically: true, encoding: .utf8)
            let path = folder + "/imported.nen"
            var options = GraphImportOptions()
            options.nodes = [ImportInput(names: ["P"], paths: [file])]
            options.reportPath = folder + "/report"
            try Database.importGraph(into: path, options)
            let rows = try Database(at: path).query(
                "MATCH (p:P) RETURN p.at, p.way ORDER BY p.id"
            ).rows().map(\.values)
            let stored = Value.point(try PointValue(system: .cartesian, x: 1, y: 2))
            #expect(rows == [[stored, .list([stored, stored])], [nil, nil]])
        }
    }

    @Test func loadCSVTellsFileAndLine() throws {
        try withFolder { folder in
            let file = folder + "/people.csv"
            try "name\nAda\n\n\"B\nob\"\nCy\n".write(
                toFile: file, atomically: true, encoding: .utf8)
            var options = DatabaseOptions()
            options.fileAccess = .directories(reading: [folder])
            let database = try Database.inMemory(options: options)
            let load = "LOAD CSV WITH HEADERS FROM $file AS row "
            let rows = try database.query(
                load + "RETURN row.name, linenumber(), file() = $file", ["file": .string(file)]
            ).rows().map(\.values)
            #expect(rows == [["Ada", 2, true], ["B\nob", 4, true], ["Cy", 6, true]])
            let behind = try database.query(
                load + "WITH row.name AS n WHERE n <> 'Ada' RETURN linenumber() AS l ORDER BY l",
                ["file": .string(file)]
            ).rows().map { $0.values[0] }
            #expect(behind == [4, 6])
            let gone = try database.query(
                load + "WITH count(*) AS n RETURN n, linenumber()", ["file": .string(file)]
            ).rows().map(\.values)
            #expect(gone == [[3, nil]])
        }
    }
}
