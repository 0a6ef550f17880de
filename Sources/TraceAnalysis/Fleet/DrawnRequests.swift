import FleetModel

/// The requests of a ``RequestSample``, ready for questions about the typical and the slow ones among them.
struct DrawnRequests {
  private struct Request {
    var tree: TraceTree
    var replay: TraceReplay
    var duration: Int64
    /// By position in the tree.
    var numbers: [Int32]
    /// Time on the critical path, by number; those with time.
    var times: [(number: Int32, time: Int64)]

    func time(of number: Int) -> Int64 { times.first { $0.number == number }?.time ?? 0 }
  }

  private let options: FleetCriticalPath.Options
  private let index: OperationIndex
  /// Once sorted: the shortest first.
  private var requests: [Request] = []
  private var scratch = PathSums()

  init(_ index: OperationIndex, _ options: FleetCriticalPath.Options) {
    self.index = index
    self.options = options
  }

  var count: Int { requests.count }

  mutating func add(_ trace: TraceOutline) {
    let tree = TraceTree(trace)
    guard let root = tree.root else { return }
    let numbers = tree.spans.map { Int32(index.known($0.outline.agent, $0.outline.operation)) }
    scratch.sum(tree, root) { index.known($0.agent, $0.operation) }
    requests.append(
      Request(
        tree: tree, replay: TraceReplay(tree, of: root), duration: tree.spans[root].duration, numbers: numbers,
        times: scratch.touched.map { (Int32($0), scratch.times[$0]) }))
  }

  mutating func sort() {
    requests.sort { ($0.duration, $0.tree.traceID) < ($1.duration, $1.tree.traceID) }
  }

  /// Those about the median: at least one where there is any.
  private var middle: ArraySlice<Request> { part(from: 0.4, to: 0.6) }

  /// Those about the 95th percentile: at least one where there is any.
  ///
  /// What takes more than half as long again, or less than two thirds, is left out: where few requests are far slower than the others
  /// they begin somewhere near, and one of them outweighs all others of a mean.
  private var slow: ArraySlice<Request> {
    guard !requests.isEmpty else { return [] }
    let p95 = Self.quantilePosition(0.95, requests.count)
    let duration = Double(requests[p95].duration)
    let part = part(from: 0.925, to: 0.975)
    var (first, last) = (p95, p95)
    while first > part.startIndex, Double(requests[first - 1].duration) * 1.5 >= duration { first -= 1 }
    while last + 1 < part.endIndex, Double(requests[last + 1].duration) <= duration * 1.5 { last += 1 }
    return requests[first...last]
  }

  private func part(from low: Double, to high: Double) -> ArraySlice<Request> {
    guard !requests.isEmpty else { return [] }
    let count = Double(requests.count)
    let first = min(Int((low * count).rounded(.down)), requests.count - 1)
    return requests[first..<max(first + 1, Int((high * count).rounded(.up)))]
  }

  func medianShare(_ number: Int) -> Double { Self.share(number, middle) }

  /// - Returns: of the time of those about p95; and how much more of it one of them has than one about the median.
  func tail(_ number: Int) -> (share: Double, excess: Double) {
    guard !requests.isEmpty else { return (0, 0) }
    let mean = { (part: ArraySlice<Request>) in
      part.reduce(0.0) { $0 + Double($1.time(of: number)) } / Double(part.count)
    }
    return (Self.share(number, slow), mean(slow) - mean(middle))
  }

  private static func share(_ number: Int, _ part: ArraySlice<Request>) -> Double {
    let all = part.reduce(0.0) { $0 + Double($1.duration) }
    return all > 0 ? part.reduce(0.0) { $0 + Double($1.time(of: number)) } / all : 0
  }

  func whatIf(_ number: Int, check: () throws -> Void) rethrows -> [FleetCriticalPath.WhatIf] {
    guard !requests.isEmpty else { return [] }
    let before = requests.map(\.duration)
    return try options.faster.map { faster in
      try check()
      // What is not on the path of a request does not make it shorter.
      let after = requests.map { request in
        guard request.time(of: number) > 0 else { return request.duration }
        return request.replay.duration { request.numbers[$0] == number ? 1 - faster : 1 }
      }.sorted()
      return FleetCriticalPath.WhatIf(
        faster: faster, p50Gain: Self.quantile(0.5, before) - Self.quantile(0.5, after),
        p95Gain: Self.quantile(0.95, before) - Self.quantile(0.95, after))
    }
  }

  private static func quantile(_ quantile: Double, _ sorted: [Int64]) -> Int64 {
    sorted[quantilePosition(quantile, sorted.count)]
  }

  private static func quantilePosition(_ quantile: Double, _ count: Int) -> Int {
    min(count - 1, max(0, Int((quantile * Double(count)).rounded(.up)) - 1))
  }
}
