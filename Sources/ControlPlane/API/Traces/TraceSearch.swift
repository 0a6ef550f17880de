import FleetModel

extension SpanReader {
  /// As ``search(_:)``; beside that it finds requests that began within the range while the span that fits lies outside, because the
  /// clock of its process is up to a day off. There the ``besides`` most recent spans on either side are looked at.
  ///
  /// - Returns: where some were found beside, by the starts of their requests, the most recent first.
  func searchRequests(_ query: TraceQuery) async throws(SpanStoreError) -> [TraceSummary] {
    var found = try await search(query)
    guard query.selects else { return found }
    var known = Set(found.map(\.traceID))
    let before = known.count
    for range in query.rangesBeside {
      var beside = query
      beside.range = range
      beside.limit = max(query.limit, besides)
      for summary in try await search(beside) where query.range.contains(summary.start) {
        if known.insert(summary.traceID).inserted { found.append(summary) }
      }
    }
    guard known.count > before else { return found }
    found.sort { ($1.start, $0.traceID) < ($0.start, $1.traceID) }
    return Array(found.prefix(query.limit))
  }

  private var besides: Int { 200 }
}

extension TraceQuery {
  /// Whether it asks for more of a span than that it starts within the range.
  fileprivate var selects: Bool {
    agent != nil || operation != nil || states != nil || minimumDuration != nil || maximumDuration != nil
      || !attributes.isEmpty
  }

  /// A day before and a day after the range.
  fileprivate var rangesBeside: [Range<Int64>] {
    let day: Int64 = 86_400_000_000_000
    let first = max(0, range.lowerBound - min(max(range.lowerBound, 0), day))
    let (end, isTooLate) = range.upperBound.addingReportingOverflow(day)
    return [first..<max(first, range.lowerBound), range.upperBound..<(isTooLate ? .max : end)]
  }
}
