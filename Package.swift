// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
    name: "NenDB",
    products: [
        .library(name: "NenDB", targets: ["NenDB", "NenDBFoundation"]),
        .library(name: "nendb", type: .dynamic, targets: ["NenC"]),
        .executable(name: "nql", targets: ["nql"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CNenKernels", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "NenCore", dependencies: ["CNenKernels"], swiftSettings: strict),
        .target(name: "NQLSyntax", dependencies: ["NenCore"], swiftSettings: strict),
        .target(name: "NQLPlan", dependencies: ["NenCore", "NQLSyntax"], swiftSettings: strict),
        .target(
            name: "NQLPlanner", dependencies: ["NenCore", "NQLSyntax", "NQLPlan"],
            swiftSettings: strict),
        .target(
            name: "NenEngine",
            dependencies: ["NenCore", "NQLPlan", "CNenKernels", "CPCRE2", "CZlib"],
            exclude: ["Functions/String/compatibility_table.py"],
            swiftSettings: strict),
        .target(
            name: "NenDB",
            dependencies: ["NenCore", "NQLSyntax", "NQLPlan", "NQLPlanner", "NenEngine"],
            swiftSettings: strict),
        .target(name: "NenDBFoundation", dependencies: ["NenDB"], swiftSettings: strict),
        .systemLibrary(name: "CNenDB"),
        .target(
            name: "NenC", dependencies: ["CNenDB", "NenDB", "NQLSyntax", "NenCore"],
            swiftSettings: strict),
        .executableTarget(
            name: "nql",
            dependencies: [
                "NenDB", "NQLSyntax", "NenCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(name: "NenCoreTests", dependencies: ["NenCore"], swiftSettings: strict),
        .target(
            name: "GrammarSentences", path: "Tests/GrammarSentences", swiftSettings: strict),
        .testTarget(
            name: "NQLSyntaxTests", dependencies: ["NQLSyntax", "NenCore", "GrammarSentences"],
            swiftSettings: strict),
        .testTarget(
            name: "NQLPlannerTests",
            dependencies: ["NQLPlanner", "NQLPlan", "NQLSyntax", "NenCore"],
            swiftSettings: strict),
        .testTarget(
            name: "NenEngineTests",
            dependencies: [
                "NenEngine", "NQLPlanner", "NQLPlan", "NenCore", "CNenKernels", "FileDamage",
            ],
            swiftSettings: strict),
        .target(
            name: "FileDamage", dependencies: ["CNenKernels"], path: "Tests/FileDamage",
            swiftSettings: strict),
        .target(name: "MallocCount", path: "Tests/MallocCount"),
        .executableTarget(
            name: "nenfuzz", dependencies: ["NenDB", "NenCore", "FileDamage"],
            path: "Tests/NenFuzz", swiftSettings: strict),
        .testTarget(
            name: "NenDBTests",
            dependencies: [
                "NenDB", "NenDBFoundation", "NenEngine", "NenCore", "NQLSyntax", "nql",
                "GrammarSentences", "nenfuzz", "FileDamage", "MallocCount",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DifferentialTests",
            dependencies: ["NenDB", "NQLSyntax", "NenCore", "GrammarSentences"],
            swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)

// The fuzzer that follows coverage links only with libFuzzer: `make fuzz-coverage`.
if Context.environment["NEN_COVERAGE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "nencover",
            dependencies: [
                "NenDB", "NenEngine", "NenCore", "NQLSyntax", "FileDamage", "CNenKernels",
            ],
            path: "Tests/CoverageFuzz", swiftSettings: strict))
}

// What measures the Swift interface: `make bench-api`.
if Context.environment["NEN_BENCH"] != nil {
    package.targets.append(
        .executableTarget(
            name: "nenbench", dependencies: ["NenDB", "MallocCount"], path: "Benchmarks/API",
            swiftSettings: strict))
}
