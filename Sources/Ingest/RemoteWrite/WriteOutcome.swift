/// What became of the samples, native histograms and exemplars of one write request. The good ones are taken whatever the
/// others are.
public struct WriteOutcome: Sendable, Hashable {
  public enum Reason: String, Sendable, CaseIterable {
    /// Labels that cannot be those of a series, or a native histogram that cannot be one.
    case invalid
    /// Labels beyond a limit, or a series more than the store may hold.
    case limit
    /// The series of an agent that the sender may not act for.
    case forbidden
    case outOfOrder = "out_of_order"
    /// Another value than the one that is stored of that time.
    case duplicate
    case future
    /// Exemplars, where none are kept.
    case unsupported
  }

  /// Samples.
  public var written = 0
  /// Native histograms.
  public var histogramsWritten = 0
  /// Exemplars, those among them that were there already.
  public var exemplarsWritten = 0
  public private(set) var refused: [Reason: Int] = [:]
  /// Of the first that was refused, in words.
  public private(set) var firstRefusal: String?

  public init() {}

  public var refusedCount: Int { refused.values.reduce(0, +) }

  mutating func refuse(_ reason: Reason, _ count: Int, _ words: @autoclosure () -> String) {
    if count == 0 { return }
    refused[reason, default: 0] += count
    if firstRefusal == nil { firstRefusal = words() }
  }
}

/// Why nothing, or nothing more, of a request was taken.
public enum WriteRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// Not what remote write, or OTLP, sends.
  case malformed(String)
  case tooLarge(limit: Int)
  /// The store takes nothing at present: the sender should send all of it again. So many samples and native
  /// histograms of the request were taken before, and are not taken twice.
  case storage(String, written: Int = 0, histogramsWritten: Int = 0)

  public var description: String {
    switch self {
    case .malformed(let problem): problem
    case .tooLarge(let limit): "the message has more than \(limit) bytes; send less or raise limits.body_size"
    case .storage(let problem, _, _): problem
    }
  }
}
