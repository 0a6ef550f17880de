/// What became of the spans of one request. The good ones are taken whatever the others are.
public struct SpanOutcome: Sendable, Hashable {
  /// Why a span was refused; `rawValue` is the label `reason` of `skep_span_intake_refused_total`.
  public enum Reason: String, Sendable, CaseIterable {
    /// What no span can be: an id of zeros, an end before the start. The decoder found it.
    case invalid
    /// More of something than ``SpanLimits`` allows.
    case limit
    /// Of an agent that the sender may not act for.
    case forbidden
    /// Ended longer ago than spans are kept.
    case old
    /// Begins or ends further ahead than any clock can be wrong.
    case future
  }

  public var taken = 0
  public private(set) var refused: [Reason: Int] = [:]
  /// Where in the batch those stood that ``SpanIntake`` refused, ascending.
  public internal(set) var refusedPositions: [Int] = []
  /// Of the first that was refused, in words.
  public private(set) var firstRefusal: String?

  public init() {}

  public var refusedCount: Int { refused.values.reduce(0, +) }

  public mutating func refuse(_ reason: Reason, _ count: Int = 1, _ words: @autoclosure () -> String) {
    if count == 0 { return }
    refused[reason, default: 0] += count
    if firstRefusal == nil { firstRefusal = words() }
  }

  /// For senders: how many of which kind were refused, and the first of them; empty where none was.
  public var explanation: String {
    guard let firstRefusal else { return "" }
    let kinds = refused.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
    let whole = taken + refusedCount
    return "\(refusedCount) of \(whole) spans refused (\(kinds.joined(separator: ", "))); the first: \(firstRefusal)"
  }
}

/// Why nothing of a request was taken.
public enum SpanRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// The store takes nothing at present: the sender should send all of it again.
  case storage(String)
  /// The sender may not act for the span's agent.
  case forbidden(String)
  /// No span in flight has this id.
  case unknown(String)
  /// The span has ended already.
  case finished(String)
  case malformed(String)

  public var description: String {
    switch self {
    case .storage(let problem), .forbidden(let problem), .unknown(let problem), .finished(let problem),
      .malformed(let problem):
      problem
    }
  }
}
