import FleetModel

/// Text, numbers and choices.
enum Shapes {
  /// A string. A plain number or boolean is refused: YAML would have changed it in other programs.
  static func text(
    pattern: String? = nil, emptyAllowed: Bool = false, check: @escaping (String) -> Flaw? = { _ in nil }
  ) -> Shape<String> {
    Shape(
      schema: textSchema(["string"], pattern: pattern, emptyAllowed: emptyAllowed),
      read: { tree, reader, path in
        guard case .scalar(let text, let plain) = tree.content else {
          reader.error(path, at: tree.place, "expected a text, found \(tree.kind)")
          return nil
        }
        if plain, reader.dialect == .skep,
          YAMLTree.isBoolean(text) || YAMLNumber.looksNumeric(text) || YAMLTree.isNull(text)
        {
          reader.error(path, at: tree.place, "expected a text, found \(tree.kind)", mend: "write \"\(text)\" in quotes")
          return nil
        }
        return checked(text, emptyAllowed, check, tree, reader, path)
      },
      write: { .string($0) })
  }

  /// A string where a bare number or boolean is taken as it is written: `tag: 1.10` is the text `1.10`.
  static func looseText(
    pattern: String? = nil, emptyAllowed: Bool = false, check: @escaping (String) -> Flaw? = { _ in nil }
  ) -> Shape<String> {
    Shape(
      schema: textSchema(["string", "number", "boolean"], pattern: pattern, emptyAllowed: emptyAllowed),
      read: { tree, reader, path in
        guard case .scalar(let text, _) = tree.content, !tree.isNull else {
          reader.error(path, at: tree.place, "expected a text, found \(tree.kind)")
          return nil
        }
        return checked(text, emptyAllowed, check, tree, reader, path)
      },
      write: { .string($0) })
  }

  private static func textSchema(_ types: [String], pattern: String?, emptyAllowed: Bool) -> JSONTree {
    var schema: JSONTree = .object([
      "type": types.count == 1 ? .string(types[0]) : .strings(types)
    ])
    if !emptyAllowed { schema = schema.adding([JSONTree.Member(name: "minLength", value: .integer(1))]) }
    if let pattern { schema = schema.adding([JSONTree.Member(name: "pattern", value: .string(pattern))]) }
    return schema
  }

  private static func checked(
    _ text: String, _ emptyAllowed: Bool, _ check: (String) -> Flaw?, _ tree: YAMLTree, _ reader: Reader, _ path: String
  ) -> String? {
    if text.isEmpty, !emptyAllowed {
      reader.error(path, at: tree.place, "is empty", mend: "give it a text or remove the key")
      return nil
    }
    if let flaw = check(text) {
      reader.error(path, at: tree.place, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)", mend: flaw.mend)
      return nil
    }
    return text
  }

  /// A value that no message ever shows.
  static func secret(check: @escaping (String) -> Flaw? = { _ in nil }) -> Shape<SecretText> {
    Shape(
      schema: textSchema(["string"], pattern: nil, emptyAllowed: false),
      read: { tree, reader, path in
        guard case .scalar(let text, _) = tree.content, !tree.isNull, !text.isEmpty else {
          reader.error(path, at: tree.place, "expected a text, found \(tree.kindWithoutValue)")
          return nil
        }
        reader.note(secretAt: tree.place, text: text)
        if let flaw = check(text) {
          reader.error(path, at: tree.place, "the value (not shown) \(flaw.problem)", mend: flaw.mend)
          return nil
        }
        return SecretText(text)
      })
  }

  static func integer(_ range: ClosedRange<Int>) -> Shape<Int> {
    Shape(
      schema: .object([
        "type": .string("integer"), "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
      ]),
      read: { tree, reader, path in
        guard case .scalar(let text, plain: true) = tree.content, YAMLNumber.looksNumeric(text) else {
          var mend: String? = "give a whole number from \(range.lowerBound) to \(range.upperBound)"
          if case .scalar(let text, plain: false) = tree.content, YAMLNumber.integer(text) != nil {
            mend = "write \(text) without quotes"
          }
          reader.error(path, at: tree.place, "expected a whole number, found \(tree.kind)", mend: mend)
          return nil
        }
        guard let value = YAMLNumber.integer(text), range.contains(value) else {
          let problem =
            text.utf8.contains { $0 == 46 || $0 | 0x20 == 101 } ? "is not a whole number" : "is out of range"
          reader.error(
            path, at: tree.place, "\(YAMLTree.shortened(text)) \(problem)",
            mend: "give a whole number from \(range.lowerBound) to \(range.upperBound)")
          return nil
        }
        return value
      },
      write: { .integer($0) })
  }

