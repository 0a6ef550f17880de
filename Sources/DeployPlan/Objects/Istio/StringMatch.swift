extension Istio {
  /// How a text of a request is tested
  /// (<https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch>).
  ///
  /// Istio takes no plain text here: it is always one of the three keys.
  public enum StringMatch: Sendable, Hashable, ManifestPart {
    case exact(String)
    case prefix(String)
    /// An RE2 expression for the whole text.
    case regex(String)

    var tree: YAMLTree {
      switch self {
      case .exact(let text): YAMLMapping([("exact", .text(text))]).tree
      case .prefix(let text): YAMLMapping([("prefix", .text(text))]).tree
      case .regex(let text): YAMLMapping([("regex", .text(text))]).tree
      }
    }
  }
}
