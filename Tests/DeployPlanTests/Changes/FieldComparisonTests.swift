import DeployPlan
import FleetModel
import Testing

@Suite struct FieldComparisonTests {
  static func object(_ members: JSONValue, kind: String = "Deployment", metadata: JSONValue = [:]) -> LiveObject {
    var all: [JSONValue.Member] = [
      .init(key: "apiVersion", value: "v1"), .init(key: "kind", value: .string(kind)),
      .init(key: "metadata", value: .object([.init(key: "name", value: "a")] + metadata.members)),
    ]
    all += members.members
    return LiveObject(.object(all))
  }

  static func changes(_ before: LiveObject, _ after: LiveObject) -> [String] {
    ObjectChange.comparing(live: before, applied: after).fields.map { field in
      "\(field.path): \(field.before.map { "\($0)" } ?? "-") \(field.after.map { "\($0)" } ?? "-")"
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var before: JSONValue
    var after: JSONValue
    var found: [String]
  }

  static let cases: [Case] = [
    Case(testDescription: "the same", before: ["spec": ["a": 1]], after: ["spec": ["a": 1.0]], found: []),
    Case(
      testDescription: "keys come, change and go", before: ["spec": ["a": 1, "c": "x"]],
      after: ["spec": ["b": ["d": true], "a": 2]], found: ["spec.b.d: - true", "spec.a: 1 2", "spec.c: \"x\" -"]),
    Case(
      testDescription: "keys that need brackets", before: [:], after: ["data": ["a.b/c": "x"]],
      found: ["data[\"a.b/c\"]: - \"x\""]),
    Case(
      testDescription: "items by name, whatever their order",
      before: ["env": [["name": "A", "value": "1"], ["name": "B", "value": "2"]]],
      after: ["env": [["name": "B", "value": "3"], ["name": "C", "value": "4"], ["name": "A", "value": "1"]]],
      found: ["env[name=\"B\"].value: \"2\" \"3\"", "env[name=\"C\"].name: - \"C\"", "env[name=\"C\"].value: - \"4\""]),
    Case(
      testDescription: "an item goes", before: ["env": [["name": "A"], ["name": "B"]]], after: ["env": [["name": "B"]]],
      found: ["env[name=\"A\"].name: \"A\" -"]),
    Case(
      testDescription: "lists of texts as a whole", before: ["args": ["a", "b"]], after: ["args": ["a", "c"]],
      found: ["args: [\"a\",\"b\"] [\"a\",\"c\"]"]),
    Case(
      testDescription: "items that nothing tells apart by place",
      before: ["http": [["w": 1], ["w": 2], ["w": 3]]], after: ["http": [["w": 1], ["w": 5], ["w": 3]]],
      found: ["http[1].w: 2 5"]),
    Case(
      testDescription: "an item before the others", before: ["http": [["w": 2], ["w": 3]]],
      after: ["http": [["w": 1], ["w": 2], ["w": 3]]], found: ["http[0].w: - 1"]),
    Case(
      testDescription: "a mapping in place of a text", before: ["x": "a"], after: ["x": ["b": 1]],
      found: ["x: \"a\" {\"b\":1}"]),
    Case(testDescription: "empty things", before: ["x": [:]], after: ["y": []], found: ["y: - []", "x: {} -"]),
    Case(
      testDescription: "other bytes", before: ["x": "é"], after: ["x": "e\u{301}"], found: ["x: \"é\" \"e\u{301}\""]),
    Case(
      testDescription: "the status says nothing", before: ["status": ["a": 1]], after: ["status": ["a": 2]], found: []),
  ]

  @Test(arguments: cases)
  func fields(of test: Case) {
    #expect(Self.changes(Self.object(test.before), Self.object(test.after)) == test.found)
  }

  @Test func whatTheServerWritesIsNotShown() {
    let before = Self.object([:], metadata: ["resourceVersion": "1", "generation": 1, "labels": ["a": "b"]])
    let after = Self.object(
      [:],
      metadata: ["resourceVersion": "2", "generation": 2, "uid": "x", "managedFields": [[:]], "labels": ["a": "b"]])
    #expect(ObjectChange.comparing(live: before, applied: after).action == .unchanged)
  }

  /// No secret value is anywhere in what is made of a Secret.
  @Test func secretsStaySecret() {
    let copy = "kubectl.kubernetes.io/last-applied-configuration"
    func secret(_ word: String) -> LiveObject {
      Self.object(
        ["data": ["k": .string(word)], "stringData": ["s": .string(word)], "type": "Opaque"], kind: "Secret",
        metadata: ["annotations": [copy: .string("{\(word)}")]])
    }
    var changes: [ObjectChange] = [
      .comparing(live: secret("hunter1"), applied: secret("hunter2")), .creating(secret("hunter2")),
      .conflicting(
        live: secret("hunter1"), desired: secret("hunter2"),
        causes: [(".data.k", "conflict with \"kubectl\""), (".stringData", "conflict with \"x\"")]),
    ]
    changes[0].action = .adopt
    #expect(changes[0].fields.count == 3)
    for change in changes {
      let text = ChangeText([change], showsNewFields: true).lines.map(\.text).joined() + "\(change.json) \(change)"
      #expect(!text.contains("hunter"), "\(text)")
    }
  }

  /// Each change of the recorded story is what its title says.
  @Test(.enabled(if: Recording.isPresent, "needs ../shared/kubernetes"))
  func theRecordedStory() throws {
    var live: [String: LiveObject] = [:]
    var story = ""
    for recording in Recording.all("apply") where recording.file < "apply/105" {
      let object = LiveObject(recording.body)
      if recording.applier == "skep", let sent = recording.sent, recording.status < 300 || recording.status == 409 {
        let change: ObjectChange
        let causes = (recording.body["details"]?["causes"]?.elements ?? []).map {
          (path: $0["field"]?.string ?? "", message: $0["message"]?.string ?? "")
        }
        if let before = live[recording.resource] {
          change =
            recording.status == 409
            ? .conflicting(live: before, desired: sent, causes: causes)
            : .comparing(live: before, applied: object)
        } else {
          change = .creating(object)
        }
        story += "# \(recording.file): \(recording.title)\n"
        story += ChangeText([change]).lines.map { "\($0.text)\n" }.joined()
      }
      if recording.status < 300, !recording.isDryRun, object.kind != "Scale" { live[recording.resource] = object }
    }
    let path = "\(CaseFiles.folder)/rollouts/apply-story.expected"
    if CaseFiles.isRecording { try CaseFiles.write(story, to: path) }
    #expect(story == (try CaseFiles.text(path)))
  }
}
