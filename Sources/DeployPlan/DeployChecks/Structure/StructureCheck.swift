/// Holds an object against the field tables: what the API server refuses whatever it means.
struct StructureCheck {
  private let tables: FieldTables
  private var findings: ObjectFindings
  private var isCustom = false
  /// What misspelt keys were meant to be, by path.
  private var spellings: [String: String] = [:]

  /// Misspelt keys are told of, and are behind it as they were meant to be, so that nobody misses what they hold.
  static func run(_ findings: inout ObjectFindings, _ tables: FieldTables = .all) {
    var check = StructureCheck(tables: tables, findings: findings)
    check.run()
    findings = check.findings
    guard !check.spellings.isEmpty else { return }
    var manifest = findings.manifest
    manifest.tree = check.respelled(findings.root)
    findings.replace(with: manifest)
  }

  private func respelled(_ node: CheckedNode) -> YAMLTree {
    var tree = node.tree
    switch tree.content {
    case .scalar: break
    case .sequence: tree.content = .sequence(node.items.map(respelled))
    case .mapping(let entries):
      tree.content = .mapping(
        zip(entries, node.entries).map { entry, child in
          YAMLTree.Entry(
            key: spellings[child.value.path] ?? entry.key, place: entry.place, value: respelled(child.value))
        })
    }
    return tree
  }

  private mutating func run() {
    let manifest = findings.manifest
    let root = findings.root
    for key in ["apiVersion", "kind"] where (root[key]?.string ?? "").isEmpty {
      findings.add(.headless, at: root[key], "\(key) must be given, as a text", mend: "write \(key): …")
    }
    guard !manifest.apiVersion.isEmpty, !manifest.kind.isEmpty else { return }
    switch tables.answer(apiVersion: manifest.apiVersion, kind: manifest.kind) {
    case .known(let type):
      isCustom = type.isCustom
      object(root, type.object, extra: ["apiVersion", "kind"])
    case .elsewhere(let types):
      let versions = types.map { "\($0.group.isEmpty ? "" : $0.group + "/")\($0.versions[0])" }
      findings.add(
        .unservedKind, at: root["apiVersion"], "\(manifest.apiVersion) has no \(manifest.kind)",
        mend: "write \(versions.joined(separator: " or "))")
    case .misspelt(let nearest):
      findings.add(
        .unservedKind, at: root["kind"], "\(manifest.apiVersion) has no kind \"\(YAMLTree.shortened(manifest.kind))\"",
        mend: "did you mean \"\(nearest)\"?")
    case .unknown:
      let kind = "\(YAMLTree.shortened(manifest.apiVersion)) \(YAMLTree.shortened(manifest.kind))"
      findings.add(.uncheckedKind, at: root["kind"], "\(kind) is a kind that Skep does not know")
    }
  }

  // MARK: - Mappings

  private mutating func object(_ node: CheckedNode, _ type: ObjectType, extra: [String] = []) {
    /// Fields that misspelt keys were meant to be.
    var meant: Set<String> = []
    for entry in node.tree.entries {
      guard let field = type.fields[entry.key] else {
        if extra.contains(entry.key) { continue }
        if let name = unknown(entry, in: node, type), node.tree[name] == nil, meant.insert(name).inserted {
          spellings[CheckedNode.path(node.path, entry.key)] = name
        }
        continue
      }
      value(CheckedNode(tree: entry.value, path: CheckedNode.path(node.path, entry.key)), field.type)
    }
    for name in type.requiredNames where node[name] == nil && !meant.contains(name) {
      // What is there as a null has been told of, where a null is no value.
      if isCustom, node.tree[name] != nil { continue }
      findings.add(.missingField, at: node, "\(name) is missing", mend: "give \(CheckedNode.path(node.path, name))")
    }
    for group in type.alternatives {
      let given = group.filter { node[$0] != nil }
      guard given.count > 1 else { continue }
      findings.add(
        .exclusiveFields, at: node, "\(given.joined(separator: " and ")) exclude each other",
        mend: "keep one of them")
    }
    for rule in type.rules { check(rule, node) }
  }

  /// - Returns: the field that it was meant to be.
  private mutating func unknown(_ entry: YAMLTree.Entry, in node: CheckedNode, _ type: ObjectType) -> String? {
    let nearest = KeyDistance.nearest(to: entry.key, among: type.fieldNames)
    let known = type.fieldNames.prefix(12).joined(separator: ", ") + (type.fieldNames.count > 12 ? ", …" : "")
    findings.add(
      .unknownField, key: entry.place, path: node.path.isEmpty ? entry.key : node.path,
      "there is no field \"\(YAMLTree.shortened(entry.key))\" here",
      mend: nearest.map { "did you mean \"\($0)\"?" } ?? "known here: \(known)")
    return nearest
  }

