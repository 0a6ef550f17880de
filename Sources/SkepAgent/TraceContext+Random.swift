public import FleetModel

extension TraceContext {
  /// The start of a new trace with random ids.
  public static func root(isSampled: Bool = true) -> TraceContext {
    var generator = SystemRandomNumberGenerator()
    return root(isSampled: isSampled, using: &generator)
  }

  /// The context for a new span within this trace: what goes out with a call.
  public func child() -> TraceContext {
    var generator = SystemRandomNumberGenerator()
    return child(using: &generator)
  }
}
