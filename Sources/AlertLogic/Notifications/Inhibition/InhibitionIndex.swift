import FleetModel

/// The alerts that may inhibit others, found by the values of a rule's `equal` labels: neither putting an alert nor asking for one
/// looks at any other alert.
///
/// An alert that matches both sides of a rule is not inhibited by one that does so too (Alertmanager's
/// `InhibitRule.hasEqual`), so those are kept apart. No alert inhibits itself: it would match both sides.
struct InhibitionIndex: Sendable {
  private struct Bucket: Sendable {
    var oneSided = SourceHeap()
    var twoSided = SourceHeap()
    var alerts = 0
  }

  private struct Rule: Sendable {
    var compiled: CompiledInhibitRule
    var equal: [[UInt8]]
    var buckets: [[UInt8]: Bucket] = [:]
  }

  private var rules: [Rule]

  init(_ rules: [CompiledInhibitRule]) {
    self.rules = rules.map { Rule(compiled: $0, equal: $0.equal.map { Array($0.utf8) }) }
  }

  /// Takes note of an alert that is new or ends at another time than before. O(rules + log alerts), amortised.
  mutating func put(_ number: Int32, isNew: Bool, in alerts: AlertTable) {
    let entry = alerts[number]
    for index in rules.indices where rules[index].compiled.source.accept(entry.alert.labels) {
      let key = entry.alert.labels.values(of: rules[index].equal)
      let isTwoSided = rules[index].compiled.target.accept(entry.alert.labels)
      let source = SourceHeap.Source(
        endsAt: Self.end(entry), fingerprint: entry.fingerprint, number: number)
      Self.change(&rules[index].buckets[key, default: Bucket()]) { bucket in
        if isNew { bucket.alerts += 1 }
        let limit = 2 * bucket.alerts + 16
        if isTwoSided {
          bucket.twoSided.push(source)
          bucket.twoSided.clean(limit: limit) { Self.counts($0, in: alerts) }
        } else {
          bucket.oneSided.push(source)
          bucket.oneSided.clean(limit: limit) { Self.counts($0, in: alerts) }
        }
      }
    }
  }

  /// Forgets an alert that is no longer in `alerts`.
  mutating func remove(labels: LabelSet, from alerts: AlertTable) {
    for index in rules.indices where rules[index].compiled.source.accept(labels) {
      let key = labels.values(of: rules[index].equal)
      guard rules[index].buckets[key] != nil else { continue }
      Self.change(&rules[index].buckets[key, default: Bucket()]) { bucket in
        bucket.alerts -= 1
        let limit = 2 * bucket.alerts + 16
        bucket.twoSided.clean(limit: limit) { Self.counts($0, in: alerts) }
        bucket.oneSided.clean(limit: limit) { Self.counts($0, in: alerts) }
      }
      if rules[index].buckets[key]?.alerts == 0 { rules[index].buckets[key] = nil }
    }
  }

  /// The fingerprint of an alert that inhibits alerts with these labels: by the first rule that does, the source that ends last.
  /// O(rules × bytes of the labels).
  func inhibitor(of labels: LabelSet, at now: Timestamp) -> UInt64? {
    for rule in rules where !rule.buckets.isEmpty && rule.compiled.target.accept(labels) {
      guard let bucket = rule.buckets[labels.values(of: rule.equal)] else { continue }
      if let top = bucket.oneSided.top, top.endsAt > now.milliseconds { return top.fingerprint }
      guard let top = bucket.twoSided.top, top.endsAt > now.milliseconds else { continue }
      if !rule.compiled.source.accept(labels) { return top.fingerprint }
    }
    return nil
  }

  /// What all heaps hold together, for tests of their bound.
  var sourceCount: Int {
    rules.reduce(0) { $0 + $1.buckets.values.reduce(0) { $0 + $1.oneSided.count + $1.twoSided.count } }
  }

  private static func end(_ entry: AlertTable.Entry) -> Int64 { entry.alert.endsAt?.milliseconds ?? .max }

  private static func counts(_ source: SourceHeap.Source, in alerts: AlertTable) -> Bool {
    guard Int(source.number) < alerts.entries.count else { return false }
    let entry = alerts[source.number]
    return entry.isLive && entry.fingerprint == source.fingerprint && end(entry) == source.endsAt
  }

  /// Changes a value in place, so that it is not copied.
  private static func change(_ bucket: inout Bucket, _ body: (inout Bucket) -> Void) { body(&bucket) }
}