  static func number(_ range: ClosedRange<Double>? = nil) -> Shape<Double> {
    var members: [JSONTree.Member] = [JSONTree.Member(name: "type", value: .string("number"))]
    if let range {
      members.append(JSONTree.Member(name: "minimum", value: .number(range.lowerBound)))
      members.append(JSONTree.Member(name: "maximum", value: .number(range.upperBound)))
    }
    let schema = JSONTree.object(members)
    return Shape(
      schema: schema,
      read: { tree, reader, path in
        guard case .scalar(let text, plain: true) = tree.content, let value = YAMLNumber.decimal(text) else {
          reader.error(path, at: tree.place, "expected a number, found \(tree.kind)", mend: "give a number such as 0.5")
          return nil
        }
        if let range, !range.contains(value) {
          reader.error(
            path, at: tree.place, "\(YAMLTree.shortened(text)) is out of range",
            mend: "give a number from \(trimmed(range.lowerBound)) to \(trimmed(range.upperBound))")
          return nil
        }
        return value
      },
      write: { .number($0) })
  }

  /// `100` for 100.0.
  static func trimmed(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return "\(whole)" }
    return "\(value)"
  }

  static var boolean: Shape<Bool> {
    Shape(
      schema: .object(["type": .string("boolean")]),
      read: { tree, reader, path in
        if case .scalar(let text, plain: true) = tree.content, YAMLTree.isBoolean(text) {
          return text.utf8.first.map { $0 | 0x20 } == UInt8(ascii: "t")
        }
        if reader.dialect == .go, case .scalar(let text, plain: true) = tree.content,
          let value = YAMLTree.oldBooleans[text.lowercased()]
        {
          return value
        }
        reader.error(path, at: tree.place, "expected true or false, found \(tree.kind)", mend: "write true or false")
        return nil
      },
      write: { .boolean($0) })
  }

  static func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type = Choice.self
  ) -> Shape<Choice> where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    return Shape(
      schema: .object(["enum": .strings(names)]),
      read: { tree, reader, path in
        guard case .scalar(let text, _) = tree.content else {
          reader.error(
            path, at: tree.place, "expected one of \(names.joined(separator: ", ")), found \(tree.kind)")
          return nil
        }
        if let value = Choice(rawValue: text) { return value }
        let mend =
          KeyDistance.nearest(to: text, among: names).map { "did you mean \"\($0)\"?" }
          ?? "give one of \(names.joined(separator: ", "))"
        reader.error(path, at: tree.place, "\"\(YAMLTree.shortened(text))\" is not known here", mend: mend)
        return nil
      },
      write: { .string($0.rawValue) })
  }

  /// A Prometheus duration within `range`.
  static func duration(_ range: ClosedRange<Duration> = .zero ... .seconds(100 * 365 * 86_400)) -> Shape<Duration> {
    Shape(
      schema: .object([
        "type": .strings(["string", "integer"]), "minimum": .integer(0), "maximum": .integer(0),
        "minLength": .integer(1),
        "pattern": .string("^(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$"),
      ]),
      read: { tree, reader, path in
        guard case .scalar(let text, _) = tree.content, !tree.isNull else {
          reader.error(path, at: tree.place, "expected a duration, found \(tree.kind)", mend: "write one such as 30s")
          return nil
        }
        guard let duration = PrometheusDuration.parse(text) else {
          let shown = YAMLTree.shortened(text)
          let mend =
            YAMLNumber.integer(text).map { $0 >= 0 } == true
            ? "write \(shown)s for seconds" : "write one such as 30s, 5m or 1h30m (units y w d h m s ms, in this order)"
          reader.error(path, at: tree.place, "\"\(shown)\" is not a duration", mend: mend)
          return nil
        }
        guard range.contains(duration) else {
          reader.error(
            path, at: tree.place, "\(YAMLTree.shortened(text)) is out of range",
            mend: "give a duration from \(PrometheusDuration.format(range.lowerBound)) to "
              + PrometheusDuration.format(range.upperBound))
          return nil
        }
        return duration
      },
      write: { .string(PrometheusDuration.format($0)) })
  }

  /// A duration that must not be zero.
  static var positiveDuration: Shape<Duration> { duration(.milliseconds(1) ... .seconds(100 * 365 * 86_400)) }

  static var byteSize: Shape<UInt64> {
    Shape(
      schema: .object([
        "type": .strings(["string", "integer"]), "minimum": .integer(1), "pattern": .string(ByteSize.pattern),
      ]),
      read: { tree, reader, path in
        guard case .scalar(let text, _) = tree.content, let size = ByteSize.parse(text), size > 0 else {
          reader.error(
            path, at: tree.place, "expected a size, found \(tree.kind)",
            mend: "write one such as 512MiB or 10GiB (B, KiB, MiB, GiB, TiB)")
          return nil
        }
        return size
      },
      write: { .string(ByteSize.format($0)) })
  }

  /// A whole number that is a count of at least one.
  static var count: Shape<Int> { integer(1...1_000_000_000) }
}
