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

  let names: SlotNames
  private var references = [SeriesRef?](repeating: nil, count: count)
  private var tokens = [Int64](repeating: SlotTable.unwatched, count: count)
  private var isAsked = [Bool](repeating: false, count: count)
  /// Which have had a sample and no staleness marker after it.
  private var isPresent = [Bool](repeating: false, count: count)
  private var isWritten = [Bool](repeating: false, count: count)

  init(_ target: TargetLabels) {
    let collection = ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_series_added"]
    var names = SlotNames(labels: collection.map { target.own($0) }, types: collection.map { _ in .gauge })
    for metric in SystemMetric.allCases {
      for source in SystemSource.allCases {
        let label = Label("source", source.name)
        switch metric {
        case .cpu: names.labels.append(target.own("system_cpu_usage", [Label("unit", "percent"), label]))
        case .memory: names.labels.append(target.own("system_memory_usage", [label]))
        case .sent: names.labels.append(target.own("network_bytes_sent", [Label("direction", "sent"), label]))
        case .received: names.labels.append(target.own("network_bytes_recv", [Label("direction", "received"), label]))
        }
        names.types.append(metric == .cpu || metric == .memory ? .gauge : .counter)
      }
    }
    self.names = names
  }

  var isWatched: Bool { tokens.contains { $0 != SlotTable.unwatched } }

  func token(_ index: Int) -> Int64 { tokens[index] }

  mutating func append(
    _ index: Int, _ value: Double, to batch: inout SampleBatch, in store: any SampleAppender, watch: any SampleWatch
  ) throws(AppendError) {
    let reference: SeriesRef
    if let known = references[index] {
      reference = known
    } else {
      reference = try store.reference(for: names.labels[index])
      references[index] = reference
    }
    if !isAsked[index] {
      isAsked[index] = true
      tokens[index] = watch.interest(in: names.labels[index]).map { Int64($0.rawValue) } ?? SlotTable.unwatched
    }
    isWritten[index] = true
    batch.append(reference, value, slot: ~Int32(index))
  }

  /// Appends staleness markers for those that were there the last time and are not in this round.
  mutating func appendMarkers(to batch: inout SampleBatch) {
    for index in isPresent.indices {
      if isPresent[index], !isWritten[index], let reference = references[index] {
        batch.append(reference, StaleMarker.value, slot: ~Int32(index))
      }
      isPresent[index] = isWritten[index]
      isWritten[index] = false
    }
  }

  /// Forgets what ``append(_:_:to:in:watch:)`` noted in a round that did not come to an end.
  mutating func undo() { for index in isWritten.indices { isWritten[index] = false } }

  mutating func renew(_ index: Int, in store: any SampleAppender) throws(AppendError) -> SeriesRef {
    let reference = try store.reference(for: names.labels[index])
    references[index] = reference
    return reference
  }

  /// Whether the store was asked for the series, so that it counts among the agent's metrics.
  func isKnown(_ index: Int) -> Bool { references[index] != nil }

  var knownNames: [String] { names.labels.indices.filter { isKnown($0) }.map { names.labels[$0].metricName } }

  /// Asks the watcher anew about every series it was asked about before.
  mutating func askAgain(_ watch: any SampleWatch) {
    for index in isAsked.indices where isAsked[index] {
      tokens[index] = watch.interest(in: names.labels[index]).map { Int64($0.rawValue) } ?? SlotTable.unwatched
    }
  }
}
