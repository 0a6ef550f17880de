import FleetModel
import Testing

@testable import DeployPlan

/// The published schema and the decoder know the same keys, and say the same of the same files.
@Suite struct SystemSchemaTests {
  @Test func isJSONAndStable() {
    let text = SystemSchema.jsonSchema()
    #expect(text == SystemSchema.jsonSchema())
    let parsing = YAMLParsing(text)  // JSON is YAML
    #expect(parsing.diagnostics.isEmpty)
    guard case .scalar(let dialect, _)? = parsing.tree?["$schema"]?.content else {
      Issue.record("no $schema")
      return
    }
    #expect(dialect == "https://json-schema.org/draft/2020-12/schema")
  }

  @Test func everyPropertyIsDescribed() {
    for (path, property) in SchemaWalk.properties(of: SystemSchema.tree) {
      #expect(property["description"] != nil, "\(path)")
    }
  }

  /// Every key of the schema stands in one of the files that hold them all (some exclude each other), and is decoded
  /// there without a problem.
  @Test func theMaximalFilesHaveEveryKey() throws {
    let known = Set(SchemaWalk.properties(of: SystemSchema.tree).map(\.path))
    var used: Set<String> = []
    for name in ["maximal", "maximal-root", "alertmanager-config"] {
      let text = try CaseFiles.yaml(name)
      #expect(SystemFile.read(text, file: "\(name).yaml").system != nil)
      used.formUnion(SchemaWalk.keysUsed(in: try #require(YAMLParsing(text).tree), by: SystemSchema.tree))
    }
    #expect(known.subtracting(used).sorted() == [])
  }

  @Test func acceptsWhatTheDecoderAccepts() throws {
    for name in CaseFiles.names {
      let text = try CaseFiles.yaml(name)
      guard SystemFile.read(text, file: "f").system != nil, let tree = YAMLParsing(text).tree else { continue }
      #expect(SchemaValidation(SystemSchema.tree).problems(in: tree) == [], "\(name)")
    }
  }

  /// `docs/system.schema.json` is what `skep schema` prints; `RECORD=1` writes it anew.
  @Test func thePublishedFileIsTheSchema() throws {
    let path = CaseFiles.packageRoot + "/docs/system.schema.json"
    if CaseFiles.isRecording { try CaseFiles.write(SystemSchema.jsonSchema(), to: path) }
    #expect(try CaseFiles.text(path) == SystemSchema.jsonSchema())
  }

  /// The example that newcomers start is accepted by both, without a warning.
  @Test(.enabled(if: CaseFiles.example != nil, "the example is not there"))
  func theExampleIsAccepted() throws {
    let text = try #require(CaseFiles.example)
    let reading = SystemFile.read(text, file: "examples/research-team/system.yaml")
    #expect(reading.system != nil)
    #expect(reading.diagnostics.map { "\($0)" } == [])
    #expect(SchemaValidation(SystemSchema.tree).problems(in: try #require(YAMLParsing(text).tree)) == [])
  }

  /// For each object of the schema: an unknown key is refused by both.
  @Test func refusesUnknownKeys() throws {
    let tree = try #require(YAMLParsing(try CaseFiles.yaml("maximal")).tree)
    let validation = SchemaValidation(SystemSchema.tree)
    var count = 0
    for mutant in SchemaWalk.mutants(of: tree, adding: "no_such_key", by: SystemSchema.tree) {
      #expect(!validation.problems(in: mutant).isEmpty)
      let reader = Reader(file: "f")
      _ = SystemDeclaration.shape.read(mutant, reader, "")
      #expect(reader.diagnostics.contains { $0.message == "unknown key \"no_such_key\"" })
      count += 1
    }
    #expect(count > 40)
  }

  /// A default that the schema names is what the decoder gives when the key is left out, and may be written down.
  @Test func defaultsMayBeWritten() {
    let validation = SchemaValidation(SystemSchema.tree)
    var count = 0
    for (path, property) in SchemaWalk.properties(of: SystemSchema.tree) {
      guard let value = property["default"] else { continue }
      let tree = YAMLParsing("v: " + value.text).tree?["v"]
      #expect(tree.map { validation.problems(in: $0, of: property) } == [], "\(path)")
      count += 1
    }
    #expect(count > 60)
  }

  @Test func writtenDefaultsChangeNothing() throws {
    func defaults(of name: String, without left: Set<String>) throws -> String {
      let object = try #require(name.isEmpty ? SystemSchema.tree : SystemSchema.tree["$defs"]?[name])
      return SchemaWalk.defaultsAsYAML(of: object, leavingOut: left)
    }
    let bare = SystemFile.read("{system: t, agents: [{agent_id: a, routing_rules: [{}]}]}", file: "f").system
    var top = try defaults(of: "", without: ["agents", "system"])
    var agent = try defaults(of: "agent", without: ["routing_rules", "scaling"])
    let rule = try defaults(of: "routing_rule", without: ["weight"])
    agent += ", routing_rules: [{\(rule)}]"
    top += ", system: t, agents: [{agent_id: a, \(agent)}]"
    let written = SystemFile.read("{\(top)}", file: "f")
    #expect(written.system != nil, "\(written.diagnostics)")
    #expect(written.system == bare)
  }
}
