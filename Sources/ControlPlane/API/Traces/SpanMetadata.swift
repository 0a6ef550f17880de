public import FleetModel

extension FleetAPI {
  /// The value of an attribute as JSON.
  public indirect enum SpanMetadata: Codable, Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case text(String)
    case list([SpanMetadata])
    case object([String: SpanMetadata])

    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(Int64.self) {
        self = .int(value)
      } else if let value = try? container.decode(String.self) {
        self = .text(value)
      } else if let value = try? container.decode(Double.self) {
        self = .double(value)
      } else if let value = try? container.decode([SpanMetadata].self) {
        self = .list(value)
      } else {
        self = .object(try container.decode([String: SpanMetadata].self))
      }
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .null: try container.encodeNil()
      case .bool(let value): try container.encode(value)
      case .int(let value): try container.encode(value)
      case .double(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      case .list(let value): try container.encode(value)
      case .object(let value): try container.encode(value)
      }
    }

    public init(_ value: SpanValue) {
      switch value {
      case .string(let text): self = .text(text)
      case .bool(let value): self = .bool(value)
      case .int(let value): self = .int(value)
      case .double(let value): self = .double(value)
      case .bytes: self = .text(value.text)
      case .nested(let json):
        // The parser's own bound on depth bounds the walk below.
        self = (try? JSONParser.parse(Array(json.utf8))).map(Self.init) ?? .text(json)
      }
    }

    init(_ json: JSONValue) {
      switch json {
      case .null: self = .null
      case .bool(let value): self = .bool(value)
      case .number(let value): self = Int64(exactly: value).map(Self.int) ?? .double(value)
      case .string(let value): self = .text(value)
      case .array(let elements): self = .list(elements.map(Self.init))
      case .object(let members):
        self = .object(
          Dictionary(members.map { ($0.key, Self($0.value)) }, uniquingKeysWith: { $1 }))
      }
    }

    /// Attributes as an object; of two with one key the later counts.
    public static func object(_ attributes: [SpanAttribute]) -> [String: SpanMetadata] {
      Dictionary(attributes.map { ($0.key, Self($0.value)) }, uniquingKeysWith: { $1 })
    }
  }
}

extension SpanAttribute {
  /// The members of a JSON object as attributes; `null` is none.
  static func list(_ members: [JSONValue.Member]) -> [SpanAttribute] {
    members.compactMap { member in
      let value: SpanValue
      switch member.value {
      case .null: return nil
      case .bool(let flag): value = .bool(flag)
      case .number(let number): value = Int64(exactly: number).map(SpanValue.int) ?? .double(number)
      case .string(let text): value = .string(text)
      case .array, .object: value = .nested(member.value.description)
      }
      return SpanAttribute(member.key, value)
    }
  }
}
