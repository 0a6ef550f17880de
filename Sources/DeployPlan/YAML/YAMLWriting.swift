import Yams

/// Writes a ``YAMLTree`` as YAML again, in the order of the file, without its comments.
enum YAMLWriting {
  /// What stands for a scalar, given the keys that lead to it and where it stands; `nil` leaves it.
  typealias Replacement = (_ path: [String], _ place: YAMLTree.Place, _ text: String) -> String?

  /// - Returns: `nil` if the tree cannot be written.
  static func text(of tree: YAMLTree, replacement: Replacement = { _, _, _ in nil }) -> String? {
    // Lines are not folded: a URL or an expression should stand as it was written.
    try? Yams.serialize(node: node(tree, [], replacement), width: -1, allowUnicode: true)
  }

  /// The parser bounds how deep a tree is.
  private static func node(_ tree: YAMLTree, _ path: [String], _ replacement: Replacement) -> Node {
    switch tree.content {
    case .scalar(let text, let plain):
      if let other = replacement(path, tree.place, text) { return .scalar(Node.Scalar(other, Tag(.implicit), .plain)) }
      let style: Node.Scalar.Style = plain ? .plain : text.contains(where: \.isNewline) ? .literal : .doubleQuoted
      return .scalar(Node.Scalar(text, Tag(.implicit), style))
    case .sequence(let elements):
      return .sequence(Node.Sequence(elements.map { node($0, path, replacement) }, Tag(.implicit), .block))
    case .mapping(let entries):
      let pairs = entries.map { entry in
        (
          Node.scalar(Node.Scalar(entry.key, Tag(.implicit), .any)),
          node(entry.value, path + [entry.key], replacement)
        )
      }
      return .mapping(Node.Mapping(pairs, Tag(.implicit), .block))
    }
  }
}
