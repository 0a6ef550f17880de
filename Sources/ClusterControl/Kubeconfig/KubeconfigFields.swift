import DeployPlan
import Platform

/// A mapping of a kubeconfig file, with the place where it stands.
struct KubeconfigFields: Sendable {
  var tree: YAMLTree
  var file: String
  /// `users[0].user`.
  var field: String

  func error(_ key: String, _ problem: String, mend: String? = nil) -> KubeconfigError {
    let place = tree[key]?.place ?? tree.place
    return KubeconfigError(
      file: file, line: place.line, field: [field, key].filter { !$0.isEmpty }.joined(separator: "."),
      problem: problem, mend: mend)
  }

  /// Empty texts count as absent, as in Kubernetes' own reader.
  func text(_ key: String) throws(KubeconfigError) -> String? {
    guard let node = tree[key] else { return nil }
    guard case .scalar(let text, let isPlain) = node.content else { throw error(key, "must be a text") }
    return text.isEmpty || (isPlain && (text == "null" || text == "~")) ? nil : text
  }

  func flag(_ key: String) throws(KubeconfigError) -> Bool {
    switch try text(key) {
    case nil, "false", "False", "FALSE": return false
    case "true", "True", "TRUE": return true
    default: throw error(key, "must be true or false")
    }
  }

  /// `nil` where there is none.
  func mapping(_ key: String) throws(KubeconfigError) -> KubeconfigFields? {
    guard let node = tree[key], !Self.isNull(node) else { return nil }
    guard case .mapping = node.content else { throw error(key, "must be a mapping") }
    return KubeconfigFields(tree: node, file: file, field: [field, key].filter { !$0.isEmpty }.joined(separator: "."))
  }

  /// The items of a list of mappings; none where there is no list.
  func mappings(_ key: String) throws(KubeconfigError) -> [KubeconfigFields] {
    guard let node = tree[key], !Self.isNull(node) else { return [] }
    guard case .sequence(let items) = node.content else { throw error(key, "must be a list") }
    let name = [field, key].filter { !$0.isEmpty }.joined(separator: ".")
    var mappings: [KubeconfigFields] = []
    for (index, item) in items.enumerated() {
      guard case .mapping = item.content else {
        throw KubeconfigError(
          file: file, line: item.place.line, field: "\(name)[\(index)]", problem: "must be a mapping")
      }
      mappings.append(KubeconfigFields(tree: item, file: file, field: "\(name)[\(index)]"))
    }
    return mappings
  }

  func texts(_ key: String) throws(KubeconfigError) -> [String] {
    guard let node = tree[key], !Self.isNull(node) else { return [] }
    guard case .sequence(let items) = node.content else { throw error(key, "must be a list of texts") }
    var texts: [String] = []
    for item in items {
      guard case .scalar(let text, _) = item.content else { throw error(key, "must be a list of texts") }
      texts.append(text)
    }
    return texts
  }

  private static func isNull(_ node: YAMLTree) -> Bool {
    if case .scalar(let text, plain: true) = node.content { return ["", "~", "null"].contains(text) }
    return false
  }

  // MARK: Files

  /// A path of the file, which is relative to the file that names it.
  func path(_ text: String) -> String {
    if text.hasPrefix("/") { return text }
    guard let slash = file.lastIndex(of: "/") else { return text }
    return file[...slash] + text
  }

  /// Bytes that stand in the file as base64 (`KEY-data`) or in a file of their own (`KEY`); the former win.
  func bytes(_ key: String) async throws(KubeconfigError) -> [UInt8]? {
    if let text = try text(key + "-data") {
      guard let bytes = Base64.decode(text) else { throw error(key + "-data", "is not base64") }
      return bytes
    }
    guard let path = try text(key) else { return nil }
    do throws(FileError) { return try await ConnectionFile.bytes(self.path(path)) } catch {
      throw self.error(key, "\(error)")
    }
  }

  /// The field that ``bytes(_:)`` took.
  func source(_ key: String) -> String { tree[key + "-data"] != nil ? key + "-data" : key }
}
