import Alerting
import DeployPlan
import FleetModel
import FoundationEssentials
import Glibc
import Ingest
import Platform
import SystemPackage

/// What the Prometheus API tells of Skep itself, answered by the running parts.
struct LiveStatus: StatusOperations {
  let samples: SamplePath
  let loaded: LoadedSystem
  private let rulesFile: String
  private let receivers: [String]
  private let facts: RuntimeFacts
  private let shownFlags: [String: String]

  init(_ configuration: ControlPlaneConfiguration, samples: SamplePath, loaded: LoadedSystem) {
    self.samples = samples
    self.loaded = loaded
    rulesFile = configuration.systemFile?.absolute.string ?? "system.yaml"
    receivers = configuration.system.receivers.flatMap(\.alertmanagers).map { Self.withoutCredentials($0.url) }
    facts = RuntimeFacts(
      startedAt: samples.time.now(), workingDirectory: FileManager.default.currentDirectoryPath,
      hostName: HostName.own ?? "", processors: ProcessInfo.processInfo.activeProcessorCount, threads: 0,
      retention: configuration.system.monitoring.retention,
      retentionSize: configuration.system.monitoring.retentionSize,
      keepsExemplars: configuration.system.storage.maximumExemplars > 0, version: configuration.version)
    shownFlags = configuration.shownFlags
  }

  func now() -> Timestamp { samples.time.now() }

  var metadata: MetadataStore { samples.metadata }

  func targets() -> [WatchedTarget] {
    samples.registry.snapshot().flatMap(\.instances).map { instance in
      WatchedTarget(
        instance: instance, interval: samples.collection.interval(of: instance.target),
        timeout: samples.collection.timeout(of: instance.target))
    }
  }

  func ruleGroups() -> [RuleGroupStatus] {
    let last = samples.registry.snapshot().flatMap(\.instances).compactMap(\.lastCollection).max()
    let expression = ArrivalExpression(interval: samples.collectionInterval) { [metadata] in
      metadata.type(ofSeries: $0)
    }
    let arrival = ArrivalRuleGroup(file: rulesFile, expression: expression, lastCollection: last)
    let engine = samples.rules
    return samples.ruleGroups.statuses()
      + [arrival.status(rules: engine.rules, alerts: engine.alertsOnArrival)]
  }

  /// A URL without the user's name and password that may stand before its host.
  private static func withoutCredentials(_ url: String) -> String {
    guard let slashes = url.firstRange(of: "//") else { return url }
    let authority = url[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@") else { return url }
    return String(url[..<slashes.upperBound] + url[url.index(after: at)...])
  }

  func alertmanagers() -> [String] { receivers.map { $0 + ($0.hasSuffix("/") ? "" : "/") + "api/v2/alerts" } }

  func configuration() -> LoadedConfiguration { loaded.configuration }

  func runtime() -> RuntimeFacts {
    var facts = facts
    // The kernel answers from memory.
    facts.threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
    return facts
  }

  func flags() -> [String: String] { shownFlags }
}

extension ControlPlaneConfiguration {
  /// Under Prometheus' names, which its clients look for, where it has them.
  fileprivate var shownFlags: [String: String] {
    var flags = [
      "config.file": systemFile?.string ?? "",
      "storage.tsdb.path": dataDirectory.string,
      "storage.tsdb.retention.time": PrometheusDuration.format(system.monitoring.retention),
      "web.listen-address": "\(listen)",
      "web.enable-admin-api": "true",
      "web.enable-lifecycle": "false",
      "web.enable-remote-write-receiver": "true",
      "agent": "false",
    ]
    flags["storage.tsdb.retention.size"] = system.monitoring.retentionSize.map { "\($0)B" } ?? "0B"
    return flags
  }
}
