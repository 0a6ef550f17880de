public import FleetModel

extension YAMLTree {
  /// Parses one YAML document. O(bytes).
  ///
  /// - Returns: the tree, `nil` where the document cannot be read at all, and everything that is wrong with it, each with its place.
  public static func parse(_ text: String) -> (tree: YAMLTree?, diagnostics: [Diagnostic]) {
    let parsing = YAMLParsing(text, emptyMend: "write the document, or name another file")
    return (parsing.tree, parsing.diagnostics)
  }
}

extension YAMLTree {
  /// A mapping without entries, for what a document leaves out.
  public static func emptyMapping(at place: Place) -> YAMLTree { YAMLTree(content: .mapping([]), place: place) }
}
