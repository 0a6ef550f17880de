import Yams

/// What a body of YAML or JSON says.
struct DecodedBody {
  var tree: Tree

  struct Failure: Error {
    var problem: String
    /// A key is written twice, which only a strict decoder minds.
    var isDuplicate = false
  }

  private static let mostDepth = 200

  /// YAML 1.2 as far as the API server takes it: one document, tags of JSON alone.
  ///
  /// - Throws: ``Failure``.
  static func yaml(_ bytes: [UInt8]) throws(Failure) -> DecodedBody {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(problem: "the body is not UTF-8") }
    let node: Node?
    do { node = try compose(yaml: text, .basic) } catch let error as YamlError {
      let isDuplicate = if case .duplicatedKeysInMapping = error { true } else { false }
      throw Failure(problem: words(for: error), isDuplicate: isDuplicate)
    } catch { throw Failure(problem: "\(error)") }
    return DecodedBody(tree: try node.map { node throws(Failure) in try read(node, depth: 0) } ?? .null)
  }

  private static func words(for error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
      "yaml: line \(mark.line): \(problem)"
    case .duplicatedKeysInMapping(let duplicates, let context):
      "yaml: unmarshal errors:\n"
        + duplicates.map { "  line \(context.mark.line): key \"\($0)\" already set in map" }.joined(separator: "\n")
    default: "yaml: \(error)"
    }
  }

  private static func read(_ node: Node, depth: Int) throws(Failure) -> Tree {
    guard depth < mostDepth else { throw Failure(problem: "yaml: exceeded max depth of \(mostDepth)") }
    switch node {
    case .scalar(let scalar): return value(of: node, scalar)
    case .sequence(let sequence):
      var elements: [Tree] = []
      for inner in sequence { elements.append(try read(inner, depth: depth + 1)) }
      return .array(elements)
    case .mapping(let mapping):
      var members: [String: Tree] = [:]
      for (key, inner) in mapping {
        guard case .scalar(let name) = key else { throw Failure(problem: "yaml: a key that is no scalar") }
        members[name.string] = try read(inner, depth: depth + 1)
      }
      return .object(members)
    case .alias: throw Failure(problem: "yaml: an alias is left")
    }
  }

  private static func value(of node: Node, _ scalar: Node.Scalar) -> Tree {
    guard scalar.style == .any || scalar.style == .plain else { return .string(scalar.string) }
    if node.null != nil { return .null }
    if let bool = Bool.construct(from: scalar) { return .bool(bool) }
    // Sexagesimal numbers of YAML 1.1 are texts to the server.
    if scalar.string.contains(":") { return .string(scalar.string) }
    if let whole = Int.construct(from: scalar) { return .number(Double(whole)) }
    if let number = Double.construct(from: scalar), number.isFinite { return .number(number) }
    return .string(scalar.string)
  }
}
