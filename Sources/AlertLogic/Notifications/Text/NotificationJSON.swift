import GoTemplate

/// A JSON document whose members keep their order, written as bytes (RFC 8259).
public indirect enum NotificationJSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int)
  case number(Double)
  case string(String)
  case array([NotificationJSON])
  case object([Member])

  public struct Member: Sendable, Hashable {
    public var name: String
    public var value: NotificationJSON

    public init(name: String, value: NotificationJSON) {
      self.name = name
      self.value = value
    }
  }

  public static func object(_ members: KeyValuePairs<String, NotificationJSON>) -> NotificationJSON {
    .object(members.map { Member(name: $0.key, value: $0.value) })
  }

  /// In the order of the keys' bytes.
  public static func object(_ texts: [String: String]) -> NotificationJSON {
    .object(
      texts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { Member(name: $0.key, value: .string($0.value)) })
  }

  public static func strings(_ texts: [String]) -> NotificationJSON { .array(texts.map { .string($0) }) }

  /// O(length of the document).
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  private func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .int(let value): bytes += String(value).utf8
    case .number(let value): bytes += (value.isFinite ? GoFormatting.shortest(value) : "null").utf8
    case .string(let text): Self.write(text, to: &bytes)
    case .array(let items):
      bytes.append(UInt8(ascii: "["))
      for (index, item) in items.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        item.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.write(member.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x0a: bytes += "\\n".utf8
      case 0x0d: bytes += "\\r".utf8
      case 0x09: bytes += "\\t".utf8
      case ..<0x20, 0x7f:
        let digits = String(byte, radix: 16)
        bytes += ("\\u00" + (digits.utf8.count < 2 ? "0" : "") + digits).utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension NotificationJSON {
  /// A value of a template as Go's `json.Marshal` writes it; `nil` for functions. Templates bound how deep values lie in
  /// each other.
  init?(_ value: TemplateValue) {
    switch value {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .float(let value): self = .number(value)
    case .string(let value): self = .string(value)
    case .list(let list):
      let items = list.elements.compactMap { NotificationJSON($0) }
      guard items.count == list.elements.count else { return nil }
      self = .array(items)
    case .map(let map):
      let sorted = map.entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      guard let members = Self.members(sorted.map { ($0.key, $0.value) }) else { return nil }
      self = .object(members)
    case .object(let object):
      if let time = object.native as? GoTime {
        self = .string(time.formatted("2006-01-02T15:04:05.999999999Z07:00"))
        return
      }
      switch object.content {
      case .value(let inner):
        guard let json = NotificationJSON(inner) else { return nil }
        self = json
      case .fields(let fields):
        let isPair = object.typeName == "template.Pair"
        guard let members = Self.members(fields.map { (isPair ? $0.name : Self.key($0.name), $0.value) }) else {
          return nil
        }
        self = .object(members)
      }
    case .function: return nil
    }
  }

  private static func members(_ fields: [(name: String, value: TemplateValue)]) -> [Member]? {
    let members = fields.compactMap { field in
      NotificationJSON(field.value).map { Member(name: field.name, value: $0) }
    }
    return members.count == fields.count ? members : nil
  }

  /// `StartsAt` is `startsAt`.
  private static func key(_ field: String) -> String { field.prefix(1).lowercased() + field.dropFirst() }
}
