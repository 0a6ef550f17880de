/// What a handler or receiver throws to say how to go on; any other error is tried again after the back-off.
public struct DeliveryFailure: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Advice: Sendable, Hashable {
    /// It would fail again just the same.
    case giveUp
    /// Try again, but not before this has passed (one hour at most).
    case retry(after: Duration?)
  }

  public var reason: String
  public var advice: Advice

  public init(_ reason: String, _ advice: Advice) {
    self.reason = reason
    self.advice = advice
  }

  public var description: String { reason }
}
