import Testing

@testable import DeployPlan

/// The table of keys in `docs/system-file.md` is made from the schema; `RECORD=1` writes it anew.
@Suite struct SystemReferenceTests {
  private static let begin = "<!-- keys: begin (made from the schema by the tests; RECORD=1 writes it) -->\n"
  private static let end = "<!-- keys: end -->\n"

  @Test func theReferenceHasEveryKey() throws {
    let path = CaseFiles.packageRoot + "/docs/system-file.md"
    var page = try CaseFiles.text(path)
    let begin = try #require(page.firstRange(of: Self.begin))
    let end = try #require(page.firstRange(of: Self.end))
    let expected = Self.reference()
    if CaseFiles.isRecording {
      page.replaceSubrange(begin.upperBound..<end.lowerBound, with: expected)
      try CaseFiles.write(page, to: path)
    } else {
      #expect(page[begin.upperBound..<end.lowerBound] == expected)
    }
  }

  /// Each yaml block of the pages is a file, or a part of one, that is accepted.
  @Test(arguments: [("system-file", 3), ("alerts", 3), ("deploy", 1)])
  func theExamplesAreAccepted(name: String, least: Int) throws {
    let page = try CaseFiles.text(CaseFiles.packageRoot + "/docs/\(name).md")
    var count = 0
    for part in page.components(between: "```yaml\n", and: "```") {
      let reading = SystemFile.read(part.contains("system:") ? part : "system: t\n" + part, file: "docs")
      #expect(reading.system != nil, "\(reading.diagnostics)")
      count += 1
    }
    #expect(count >= least)
  }

  @Test func theExampleOfAlertmanagersIsAcceptedWithoutAWarning() throws {
    let text = try CaseFiles.text(CaseFiles.packageRoot + "/examples/alertmanager/alertmanager.yml")
    let reading = AlertmanagerFile.read(text, file: "alertmanager.yml")
    #expect(reading.policy != nil && reading.diagnostics == [])
  }

  private static func reference() -> String {
    let tree = SystemSchema.tree
    var text = "\n" + section("The file", tree)
    for definition in tree["$defs"]?.members ?? [] {
      text += "\n<a id=\"\(definition.name)\"></a>\n\n" + section("`\(definition.name)`", definition.value)
    }
    return text + "\n"
  }

  private static func section(_ title: String, _ schema: JSONTree) -> String {
    "### \(title)\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n"
      + rows(schema, prefix: "").joined()
  }

  private static func rows(_ schema: JSONTree, prefix: String) -> [String] {
    let required = (schema["required"]?.items ?? [])
    return (schema["properties"]?.members ?? []).flatMap { property -> [String] in
      let name = prefix + property.name
      let fallback =
        required.contains(.string(property.name)) ? "required" : property.value["default"].map(inline) ?? ""
      var meaning = ""
      if case .string(let text)? = property.value["description"] { meaning = escaped(text) }
      return ["| `\(name)` | \(kind(property.value)) | \(fallback) | \(meaning) |\n"] + inner(property.value, name)
    }
  }

  private static func inner(_ schema: JSONTree, _ name: String) -> [String] {
    var found = rows(schema, prefix: name + ".")
    if let items = schema["items"] { found += inner(items, name + "[]") }
    if let values = schema["additionalProperties"], values != .boolean(false) { found += inner(values, name + ".NAME") }
    for choice in schema["anyOf"]?.items ?? [] { found += inner(choice, name) }
    return found
  }

  private static func kind(_ schema: JSONTree) -> String {
    if case .string(let reference)? = schema["$ref"] {
      let name = reference.dropFirst("#/$defs/".count)
      return "[\(name)](#\(name))"
    }
    if let items = schema["items"] { return "list of " + kind(items) }
    if let choices = schema["enum"]?.items { return choices.map(inline).joined(separator: ", ") }
    if let choices = schema["anyOf"]?.items { return choices.map(kind).joined(separator: " or ") }
    if let value = schema["const"] { return inline(value) }
    if let values = schema["additionalProperties"], values != .boolean(false) { return "mapping to " + kind(values) }
    switch schema["type"] {
    case .string("object"): return "mapping"
    case .string("string"): return "text"
    case .string("integer"): return range(schema, "whole number")
    case .string("number"): return range(schema, "number")
    case .string(let type): return type
    case .array(let types) where types.contains(.string("number")): return "text"
    case .array where schema["maximum"] != nil: return "duration"
    default: return "size"
    }
  }

  private static func range(_ schema: JSONTree, _ word: String) -> String {
    guard let low = schema["minimum"], let high = schema["maximum"] else { return word }
    return "\(word), \(low.text.dropLast()) to \(high.text.dropLast())"
  }

  private static func inline(_ value: JSONTree) -> String {
    if case .string(let text) = value { return text.isEmpty ? "" : "`\(escaped(text))`" }
    let lines = value.text.split(separator: "\n").map { $0.drop { $0 == " " } }
    return "`\(escaped(lines.joined(separator: " ")))`"
  }

  private static func escaped(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}

extension String {
  /// The texts that stand between each `begin` and the next `end`.
  func components(between begin: String, and end: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let start = rest.firstRange(of: begin) {
      rest = rest[start.upperBound...]
      guard let stop = rest.firstRange(of: end) else { break }
      parts.append(String(rest[..<stop.lowerBound]))
      rest = rest[stop.upperBound...]
    }
    return parts
  }
}
