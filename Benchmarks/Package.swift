// swift-tools-version: 6.2
import PackageDescription

// The pure modules are reached through links to their folders, so that a benchmark builds in seconds and without any of the
// packages that Skep itself needs.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "skep-benchmarks",
  platforms: [.macOS(.v15)],
  targets: [
    .target(name: "FleetModel"),
    .target(name: "WireFormats", dependencies: ["FleetModel"]),
    .target(name: "PromQL", dependencies: ["FleetModel"]),
    .target(name: "SampleStore", dependencies: ["FleetModel"]),
    .executableTarget(
      name: "parser-benchmark", dependencies: ["FleetModel", "WireFormats"], path: "Parsers",
      linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "store-benchmark", dependencies: ["FleetModel", "SampleStore"], path: "Store",
      linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "query-benchmark", dependencies: ["FleetModel", "PromQL"], path: "Queries",
      linkerSettings: [.linkedLibrary("m")]),
  ]
)

for target in package.targets { target.swiftSettings = settings }
