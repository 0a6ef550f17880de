import FleetModel

/// The words of the domain: names, addresses, matchers.
extension Shapes {
  static func dnsLabel(maximumLength: Int = 63) -> Shape<String> {
    looseText(pattern: NameRules.dnsLabelPattern) { NameRules.dnsLabel($0, maximumLength: maximumLength) }
  }

  static var agentID: Shape<AgentID> {
    let name = dnsLabel(maximumLength: AgentID.maximumLength)
    return Shape(
      schema: name.schema().adding([JSONTree.Member(name: "maxLength", value: .integer(AgentID.maximumLength))]),
      read: { tree, reader, path in name.read(tree, reader, path).flatMap { try? AgentID($0) } },
      write: { .string($0.name) })
  }

  static var url: Shape<String> { address(pattern: WebAddress.pattern) { WebAddress.flaw(in: $0) } }

  static var proxyURL: Shape<String> { address(pattern: WebAddress.proxyPattern, WebAddress.proxyFlaw) }

  private static func address(pattern: String, _ flaw: @escaping (String) -> Flaw?) -> Shape<String> {
    let text = text(pattern: pattern)
    return Shape(
      schema: text.schema(),
      read: { tree, reader, path in
        guard let value = text.read(tree, reader, path) else { return nil }
        guard let flaw = flaw(value) else { return value }
        reader.error(
          path, at: tree.place, "\"\(YAMLTree.shortened(WebAddress.shown(value)))\" \(flaw.problem)", mend: flaw.mend)
        return nil
      },
      write: { .string($0) })
  }

  /// A URL that is itself a credential.
  static var secretURL: Shape<SecretText> { secret(check: WebAddress.flaw) }

  /// A Go template; it may be empty. Whether it can be parsed is found where the templates that it may call are known.
  static func template(check: @escaping (String) -> Flaw? = { _ in nil }) -> Shape<String> {
    looseText(emptyAllowed: true) { text in text.contains("{{") ? nil : check(text) }
  }

  static var absolutePath: Shape<String> {
    text(pattern: "^/") { text in
      if !text.hasPrefix("/") { return Flaw("does not begin with \"/\"", mend: "write \"/\(text)\"") }
      return text.utf8.contains { $0 <= 0x20 || $0 == 0x7f } ? Flaw("holds a blank or control character") : nil
    }
  }

  static var port: Shape<Int> { integer(1...65_535) }
  static var percent: Shape<Int> { integer(1...100) }

  static var quantity: Shape<String> {
    looseText(pattern: Quantity.pattern) { text in
      guard let quantity = Quantity(text) else {
        return Flaw("is no Kubernetes quantity", mend: "write one such as 500m, 2, 256Mi or 1Gi")
      }
      return quantity.billionths > 0 ? nil : Flaw("is not above zero", mend: "give an amount such as 100m or 256Mi")
    }
  }

  static var glob: Shape<Glob> { text().mapped(Glob.init, back: \.pattern) }

  static var labels: Shape<[String: String]> {
    dictionary(looseText(emptyAllowed: true), keyPattern: NameRules.labelNamePattern, key: NameRules.labelName)
  }

  static var annotations: Shape<[String: String]> { labels }

  /// A list of matchers in Alertmanager's syntax, all of which must hold.
  static var matchers: Shape<[LabelMatcher]> {
    let one = matcherText
    let many = list(one)
    return Shape(
      schema: .object(["type": .string("array"), "items": one.schema()]),
      read: { tree, reader, path in many.read(tree, reader, path)?.flatMap { $0 } },
      write: { $0.isEmpty ? .array([]) : nil })
  }

  private static var matcherText: Shape<[LabelMatcher]> {
    let text = text()
    return Shape(
      schema: text.schema(),
      read: { tree, reader, path in
        if reader.dialect == .go, case .scalar("", _) = tree.content { return [] }
        guard let value = text.read(tree, reader, path) else { return nil }
        switch MatcherSyntax.parse(value) {
        case .success(let matchers): return matchers
        case .failure(let problem):
          reader.error(
            path, at: tree.place, "\"\(YAMLTree.shortened(value))\" \(problem.flaw.problem)", mend: problem.flaw.mend)
          return nil
        }
      })
  }

  /// The labels of a rule: a list of matchers, or a mapping of names to the values they must have.
  static var matchersOrLabels: Shape<[LabelMatcher]> {
    let list = matchers
    let mapping = entries(
      looseText(emptyAllowed: true), keyPattern: NameRules.labelNamePattern, key: NameRules.labelName)
    return Shape(
      schema: .object(["anyOf": .array([mapping.schema(), list.schema()])]),
      read: { tree, reader, path in
        if case .sequence = tree.content { return list.read(tree, reader, path) }
        return mapping.read(tree, reader, path)?.map { LabelMatcher($0.key, .equal, $0.value) }
      },
      write: { list.write($0) })
  }

  static var regularExpression: Shape<String> { text(check: PatternSyntax.flaw) }

  /// A regular expression over label values, as far as it can be compiled here.
  static var labelPattern: Shape<String> {
    looseText { text in
      if let flaw = PatternSyntax.flaw(in: text) { return flaw }
      do throws(PatternError) {
        _ = try LabelPattern(text)
        return nil
      } catch {
        return Flaw("cannot be used as a regular expression: \(error.problem)")
      }
    }
  }

  /// A mapping that is kept as it is.
  static func raw(known: [String]) -> Shape<YAMLTree> {
    Shape(
      schema: .object(["type": .string("object")]),
      read: { tree, reader, path in
        guard case .mapping(let entries) = tree.content else {
          reader.error(path, at: tree.place, "expected a mapping, found \(tree.kind)")
          return nil
        }
        for entry in entries where !known.contains(entry.key) {
          reader.error(
            path, at: entry.place, "unknown key \"\(YAMLTree.shortened(entry.key))\"",
            mend: KeyDistance.nearest(to: entry.key, among: known).map { "did you mean \"\($0)\"?" }
              ?? "an environment overlays the keys of the file itself")
        }
        return tree
      })
  }
}

extension Reader {
  /// Checks that exactly one of several keys of a mapping is given.
  func requireOne(of keys: [String], in path: String) {
    let given = keys.filter { isGiven(Path.key($0, in: path)) }
    let names = keys.map { "\"\($0)\"" }.joined(separator: ", ")
    if given.isEmpty { error(path, "needs one of \(names)", spoils: []) }
    allowOne(of: keys, in: path)
  }

  /// Checks that at most one of several keys of a mapping is given.
  func allowOne(of keys: [String], in path: String) {
    let given = keys.filter { isGiven(Path.key($0, in: path)) }
    guard given.count > 1, let last = given.last else { return }
    error(
      Path.key(last, in: path), "cannot stand beside \"\(given[0])\"", mend: "remove one of the two")
  }
}
