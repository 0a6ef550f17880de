// swift-tools-version: 6.2
import PackageDescription

// One list of settings for every target: `docs/architecture.md` says why each is there.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
]
let nioTLS = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let nioCompression = Target.Dependency.product(name: "NIOHTTPCompression", package: "swift-nio-extras")

let package = Package(
  name: "skep",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "SkepMonitor", targets: ["SkepMonitor"]),
    .library(name: "SkepDeploy", targets: ["SkepDeploy"]),
    .library(name: "SkepAgent", targets: ["SkepAgent", "MetricExposition"]),
    .executable(name: "skep", targets: ["skep"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.4.1"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.44.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    // Pure: no I/O, no clock, no randomness, no tasks.
    .target(name: "FleetModel"),
    .target(name: "WireFormats", dependencies: ["FleetModel"]),
    .target(name: "PromQL", dependencies: ["FleetModel"]),
    // Go's text/template, as rules and notifications of Prometheus and Alertmanager use it.
    .target(name: "GoTemplate"),
    .target(name: "AlertLogic", dependencies: ["FleetModel", "GoTemplate"]),
    .target(name: "TraceAnalysis", dependencies: ["FleetModel"]),
    .target(name: "FleetHealth", dependencies: ["FleetModel"]),
    .target(name: "DeployPlan", dependencies: ["FleetModel", yaml]),
    // What an agent and the control plane report of themselves.
    .target(name: "MetricExposition", dependencies: [coreMetrics]),

    // Edges: one kind of I/O each.
    .target(name: "CPlatform", linkerSettings: [.linkedLibrary("z")]),
    .target(name: "Platform", dependencies: ["CPlatform", "FleetModel", systemPackage]),
    .target(name: "SampleStore", dependencies: ["FleetModel", "Platform", systemPackage]),
    .target(name: "SpanStore", dependencies: ["CPlatform", "FleetModel", "Platform", systemPackage]),
    .target(
      name: "Ingest",
      dependencies: [
        "FleetModel", "WireFormats", "Platform", log, metrics, coreMetrics, lifecycle, yaml, systemPackage,
      ]),
    .target(
      name: "Alerting",
      dependencies: [
        "FleetModel", "AlertLogic", "GoTemplate", "PromQL", "Platform", sqlite, log, metrics, coreMetrics, lifecycle,
        systemPackage,
      ]),
    .target(
      name: "Receivers",
      dependencies: [
        "FleetModel", "AlertLogic", "GoTemplate", "Platform", httpClient, subprocess, log, metrics, coreMetrics,
        lifecycle, nioTLS, systemPackage,
      ] + nio),
    .target(
      name: "LocalRuntime",
      dependencies: ["CPlatform", "FleetModel", "DeployPlan", "Platform", log, lifecycle, systemPackage]),
    .target(
      name: "ClusterControl",
      dependencies: [
        "FleetModel", "DeployPlan", "Platform", httpClient, yaml, log, subprocess, nioTLS, systemPackage,
      ] + nio),

    // The console's page: files in the binary.
    .target(name: "CConsoleAssets"),
    .target(name: "Console", dependencies: ["CConsoleAssets", "FleetModel"], exclude: ["Assets"]),

    // Top: joins them.
    .target(
      name: "ControlPlane",
      dependencies: [
        "FleetModel", "WireFormats", "PromQL", "AlertLogic", "FleetHealth", "DeployPlan", "Platform", "SampleStore",
        "SpanStore", "TraceAnalysis", "Ingest", "Alerting", "Receivers", "LocalRuntime", "ClusterControl", "Console",
        log, metrics, coreMetrics, lifecycle, hummingbirdCore, hummingbirdTLS, httpClient, httpTypes, nioTLS,
        nioCompression,
        nioHTTP2,
        systemPackage,
      ] + nio),
    .target(
      name: "SkepMonitor",
      dependencies: [
        "ControlPlane", "Alerting", "DeployPlan", "FleetHealth", "FleetModel", "Ingest", "Platform", "SpanStore",
        "TraceAnalysis", lifecycle, log,
      ]),
    .target(
      name: "SkepDeploy", dependencies: ["ClusterControl", "DeployPlan", "FleetModel", "Platform", "PromQL", log]),
    .target(
      name: "SkepAgent",
      dependencies: [
        "FleetModel", "MetricExposition", "WireFormats", log, coreMetrics, metrics, tracing, lifecycle, unixSignals,
        hummingbird, httpClient,
      ] + nio),
    .executableTarget(
      name: "skep",
      dependencies: [
        "Alerting", "ClusterControl", "ControlPlane", "DeployPlan", "FleetModel", "LocalRuntime", "MetricExposition",
        "Platform", "PromQL", "SkepDeploy", "WireFormats", arguments, log, metrics, lifecycle, httpClient, nioTLS,
        systemPackage,
      ] + nio),

    // The example fleet: `examples/research-team`.
    .executableTarget(
      name: "research-agent",
      dependencies: ["SkepAgent", "FleetModel", arguments, log, metrics, tracing, lifecycle, hummingbird, httpClient]
        + nio,
      path: "examples/research-team/Sources"),

    .target(name: "TestSupport", dependencies: ["FleetModel", "Platform", systemPackage]),
    .testTarget(name: "FleetModelTests", dependencies: ["FleetModel", "TestSupport"]),
    .testTarget(name: "WireFormatsTests", dependencies: ["WireFormats", "FleetModel", "TestSupport"]),
    .testTarget(name: "PromQLTests", dependencies: ["PromQL", "FleetModel"]),
    .testTarget(name: "GoTemplateTests", dependencies: ["GoTemplate"], exclude: ["Cases"]),
    .testTarget(
      name: "AlertLogicTests", dependencies: ["AlertLogic", "FleetModel", "GoTemplate", "TestSupport"],
      exclude: ["Cases"]),
    .testTarget(name: "TraceAnalysisTests", dependencies: ["TraceAnalysis", "FleetModel", "TestSupport"]),
    .testTarget(
      name: "SpanStoreTests",
      dependencies: ["SpanStore", "FleetModel", "Platform", "TestSupport", "span-writer", systemPackage]),
    // A process for the tests to kill: it writes spans.
    .executableTarget(
      name: "span-writer", dependencies: ["SpanStore", "FleetModel", "Platform", "TestSupport", systemPackage],
      path: "Tests/SpanWriter"),
    .testTarget(name: "FleetHealthTests", dependencies: ["FleetHealth", "FleetModel"]),
    .testTarget(
      name: "DeployPlanTests", dependencies: ["DeployPlan", "FleetModel", "TestSupport"], exclude: ["Cases", "Golden"]),
    .testTarget(name: "MetricExpositionTests", dependencies: ["MetricExposition", coreMetrics]),
    .testTarget(name: "PlatformTests", dependencies: ["Platform", "FleetModel", "TestSupport", systemPackage]),
    .testTarget(
      name: "SampleStoreTests", dependencies: ["SampleStore", "FleetModel", "Platform", "TestSupport", systemPackage]),
    // A process for the tests to kill: it writes to a store.
    .executableTarget(
      name: "store-writer", dependencies: ["SampleStore", "FleetModel", "Platform", "TestSupport", systemPackage],
      path: "Tests/StoreWriter"),
    .testTarget(
      name: "StoreCrashTests",
      dependencies: ["SampleStore", "FleetModel", "Platform", "TestSupport", "store-writer", systemPackage]),
    .testTarget(
      name: "IngestTests",
      dependencies: [
        "Ingest", "WireFormats", "FleetModel", "Platform", "TestSupport", log, coreMetrics, systemPackage,
      ]),
    .testTarget(
      name: "AlertingTests",
      dependencies: ["Alerting", "AlertLogic", "FleetModel", "Platform", "PromQL", "TestSupport", log, systemPackage]),
    .testTarget(
      name: "ReceiversTests",
      dependencies: [
        "Receivers", "AlertLogic", "FleetModel", "GoTemplate", "Platform", "TestSupport", httpClient, hummingbird,
        subprocess, log, nioTLS, systemPackage,
      ] + nio, exclude: ["Cases"]),
    // A parent for the tests to kill: it runs a local fleet and is its guardian.
    .executableTarget(
      name: "fleet-parent",
      dependencies: ["LocalRuntime", "DeployPlan", "FleetModel", "Platform", log, systemPackage],
      path: "Tests/FleetParent"),
    .testTarget(
      name: "LocalRuntimeTests",
      dependencies: [
        "LocalRuntime", "DeployPlan", "FleetModel", "Platform", "TestSupport", "fleet-parent", lifecycle, log,
        systemPackage,
      ]),
    .testTarget(
      name: "SkepAgentTests",
      dependencies: [
        "SkepAgent", "FleetModel", "MetricExposition", "TestSupport", "WireFormats", "research-agent", metrics,
        coreMetrics, tracing, lifecycle, hummingbird, httpClient, log, subprocess, systemPackage,
      ] + nio),
    .testTarget(
      name: "ControlPlaneTests",
      dependencies: [
        "ControlPlane", "AlertLogic", "Alerting", "Console", "DeployPlan", "FleetHealth", "FleetModel", "Ingest",
        "LocalRuntime", "MetricExposition", "Platform", "PromQL", "SampleStore", "SpanStore", "TestSupport",
        "TraceAnalysis",
        "WireFormats", subprocess,
        httpClient, hummingbirdCore,
        httpTypes,
        lifecycle, log,
        nioCompression, nioHTTP2, nioTLS, systemPackage,
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ] + nio),
    .testTarget(
      name: "SkepCommandTests", dependencies: ["skep", "ControlPlane", "DeployPlan", "FleetModel", "PromQL"]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "ControlPlane", "DeployPlan", "FleetModel", "Ingest", "Platform", "PromQL", "SampleStore", "TestSupport",
        "WireFormats",
        "skep", httpClient, lifecycle, log, systemPackage,
      ] + nio,
      exclude: ["Fixtures"]),
    .testTarget(
      name: "SkepDeployTests",
      dependencies: [
        "SkepDeploy", "ClusterControl", "ClusterStand", "DeployPlan", "FleetModel", "PromQL", "Platform", "TestSupport",
        systemPackage, httpClient,
      ] + nio),
    .testTarget(
      name: "SkepMonitorTests",
      dependencies: [
        "SkepMonitor", "Alerting", "FleetHealth", "FleetModel", "Ingest", "Platform", "TraceAnalysis", lifecycle, log,
      ]),
    // A Kubernetes API server for the tests, in their own process or in one of its own.
    .target(
      name: "ClusterStand",
      dependencies: ["FleetModel", "Platform", hummingbird, hummingbirdTLS, httpTypes, lifecycle, log, nioTLS, yaml]
        + nio, path: "Tests/ClusterStand"),
    .executableTarget(
      name: "cluster-stand", dependencies: ["ClusterStand", arguments, unixSignals], path: "Tests/ClusterStandServer"),
    .testTarget(
      name: "ClusterControlTests",
      dependencies: [
        "ClusterControl", "ClusterStand", "cluster-stand", "DeployPlan", "FleetModel", "Platform", "SkepDeploy",
        "TestSupport", httpClient, lifecycle, log, nioTLS, subprocess, systemPackage,
      ] + nio),
    // The real `skep` upon a cluster in another process.
    .testTarget(
      name: "DeployTrialTests",
      dependencies: [
        "skep", "cluster-stand", "DeployPlan", "FleetModel", "Platform", "TestSupport", httpClient, subprocess,
        systemPackage,
      ] + nio),
    .testTarget(name: "TidyTests"),
  ]
)

for target in package.targets { target.swiftSettings = settings }
