import FleetModel

/// Which series a family has, by their names (OpenMetrics 1.0, section 5, and the text format 0.0.4, which knows counters
/// without a suffix).
enum FamilyParts {
  private struct Part {
    var suffix: String
    /// As what the series with this suffix behave, by the family's type.
    var types: [MetricType: MetricType]
  }

  private static let parts: [Part] = [
    Part(suffix: "_total", types: [.counter: .counter]),
    Part(suffix: "_bucket", types: [.histogram: .counter, .gaugehistogram: .gauge]),
    Part(suffix: "_count", types: [.histogram: .counter, .summary: .counter]),
    Part(suffix: "_sum", types: [.histogram: .counter, .summary: .counter]),
    Part(suffix: "_gcount", types: [.gaugehistogram: .gauge]),
    Part(suffix: "_gsum", types: [.gaugehistogram: .gauge]),
    Part(suffix: "_info", types: [.info: .gauge]),
    Part(suffix: "_created", types: [.counter: .gauge, .histogram: .gauge, .summary: .gauge]),
  ]

  /// - Parameter family: the type of a family by its name.
  static func type(ofSeries name: String, family: (String) -> MetricType?) -> MetricType? {
    if let type = family(name), type != .unknown {
      switch type {
      case .counter, .histogram: return type
      // The series that bears a summary's own name holds its quantiles.
      case .gauge, .summary, .info, .stateset, .gaugehistogram, .unknown: return .gauge
      }
    }
    for part in parts where name.hasSuffix(part.suffix) {
      let stem = String(name.dropLast(part.suffix.utf8.count))
      if let type = family(stem).flatMap({ part.types[$0] }) { return type }
    }
    return nil
  }
}
