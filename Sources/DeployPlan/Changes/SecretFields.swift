import FleetModel

/// Which fields of an object may not be shown: what a Secret holds, and the copy of it that kubectl keeps as an annotation.
enum SecretFields {
  private static let copy = "kubectl.kubernetes.io/last-applied-configuration"

  static func isSecret(_ path: FieldPath, of object: LiveObject) -> Bool {
    guard object.kind == "Secret", case .field(let first)? = path.steps.first else { return false }
    if first == "data" || first == "stringData" { return true }
    guard first == "metadata", path.steps.count > 1, case .field("annotations") = path.steps[1] else { return false }
    return path.steps.count == 2 || path.steps[2] == .field(copy)
  }

  /// - Parameter path: as the server writes it.
  static func isSecret(_ path: String, of object: LiveObject) -> Bool {
    object.kind == "Secret"
      && (path.hasPrefix(".data") || path.hasPrefix(".stringData") || path.hasPrefix(".metadata.annotations"))
  }
}

extension JSONValue {
  /// The value at a path as the API server writes it (`.spec.ports[port=80,protocol="TCP"].name`); `nil` where there is
  /// none. Keys are not quoted there, so the object says where each ends.
  func value(atServerPath path: String) -> JSONValue? {
    var value = self
    var rest = path[...]
    while !rest.isEmpty {
      switch value {
      case .object(let members):
        guard rest.hasPrefix(".") else { return nil }
        let name = rest.dropFirst()
        // The longest key that fits: `app` is no part of `app.kubernetes.io/name`.
        let fitting = members.filter { member in
          guard name.hasPrefix(member.key) else { return false }
          let end = name.dropFirst(member.key.count).first
          return end == nil || end == "." || end == "["
        }
        guard let member = fitting.max(by: { $0.key.utf8.count < $1.key.utf8.count }) else { return nil }
        rest = name.dropFirst(member.key.count)
        value = member.value
      case .array(let items):
        let fitting = items.compactMap { item in Self.bracket(of: item, in: rest).map { (item, $0) } }
        guard let (item, length) = fitting.max(by: { $0.1 < $1.1 }) else { return nil }
        value = item
        rest = rest.dropFirst(length)
      default: return nil
      }
    }
    return value
  }

  /// How long the bracket at the beginning of `text` is if it names `item` by some of its fields, or by its value.
  private static func bracket(of item: JSONValue, in text: Substring) -> Int? {
    let own = "[=\(item)]"
    if text.hasPrefix(own) { return own.count }
    guard text.hasPrefix("["), case .object(let members) = item else { return nil }
    var rest = text.dropFirst()
    while true {
      let key = members.first { member in
        let pair = "\(member.key)=\(member.value)"
        guard rest.hasPrefix(pair) else { return false }
        let end = rest.dropFirst(pair.count).first
        return end == "," || end == "]"
      }
      guard let key else { return nil }
      rest = rest.dropFirst("\(key.key)=\(key.value)".count)
      guard let end = rest.popFirst() else { return nil }
      if end == "]" { return text.count - rest.count }
    }
  }
}
