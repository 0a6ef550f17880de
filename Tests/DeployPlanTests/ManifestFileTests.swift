import FleetModel
import TestSupport
import Testing

@testable import DeployPlan

/// Files of somebody else's objects: streams, lists, JSON, and text that is meant to hurt.
@Suite struct ManifestFileTests {
  private func read(_ text: String) -> (manifests: [Manifest], diagnostics: [Diagnostic]) {
    ManifestFile.read(text, file: "f")
  }

  @Test func streamsKeepTheirLines() {
    let text = """
      # a comment first
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: a}
      --- # another
      # nothing but a comment
      ---
      apiVersion: v1
      kind: Secret
      metadata: {name: b, namespace: ns}
      ...
      """
    let reading = read(text)
    #expect(reading.diagnostics == [])
    #expect(reading.manifests.map { "\($0.id)" } == ["ConfigMap a", "Secret ns/b"])
    #expect(reading.manifests.map { $0.tree.place.line } == [3, 9])
    #expect(read("a: 1\n---\nb: [\n").diagnostics.first?.line ?? 0 >= 3)
    #expect(read("kind: A\n---\nkind: B\nkind: C\n").diagnostics.map(\.line) == [4])
  }

  @Test func aMarkerInTextIsTextWhereItIsIndented() {
    let reading = read("apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    ---\n    x\n")
    #expect(reading.diagnostics == [])
    #expect(reading.manifests.count == 1)
    #expect(reading.manifests.first?.tree["data"]?["a"]?.text == "---\nx\n")
  }

  @Test func listsAndJSON() {
    let text = """
      {"apiVersion": "v1", "kind": "List", "items": [
      \t{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},
        {"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"kind": "ConfigMap", "metadata": {"name": "b"}}]}]}
      """
    let reading = read(text)
    #expect(reading.diagnostics == [])
    #expect(reading.manifests.map(\.name) == ["a", "b"])
  }

  @Test func whatIsNoObjectIsTold() {
    #expect(read("- a\n").diagnostics.map(\.message) == ["this is no Kubernetes object but a list"])
    #expect(read("just text").diagnostics.count == 1)
    #expect(read("").manifests.isEmpty)
    #expect(read("").diagnostics.isEmpty)
    #expect(read("---\n---\n# nothing\n").diagnostics.isEmpty)
  }

