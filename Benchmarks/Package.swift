// swift-tools-version: 6.2
import PackageDescription

// The modules are reached through links to their folders, so that a benchmark builds in seconds and without any of the
// packages that Skep itself needs but swift-system.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "skep-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(url: "https://github.com/apple/swift-system", from: "1.8.1")],
  targets: [
    .target(name: "FleetModel"),
    .target(name: "WireFormats", dependencies: ["FleetModel"]),
    .target(name: "PromQL", dependencies: ["FleetModel"]),
    .target(name: "TraceAnalysis", dependencies: ["FleetModel"]),
    .target(name: "CPlatform", linkerSettings: [.linkedLibrary("z")]),
    .target(name: "Platform", dependencies: ["CPlatform", "FleetModel", systemPackage]),
    .target(name: "SampleStore", dependencies: ["FleetModel", "Platform", systemPackage]),
    .executableTarget(
      name: "parser-benchmark", dependencies: ["FleetModel", "WireFormats"], path: "Parsers",
      linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "store-benchmark", dependencies: ["FleetModel", "Measuring", "Platform", "SampleStore", systemPackage],
      path: "Store",
      linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "block-benchmark", dependencies: ["FleetModel", "Measuring", "Platform", "SampleStore", systemPackage],
      path: "Blocks",
      linkerSettings: [.linkedLibrary("m")]),
    .target(name: "AllocationCount", path: "AllocationCount"),
    .target(name: "Measuring", dependencies: ["AllocationCount", "FleetModel"], path: "Measuring"),
    .target(name: "TestSupport", dependencies: ["FleetModel", "Platform", systemPackage]),
    // Needs `-Xswiftc -enable-testing`: it drives the store step by step.
    .executableTarget(
      name: "store-simulation", dependencies: ["FleetModel", "Platform", "SampleStore", "TestSupport", systemPackage],
      path: "Simulation"),
    .executableTarget(
      name: "codec-benchmark", dependencies: ["FleetModel"], path: "Codec",
      linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "trace-benchmark", dependencies: ["FleetModel", "Measuring", "TraceAnalysis"], path: "Traces",
      linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "query-benchmark",
      dependencies: ["FleetModel", "Measuring", "Platform", "PromQL", "SampleStore", systemPackage], path: "Queries",
      linkerSettings: [.linkedLibrary("m")]),
  ]
)

for target in package.targets { target.swiftSettings = settings }
