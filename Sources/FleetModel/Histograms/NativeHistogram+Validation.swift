extension NativeHistogram {
  /// What is wrong with a histogram that someone sends.
  public enum Invalid: Error, Hashable, Sendable, CustomStringConvertible {
    case schema(Int)
    case bucketCount(side: String, spans: Int, buckets: Int)
    case negativeOffset(side: String, span: Int, offset: Int32)
    case negativeCount(String, Double)
    case customBounds(String)
    case unexpected(String)

    public var description: String {
      switch self {
      case .schema(let schema):
        "histogram schema \(schema) is not known; use -4 to 8, or -53 for custom buckets"
      case .bucketCount(let side, let spans, let buckets):
        "the spans of the \(side) buckets have \(spans) buckets, but \(buckets) counts were sent; send one for each"
      case .negativeOffset(let side, let span, let offset):
        "span \(span) of the \(side) buckets has the offset \(offset); only the first span's may be below zero"
      case .negativeCount(let what, let count): "\(what) is \(count); counts must not be below zero"
      case .customBounds(let problem): "custom bounds of a histogram: \(problem)"
      case .unexpected(let what): "a histogram \(what)"
      }
    }
  }

  /// Checks what a producer must keep: a known schema, spans that fit the buckets, no count below zero, rising custom bounds. That
  /// the counts add up is not checked: rounding would make good histograms fail.
  ///
  /// - Throws: ``Invalid`` for the first problem.
  public func validate() throws(Invalid) {
    if hasCustomBuckets {
      try checkBounds()
      if zeroCount != 0 || zeroThreshold != 0 {
        throw .unexpected("with custom buckets has no zero bucket; leave it out")
      }
      if !negativeSpans.isEmpty || !negativeBuckets.isEmpty {
        throw .unexpected("with custom buckets has no negative buckets; leave them out")
      }
    } else {
      guard Self.exponentialSchemas.contains(schema) else { throw .schema(Int(schema)) }
      if !customValues.isEmpty { throw .unexpected("with exponential buckets has no custom bounds; leave them out") }
      try Self.check(negativeSpans, negativeBuckets, "negative")
      // NaN is no count either.
      guard zeroCount >= 0 else { throw .negativeCount("the zero bucket", zeroCount) }
      guard zeroThreshold >= 0 else { throw .negativeCount("the zero threshold", zeroThreshold) }
    }
    try Self.check(positiveSpans, positiveBuckets, "positive")
    guard count >= 0 else { throw .negativeCount("the count of observations", count) }
  }

  private func checkBounds() throws(Invalid) {
    for (index, bound) in customValues.enumerated() {
      guard bound.isFinite else { throw .customBounds("bound \(index) is \(bound); the last bucket needs no bound") }
      if index > 0, bound <= customValues[index - 1] {
        throw .customBounds("bound \(index) is \(bound), not above the one before; sort them and leave out doubles")
      }
    }
    var end = 0
    for span in positiveSpans {
      guard span.offset >= 0 else { throw .customBounds("a span begins below the first bucket") }
      end += Int(span.offset) + Int(span.length)
    }
    if end > customValues.count + 1 {
      throw .customBounds(
        "\(customValues.count) bounds make \(customValues.count + 1) buckets, but the spans end at \(end)")
    }
  }

  private static func check(_ spans: [Span], _ buckets: [Double], _ side: String) throws(Invalid) {
    var length = 0
    for (index, span) in spans.enumerated() {
      if index > 0, span.offset < 0 { throw .negativeOffset(side: side, span: index, offset: span.offset) }
      length += Int(span.length)
    }
    if length != buckets.count { throw .bucketCount(side: side, spans: length, buckets: buckets.count) }
    for count in buckets where !(count >= 0) { throw .negativeCount("a \(side) bucket", count) }
  }
}
