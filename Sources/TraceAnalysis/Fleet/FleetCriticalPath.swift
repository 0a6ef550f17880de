public import FleetModel

/// What all requests of a window waited for, by agent and operation.
///
/// A request is a trace whose root has ended; it took as long as its root, and its critical path says what for. Sums are over all
/// requests; what the typical and the slow ones waited for, and what they would take if an operation were faster, comes from a
/// draw of them (``RequestSample``; all, while they are few).
public struct FleetCriticalPath: Sendable {
  /// One agent's operation on the critical paths.
  public struct Row: Sendable, Hashable {
    public var key: OperationName
    /// Requests whose critical path it is on.
    public var requests: Int
    /// Nanoseconds, over all requests.
    public var time: Int64
    /// Of the time of all requests, 0 to 1.
    public var share: Double
    /// Of the time of requests about the median (40th to 60th percentile), 0 to 1.
    public var medianShare: Double
    /// Of the time of requests about the 95th percentile, 0 to 1.
    public var tailShare: Double
    /// How much longer one of those about the 95th percentile waits for it than one about the median, on average: who has most of it is
    /// to blame for p95. Nanoseconds.
    public var tailExcess: Double
    public var whatIf: [WhatIf]
  }

  /// What became of all requests if every span of an operation did its own work faster.
  public struct WhatIf: Sendable, Hashable {
    /// 0 to 1: 0.2 for a fifth less time.
    public var faster: Double
    /// Nanoseconds by which the median request would be shorter.
    public var p50Gain: Int64
    /// Nanoseconds by which the 95th percentile would be lower.
    public var p95Gain: Int64
  }

  public struct Findings: Sendable, Hashable {
    public var requests: Int
    public var spans: Int
    /// Traces whose root has not ended or was lost; they are not counted.
    public var unfinished: Int
    /// Requests that begin with an operation which, elsewhere in these traces, another agent calls more often than not: most likely
    /// parts of requests whose context was lost. They are counted as requests of their own.
    public var fragments: Int
    /// How many requests stand for all where medians, tails and what-ifs are told.
    public var sampledRequests: Int
    /// Nanoseconds; `nil` where there is no request.
    public var mean: Double?
    public var p50: Int64?
    public var p95: Int64?
    public var p99: Int64?
    /// Most time on critical paths first.
    public var rows: [Row]
    /// Who makes up most of the requests about the median; `nil` where there is no request.
    public var medianOperation: OperationName?
    /// Who makes the requests about the 95th percentile slower than those about the median, the few that are slower yet left aside;
    /// `nil` where no operation does.
    public var tailOperation: OperationName?
  }

  public struct Options: Sendable, Hashable {
    public var faster = [0.1, 0.2, 0.5]
    /// Rows for which what-ifs are calculated.
    public var whatIfRows = 20
    /// Requests that are drawn.
    public var sampledRequests = 2_000

    public init() {}
  }

  private struct Total {
    var requests = 0
    var time = Int128(0)
  }

  private let options: Options
  private var index = OperationIndex()
  private var totals: [Total] = []
  private var durations = DurationDistribution()
  private var time = Int128(0)
  private var requests = 0
  private var spans = 0
  private var unfinished = 0
  private var beginnings = Beginnings()
  private var sample: RequestSample
  private var scratch = PathSums()

  public init(options: Options = Options()) {
    self.options = options
    sample = RequestSample(limits: RequestSample.Limits(requests: options.sampledRequests))
  }

  /// O(n log n) in the spans.
  ///
  /// - Parameter names: one table for all traces that are added.
  public mutating func add(_ tree: TraceTree, names: NameTable) {
    guard let root = tree.root else { return }
    guard tree.spans[root].outline.state.hasEnded else {
      unfinished += 1
      return
    }
    requests += 1
    spans += tree.spans.count
    beginnings.add(tree, root, names)
    durations.add(tree.spans[root].duration)
    time += Int128(tree.spans[root].duration)
    scratch.sum(tree, root) { index.number($0.agent, $0.operation, names) }
    while totals.count < index.pairs.count { totals.append(Total()) }
    for number in scratch.touched {
      totals[number].requests += 1
      totals[number].time += Int128(scratch.times[number])
    }
    sample.add(tree)
  }

  /// What was found in all traces added so far.
  public func findings() -> Findings { findings(check: {}) }

  /// - Parameter check: is called now and then; throws to give up.
  public func findings(check: () throws -> Void) rethrows -> Findings {
    var drawn = DrawnRequests(index, options)
    var copy = sample
    for trace in copy.traces() {
      try check()
      drawn.add(trace)
    }
    drawn.sort()
    let order = totals.indices.sorted {
      (totals[$1].time, index.pairs[$0]) < (totals[$0].time, index.pairs[$1])
    }
    var rows: [Row] = []
    for (rank, number) in order.enumerated() {
      let tail = drawn.tail(number)
      rows.append(
        Row(
          key: index.pairs[number], requests: totals[number].requests,
          time: Int64(clamping: totals[number].time),
          share: time > 0 ? Double(totals[number].time) / Double(time) : 0, medianShare: drawn.medianShare(number),
          tailShare: tail.share, tailExcess: tail.excess,
          whatIf: rank < options.whatIfRows ? try drawn.whatIf(number, check: check) : []))
    }
    let isAtLeastOne = requests > 0
    return Findings(
      requests: requests, spans: spans, unfinished: unfinished, fragments: beginnings.fragments,
      sampledRequests: drawn.count, mean: durations.mean, p50: durations.quantile(0.5), p95: durations.quantile(0.95),
      p99: durations.quantile(0.99), rows: rows,
      medianOperation: isAtLeastOne ? rows.max { $0.medianShare < $1.medianShare }?.key : nil,
      tailOperation: rows.max { $0.tailExcess < $1.tailExcess }.flatMap { $0.tailExcess > 0 ? $0.key : nil })
  }
}

/// How often operations begin a request, and how often they are called by another agent instead.
private struct Beginnings {
  private var index = OperationIndex()
  private var counts: [(begun: Int, called: Int)] = []

  /// Those of operations that are called more often than they begin a request.
  var fragments: Int {
    // What comes after the limit is many operations under one number.
    counts.prefix(OperationIndex.limit).reduce(0) { $1.called > $1.begun ? $0 + $1.begun : $0 }
  }

  mutating func add(_ tree: TraceTree, _ root: Int, _ names: NameTable) {
    let first = number(tree.spans[root].outline, names)
    counts[first].begun += 1
    for placed in tree.spans {
      guard let parent = placed.parent, tree.spans[parent].outline.agent != placed.outline.agent else { continue }
      let called = number(placed.outline, names)
      counts[called].called += 1
    }
  }

  private mutating func number(_ span: SpanOutline, _ names: NameTable) -> Int {
    let number = index.number(span.agent, span.operation, names)
    while counts.count <= number { counts.append((0, 0)) }
    return number
  }
}

/// The time that each operation has on the critical path of one request.
struct PathSums: Sendable {
  /// By number.
  private(set) var times: [Int64] = []
  /// Numbers with time.
  private(set) var touched: [Int] = []

  mutating func sum(_ tree: TraceTree, _ root: Int, number: (SpanOutline) -> Int) {
    for number in touched { times[number] = 0 }
    touched.removeAll(keepingCapacity: true)
    for section in tree.criticalPath(of: root) {
      let number = number(tree.spans[section.span].outline)
      while times.count <= number { times.append(0) }
      if times[number] == 0 { touched.append(number) }
      times[number] += section.duration
    }
  }
}