  /// An alertmanager.yml beside the manifests is no mistake; named itself, or among objects, it is one.
  @Test func whatIsFoundAndNoObjectIsPassedOver() {
    let stranger = "route: {receiver: a}\n"
    #expect(
      read(stranger).diagnostics.map(\.description) == [
        "f:1:1: error: this is no Kubernetes object: it has neither apiVersion nor kind; "
          + "begin it with \"apiVersion:\" and \"kind:\""
      ])
    let found = ManifestFile.read(stranger + "---\n- a\n", file: "f", isFound: true)
    #expect(found.manifests.isEmpty)
    #expect(found.diagnostics.map(\.level) == [.warning])
    let mixed = ManifestFile.read(stranger + "---\nkind: Secret\n", file: "f", isFound: true)
    #expect(mixed.manifests.count == 1)
    #expect(mixed.diagnostics.map(\.level) == [.error])
  }

  /// A misspelt key is told of once, whatever it holds is not missed elsewhere.
  @Test(arguments: [
    "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns}\nspec: {prots: [{port: 80}]}",
    "apiVersion: v1\nkind: Service\nmetadata: {nmae: a, namespace: ns}\nspec: {ports: [{port: 80}]}",
    "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns}\nspec: {ports: [{prot: 80}]}",
  ])
  func aMisspeltKeyIsToldOnce(text: String) {
    #expect(DeployCheckCases.findings(in: text).filter(\.isError).map(\.rule) == ["SKEP-S004"])
  }

  /// Pods of a subset may come with a release that is not part of what is checked.
  @Test func subsetsOfASystemAreNoErrors() throws {
    let example = try #require(DeployCheckCases.examples.first { $0.rule == "SKEP-R007" && $0.isBad && $0.isOfSystem })
    let findings = DeployCheckCases.findings(in: example.text, system: FleetSystem(name: "s"))
    let finding = try #require(findings.first { $0.rule == "SKEP-R007" })
    #expect(!finding.isError)
    #expect(finding.diagnostic.mend?.contains("app: a, version: v1") == true)
  }

  @Test func hostileText() {
    #expect(
      read(String(repeating: "---\na: 1\n", count: 100_000)).diagnostics.map(\.message) == [
        "has 100000 documents; at most 50000 are read"
      ])
    #expect(!read("a: " + String(repeating: "[", count: 5000)).diagnostics.isEmpty)
    #expect(
      !read("a: " + String(repeating: "{a: ", count: 100) + String(repeating: "}", count: 100)).diagnostics.isEmpty)
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for (previous, next) in zip("abcdefgh", "bcdefghi") {
      bomb += "\(next): &\(next) [" + [String](repeating: "*\(previous)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(read(bomb).diagnostics.contains { $0.message.contains("aliases expand") })
    var lists = "{kind: ConfigMap}"
    for _ in 0..<12 { lists = "{kind: List, items: [\(lists)]}" }
    #expect(read(lists).diagnostics.contains { $0.message.contains("lists stand more than") })
    #expect(ManifestFile.read(bytes: [0xff, 0xfe, 0x41, 0], file: "f").diagnostics.count == 1)
    #expect(ManifestFile.read(bytes: Array("a: \u{7}".utf8), file: "f").diagnostics.count == 1)
  }

  /// Seeded mutations of real manifests: each is read and checked to an end, twice with the same findings.
  @Test(arguments: 0..<8)
  func mutations(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    var original: [UInt8] = []
    for verdict in DeployCheckCases.verdicts {
      original +=
        Array(try CaseFiles.text("\(DeployCheckCases.folder)/server/\(verdict.name).yaml").utf8) + Array("---\n".utf8)
    }
    let pieces = [
      "\t", "*a ", "&a ", "- ", ": ", "{", "}", "[", "]", "\n", "\"", "'", "|", "~", "-1", "9e999", "---\n", "0x",
      "1_0",
    ]
    for _ in 0..<20 {
      var bytes = original
      for _ in 0...Int(random.next() % 12) {
        let position = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[position] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.removeSubrange(position..<min(bytes.count, position + Int(random.next() % 40)))
        default: bytes.insert(contentsOf: pieces[Int(random.next() % UInt64(pieces.count))].utf8, at: position)
        }
      }
      let reading = ManifestFile.read(bytes: bytes, file: "f")
      let first = DeployCheck.findings(in: reading.manifests, of: nil, expressions: DeployCheckCases.expressions)
      let second = DeployCheck.findings(in: reading.manifests, of: nil, expressions: DeployCheckCases.expressions)
      #expect(first == second)
    }
  }

  @Test(arguments: [
    ("on", ScalarValue.boolean), ("y", .boolean), ("0644", .integer(420)), ("0o17", .integer(15)),
    ("1_000", .integer(1000)), ("0x1F", .integer(31)), ("1e3", .number(1000)), ("-7", .integer(-7)),
    ("1.5", .number(1.5)), ("09", .number(9)), ("1:30", .text("1:30")), ("2026-01-01", .text("2026-01-01")),
    ("~", .null), ("", .null), ("5s", .text("5s")), ("+", .text("+")), ("-", .text("-")),
  ])
  func scalarsAsKubectlReadsThem(text: String, value: ScalarValue) {
    #expect(ScalarValue(text, plain: true) == value)
    #expect(ScalarValue(text, plain: false) == .text(text))
  }

  /// Eight thousand objects, each with references: as many steps an object as for eighty. Counted in label look-ups, a
  /// quadratic check would not end within the test's patience.
  @Test func manyObjects() {
    var text = ""
    for number in 0..<2000 {
      let id = "agent-\(number)"
      text += """
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(id), namespace: ns, labels: {app: fleet, agent-id: \(id)}}
        spec:
          selector: {matchLabels: {app: fleet, agent-id: \(id)}}
          template:
            metadata: {labels: {app: fleet, agent-id: \(id)}}
            spec: {containers: [{name: a, image: "a:1", ports: [{name: metrics, containerPort: 80}]}]}
        ---
        {apiVersion: v1, kind: Service, metadata: {name: \(id), namespace: ns, labels: {app: fleet}}, spec: {selector: {app: fleet, agent-id: \(id)}, ports: [{name: metrics, port: 80, targetPort: metrics}]}}
        ---
        {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: \(id), namespace: ns}, spec: {minAvailable: 1, selector: {matchLabels: {app: fleet, agent-id: \(id)}}}}
        ---
        {apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: \(id), namespace: ns}, spec: {host: \(id)}}

        """
    }
    let reading = read(text)
    #expect(reading.manifests.count == 8000)
    let findings = DeployCheck.findings(
      in: reading.manifests, of: FleetSystem(name: "s"), expressions: DeployCheckCases.expressions)
    #expect(findings.filter(\.isError) == [])
  }
}
