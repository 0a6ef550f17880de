import FleetModel
import Foundation
import TestSupport
import Testing

@testable import DeployPlan

/// The structure check agrees with the published schemas on valid objects that one thing was changed in. Runs where
/// PyPI's kubernetes-validate and the definitions are at hand (`make test` fetches them), beside the repository.
@Suite struct SchemaAgreementTests {
  static let shared = CaseFiles.packageRoot + "/../shared"
  static let hasOracle =
    (try? run(["-c", "import yaml, jsonschema, kubernetes_validate"], input: "").status) == 0
    && FileManager.default.fileExists(atPath: shared + "/schemas")

  private static func run(_ arguments: [String], input: String) throws -> (status: Int32, output: String) {
    let file = FileManager.default.temporaryDirectory.appending(path: "skep-oracle-\(UUID().uuidString)")
    try Data(input.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try ForeignProgram.run(["python3"] + arguments, input: file.path, takesErrors: false)
  }

  private static func valid() throws -> [Manifest] {
    try ["kubernetes", "custom"].flatMap { name in
      ManifestFile.read(try CaseFiles.text("\(DeployCheckCases.folder)/valid/\(name).yaml"), file: name).manifests
    }
  }

  /// What the schemas of both sides can know: the enums, formats and merge keys of Kubernetes' own kinds are ours alone.
  private static func isRefused(_ manifest: Manifest) -> Bool {
    var findings = ObjectFindings(manifest)
    StructureCheck.run(&findings)
    let isCustom = manifest.group.hasSuffix(".istio.io") || manifest.group == "monitoring.coreos.com"
    let common: Set<CheckRule.ID> = ["SKEP-S001", "SKEP-S002", "SKEP-S004", "SKEP-S005", "SKEP-S006"]
    return findings.all.contains { $0.isError && (isCustom || common.contains($0.rule)) }
  }

  @Test func validObjectsAreTaken() throws {
    for manifest in try Self.valid() {
      let findings = DeployCheck.findings(in: [manifest], of: nil, expressions: DeployCheckCases.expressions)
      #expect(findings.filter { $0.isError && $0.rule.text.hasPrefix("SKEP-S") } == [])
    }
  }

  @Test(.enabled(if: hasOracle, "needs python3 with kubernetes-validate, and the definitions"))
  func mutationsAreJudgedAlike() throws {
    let random = SeededRandom(seed: 7)
    let valid = try Self.valid()
    var mutants: [(manifest: Manifest, change: String)] = valid.map { ($0, "nothing") }
    while mutants.count < 3000 {
      let original = valid[Int(random.next() % UInt64(valid.count))]
      var mutation = Mutation(random: random, manifest: original)
      if let changed = mutation.changed() { mutants.append((changed, mutation.change)) }
    }
    let input = mutants.map { Self.json($0.manifest.tree) + "\n" }.joined()
    let (status, output) = try Self.run(
      [DeployCheckCases.folder + "/oracle.py", Self.shared + "/kubernetes/crdcheck.py", Self.shared + "/schemas"],
      input: input)
    #expect(status == 0)
    let answers = output.split(separator: "\n")
    try #require(answers.count == mutants.count)
    var refused = 0
    for (mutant, answer) in zip(mutants, answers) {
      let isRefused = Self.isRefused(mutant.manifest)
      if isRefused { refused += 1 }
      if isRefused != (answer != "[]") {
        Issue.record("\(mutant.manifest.id), \(mutant.change): refused here \(isRefused), there \(answer)")
      }
    }
    // Both verdicts are there in numbers.
    #expect(refused > 800 && refused < 2800)
  }

  /// As Kubernetes reads the scalars.
  private static func json(_ tree: YAMLTree) -> String {
    switch tree.content {
    case .sequence(let items): "[" + items.map { json($0) }.joined(separator: ",") + "]"
    case .mapping(let entries): "{" + entries.map { quoted($0.key) + ":" + json($0.value) }.joined(separator: ",") + "}"
    case .scalar(let text, _):
      switch tree.scalar {
      case .null, nil: "null"
      case .boolean: tree.isTrue ? "true" : "false"
      case .integer(let value): "\(value)"
      case .number(let value): "\(value)"
      case .text: quoted(text)
      }
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result += "\\" }
      if scalar.value < 32 { result += " " } else { result.unicodeScalars.append(scalar) }
    }
    return result + "\""
  }
}

/// One change of one value: a key renamed or removed, a value replaced by one of another type.
private struct Mutation {
  let random: SeededRandom
  let manifest: Manifest
  var change = ""

  mutating func changed() -> Manifest? {
    let isCustom = manifest.group.hasSuffix(".istio.io") || manifest.group == "monitoring.coreos.com"
    guard case .mapping(let entries) = manifest.tree.content else { return nil }
    // Metadata of custom resources is no part of their definitions.
    let parts = entries.indices.filter {
      !["apiVersion", "kind"].contains(entries[$0].key) && !(isCustom && entries[$0].key == "metadata")
    }
    guard !parts.isEmpty else { return nil }
    let index = parts[Int(random.next() % UInt64(parts.count))]
    var changed = entries
    guard let value = mutate(entries[index].value, entries[index].key) else { return nil }
    changed[index].value = value
    var result = manifest
    result.tree.content = .mapping(changed)
    return result
  }

  /// Descends at random, and changes what it comes to.
  private mutating func mutate(_ tree: YAMLTree, _ path: String) -> YAMLTree? {
    var tree = tree
    switch tree.content {
    case .sequence(var items):
      guard !items.isEmpty, random.next() % 8 != 0 else { return replaced(tree, path) }
      let index = Int(random.next() % UInt64(items.count))
      guard let value = mutate(items[index], "\(path)[\(index)]") else { return nil }
      items[index] = value
      tree.content = .sequence(items)
    case .mapping(var entries):
      guard !entries.isEmpty, random.next() % 8 != 0 else { return replaced(tree, path) }
      let index = Int(random.next() % UInt64(entries.count))
      let key = entries[index].key
      switch random.next() % 6 {
      case 0:
        change = "\(path).\(key) removed"
        entries.remove(at: index)
      case 1:
        change = "\(path).\(key) renamed"
        entries[index].key += "x"
      default:
        guard let value = mutate(entries[index].value, "\(path).\(key)") else { return nil }
        entries[index].value = value
      }
      tree.content = .mapping(entries)
    case .scalar: return replaced(tree, path)
    }
    return tree
  }

  private mutating func replaced(_ tree: YAMLTree, _ path: String) -> YAMLTree? {
    let others: [YAMLTree] = [
      .text("text"), .integer(7), .boolean(true), .sequence([.text("x")]), YAMLMapping([("x", .text("z"))]).tree,
    ]
    let other = others[Int(random.next() % UInt64(others.count))]
    change = "\(path) replaced by \(other.found)"
    return other
  }
}
