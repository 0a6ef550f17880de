import FleetModel

/// The series that Skep itself makes of every instance: `up`, those about the collection, and the system metrics of
/// each source.
struct OwnSeries: Sendable {
  static let up = 0
  static let duration = 1
  static let scraped = 2
  static let added = 3

  static func index(_ metric: SystemMetric, _ source: SystemSource) -> Int {
    4 + metric.rawValue * SystemSource.allCases.count + source.rawValue
  }

  static let count = 4 + SystemMetric.allCases.count * SystemSource.allCases.count

  /// A set of indices.
  private struct Marks: Sendable {
    private var bits: UInt32 = 0

    subscript(index: Int) -> Bool {
      get { bits & 1 << UInt32(index) != 0 }
      set { bits = newValue ? bits | 1 << UInt32(index) : bits & ~(1 << UInt32(index)) }
    }
  }

  private let target: TargetLabels
  private var references = [SeriesRef](repeating: SeriesRef(rawValue: 0), count: count)
  /// Empty while nothing is watched.
  private var tokens: [Int64] = []
  private var hasReference = Marks()
  private var isAsked = Marks()
  /// Which have had a sample and no staleness marker after it.
  private var isPresent = Marks()
  private var isWritten = Marks()

  init(_ target: TargetLabels) { self.target = target }

  var isWatched: Bool { !tokens.isEmpty }

  func token(_ index: Int) -> Int64 { tokens.isEmpty ? SlotTable.unwatched : tokens[index] }

  static func type(_ index: Int) -> MetricType {
    index < Self.index(.sent, .process) ? .gauge : .counter
  }

  static func name(_ index: Int) -> String {
    switch index {
    case up: return "up"
    case duration: return "scrape_duration_seconds"
    case scraped: return "scrape_samples_scraped"
    case added: return "scrape_series_added"
    default: break
    }
    return switch metric(index).0 {
    case .cpu: "system_cpu_usage"
    case .memory: "system_memory_usage"
    case .sent: "network_bytes_sent"
    case .received: "network_bytes_recv"
    }
  }

  private static func metric(_ index: Int) -> (SystemMetric, SystemSource) {
    let (metric, source) = (index - 4).quotientAndRemainder(dividingBy: SystemSource.allCases.count)
    return (SystemMetric.allCases[metric], SystemSource.allCases[source])
  }

  private func labels(_ index: Int) -> LabelSet {
    guard index >= 4 else { return target.own(Self.name(index)) }
    let (metric, source) = Self.metric(index)
    var further = [Label("source", source.name)]
    switch metric {
    case .cpu: further.append(Label("unit", "percent"))
    case .memory: break
    case .sent: further.append(Label("direction", "sent"))
    case .received: further.append(Label("direction", "received"))
    }
    return target.own(Self.name(index), further)
  }

  mutating func append(
    _ index: Int, _ value: Double, to batch: inout SampleBatch, in store: any SampleAppender, watch: any SampleWatch
  ) throws(AppendError) {
    if !hasReference[index] { _ = try renew(index, in: store) }
    if !isAsked[index] { ask(index, watch) }
    isWritten[index] = true
    batch.append(references[index], value, slot: ~Int32(index))
  }

  private mutating func ask(_ index: Int, _ watch: any SampleWatch) {
    isAsked[index] = true
    let token = watch.interest(in: labels(index)).map { Int64($0.rawValue) } ?? SlotTable.unwatched
    if tokens.isEmpty {
      guard token != SlotTable.unwatched else { return }
      tokens = Array(repeating: SlotTable.unwatched, count: Self.count)
    }
    tokens[index] = token
  }

  /// Appends staleness markers for those that were there the last time and are not in this round.
  mutating func appendMarkers(to batch: inout SampleBatch) {
    for index in 0..<Self.count where isPresent[index] && !isWritten[index] && hasReference[index] {
      batch.append(references[index], StaleMarker.value, slot: ~Int32(index))
    }
    isPresent = isWritten
    isWritten = Marks()
  }

  /// Forgets what ``append(_:_:to:in:watch:)`` noted in a round that did not come to an end.
  mutating func undo() { isWritten = Marks() }

  mutating func renew(_ index: Int, in store: any SampleAppender) throws(AppendError) -> SeriesRef {
    let reference = try store.reference(for: labels(index))
    references[index] = reference
    hasReference[index] = true
    return reference
  }

  /// Whether the store was asked for the series, so that it counts among the agent's metrics.
  func isKnown(_ index: Int) -> Bool { hasReference[index] }

  var knownNames: [String] { (0..<Self.count).filter { isKnown($0) }.map { Self.name($0) } }

  /// Asks the watcher anew about every series it was asked about before.
  mutating func askAgain(_ watch: any SampleWatch) {
    tokens = []
    for index in 0..<Self.count where isAsked[index] { ask(index, watch) }
  }
}
