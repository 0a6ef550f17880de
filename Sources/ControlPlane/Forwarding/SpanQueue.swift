import FleetModel

/// Spans on their way to a back end: a line with a bound, from whose front the oldest go when it is full.
struct SpanQueue: Sendable {
  struct Item: Sendable {
    var batch: SpanBatch
    var arrived: Duration
    var bytes: Int
  }

  /// Bytes of all batches together.
  let limit: Int
  private var items: [Item] = []
  private var first = 0
  private(set) var bytes = 0

  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { first == items.count }

  /// - Returns: how many spans had to make room: older ones, or these where they do not fit at all.
  mutating func add(_ batch: SpanBatch, at now: Duration) -> Int {
    let size = Self.size(of: batch)
    guard size <= limit else { return batch.count }
    var dropped = 0
    while bytes + size > limit, let oldest = take() { dropped += oldest.batch.count }
    items.append(Item(batch: batch, arrived: now, bytes: size))
    bytes += size
    return dropped
  }

  /// The oldest.
  mutating func take() -> Item? {
    guard first < items.count else { return nil }
    let item = items[first]
    first += 1
    bytes -= item.bytes
    if first > 64, first * 2 > items.count {
      items.removeFirst(first)
      first = 0
    }
    return item
  }

  /// How much memory a batch holds, about.
  static func size(of batch: SpanBatch) -> Int {
    batch.bytes.count + batch.spans.count * MemoryLayout<SpanRecord>.stride
      + batch.attributes.count * MemoryLayout<AttributeRecord>.stride
      + batch.events.count * MemoryLayout<EventRecord>.stride + batch.links.count * MemoryLayout<LinkRecord>.stride
  }
}
