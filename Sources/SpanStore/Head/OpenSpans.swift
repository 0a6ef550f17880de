import FleetModel

/// The spans in flight.
struct OpenSpans: Sendable {
  struct Entry: Sendable {
    var span: OpenSpan
    /// Its end may have come before its start, into a segment: whoever asks looks there first.
    var isDoubtful: Bool
  }

  /// More are not followed: the oldest are forgotten as spans in flight, not as spans.
  static let mostSpans = 200_000

  private(set) var entries: [SpanKey: Entry] = [:]
  private var byID: [SpanID: Set<SpanKey>] = [:]
  /// Spans that were in flight and have ended of late, to tell the two errors of finishing apart.
  private var ended: [SpanID: TraceID] = [:]
  private var endedInOrder: [SpanID] = []
  private static let mostEnded = 16_384

  var isEmpty: Bool { entries.isEmpty }
  var count: Int { entries.count }

  mutating func insert(_ entry: Entry) {
    let key = entry.span.key
    if entries.updateValue(entry, forKey: key) == nil { byID[key.spanID, default: []].insert(key) }
    guard entries.count > Self.mostSpans else { return }
    let old = entries.values.sorted { $0.span.start < $1.span.start }.prefix(Self.mostSpans / 10)
    for entry in old { remove(entry.span.key) }
  }

  @discardableResult
  mutating func remove(_ key: SpanKey) -> Entry? {
    guard let entry = entries.removeValue(forKey: key) else { return nil }
    byID[key.spanID]?.remove(key)
    if byID[key.spanID]?.isEmpty == true { byID[key.spanID] = nil }
    return entry
  }

  mutating func end(_ key: SpanKey) {
    guard remove(key) != nil else { return }
    if ended.updateValue(key.traceID, forKey: key.spanID) == nil { endedInOrder.append(key.spanID) }
    guard endedInOrder.count > Self.mostEnded else { return }
    for id in endedInOrder.prefix(Self.mostEnded / 2) { ended[id] = nil }
    endedInOrder.removeFirst(Self.mostEnded / 2)
  }

  func withIDs(_ ids: Set<SpanID>) -> [Entry] { ids.flatMap { byID[$0, default: []].compactMap { entries[$0] } } }

  /// The only span in flight of that id; `nil` where there is none or more than one.
  func only(_ id: SpanID) -> SpanKey? { byID[id].flatMap { $0.count == 1 ? $0.first : nil } }

  func traceOfEnded(_ id: SpanID) -> TraceID? { ended[id] }

  /// By start, the oldest first.
  var inOrder: [OpenSpan] {
    entries.values.map(\.span).sorted {
      ($0.start, $0.key.traceID, $0.key.spanID) < ($1.start, $1.key.traceID, $1.key.spanID)
    }
  }
}

extension PackedSpans {
  func openSpan(_ row: PackedRow) -> OpenSpan? {
    guard let trace = row.traceID, let id = SpanID(rawValue: row.spanID) else { return nil }
    return OpenSpan(
      key: SpanKey(traceID: trace, spanID: id), parentID: SpanID(rawValue: row.parent),
      agent: symbols.string(row.agent), instance: instance(of: row.resource),
      operation: symbols.string(row.operation), start: row.start)
  }

  private func instance(of resource: UInt32) -> String? {
    for attribute in self.resource(resource) where attribute.key == "service.instance.id" {
      return attribute.value.text
    }
    return nil
  }
}
