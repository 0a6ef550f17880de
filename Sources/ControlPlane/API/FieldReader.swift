import FleetModel

/// Takes the fields of a JSON object one by one and gathers every problem instead of stopping at the first.
struct FieldReader {
  private let fields: [String: JSONValue]
  private(set) var missing: [String] = []
  private(set) var problems: [String] = []

  init(_ document: JSONValue) throws(APIError) {
    guard case .object(let members) = document else {
      throw APIError(.invalidRequest, "the body is \(document.kind); send an object in braces")
    }
    fields = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
  }

  func has(_ key: String) -> Bool { self.value(key) != nil }

  /// `null` counts as absent.
  private func value(_ key: String) -> JSONValue? { fields[key].flatMap { $0 == .null ? nil : $0 } }

  mutating func add(problem: String) { problems.append(problem) }

  mutating func require(_ key: String) { if !has(key) { missing.append(key) } }

  /// Reports fields that nothing reads, with the nearest known name.
  mutating func refuseOthers(than known: [String]) {
    for key in fields.keys.sorted() where !known.contains(key) {
      let nearest = known.map { ($0, EditDistance.between(key, $0)) }.filter { $0.1 <= 3 }.min { $0.1 < $1.1 }
      problems.append("unknown key \"\(key)\"" + (nearest.map { "; did you mean \"\($0.0)\"?" } ?? ""))
    }
  }

  private mutating func wrong(_ key: String, _ value: JSONValue, expected: String) {
    problems.append("\(key) is \(value.kind); expected \(expected)")
  }

  mutating func string(_ key: String) -> String? {
    guard let value = value(key) else { return nil }
    if case .string(let text) = value {
      if !text.isEmpty { return text }
      problems.append("\(key) is empty; leave it out or give it a value")
    } else {
      wrong(key, value, expected: "a string")
    }
    return nil
  }

  mutating func number(_ key: String) -> Double? {
    guard let value = value(key) else { return nil }
    if case .number(let number) = value { return number }
    wrong(key, value, expected: "a number")
    return nil
  }

  mutating func integer<Value: FixedWidthInteger>(_ key: String, in range: ClosedRange<Value>) -> Value? {
    guard let number = number(key) else { return nil }
    if let value = Value(exactly: number), range.contains(value) { return value }
    problems.append(
      "\(key) is \(JSONValue.number(number)); expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  mutating func duration(_ key: String) -> Duration? {
    guard let value = value(key) else { return nil }
    guard case .string(let text) = value else {
      wrong(key, value, expected: "a duration in double quotes such as \"5m\"")
      return nil
    }
    if let duration = PrometheusDuration.parse(text) { return duration }
    problems.append("\(key) \"\(text)\" is not a duration; write one such as \"30s\", \"5m\" or \"1h30m\"")
    return nil
  }

  mutating func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, of type: Value.Type) -> Value? {
    guard let text = string(key) else { return nil }
    if let value = Value(rawValue: text) { return value }
    let known = Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    problems.append("\(key) \"\(text)\" is unknown; expected one of \(known)")
    return nil
  }

  mutating func list(_ key: String) -> [String]? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value else {
      wrong(key, value, expected: "an array of strings")
      return nil
    }
    return elements.enumerated().compactMap { index, element in
      if case .string(let text) = element { return text }
      problems.append("\(key)[\(index)] is \(element.kind); expected a string")
      return nil
    }
  }

  mutating func strings(_ key: String) -> [String: String]? {
    guard let value = value(key) else { return nil }
    guard case .object(let members) = value else {
      wrong(key, value, expected: "an object of strings")
      return nil
    }
    var result: [String: String] = [:]
    for member in members {
      if case .string(let text) = member.value {
        result[member.key] = text
      } else {
        wrong("\(key).\(member.key)", member.value, expected: "a string")
      }
    }
    return result
  }

  /// The value as it stands, for fields with more than one form.
  func raw(_ key: String) -> JSONValue? { value(key) }

  /// Throws everything gathered as one refusal.
  ///
  /// - Parameter subject: what the body is to be, such as `rule`.
  func finish(_ subject: String) throws(APIError) {
    let details = missing.map { "\($0) is missing" } + problems
    if details.isEmpty { return }
    let message =
      missing.isEmpty
      ? "the \(subject) is not valid: \(details.joined(separator: "; "))"
      : "the \(subject) lacks \(missing.joined(separator: ", "))"
        + (problems.isEmpty ? "" : "; and \(problems.joined(separator: "; "))")
    throw APIError(.invalidRequest, message, details: details)
  }
}

/// How many single edits lead from one word to another (Levenshtein).
enum EditDistance {
  /// O(n × m); words of more than 64 bytes count as far from everything.
  static func between(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    guard left.count <= 64, right.count <= 64 else { return 64 }
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
