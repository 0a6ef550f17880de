public import DeployPlan
public import FleetModel

/// A system as Kubernetes gets it: its objects, its monitoring, and what is wrong with them.
///
/// ```swift
/// let system = try FleetSystem(yaml: text, file: "system.yaml")
/// let rendered = try RenderedSystem(system)
/// guard rendered.findings().allSatisfy({ !$0.isError }) else { return }
/// print(rendered.yaml)
/// ```
public struct RenderedSystem: Sendable {
  public let system: FleetSystem
  /// In the order in which they are to be applied: what others name comes before them.
  public let manifests: [Manifest]
  /// Prometheus' and Grafana's files, also for those outside of Kubernetes.
  public let monitoring: MonitoringStack

  /// A pure function: the same system gives the same bytes.
  ///
  /// - Parameters:
  ///   - system: as a system file was read, or made in code.
  ///   - ruleGroups: what the system's `rule_files` say.
  /// - Throws: ``RenderingError`` if an agent has no image.
  public init(_ system: FleetSystem, ruleGroups: [RuleGroup] = []) throws(RenderingError) {
    self.system = system
    let rendering = try Rendering(of: system, fileGroups: ruleGroups)
    monitoring = rendering.monitoring
    manifests = rendering.manifests
  }

  /// One YAML stream for `kubectl apply --filename -`.
  public var yaml: String { ManifestText.yaml(manifests) }

  /// One file for each agent, and those that agents share.
  public func files(_ form: RenderedFiles.Form) -> [RenderedFile] { RenderedFiles(manifests, form: form).files }

  /// What is wrong with the objects, and whether rules, panels and monitors see what the fleet serves. What is waived is
  /// there, with its waiver.
  public func findings() -> [CheckFinding] {
    let wiring = WiringProof.findings(of: system, manifests: manifests, stack: monitoring, expressions: .promQL)
    return DeployCheck.findings(in: manifests, of: system, expressions: .promQL, wiring: wiring)
  }
}

/// Why a text is no system file.
public struct SystemFileError: Error, Sendable, CustomStringConvertible {
  /// All problems, in the order of the file.
  public let diagnostics: [Diagnostic]

  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

extension FleetSystem {
  /// The system that a system file says.
  ///
  /// - Parameters:
  ///   - file: its name for messages.
  ///   - environment: the overlay that is laid onto it.
  /// - Throws: ``SystemFileError`` with all mistakes.
  public init(
    yaml text: String, file: String = "system.yaml", environment: String? = nil
  ) throws(SystemFileError) {
    let reading = SystemFile.read(bytes: Array(text.utf8), file: file, environment: environment)
    guard let system = reading.system else { throw SystemFileError(diagnostics: reading.diagnostics) }
    self = system
  }
}
