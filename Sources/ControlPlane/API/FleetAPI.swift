public import FleetModel

/// The messages of `/fleet/v1`, as they stand on the wire: snake_case keys, times in RFC 3339 UTC.
///
/// Answers are encoded and requests decoded by ``FleetJSON``; keys may be added in later versions, so readers ignore those
/// they do not know.
public enum FleetAPI {
  /// A moment on the wire: `"2026-11-23T01:02:03.004Z"`.
  public struct Time: Codable, Sendable, Hashable {
    public var timestamp: Timestamp

    public init(_ timestamp: Timestamp) { self.timestamp = timestamp }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      let text = try container.decode(String.self)
      guard let timestamp = RFC3339.parse(text) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not an RFC 3339 time")
      }
      self.timestamp = timestamp
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(RFC3339.format(timestamp))
    }
  }

  /// What every refusal looks like: `{"error":{"code","message","details"}}`.
  public struct ErrorEnvelope: Codable, Sendable, Hashable, Error {
    public var error: Failure

    public struct Failure: Codable, Sendable, Hashable {
      /// A word for programs, such as `not_found`.
      public var code: String
      /// What is wrong and how to mend it, for people.
      public var message: String
      /// Each single problem where there are several; otherwise empty.
      public var details: [String]
    }
  }
}

/// A value whose key is written even where there is none, as `null`, so that the shape of an answer never changes.
/// Reading takes a missing key for `null`.
@propertyWrapper
public struct ExplicitNull<Value: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
  public var wrappedValue: Value?

  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}

extension KeyedDecodingContainer {
  public func decode<Value>(_ type: ExplicitNull<Value>.Type, forKey key: Key) throws -> ExplicitNull<Value> {
    try decodeIfPresent(type, forKey: key) ?? ExplicitNull(wrappedValue: nil)
  }
}
