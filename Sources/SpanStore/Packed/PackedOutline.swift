import FleetModel

/// The attributes that an outline holds.
enum OutlineKey: Int, CaseIterable {
  case operation, responseModel, requestModel, conversation, task, toolCall, inputTokens, outputTokens, cachedTokens

  var name: String {
    switch self {
    case .operation: "gen_ai.operation.name"
    case .responseModel: "gen_ai.response.model"
    case .requestModel: "gen_ai.request.model"
    case .conversation: "gen_ai.conversation.id"
    case .task: "a2a.task.id"
    case .toolCall: "gen_ai.tool.call.id"
    case .inputTokens: "gen_ai.usage.input_tokens"
    case .outputTokens: "gen_ai.usage.output_tokens"
    case .cachedTokens: "gen_ai.usage.cache_read.input_tokens"
    }
  }
}

extension SpanOutline {
  mutating func set(_ key: OutlineKey, text: NameID) {
    switch key {
    case .operation: genAIOperation = text
    case .responseModel: model = text
    case .requestModel: if model.isNone { model = text }
    case .conversation: conversation = text
    case .task: task = text
    case .toolCall: toolCall = text
    case .inputTokens, .outputTokens, .cachedTokens: break
    }
  }

  mutating func set(_ key: OutlineKey, number: Int64) {
    switch key {
    case .inputTokens: inputTokens = max(number, -1)
    case .outputTokens: outputTokens = max(number, -1)
    case .cachedTokens: cachedTokens = max(number, -1)
    default: break
    }
  }

  /// Of a span that was joined of several versions.
  init(joined span: Span, _ names: inout NameTable) {
    self.init(
      spanID: span.spanID, parent: span.parentID?.rawValue ?? 0, start: span.start, end: span.end ?? span.start,
      agent: names.number(of: span.agent), operation: names.number(of: span.operation), kind: span.kind,
      state: span.state)
    for attribute in span.attributes {
      guard let key = OutlineKey.allCases.first(where: { $0.name == attribute.key }) else { continue }
      switch attribute.value {
      case .string(let text): set(key, text: names.number(of: text))
      case .int(let number): set(key, number: number)
      default: break
      }
    }
  }
}

/// The numbers of the outline's keys among the symbols of some packed spans.
struct OutlineKeys {
  private var keys: [(symbol: UInt32, key: OutlineKey)] = []

  init(_ spans: borrowing PackedSpans) {
    for key in OutlineKey.allCases {
      if let symbol = spans.symbols.number(of: key.name) { keys.append((symbol, key)) }
    }
  }

  var isEmpty: Bool { keys.isEmpty }

  @inline(__always)
  func key(_ symbol: UInt32) -> OutlineKey? {
    for entry in keys where entry.symbol == symbol { return entry.key }
    return nil
  }
}

extension PackedSpans {
  func outline(_ row: PackedRow, _ keys: OutlineKeys, _ names: inout NameTable) -> SpanOutline? {
    guard let id = SpanID(rawValue: row.spanID) else { return nil }
    var outline = SpanOutline(
      spanID: id, parent: row.parent, start: row.start, end: row.hasEnded ? row.end : row.start,
      agent: names.number(of: symbols.string(row.agent)), operation: names.number(of: symbols.string(row.operation)),
      kind: row.spanKind, state: row.spanState)
    if keys.isEmpty { return outline }
    let payload = payload(of: row)
    var cursor = FieldCursor(payload)
    _ = PayloadHead(&cursor, in: payload)
    while !cursor.isAtEnd {
      let attribute = cursor.attribute()
      guard let key = keys.key(attribute.key), !cursor.isOverrun else { continue }
      switch attribute.value {
      case .symbol(let symbol): outline.set(key, text: names.number(of: symbols.string(symbol)))
      case .text(let bytes): outline.set(key, text: names.number(of: String(decoding: bytes, as: UTF8.self)))
      case .int(let number): outline.set(key, number: number)
      default: break
      }
    }
    return outline
  }
}
