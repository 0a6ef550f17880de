import FleetModel
import TestSupport
import Testing

@testable import DeployPlan

@Suite("Writing manifests")
struct CanonicalYAMLTests {
  /// A text, and how it stands in YAML.
  static let scalars: [(text: String, yaml: String)] = [
    ("planner", "planner"), ("/ready?deep=1", "/ready?deep=1"), ("30s", "30s"), ("256Mi", "256Mi"), ("25%", "25%"),
    ("sum(rate(a{b=\"c\"}[5m])) > 1", "sum(rate(a{b=\"c\"}[5m])) > 1"), ("__name__", "__name__"),
    ("on", "\"on\""), ("Yes", "\"Yes\""), ("N", "\"N\""), ("null", "\"null\""), ("~", "\"~\""), ("", "\"\""),
    ("012", "\"012\""), ("0x1f", "\"0x1f\""), ("1e3", "\"1e3\""), ("1.10", "\"1.10\""), ("1_000", "\"1_000\""),
    ("12:30:45", "\"12:30:45\""), ("2026-11-23", "\"2026-11-23\""), ("_1", "\"_1\""), (".5", "\".5\""),
    ("a: b", "\"a: b\""), ("a #b", "\"a #b\""), ("a:", "\"a:\""), ("- a", "\"- a\""), ("*", "\"*\""), ("a ", "\"a \""),
    ("a\tb", "\"a\\tb\""), ("größer", "\"größer\""), ("\u{85}", "\"\\u0085\""), ("\u{feff}", "\"\\ufeff\""),
    ("a\nb", "|-\n  a\n  b"), ("a\n\n  b\n", "|\n  a\n\n    b"), ("a\n\n", "|+\n  a\n"), (" a\nb", "\" a\\nb\""),
    ("\n", "\"\\n\""), ("a\r\nb", "\"a\\r\\nb\""),
  ]

  @Test(arguments: scalars)
  func scalar(text: String, yaml: String) {
    #expect(CanonicalYAML.text(of: YAMLMapping([("key", .text(text))]).tree) == "key: \(yaml)\n")
  }

  @Test func nesting() {
    let tree = YAMLMapping([
      ("on", .integer(1)), ("empty", .emptyMapping), ("none", .sequence([])), ("no", .boolean(false)),
      (
        "list",
        .sequence([
          .text("a\nb\n"), .sequence([.integer(1), .integer(2)]),
          YAMLMapping([("x", .text("y")), ("z", YAMLMapping([("1", .number(1e-5))]).tree)]).tree,
        ])
      ),
    ]).tree
    #expect(
      CanonicalYAML.text(of: tree) == """
        "on": 1
        empty: {}
        none: []
        "no": false
        list:
          - |
            a
            b
          - - 1
            - 2
          - x: "y"
            z:
              "1": 0.00001

        """)
  }

  @Test(arguments: [
    (0.5, "0.5"), (1e-7, "0.0000001"), (2.5e21, "2500000000000000000000.0"), (-12.25, "-12.25"), (3, "3"),
  ])
  func number(value: Double, text: String) { #expect(YAMLTree.number(value).text == text) }

  /// A tree of everything that manifests hold, with texts and keys such as readers like to misread.
  private static func tree(_ random: inout Seeded, depth: Int) -> YAMLTree {
    switch random.number(0...(depth > 3 ? 3 : 6)) {
    case 0: return .integer(random.number(-5...1_000_000))
    case 1: return random.chance(50) ? .boolean(random.chance(50)) : .number(Double(random.number(1...999)) / 1000)
    case 2, 3: return .text(random.hostileText())
    case 4: return .sequence((0..<random.number(0...4)).map { _ in tree(&random, depth: depth + 1) })
    default:
      var keys: Set<String> = []
      var mapping = YAMLMapping()
      for _ in 0..<random.number(0...5) {
        let key = random.hostileText()
        if keys.insert(key).inserted { mapping.add(key, tree(&random, depth: depth + 1)) }
      }
      return mapping.tree
    }
  }

  private static func manifests(_ count: Int) -> [Manifest] {
    (0..<count).map { seed in
      var random = Seeded(UInt64(seed))
      return Manifest(tree: YAMLMapping([("a", tree(&random, depth: 0)), ("b", .text("end"))]).tree)
    }
  }

  @Test func isReadBackTheSame() throws {
    var compared = 0
    for manifest in Self.manifests(2000) {
      let text = CanonicalYAML.text(of: manifest.tree)
      // What looks like an alias for a key is refused before it is parsed, wherever it stands.
      if YAMLGuard.complexKey(in: text) != nil { continue }
      // Our parser loses a byte order mark at the beginning of a text; PyYAML, below, does not.
      if text.contains("\"\\ufeff") { continue }
      compared += 1
      let parsing = YAMLParsing(text)
      let read = try #require(parsing.tree, "\(parsing.diagnostics)\n\(text)")
      #expect(parsing.diagnostics == [])
      #expect(CanonicalJSON.text(of: read) == CanonicalJSON.text(of: manifest.tree), "\(text)")
      #expect(CanonicalYAML.text(of: read) == text)
    }
    #expect(compared > 1000)
  }

  @Test(.enabled(if: ForeignProgram.hasYAML, "PyYAML is not at hand"))
  func isTheSameToAReaderOfYAML11() throws {
    let manifests = Self.manifests(2000)
    let directory = try ScratchDirectory()
    let yaml = try directory.write("a.yaml", ManifestText.yaml(manifests))
    let items = manifests.map { CanonicalJSON.text(of: $0.tree) }.joined(separator: ",")
    let json = try directory.write("a.json", "[\(items)]")
    let (faults, documents) = try ForeignProgram.differences(yaml: "\(yaml)", json: "\(json)")
    #expect(faults.prefix(5) == [])
    #expect(documents == manifests.count)
  }

  @Test func jsonOfManyIsAList() throws {
    let manifest = Kubernetes.ConfigMap(metadata: .init(name: "a", namespace: "b"), data: ["on": "1"]).manifest
    let read = try #require(YAMLParsing(ManifestText.json([manifest, manifest])).tree)
    #expect(read["kind"]?.text == "List")
    #expect(read["items"]?.items.count == 2)
    #expect(ManifestText.json(manifest) == CanonicalJSON.text(of: read["items"]?.items[0] ?? read))
  }
}
