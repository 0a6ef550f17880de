import FleetModel

/// Counts the samples of a metric piece by piece, so that a long range needs no more memory than a short one.
struct SampleCount {
  /// What is decoded at once.
  static let piece: Duration = .seconds(600)

  let source: any SeriesSource
  let matchers: [LabelMatcher]
  private var labels: Set<LabelSet> = []

  private(set) var samples = 0
  var series: Int { labels.count }

  init(of metric: String, in source: any SeriesSource) {
    self.source = source
    matchers = [LabelMatcher(LabelSet.metricName, .equal, metric)]
  }

  /// Adds the samples of a range; staleness markers are none.
  ///
  /// After a piece without samples the next one with some is sought in growing steps, for a single sample of 1970 must not
  /// cost a question for every ten minutes since. At most some 150 questions for each stretch without samples, whatever its
  /// length, and one for each piece with some.
  mutating func add(from: Timestamp, through: Timestamp) async throws {
    var start = from
    var step = Self.piece
    while start <= through {
      let end = min(through, start + step)
      let isEmpty: Bool
      if step <= Self.piece {
        isEmpty = try await !addPiece(from: start, through: end)
      } else {
        isEmpty = try await source.labelNames(matchers, from: start, through: end).isEmpty
      }
      if isEmpty {
        // There is no time after the last one.
        guard end < through else { return }
        start = end + .milliseconds(1)
        step = min(step * 2, .milliseconds(Int64.max))
      } else if step > Self.piece {
        step = max(Self.piece, step / 4)
      } else {
        guard end < through else { return }
        start = end + .milliseconds(1)
      }
    }
  }

  /// Whether there are samples, markers included.
  private mutating func addPiece(from: Timestamp, through: Timestamp) async throws -> Bool {
    let found = try await source.select(matchers, from: from, through: through)
    for one in found {
      let present =
        one.samples.values.count { !StaleMarker.isStale($0) } + one.histograms.values.count { !$0.isStale }
      if present > 0 { labels.insert(one.labels) }
      samples += present
    }
    return !found.isEmpty
  }
}
