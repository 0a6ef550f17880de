import Foundation
import Testing

/// `skep deploy` as users call it: what it prints, writes, leaves alone, and how it ends.
@Suite("skep deploy")
struct DeployCommandTests {
  /// A folder with the examples in it, where commands run.
  final class Folder {
    let path: String

    init() throws {
      path = FileManager.default.temporaryDirectory.appending(path: "skep-deploy-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: "\(path)/examples", withDestinationPath: DeployCommandTests.packageRoot + "/examples")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Runs a line of shell there, with this build's skep.
    func run(_ line: String) throws -> (status: Int32, output: String) {
      let skep = URL(filePath: StoreLifeTests.executable).deletingLastPathComponent().path
      let (status, output) = try Program.run(
        "sh", ["-c", "cd '\(path)' && PATH='\(skep)':$PATH && { \(line)\n} 2>&1"])
      return (status, String(decoding: output, as: UTF8.self))
    }

    func write(_ text: String, to name: String) throws {
      let url = URL(filePath: "\(path)/\(name)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }

    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\(name)")), as: UTF8.self)
    }
  }

  static let packageRoot = String(#filePath.dropLast("/Tests/EndToEndTests/DeployCommandTests.swift".count))

  /// Every `sh` block of the page, one after the other.
  @Test(arguments: ["deploy"]) func theCommandsOfThePageWork(page: String) throws {
    let text = String(
      decoding: try Data(contentsOf: URL(filePath: "\(Self.packageRoot)/docs/\(page).md")), as: UTF8.self)
    let folder = try Folder()
    var count = 0
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isInside = line == "```sh"
      } else if isInside {
        let (status, output) = try folder.run(String(line))
        #expect(status == 0, "\(line): \(output)")
        #expect(!output.isEmpty || line.contains("--diff"), "\(line)")
        count += 1
      }
    }
    #expect(count >= 12)
  }

  private static let system = """
    system: t
    mesh: {type: none}
    agents:
      - {agent_id: a, image: "registry.example/a:1", scaling: {min_replicas: 1}}
      - {agent_id: b, image: "registry.example/b:1", scaling: {min_replicas: 1}}
    """

  @Test func whatNoLongerBelongsGoesAndWhatIsForeignStays() throws {
    let folder = try Folder()
    try folder.write(Self.system, to: "system.yaml")
    #expect(try folder.run("skep deploy render system.yaml --directory out").status == 0)
    try folder.write("kind: ConfigMap\napiVersion: v1\nmetadata: {name: mine}\n", to: "out/agents/mine.yaml")
    try folder.write("# notes\n", to: "out/notes.yaml")
    #expect(try folder.run("skep deploy render system.yaml --diff out") == (0, ""))

    let fewer = Self.system.split(separator: "\n").dropLast().joined(separator: "\n")
    try folder.write(fewer + "\n", to: "system.yaml")
    let (status, diff) = try folder.run("skep deploy render system.yaml --diff out")
    #expect(status == 1 && diff.contains("--- a/agents/b.yaml\n+++ /dev/null\n@@ -1,"))
    #expect(!diff.contains("mine") && !diff.contains("notes"))
    let said = try folder.run("skep deploy render system.yaml --directory out").output
    #expect(said.contains("removed out/agents/b.yaml\n"))
    #expect(
      try folder.run("ls out/agents out/notes.yaml").output == "out/notes.yaml\n\nout/agents:\na.yaml\nmine.yaml\n")
    #expect(try folder.run("skep deploy render system.yaml --directory out") == (0, "out: nothing changed\n"))
    #expect(try folder.run("find out -name '*.new'").output.isEmpty)
  }

  @Test func aFileOfSomebodyElseIsNotReplaced() throws {
    let folder = try Folder()
    try folder.write(Self.system, to: "system.yaml")
    for (path, text) in [
      ("out/agents/a.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: mine}\n"),
      ("out/kustomization.yaml", "kind: Kustomization\nresources: []\npatches: []\n"),
    ] {
      try folder.write(text, to: path)
      let (status, output) = try folder.run("skep deploy render system.yaml --kustomize out")
      #expect(status == 2)
      #expect(
        output == "skep: \(path): was not rendered from system t; move it away, or choose another directory\n")
      #expect(try folder.text(path) == text)
      _ = try folder.run("rm -r out")
    }
  }

