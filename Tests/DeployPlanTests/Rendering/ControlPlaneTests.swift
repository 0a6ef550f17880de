import FleetModel
import Testing

@testable import DeployPlan

/// The control plane among what is rendered.
@Suite("Control plane in the cluster")
struct ControlPlaneTests {
  private static func read(_ text: String) -> SystemFile.Reading { SystemFile.read(text, file: "system.yaml") }

  private static let plane = "control_plane: {image: registry.example/skep, tag: \"1\", tokens: skep-tokens}\n"
  private static let agent = "agents: [{agent_id: planner, image: registry.example/planner:1}]\n"

  @Test func itsFileIsReadAsTheOneItWasMadeOf() throws {
    let system = try GoldenFiles.system("control-plane")
    let document = try #require(system.controlPlane?.document)
    let again = try #require(Self.read(document).system)
    #expect(again.controlPlane?.document == document, "what it writes is what it reads")
    #expect(again.name == system.name && again.receivers == system.receivers && again.ruleFiles == system.ruleFiles)
    #expect(again.agents.map(\.labels) == system.agents.map(\.labels))
    for word in ["hunter2", "API_KEY", "environments", "x-note"] { #expect(!document.contains(word), "\(word)") }
  }

  @Test func anEnvironmentIsLaidOntoItsFile() throws {
    let text = try GoldenFiles.text(of: "control-plane")
    let staging = try #require(SystemFile.read(text, file: "system.yaml", environment: "staging").system)
    #expect(staging.controlPlane?.storage == "5Gi")
    #expect(staging.controlPlane?.document?.contains("storage: 5Gi") == true)
  }

  @Test func theCheckFindsNothing() throws {
    let system = try GoldenFiles.system("control-plane")
    let findings = DeployCheck.findings(
      in: try Rendering(of: system).manifests, of: system, expressions: DeployCheckCases.expressions)
    let own = findings.filter { $0.subject?.name.hasPrefix("skep") == true && $0.waiver == nil }
    #expect(own.isEmpty, "\(own)")
  }

  @Test func withoutTheKeyNothingIsRenderedOfIt() throws {
    let system = try #require(Self.read("system: lab\n" + Self.agent).system)
    let manifests = try Rendering(of: system).manifests
    #expect(!manifests.contains { $0.name.hasPrefix("skep") })
    #expect(!ManifestText.yaml(manifests).contains("OTEL_"))
  }

  @Test(arguments: [
    (
      "receivers: [{name: a, slack_configs: [{api_url: \"https://hooks.example/T0/secret\", channel: x}]}]\n",
      "holds a secret"
    ),
    ("rule_files: [\"rules/*.yml\"]\n", "is in a folder"), ("templates: [/etc/t.tmpl]\n", "is in a folder"),
    ("alertmanager_config: conf/alertmanager.yml\n", "is in a folder"),
  ])
  func whatItCouldNotRunWithIsRefused(part: String, problem: String) {
    let text = "system: lab\n" + Self.agent + part
    #expect(Self.read(text).system != nil, "\(Self.read(text).diagnostics)")
    let reading = Self.read(text + Self.plane)
    #expect(reading.system == nil)
    #expect(reading.diagnostics.contains { $0.message.contains(problem) && $0.mend != nil && $0.line != nil })
  }

  @Test(arguments: ["control_plane: {}", "control_plane: {image: x}", "control_plane: {image: \"A B\", tokens: t}"])
  func whatIsMissingIsNamed(part: String) {
    let reading = Self.read("system: lab\n\(Self.agent)\(part)\n")
    #expect(reading.system == nil)
    #expect(reading.diagnostics.contains { $0.path.hasPrefix("control_plane") })
  }

  @Test func aSystemMadeInCodeNeedsItsDocument() throws {
    var system = FleetSystem(name: "lab")
    var options = ControlPlaneOptions()
    options.image = "registry.example/skep:1"
    system.controlPlane = options
    #expect(throws: RenderingError.self) { try Rendering(of: system) }
    system.controlPlane?.document = "system: lab\n"
    #expect(try Rendering(of: system).manifests.contains { $0.kind == "StatefulSet" })
  }
}
