/// The two ways in which OTLP's messages travel over HTTP
/// (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>); gRPC uses ``protobuf``.
public enum OTLPEncoding: Sendable, Hashable, CaseIterable {
  case protobuf
  case json

  /// Reads the header `content-type`, whatever its case and parameters.
  ///
  /// - Returns: `nil` for a type that OTLP does not use: answer 415.
  public init?(contentType: String) {
    let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 != 0x20 && $0 != 0x09 }
    switch String(decoding: type, as: UTF8.self).lowercased() {
    case "application/x-protobuf", "application/protobuf": self = .protobuf
    case "application/json": self = .json
    default: return nil
    }
  }

  /// What an answer in this encoding says of itself: the same as the request.
  public var contentType: String {
    switch self {
    case .protobuf: "application/x-protobuf"
    case .json: "application/json"
    }
  }
}

/// What a request carries.
public enum OTLPSignal: Sendable, Hashable, CaseIterable {
  case traces
  case metrics

  /// Where OTLP/HTTP posts it.
  public var path: String {
    switch self {
    case .traces: "/v1/traces"
    case .metrics: "/v1/metrics"
    }
  }
}

/// What one span or data point may have; what has more is refused, and the rest of its request kept.
public struct OTLPLimits: Sendable, Hashable {
  /// Bytes of a name, a key, a message or a value.
  public var textBytes: Int
  /// Attributes of a span with its events and links, of a data point or of a resource.
  public var attributes: Int
  /// Events of a span.
  public var events: Int
  /// Links of a span.
  public var links: Int
  /// How deep lists may be nested within the value of an attribute.
  public var depth: Int
  /// Buckets or quantiles of a data point.
  public var buckets: Int
  /// Bytes that the series of one request with metrics may take: a histogram's repeat its labels with every bucket.
  public var writtenBytes: Int
  /// Spans, or metrics and their points, of a request, good or bad, with their resources and scopes.
  public var records: Int

  public init(
    textBytes: Int = 256 << 10, attributes: Int = 2048, events: Int = 4096, links: Int = 1024, depth: Int = 32,
    buckets: Int = 2048, writtenBytes: Int = 64 << 20, records: Int = 500_000
  ) {
    self.textBytes = textBytes
    self.attributes = attributes
    self.events = events
    self.links = links
    self.depth = depth
    self.buckets = buckets
    self.writtenBytes = writtenBytes
    self.records = records
  }
}

/// Why nothing of a request can be used: answer 400, and the sender must not send it again.
public struct OTLPError: Error, Sendable, Hashable, CustomStringConvertible {
  public var description: String

  init(_ fault: WireFault) { description = fault.description }
  init(_ error: ExpositionError) { description = error.description }
}

/// The spans or data points of a request that were refused while the rest was taken: OTLP's partial success.
public struct OTLPRejections: Sendable, Hashable {
  public private(set) var count = 0
  /// How many of them because they have more of something than ``OTLPLimits`` allows.
  public private(set) var overLimit = 0
  /// Of the first, in words.
  public private(set) var first: String?

  public init() {}

  public var isEmpty: Bool { count == 0 }

  /// - Parameter words: what is wrong with the first of them and how to mend it; asked for once.
  public mutating func add(_ count: Int = 1, overLimit: Bool = false, _ words: @autoclosure () -> String) {
    if count <= 0 { return }
    self.count += count
    if overLimit { self.overLimit += count }
    if first == nil { first = words() }
  }

  public mutating func add(_ others: OTLPRejections) {
    guard let words = others.first else { return }
    add(others.count, words)
    overLimit += others.overLimit
  }

  /// For the field `error_message`; empty where nothing was refused.
  public func message(of signal: OTLPSignal) -> String {
    guard let first else { return "" }
    let noun = signal == .traces ? "span" : "data point"
    return count == 1 ? "1 \(noun) was refused: \(first)" : "\(count) \(noun)s were refused; the first: \(first)"
  }
}
