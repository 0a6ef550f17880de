/// Path and query of a request, decoded (RFC 3986, and `+` for a space in the query as HTML forms write it).
struct RequestTarget: Sendable {
  /// Without the first slash; one empty segment for `/`.
  var segments: [String]
  /// As it was sent, without the question mark.
  let query: Substring
  /// Names and values as they were sent; decoded one by one as they are asked for.
  private var items: [(name: Substring, value: Substring)]

  /// - Throws: ``APIError`` if this is not a path or one that does not decode.
  init(_ target: String) throws(APIError) {
    guard target.first == "/" else {
      throw APIError(.invalidRequest, "the request target is not a path; ask for one such as /fleet/v1/overview")
    }
    let withoutFragment = target.prefix { $0 != "#" }
    let path = withoutFragment.prefix { $0 != "?" }
    var segments: [String] = []
    for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let segment = PercentEscapes.decode(part, plusIsSpace: false), !segment.utf8.contains(0) else {
        throw APIError(.invalidRequest, "the path holds a percent escape that is not UTF-8 text; escape it as UTF-8")
      }
      segments.append(segment)
    }
    self.segments = segments
    query = withoutFragment.dropFirst(path.count + 1)
    items = query.split(separator: "&").map { item in
      let name = item.prefix { $0 != "=" }
      return (name, item.dropFirst(name.count + 1))
    }
  }

  /// The checked values of `parameters`; others in the query are ignored.
  ///
  /// - Throws: ``APIError`` that names the parameter.
  func values(of parameters: [APIRoute.Parameter]) throws(APIError) -> [String: String] {
    var values: [String: String] = [:]
    for parameter in parameters where parameter.kind != .texts {
      let given = items.filter { $0.name == parameter.name }
      if given.count > 1 {
        throw APIError(.invalidRequest, "query parameter \(parameter.name) is given \(given.count) times; give it once")
      }
      guard let item = given.first else {
        values[parameter.name] = parameter.defaultValue
        continue
      }
      guard let text = PercentEscapes.decode(item.value, plusIsSpace: true) else {
        throw APIError(.invalidRequest, "query parameter \(parameter.name) is not UTF-8 text; escape it as UTF-8")
      }
      values[parameter.name] = try parameter.check(text)
    }
    return values
  }
}

extension APIRoute.Parameter {
  /// The value where the client gives none, as text.
  var defaultValue: String? {
    switch kind {
    case .integer(_, let value): value.map { "\($0)" }
    case .choice(_, let value): value
    case .text, .texts, .flag: nil
    }
  }

  /// The value in its one spelling. An empty text counts as none.
  func check(_ text: String) throws(APIError) -> String? {
    switch kind {
    case .text, .texts: return text.isEmpty ? nil : text
    case .integer(let range, _):
      if let value = Int(text), range.contains(value) { return "\(value)" }
      throw refusal(of: text, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    case .flag:
      switch text {
      case "", "1", "true": return "true"
      case "0", "false": return "false"
      default: throw refusal(of: text, expected: "true or false")
      }
    case .choice(let choices, _):
      if choices.contains(text) { return text }
      throw refusal(of: text, expected: "one of \(choices.joined(separator: ", "))")
    }
  }

  private func refusal(of text: String, expected: String) -> APIError {
    APIError(.invalidRequest, "query parameter \(name) is \"\(text.prefix(100))\"; expected \(expected)")
  }
}