  // MARK: - Values

  private mutating func value(_ node: CheckedNode, _ type: FieldType) {
    if node.tree.isAbsent {
      guard isCustom, !type.isNullable, !type.form.isAny else { return }
      findings.add(.nullValue, at: node, "has no value, which server-side apply refuses in a custom resource")
      return
    }
    switch type.form {
    case .any: return
    case .object(let index):
      guard case .mapping = node.tree.content else {
        let names = tables.objects[index].fieldNames
        return wrong(
          node, "a mapping",
          mend: "its fields are \(names.prefix(8).joined(separator: ", "))" + (names.count > 8 ? ", …" : ""))
      }
      object(node, tables.objects[index])
      bounded(node, node.tree.entries.count, type, "fields")
    case .map(let element):
      guard case .mapping(let entries) = node.tree.content else { return wrong(node, "a mapping") }
      bounded(node, entries.count, type, "entries")
      for entry in node.entries { value(entry.value, element) }
    case .list(let element, let keys, let isSet):
      guard case .sequence(let items) = node.tree.content else { return wrong(node, "a list") }
      bounded(node, items.count, type, "items")
      for item in node.items {
        if item.tree.isNull {
          findings.add(.wrongType, at: item, "an item of the list has no value", mend: "remove the \"-\"")
        } else {
          value(item, element)
        }
      }
      if !keys.isEmpty { uniqueKeys(node, keys) }
      if isSet { uniqueTexts(node) }
    default: scalar(node, type)
    }
    for rule in type.rules { check(rule, node) }
  }

