import FleetModel

/// How elements of lists are named in paths.
enum PathElement {
  static func field(_ key: String) -> String { "f:" + key }

  /// Of an element of a list that is a map or a set; `nil` where it lacks a key.
  static func of(_ element: Tree, in kind: Schema.ListKind) -> String? {
    switch kind {
    case .atomic: return nil
    case .set: return "v:\(element)"
    case .map(let keys):
      var values: [String: Tree] = [:]
      for key in keys {
        guard let value = element[key.name] ?? key.standard else { continue }
        values[key.name] = value
      }
      return values.isEmpty ? nil : "k:\(Tree.object(values))"
    }
  }

  /// As messages write a path: `.spec.containers[name="web"].image`.
  static func text(_ path: [String]) -> String { path.map(text).joined() }

  private static func text(_ element: String) -> String {
    let body = String(element.dropFirst(2))
    if element.hasPrefix("f:") { return "." + body }
    if element.hasPrefix("v:") { return "[=\(body)]" }
    guard let json = try? JSONParser.parse(Array(body.utf8)) else { return "[\(body)]" }
    return "[" + json.members.map { "\($0.key)=\($0.value)" }.joined(separator: ",") + "]"
  }
}
