import FleetModel

/// Requests drawn from all that were added, each with the same chance: those with the smallest hashes of their trace ids, so that the
/// draw does not depend on the order and is the same whenever it is repeated. All of them, while they are few.
struct RequestSample: Sendable {
  struct Limits: Sendable, Hashable {
    var requests = 2_000
    /// Of all requests together; a single larger one is kept.
    var spans = 200_000
  }

  private struct Entry {
    var hash: UInt64
    var trace: TraceOutline
  }

  let limits: Limits
  private var entries: [Entry] = []
  private var spans = 0
  /// Hashes from here on are not drawn any more.
  private var bound = UInt64.max

  init(limits: Limits) { self.limits = limits }

  var count: Int { entries.count }

  /// In the order of the draw.
  mutating func traces() -> [TraceOutline] {
    shrink()
    return entries.map(\.trace)
  }

  mutating func add(_ tree: TraceTree) {
    let hash = StableHash.mix(tree.traceID.high ^ StableHash.mix(tree.traceID.low))
    guard hash < bound else { return }
    entries.append(Entry(hash: hash, trace: TraceOutline(traceID: tree.traceID, spans: tree.spans.map(\.outline))))
    spans += tree.spans.count
    if entries.count > 2 * limits.requests || spans > 2 * limits.spans { shrink() }
  }

  private mutating func shrink() {
    entries.sort { ($0.hash, $0.trace.traceID) < ($1.hash, $1.trace.traceID) }
    var kept = 0
    var total = 0
    while kept < min(entries.count, limits.requests) {
      total += entries[kept].trace.spans.count
      if kept > 0, total > limits.spans {
        total -= entries[kept].trace.spans.count
        break
      }
      kept += 1
    }
    if kept < entries.count {
      bound = min(bound, entries[kept].hash)
      entries.removeSubrange(kept...)
    }
    spans = total
  }
}
