import FleetModel

/// The attributes that an outline holds, those of older names among them: as ``SpanOutline/init(_:names:)`` has it.
enum OutlineKey: String, CaseIterable {
  case operation = "gen_ai.operation.name"
  case responseModel = "gen_ai.response.model"
  case requestModel = "gen_ai.request.model"
  case provider = "gen_ai.provider.name"
  case system = "gen_ai.system"
  case conversation = "gen_ai.conversation.id"
  case task = "a2a.task.id"
  case toolCall = "gen_ai.tool.call.id"
  case inputTokens = "gen_ai.usage.input_tokens"
  case outputTokens = "gen_ai.usage.output_tokens"
  case cachedTokens = "gen_ai.usage.cache_read.input_tokens"
  case promptTokens = "gen_ai.usage.prompt_tokens"
  case completionTokens = "gen_ai.usage.completion_tokens"
  case olderCachedTokens = "gen_ai.usage.cache_read_input_tokens"
}

extension SpanOutline {
  /// Takes over an attribute; in which order they come makes no difference.
  mutating func set(_ key: OutlineKey, _ value: SpanValue, _ names: inout NameTable) {
    switch key {
    case .operation: genAIOperation = names.number(of: value.text)
    case .responseModel: model = names.number(of: value.text)
    case .requestModel: if model.isNone { model = names.number(of: value.text) }
    case .provider: provider = names.number(of: value.text)
    case .system: if provider.isNone { provider = names.number(of: value.text) }
    case .conversation: conversation = names.number(of: value.text)
    case .task: task = names.number(of: value.text)
    case .toolCall: toolCall = names.number(of: value.text)
    case .inputTokens: Self.set(&inputTokens, value.count)
    case .outputTokens: Self.set(&outputTokens, value.count)
    case .cachedTokens: Self.set(&cachedTokens, value.count)
    case .promptTokens: if inputTokens < 0 { inputTokens = value.count }
    case .completionTokens: if outputTokens < 0 { outputTokens = value.count }
    case .olderCachedTokens: if cachedTokens < 0 { cachedTokens = value.count }
    }
  }

  /// What is no count leaves the one of the older name.
  private static func set(_ tokens: inout Int64, _ count: Int64) { if count >= 0 { tokens = count } }
}

/// The numbers of the outline's keys among the symbols of some packed spans.
struct OutlineKeys {
  private var keys: [(symbol: UInt32, key: OutlineKey)] = []
  /// Of the last resource that was asked for: spans mostly have that of their neighbour.
  private var last: (resource: UInt32, instance: NameID)?

  init(_ spans: borrowing PackedSpans) {
    for key in OutlineKey.allCases {
      if let symbol = spans.symbols.number(of: key.rawValue) { keys.append((symbol, key)) }
    }
  }

  var isEmpty: Bool { keys.isEmpty }

  @inline(__always)
  func key(_ symbol: UInt32) -> OutlineKey? {
    for entry in keys where entry.symbol == symbol { return entry.key }
    return nil
  }

  mutating func instance(
    of resource: UInt32, _ spans: borrowing PackedSpans, _ names: inout NameTable
  ) -> NameID {
    if let last, last.resource == resource { return last.instance }
    let instance = SpanOutline.instance(of: spans.resource(resource)).map { names.number(of: $0) } ?? .none
    last = (resource, instance)
    return instance
  }
}

extension PackedSpans {
  func outline(_ row: PackedRow, _ keys: inout OutlineKeys, _ names: inout NameTable) -> SpanOutline? {
    guard let id = SpanID(rawValue: row.spanID) else { return nil }
    var outline = SpanOutline(
      spanID: id, parent: row.parent, start: row.start, end: row.hasEnded ? row.end : row.start,
      agent: names.number(of: symbols.string(row.agent)), operation: names.number(of: symbols.string(row.operation)),
      kind: row.spanKind, state: row.spanState)
    outline.instance = keys.instance(of: row.resource, self, &names)
    if keys.isEmpty { return outline }
    let payload = payload(of: row)
    var cursor = FieldCursor(payload)
    _ = PayloadHead(&cursor, in: payload)
    while !cursor.isAtEnd {
      let attribute = cursor.attribute()
      guard let key = keys.key(attribute.key), !cursor.isOverrun else { continue }
      outline.set(key, value(attribute.value), &names)
    }
    return outline
  }
}