  @Test func monitoringFilesOfSomebodyElseAreNotReplaced() throws {
    let folder = try Folder()
    try folder.write(Self.system, to: "system.yaml")
    let render = "skep deploy render system.yaml --monitoring out"
    for path in ["out/prometheus/prometheus.yml", "out/grafana/dashboards/multi-agent-system.json"] {
      try folder.write("{}\n", to: path)
      let (status, output) = try folder.run(render)
      #expect(status == 2)
      #expect(
        output == "skep: \(path): was not rendered from system t; move it away, or choose another directory\n")
      #expect(try folder.text(path) == "{}\n" && folder.run("find out -type f").output == "\(path)\n")
      _ = try folder.run("rm -r out")
    }
    // Its own it replaces.
    for _ in 0..<2 {
      #expect(try folder.run(render).output == "out: 5 files for Prometheus and Grafana\n")
      try folder.write(Self.system.replacing("a:1", with: "a:2"), to: "system.yaml")
    }
    #expect(try folder.text("out/prometheus/prometheus.yml").hasPrefix("# Rendered by skep from system t\n"))
  }

  /// Without --environment each is checked; what the file has as it stands is told once.
  @Test func environmentsAreCheckedToo() throws {
    let folder = try Folder()
    let overlays = """

      environments:
        staging: {namespace: t-staging, agents: {a: {environment: {KEY: {secret: keys, key: k}}}}}
        production: {namespace: t-production}

      """
    try folder.write(Self.system + overlays, to: "system.yaml")
    let (status, output) = try folder.run("skep deploy check system.yaml")
    let errors = output.split(separator: "\n").filter { $0.contains("error: ") }
    #expect(status == 1 && errors.count == 1, "\(output)")
    #expect(errors.first?.contains("in environment staging: no Secret \"keys\" is at hand") ?? false)
    let lines = output.split(separator: "\n")
    #expect(lines.last?.contains(" (and environments production, staging): 1 error, ") ?? false)
    #expect(Set(lines.map { $0.replacing("t-staging", with: "t") }).count == lines.count)
    #expect(try folder.run("skep deploy check system.yaml --environment production").status == 0)
  }

  @Test func onlyTakesWhatItNames() throws {
    let folder = try Folder()
    try folder.write(Self.system, to: "system.yaml")
    let only = "skep deploy render system.yaml --only"
    #expect(try folder.run("\(only) Deployment | grep -c ^kind:").output == "2\n")
    #expect(try folder.run("\(only) service/agent-a-service | grep ^kind:").output == "kind: Service\n")
    #expect(try folder.run("\(only) a --only Namespace | grep -c ^kind:").output == "5\n")
    _ = try folder.run("\(only) a --directory out")
    #expect(try folder.run("find out -type f").output == "out/agents/a.yaml\n")
    let (status, output) = try folder.run("\(only) c")
    #expect(status == 2 && output.hasPrefix("skep: --only: \"c\" is neither an agent nor a kind; agents are a, b"))
  }

  struct Ending: CustomTestStringConvertible {
    let line: String
    let status: Int32
    let says: String

    var testDescription: String { line }
  }

  static let endings = [
    Ending(line: "skep deploy check good.yaml", status: 0, says: "good.yaml: system t, "),
    Ending(line: "skep deploy check bad.yaml", status: 1, says: "bad.yaml:2:9: error: agents"),
    Ending(
      line: "skep deploy check bare.yaml", status: 1, says: "bare.yaml:2:10: error: agents[0]: agent \"a\" has no image"
    ),
    Ending(
      line: "skep deploy render bare.yaml", status: 2,
      says: "bare.yaml:2:10: error: agents[0]: agent \"a\" has no image"),
    Ending(line: "skep deploy check none.yaml", status: 2, says: "skep: none.yaml: no such file or directory"),
    Ending(line: "skep deploy check good.yaml --environment x", status: 2, says: "there is no environment \"x\""),
    Ending(line: "skep validate good.yaml --environment x", status: 2, says: "there is no environment \"x\""),
    Ending(
      line: "skep deploy check --environment x foreign.yaml", status: 2, says: "--environment goes with a system file"),
    Ending(line: "skep deploy check --explain SKEP-X999", status: 2, says: "there is no rule \"SKEP-X999\""),
    Ending(line: "skep deploy check foreign.yaml", status: 1, says: "foreign.yaml:5:3: error: Service s: spec"),
    Ending(line: "skep deploy check - <foreign.yaml", status: 1, says: "standard input:5:3: error: Service s: spec"),
    Ending(line: "mkdir empty && skep deploy check empty", status: 2, says: "holds no .yaml"),
    Ending(line: "skep deploy render good.yaml --directory a --diff b", status: 2, says: "exclude each other"),
    Ending(
      line: "skep deploy render good.yaml --explain agents[c]", status: 2, says: "agents has no item called \"c\""),
    Ending(line: "skep serve --environment x", status: 2, says: "--environment needs --config"),
  ]

  @Test(arguments: endings) func endsAsItShould(_ ending: Ending) throws {
    let folder = try Folder()
    try folder.write(Self.system, to: "good.yaml")
    try folder.write("system: t\nagents: 5\n", to: "bad.yaml")
    try folder.write("system: t\nagents: [{agent_id: a}]\n", to: "bare.yaml")
    try folder.write(
      "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  prots: []\n", to: "foreign.yaml")
    let (status, output) = try folder.run(ending.line)
    #expect(status == ending.status && output.contains(ending.says), "\(status): \(output)")
  }

  @Test func theAnswerForProgramsIsJSON() throws {
    let folder = try Folder()
    for line in [
      "skep deploy check examples/kubernetes/system.yaml --output json", "skep deploy check --rules --output json",
      "skep deploy check --explain SKEP-P001 --output json",
      "skep deploy render examples/kubernetes/system.yaml --output json",
      "skep deploy render examples/kubernetes/system.yaml --directory out --output json",
      "skep deploy render examples/kubernetes/system.yaml --diff out --output json",
      "skep validate examples/kubernetes/system.yaml --explain agents --output json",
    ] {
      let (status, output) = try folder.run(line)
      #expect(status == 0, "\(line)")
      _ = try JSONSerialization.jsonObject(with: Data(output.utf8))
    }
  }
}
