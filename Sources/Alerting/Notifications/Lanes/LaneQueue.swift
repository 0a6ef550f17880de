import FleetModel

/// What waits to leave through one integration, and when each may: decisions only, the ``IntegrationLane`` carries them out.
///
/// Holds ids, never what is to be sent. Whoever was first goes first; one that failed waits for its back-off without keeping
/// up the others; none waits longer than until its deadline. Times are monotonic.
struct LaneQueue<ID: Sendable>: Sendable {
  struct Item: Sendable {
    let id: ID
    /// When it is given up.
    let deadline: Duration
    /// Tries so far.
    var attempts = 0
  }

  enum Step: Sendable {
    /// Make a try; then say ``decide(_:failure:backOff:at:)`` and ``release()``.
    case attempt(Item)
    /// Their time is over.
    case giveUp([Item])
    /// Nothing to do before this time; `nil` before something new comes.
    case wait(until: Duration?)
  }

  enum Decision: Sendable, Hashable {
    case done
    case retry(at: Duration)
    case givenUp
  }

  /// Tries at the same time.
  let concurrency: Int
  private var bucket: TokenBucket?
  private var ready: [Item] = []
  /// How many of `ready` have been taken out at its beginning.
  private var taken = 0
  private var later = DeadlineHeap<Duration, Item>()
  private var underWay = 0
  private var pausedUntil: Duration?
  /// No deadline in `ready` is before this.
  private var earliestDeadline: Duration?
  private var sweptAt: Duration?

  /// Between two looks through all that waits for what is overdue.
  static var sweepGap: Duration { .milliseconds(250) }

  init(concurrency: Int, rate: Double?, at now: Duration) {
    self.concurrency = max(concurrency, 1)
    bucket = TokenBucket(rate: rate, at: now)
  }

  /// Waiting, not under way.
  var waiting: Int { ready.count - taken + later.count }
  var isIdle: Bool { waiting == 0 && underWay == 0 }

  mutating func setRate(_ rate: Double?, at now: Duration) {
    if bucket?.rate != rate { bucket = TokenBucket(rate: rate, at: now) }
  }

  mutating func add(_ id: ID, until deadline: Duration) { append(Item(id: id, deadline: deadline)) }

  /// What to do now. O(1) on average; O(waiting) at most once in ``sweepGap``.
  mutating func next(at now: Duration) -> Step {
    while let due = later.pop(dueAt: now) { append(due.target) }
    if let overdue = sweep(at: now) { return .giveUp(overdue) }
    if let pausedUntil, pausedUntil > now { return .wait(until: earlier(pausedUntil, sweepTime)) }
    pausedUntil = nil
    guard taken < ready.count else { return .wait(until: later.earliest) }
    guard underWay < concurrency else { return .wait(until: earlier(later.earliest, sweepTime)) }
    if let bucket, bucket.nextToken(after: now) > now {
      return .wait(until: earlier(bucket.nextToken(after: now), sweepTime))
    }
    var item = takeFirst()
    guard item.deadline > now else { return .giveUp([item]) }
    _ = bucket?.take(at: now)
    item.attempts += 1
    underWay += 1
    return .attempt(item)
  }

  /// What follows from a try.
  ///
  /// - Parameters:
  ///   - failure: `nil` if it went well.
  ///   - backOff: before the next try, if there is one. A longer wait that the receiver asked for holds for all that goes to
  ///     it, though not beyond this item's time.
  mutating func decide(
    _ item: Item, failure: DeliveryFailure.Advice?, backOff: Duration, at now: Duration
  ) -> Decision {
    switch failure {
    case nil: return .done
    case .giveUp: return .givenUp
    case .retry(let wanted):
      if let wanted, wanted > .zero {
        let end = min(now + min(wanted, item.deadline - now), item.deadline)
        pausedUntil = max(pausedUntil ?? end, end)
      }
      let again = now + max(backOff, min(wanted ?? .zero, .seconds(3600)))
      guard again < item.deadline else { return .givenUp }
      later.push(again, item)
      return .retry(at: again)
    }
  }

  /// A try's call has returned, or is left behind.
  mutating func release() { underWay -= 1 }

  /// Takes out all that waits.
  mutating func removeAll() -> [Item] {
    var all = Array(ready[taken...])
    while let item = later.pop(dueAt: .seconds(Int64.max)) { all.append(item.target) }
    ready = []
    taken = 0
    return all
  }

  private mutating func append(_ item: Item) {
    ready.append(item)
    earliestDeadline = earlier(earliestDeadline, item.deadline)
  }

  private mutating func takeFirst() -> Item {
    let item = ready[taken]
    taken += 1
    // Constant time on average: the array is cut only when half of it is used up.
    if taken * 2 >= ready.count {
      ready.removeFirst(taken)
      taken = 0
    }
    return item
  }

  private var sweepTime: Duration? {
    guard taken < ready.count, let earliestDeadline else { return nil }
    return max(earliestDeadline, sweptAt.map { $0 + Self.sweepGap } ?? earliestDeadline)
  }

  private mutating func sweep(at now: Duration) -> [Item]? {
    guard let time = sweepTime, time <= now else { return nil }
    sweptAt = now
    let overdue = ready[taken...].filter { $0.deadline <= now }
    ready.removeFirst(taken)
    ready.removeAll { $0.deadline <= now }
    taken = 0
    earliestDeadline = ready.map(\.deadline).min()
    return overdue.isEmpty ? nil : overdue
  }

  private func earlier(_ one: Duration?, _ other: Duration?) -> Duration? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }
}
