// Seeds: inputs to start from, taken from QueryCorpus, and the words of the language as a
// dictionary for libFuzzer.

import Foundation
import NQLSyntax

/// Writes a corpus for each target.
enum Seeds {
    private static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()

    /// Writes a folder for each target, and `statement.dict`, into `folder`.
    static func write(to folder: String) throws {
        let statements = try Seeds.statements()
        let csv = try Seeds.csv()
        for target in FuzzTarget.allCases {
            let inputs: [[UInt8]] = switch target {
            case .statement: statements.map { Array($0.utf8) }
            case .store: (UInt8(0) ..< 4).flatMap(scripts)
            case .csv: csv.map { [0] + $0 }
            case .copy: csv + copies.map { Array($0.utf8) }
            case .import: csv.map { [2] + $0 } + imports.map { [1] + Array($0.utf8) }
            }
            try write(inputs, to: "\(folder)/\(target.rawValue)")
        }
        let words = KeywordList.words + [
            "->", "<-", "-[", "]-", "::", "..", "$(", "=~", "+=", "||", "/*", "*/", "//", "{1,2}",
        ]
        let dictionary = words.map { "\"\($0)\"\n" }.joined()
        try Data(dictionary.utf8).write(to: URL(fileURLWithPath: "\(folder)/statement.dict"))
    }

    private static func write(_ inputs: [[UInt8]], to folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for (number, input) in inputs.enumerated() {
            try Data(input).write(to: URL(fileURLWithPath: "\(folder)/seed-\(number)"))
        }
    }

    private static func files(endingIn ending: String) throws -> [String] {
        let folder = root + "/QueryCorpus"
        let paths = FileManager.default.enumerator(atPath: folder)
        var found: [String] = []
        while let path = paths?.nextObject() as? String {
            if path.hasSuffix(ending) { found.append("\(folder)/\(path)") }
        }
        return found.sorted()
    }

    /// The sections of `.nqltest` files that hold statements, each statement once.
    private static func statements() throws -> [String] {
        var found: Set<String> = []
        for path in try files(endingIn: ".nqltest") {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for section in text.components(separatedBy: "\n-- ").dropFirst() {
                let lines = section.components(separatedBy: "\n")
                guard let name = lines.first, ["graph", "setup", "query"].contains(name) else {
                    continue
                }
                let body = lines.dropFirst().prefix { !$0.hasPrefix("== ") }
                var splitter = StatementSplitter()
                var pieces = splitter.feed(body.joined(separator: "\n"))
                if let last = splitter.finish() { pieces.append(last) }
                found.formUnion(pieces.map(\.text).filter { $0.utf8.count < 2_000 })
            }
        }
        return found.sorted()
    }

    /// The beginning of every CSV file, a whole number of lines.
    private static func csv() throws -> [[UInt8]] {
        try files(endingIn: ".csv").map { path in
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            guard bytes.count > 1_500 else { return bytes }
            let head = bytes.prefix(1_500)
            return Array(head.prefix(through: head.lastIndex(of: 0x0A) ?? head.endIndex - 1))
        }
    }

    /// A file for COPY with every sort of type.
    private static let copies = [
        """
        i:int,l:long[],f:double,b:boolean,s:string[],d:date,t:time,m:datetime,u:duration,p:point
        1,1;22;-3,1.5e3,true,a;b,2020-02-29,12:00:00Z,2020-01-01T00:00Z,P1DT2S,{x:1}
        123456789,9223372036854775807,-0.25,false,,,,,,
        """
    ]

    /// Files of nodes, and of relationships behind a NUL byte, with every type of a header.
    private static let imports = [
        #"""
        id:ID,:LABEL,name,n:int,f:double,b:boolean,l:int[],t:string[]
        1,A;B,"x, ""y""",5,1.5,true,1;2;3,a;b
        2,A,,,-0.25e3,false,,
        \#u{0}:START_ID,:END_ID,:TYPE,w:float
        1,2,KNOWS,0.5
        2,1,LIKES,
        """#,
        #"""
        :ID(P),d:date,t:time,l:localtime,s:localdatetime,m:datetime,u:duration,p:point
        x,2020-02-29,12:00:00+01:00,23:59:59.5,2020-01-01T00:00:00,2020-01-01T00:00Z,P1D,{x:1}
        \#u{0}:START_ID(P),:END_ID(P),since:date,n:long,k:short,c:char,y:byte
        x,x,2000-01-01,9223372036854775807,1,c,-1
        """#,
    ]

    /// One change of each place and form, over each of the bases.
    private static func scripts(_ base: UInt8) -> [[UInt8]] {
        (UInt8(0) ..< 64).map { head in
            [base, head &* 5, head, base &* 5 &+ head, 0, head &* 37, head >> 4]
                + [UInt8](repeating: head & 1 == 0 ? 0xFF : 1, count: 8)
        }
    }
}
