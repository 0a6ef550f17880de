public import SystemPackage

/// What a ``DurableStore`` keeps, how much and how safely.
public struct StoreConfiguration: Sendable {
  /// The store's own directory; nothing else is in it.
  public var directory: FilePath
  /// Between two syncs of the log; `nil`: before every acknowledgement.
  public var syncInterval: Duration? = .seconds(1)
  public var retention: Duration = .seconds(15 * 86_400)
  /// Bytes of blocks, log and checkpoint together; `nil`: no bound.
  public var maximumBytes: UInt64?
  public var maximumSeries = 5_000_000
  /// How much older than the newest sample of its series a sample may be.
  public var outOfOrderWindow: Duration = .seconds(600)
  /// A series without samples is forgotten this long after its last append.
  public var seriesLifetime: Duration = .seconds(15 * 60)
  /// Seeds the hash of labels; `nil`: another one for each store.
  public var hashSeed: UInt64?

  public init(directory: FilePath) { self.directory = directory }
}

/// What happened in the store that its operator wants to read in the log.
public struct StoreEvent: Sendable, Hashable {
  public enum Level: Sendable, Hashable { case debug, info, warning, error }

  public var level: Level
  /// One line, with the mend where there is one.
  public var message: String
  /// Names and numbers for a structured log.
  public var fields: [String: String]

  public init(_ level: Level, _ message: String, _ fields: [String: String] = [:]) {
    self.level = level
    self.message = message
    self.fields = fields
  }
}

public enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The directory cannot be used at all.
  case file(String)
  /// Written by a later version, or not by Skep.
  case format(path: FilePath, reason: String)
  case closed
  case invalid(String)

  public var description: String {
    switch self {
    case .file(let text): text
    case .format(let path, let reason): "\(path): \(reason)"
    case .closed: "the store is closed"
    case .invalid(let text): text
    }
  }
}
