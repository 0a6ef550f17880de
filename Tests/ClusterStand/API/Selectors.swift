/// Which objects a list or watch is about: labels and fields.
struct Selection: Sendable {
  private enum Term: Sendable {
    case exists(String)
    case lacks(String)
    case isIn(String, Set<String>)
    case isNotIn(String, Set<String>)
  }

  private var labels: [Term] = []
  private var fields: [(path: [String], value: String, isEqual: Bool)] = []

  var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

  /// - Throws: 400 as the server words it.
  init(labelSelector: String, fieldSelector: String, _ resource: Resource) throws(StatusError) {
    labels = try Self.labels(labelSelector)
    for term in fieldSelector.split(separator: ",") {
      let isEqual = !term.contains("!=")
      let pair = term.split(separator: isEqual ? "=" : "!", maxSplits: 1, omittingEmptySubsequences: true)
      let key = pair.first.map(String.init) ?? ""
      let value = pair.count > 1 ? pair[1].drop { $0 == "=" } : ""
      guard let path = Self.fields(of: resource)[key] else {
        let known = Self.fields(of: resource).keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        throw .badRequest("\"\(key)\" is not a known field selector: only \(known)")
      }
      fields.append((path, String(value), isEqual))
    }
  }

  /// Of a selector within an object; nothing given selects nothing.
  init(matching selector: Tree?) {
    guard let selector else {
      labels = [.isIn("", [])]
      return
    }
    for (key, value) in selector["matchLabels"]?.texts ?? [:] { labels.append(.isIn(key, [value])) }
    for expression in selector["matchExpressions"]?.elements ?? [] {
      let key = expression["key"]?.string ?? ""
      let values = Set((expression["values"]?.elements ?? []).compactMap(\.string))
      switch expression["operator"]?.string {
      case "In": labels.append(.isIn(key, values))
      case "NotIn": labels.append(.isNotIn(key, values))
      case "Exists": labels.append(.exists(key))
      default: labels.append(.lacks(key))
      }
    }
  }

  private static func fields(of resource: Resource) -> [String: [String]] {
    var fields = ["metadata.name": ["metadata", "name"]]
    if resource.isNamespaced { fields["metadata.namespace"] = ["metadata", "namespace"] }
    let more: [String]
    switch resource.kind {
    case "Pod":
      more = [
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.nominatedNodeName",
      ]
    case "Event":
      more =
        ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"].map {
          "involvedObject.\($0)"
        } + ["reason", "reportingComponent", "source", "type"]
    case "Namespace": more = ["status.phase"]
    case "Secret": more = ["type"]
    case "ReplicaSet": more = ["status.replicas"]
    default: more = []
    }
    for key in more { fields[key] = key.split(separator: ".").map(String.init) }
    return fields
  }

  func matches(_ object: Tree) -> Bool {
    let own = object["metadata"]?["labels"]?.texts ?? [:]
    for term in labels {
      let fits =
        switch term {
        case .exists(let key): own[key] != nil
        case .lacks(let key): own[key] == nil
        case .isIn(let key, let values): own[key].map { values.contains($0) } ?? false
        case .isNotIn(let key, let values): own[key].map { !values.contains($0) } ?? true
        }
      if !fits { return false }
    }
    return fields.allSatisfy { field in
      let found = field.path.reduce(Optional(object)) { $0?[$1] }
      let text = found?.string ?? found.map { $0.isNull ? "" : $0.description } ?? ""
      return (text == field.value) == field.isEqual
    }
  }

  /// `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
  private static func labels(_ text: String) throws(StatusError) -> [Term] {
    var terms: [Term] = []
    var rest = text[...]
    func isDelimiter(_ character: Character) -> Bool { "=!,() ".contains(character) }
    func skip() { rest = rest.drop { $0 == " " } }
    func word() -> String {
      skip()
      let word = rest.prefix { !isDelimiter($0) }
      rest = rest.dropFirst(word.count)
      skip()
      return String(word)
    }
    func list() throws(StatusError) -> Set<String> {
      skip()
      guard rest.first == "(" else {
        throw .badRequest("unable to parse requirement: found '\(word())' expected: '('")
      }
      rest = rest.dropFirst()
      var values: Set<String> = [word()]
      while rest.first == "," {
        rest = rest.dropFirst()
        values.insert(word())
      }
      guard rest.first == ")" else {
        throw .badRequest("unable to parse requirement: found '\(rest)', expected: ',', or ')'")
      }
      rest = rest.dropFirst()
      skip()
      return values
    }
    skip()
    while !rest.isEmpty {
      if rest.first == "!" {
        rest = rest.dropFirst()
        terms.append(.lacks(word()))
      } else {
        let key = word()
        guard !key.isEmpty else {
          throw .badRequest(
            "unable to parse requirement: found '\(rest.first.map(String.init) ?? "")', expected: !, identifier, or 'end of string'"
          )
        }
        if rest.isEmpty || rest.first == "," {
          terms.append(.exists(key))
        } else if rest.hasPrefix("!=") {
          rest = rest.dropFirst(2)
          terms.append(.isNotIn(key, [word()]))
        } else if rest.first == "=" {
          rest = rest.drop { $0 == "=" }
          terms.append(.isIn(key, [word()]))
        } else {
          switch word() {
          case "in": terms.append(.isIn(key, try list()))
          case "notin": terms.append(.isNotIn(key, try list()))
          case let other:
            throw .badRequest("unable to parse requirement: found '\(other)', expected: in, notin, =, ==, !=, gt, lt")
          }
        }
      }
      if rest.isEmpty { break }
      guard rest.first == "," else {
        throw .badRequest("unable to parse requirement: found '\(rest)', expected: ',' or 'end of string'")
      }
      rest = rest.dropFirst()
      skip()
    }
    return terms
  }
}