  private mutating func scalar(_ node: CheckedNode, _ type: FieldType) {
    guard let scalar = node.tree.scalar else { return wrong(node, type.form.expectation) }
    switch (type.form, scalar) {
    case (.boolean, .boolean): return
    case (.int32, _), (.int64, _):
      guard let integer = node.integer else { return wrong(node, type.form.expectation) }
      if case .int32 = type.form, Int32(exactly: integer) == nil {
        findings.add(.outOfBounds, at: node, "\(integer) does not fit into 32 bits", mend: "write a smaller number")
      }
      bounded(node, integer, type)
    case (.number, .integer), (.number, .number):
      guard let value = node.tree.decimal else { return wrong(node, type.form.expectation) }
      if let least = type.least, value < Double(least) { outside(node, "\(value)", type) }
      if let most = type.most, value > Double(most) { outside(node, "\(value)", type) }
    case (.integerOrText, .integer), (.integerOrText, .text): return
    case (.integerOrText, .number) where node.integer != nil: return
    case (.text(.quantity), .integer), (.text(.quantity), .number): return
    case (.text(let form), .text(let text)):
      if let flaw = form.flaw(in: text) {
        findings.add(
          .wrongFormat, at: node, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)",
          mend: flaw.mend ?? "write it as the field's reference says")
      }
      bounded(node, text.unicodeScalars.count, type, "characters")
    case (.oneOf(let choices), .text(let text)):
      if choices.contains(text) { return }
      let nearest = KeyDistance.nearest(to: text, among: choices)
      let all = choices.map { $0.isEmpty ? "\"\"" : $0 }.joined(separator: ", ")
      findings.add(
        .notOneOf, at: node, "\"\(YAMLTree.shortened(text))\" is none of \(all)",
        mend: nearest.map { "did you mean \"\($0)\"?" } ?? "write one of them")
    case (.text(let form), _) where form != .plain: wrong(node, type.form.expectation, mend: form.flaw(in: "?")?.mend)
    default: wrong(node, type.form.expectation)
    }
  }

  /// - Parameter mend: made of what is expected where it is `nil`.
  private mutating func wrong(_ node: CheckedNode, _ expected: String, mend special: String? = nil) {
    var mend = special ?? "write \(expected)"
    if case .scalar(let text, let plain) = node.tree.content {
      let shown = YAMLTree.shortened(text)
      switch (expected, ScalarValue(text, plain: plain)) {
      case ("a text", _) where special == nil: mend = "put it in quotes: \"\(shown)\""
      case ("a whole number", .text), ("a number", .text), ("true or false", .text):
        if !plain, ScalarValue(text, plain: true) != .text(text) { mend = "write \(shown) without quotes" }
      default: break
      }
    }
    findings.add(.wrongType, at: node, "must be \(expected), found \(node.tree.found)", mend: mend)
  }

  // MARK: - Bounds and keys

  private mutating func bounded(_ node: CheckedNode, _ value: Int64, _ type: FieldType) {
    if type.least.map({ value < $0 }) ?? false || type.most.map({ value > $0 }) ?? false {
      outside(node, "\(value)", type)
    }
  }

  private mutating func outside(_ node: CheckedNode, _ shown: String, _ type: FieldType) {
    let bounds = [type.least.map { "\($0) at least" }, type.most.map { "\($0) at most" }].compactMap { $0 }
    findings.add(
      .outOfBounds, at: node, "\(shown) is out of bounds", mend: "write \(bounds.joined(separator: " and "))")
  }

  private mutating func bounded(_ node: CheckedNode, _ count: Int, _ type: FieldType, _ unit: String) {
    let count = Int64(count)
    if let most = type.most, count > most {
      findings.add(.outOfBounds, at: node, "has \(count) \(unit), more than \(most)", mend: "give fewer")
    } else if let least = type.least, count < least {
      findings.add(
        .outOfBounds, at: node, "has \(count) \(unit), fewer than \(least)", mend: "give more, or leave it out")
    }
  }

  /// The server merges such lists by these keys (server-side apply) and refuses one that stands twice.
  private mutating func uniqueKeys(_ node: CheckedNode, _ keys: [String]) {
    var seen: [[String]: Int] = [:]
    for (index, item) in node.items.enumerated() {
      guard case .mapping = item.tree.content else { continue }
      let values = keys.map { item[$0]?.tree.text ?? ($0 == "protocol" ? "TCP" : "") }
      guard let first = seen.updateValue(index, forKey: values) else { continue }
      let named = zip(keys, values).map { "\($0) \"\(YAMLTree.shortened($1))\"" }.joined(separator: " and ")
      findings.add(
        .duplicateKey, at: item, "\(named) stands twice, first at [\(first)]",
        mend: "give each element its own, or remove one")
    }
  }

  private mutating func uniqueTexts(_ node: CheckedNode) {
    var seen: Set<String> = []
    for item in node.items {
      guard let text = item.tree.text, !seen.insert(text).inserted else { continue }
      findings.add(.duplicateKey, at: item, "\"\(YAMLTree.shortened(text))\" stands twice", mend: "remove one")
    }
  }

  // MARK: - Rules of the definitions

  /// What the definitions of Istio say in CEL (`x-kubernetes-validations`).
  private mutating func check(_ rule: FieldType.Rule, _ node: CheckedNode) {
    switch rule {
    case .plain:
      if node.string?.contains("*") ?? false { broken(node, "cannot hold a \"*\"", "name labels in full") }
    case .plainItems:
      for entry in node.entries where entry.key.contains("*") {
        broken(entry.value, "the name of a label cannot hold a \"*\"", "name labels in full")
      }
    case .filledItems:
      for entry in node.entries where entry.key.isEmpty {
        broken(entry.value, "the name of a label cannot be empty", "name the label")
      }
    case .empty:
      if !(node.string ?? "").isEmpty { broken(node, "must be empty: references cross no namespaces", "remove it") }
    case .portKeys:
      for entry in node.entries where Int(entry.key).map({ !(1...65535).contains($0) }) ?? true {
        broken(entry.value, "\"\(YAMLTree.shortened(entry.key))\" is no port", "write a port from 1 to 65535")
      }
    case .portLevelNeedsSelector:
      if node["portLevelMtls"] != nil, node["selector"]?["matchLabels"]?.tree.entries.isEmpty ?? true {
        broken(node["portLevelMtls"] ?? node, "takes effect only with a selector", "give selector.matchLabels")
      }
    case .serviceAccountsAlone:
      let accounts = ["serviceAccounts", "notServiceAccounts"].filter { node[$0] != nil }
      let others = ["principals", "notPrincipals", "namespaces", "notNamespaces"].filter { node[$0] != nil }
      if let account = accounts.first, let other = others.first {
        broken(node, "\(account) and \(other) exclude each other", "keep one of them")
      }
    }
  }

  private mutating func broken(_ node: CheckedNode, _ message: String, _ mend: String) {
    findings.add(.exclusiveFields, at: node, message, mend: mend)
  }
}

extension FieldType.Form {
  var isAny: Bool {
    if case .any = self { return true }
    return false
  }

  /// For messages.
  var expectation: String {
    switch self {
    case .any: "anything"
    case .boolean: "true or false"
    case .int32, .int64: "a whole number"
    case .number: "a number"
    case .integerOrText: "a whole number or a text"
    case .text(.quantity): "a quantity"
    case .text, .oneOf: "a text"
    case .object, .map: "a mapping"
    case .list: "a list"
    }
  }
}
