/// A line of what people read, and what it means; whoever prints it gives meanings their colours.
public struct StyledLine: Sendable, Hashable {
  public enum Tone: String, Sendable, Hashable, CaseIterable {
    case plain
    case heading
    case added
    case changed
    case removed
    case good
    case bad
    case warning
    /// What may be passed over.
    case quiet
  }

  public var tone: Tone
  public var text: String

  public init(_ text: String, _ tone: Tone = .plain) {
    self.text = text
    self.tone = tone
  }

  /// `1 pod`, `2 pods`.
  static func count(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
  }
}
