import Testing

/// The map of `docs/architecture.md`, enforced: the package manager lets an undeclared transitive import compile.
@Suite("each module imports only what the architecture allows")
struct ModuleMapTests {
  static let pure: Set = [
    "FleetModel", "WireFormats", "AlertLogic", "FleetHealth", "DeployPlan", "MetricExposition", "PromQL", "GoTemplate",
    "TraceAnalysis",
  ]
  static let edges: Set = [
    "Platform", "SampleStore", "SpanStore", "Ingest", "Alerting", "Receivers", "LocalRuntime",
    "ClusterControl",
  ]
  static let top: Set = ["ControlPlane", "SkepMonitor", "SkepDeploy", "SkepAgent", "skep", "TestSupport"]

  /// For each of our modules, those of ours that it may import.
  static let allowed: [String: Set<String>] = [
    "FleetModel": [],
    "WireFormats": ["FleetModel"],
    "GoTemplate": [],
    "AlertLogic": ["FleetModel", "GoTemplate"],
    "PromQL": ["FleetModel"],
    "FleetHealth": ["FleetModel"],
    "DeployPlan": ["FleetModel"],
    "MetricExposition": [],
    "Platform": ["FleetModel", "CPlatform"],
    "TraceAnalysis": ["FleetModel"],
    "SampleStore": ["FleetModel", "Platform"],
    "SpanStore": ["FleetModel", "Platform", "CPlatform"],
    "Ingest": ["FleetModel", "WireFormats", "Platform"],
    "Alerting": ["FleetModel", "AlertLogic", "GoTemplate", "PromQL", "Platform"],
    "Receivers": ["FleetModel", "AlertLogic", "GoTemplate", "Platform"],
    "LocalRuntime": ["FleetModel", "DeployPlan", "Platform", "CPlatform"],
    "ClusterControl": ["FleetModel", "DeployPlan", "Platform"],
    "Console": ["FleetModel", "CConsoleAssets"],
    "ControlPlane": [
      "Console", "FleetModel", "WireFormats", "AlertLogic", "FleetHealth", "DeployPlan", "Platform", "SampleStore",
      "SpanStore",
      "TraceAnalysis", "Ingest", "Alerting", "Receivers", "LocalRuntime", "MetricExposition", "PromQL",
      "ClusterControl",
    ],
    "SkepMonitor": [
      "ControlPlane", "FleetModel", "Alerting", "DeployPlan", "FleetHealth", "Ingest", "Platform", "SpanStore",
      "TraceAnalysis",
    ],
    "SkepDeploy": ["ClusterControl", "DeployPlan", "FleetModel", "Platform", "PromQL"],
    "SkepAgent": ["FleetModel", "MetricExposition", "WireFormats"],
    "skep": [
      "ControlPlane", "DeployPlan", "FleetModel", "WireFormats", "LocalRuntime", "MetricExposition", "Platform",
      "PromQL", "Alerting", "SkepDeploy", "ClusterControl",
    ],
    "TestSupport": ["FleetModel", "Platform"],
  ]

  /// What a pure module may import beside ours: no I/O, no clock, no tasks. Yams reads text, Synchronization is memory.
  static let pureLibraries: Set = ["Yams", "CoreMetrics", "Synchronization", "Glibc"]

  @Test func everyModuleHasItsPlaceOnTheMap() throws {
    let folders = Set(try Self.sources().map(\.module))
    #expect(folders.subtracting(["CPlatform"]) == Set(Self.allowed.keys))
  }

  @Test func importsPointDown() throws {
    let ours = Self.pure.union(Self.edges).union(Self.top).union(["CPlatform"])
    for source in try Self.sources() {
      let allowed = Self.allowed[source.module] ?? []
      for name in source.imports where ours.contains(name) {
        #expect(allowed.contains(name), "\(source.path) imports \(name), which \(source.module) may not")
      }
    }
  }

  @Test func pureModulesTouchNothing() throws {
    for source in try Self.sources() where Self.pure.contains(source.module) {
      for name in source.imports where Self.allowed[source.module]?.contains(name) != true {
        #expect(Self.pureLibraries.contains(name), "\(source.path) imports \(name); \(source.module) is pure")
      }
    }
  }

  struct Source {
    let module: String
    let path: String
    let imports: [String]
  }

  static func sources() throws -> [Source] {
    try SourceTree.files(under: "Sources", endings: [".swift"]).map { file in
      let imports = file.lines.compactMap { line -> String? in
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
          words[..<index].allSatisfy({ ["public", "internal", "private", "package", "@_spi"].contains($0) })
        else { return nil }
        return words[words.count - 1].split(separator: ".").first.map(String.init)
      }
      let parts = file.path.split(separator: "/")
      return Source(module: String(parts[1]), path: file.path, imports: imports)
    }
  }
}
