/// How much a span may hold. What goes beyond is left out and counted in the span itself, so that whoever looks at it knows.
public struct SpanLimits: Sendable, Hashable {
  /// Of a span, an event or a link.
  public var attributes = 128
  public var attributesPerEvent = 128
  public var attributesPerLink = 128
  public var events = 128
  public var links = 128
  /// Characters (Unicode scalars); longer text is cut. OpenTelemetry knows no such bound by default; here there is one, so that
  /// a queue of spans has a bound in bytes as well.
  public var valueLength = 65_536

  public init() {}

  /// Text no longer than ``valueLength``.
  func cut(_ text: String) -> String {
    guard text.utf8.count > valueLength else { return text }
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: valueLength, limitedBy: scalars.endIndex) else {
      return text
    }
    return String(scalars[..<end])
  }
}
