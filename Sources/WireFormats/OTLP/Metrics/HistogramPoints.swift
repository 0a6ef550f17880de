import FleetModel

/// Points of histograms: those with explicit bounds become classic histograms, exponential ones native histograms.
extension MetricsMessage {
  /// A `HistogramDataPoint`.
  ///
  /// - Returns: why it was not taken.
  mutating func readHistogram(_ range: Range<Int>, _ name: [UInt8]) throws(WireFault) -> String? {
    var time: UInt64 = 0
    var count: UInt64 = 0
    var sum: Double?
    var flags: UInt64 = 0
    var counts: [UInt64] = []
    var bounds: [UInt64] = []
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x19: time = try cursor.fixed64()
      case 0x21: count = try cursor.fixed64()
      case 0x29: sum = Double(bitPattern: try cursor.fixed64())
      // Senders pack numbers; readers of proto3 take them one by one too.
      case 0x31: try add(try cursor.fixed64(), to: &counts)
      case 0x32: try addFixed(try cursor.content(), to: &counts)
      case 0x39: try add(try cursor.fixed64(), to: &bounds)
      case 0x3a: try addFixed(try cursor.content(), to: &bounds)
      case 0x42: try addExemplar(try cursor.content())
      case 0x4a: attributes.append(try cursor.content())
      case 0x50: flags = try cursor.varint()
      default: try cursor.skip(tag)
      }
    }
    let limitsOfBuckets = bounds.map { Double(bitPattern: $0) }
    if let problem = problem(limitsOfBuckets, counts) { return problem }
    if let problem = try prepare(time, bound: "le", series: bounds.count + 3, name) { return problem }
    let at = Self.milliseconds(time)
    let isStale = flags & Self.noRecordedValue != 0
    func sample(_ value: Double) -> Double { isStale ? StaleMarker.value : value }
    if let sum { writeSeries(name: name + "_sum".utf8) { $0.sample(at, sample(sum)) } }
    writeSeries(name: name + "_count".utf8) { $0.sample(at, sample(Double(count))) }
    var total: UInt64 = 0
    var inOrder = exemplars(by: limitsOfBuckets)[...]
    for (index, bound) in limitsOfBuckets.enumerated() {
      if index < counts.count { total = total.addingReportingOverflow(counts[index]).partialValue }
      let mine = inOrder.prefix { $0.bucket == index }
      inOrder = inOrder.dropFirst(mine.count)
      writeBucket(name, bound, sample(Double(total)), at, mine)
    }
    writeBucket(name, .infinity, sample(Double(count)), at, inOrder)
    took(at: at)
    return nil
  }

  /// The exemplars of the point by the bucket that their value lies in, those of one bucket as they came; the bucket behind
  /// the last bound goes up to infinity. Those that lie in none are left out.
  private func exemplars(by bounds: [Double]) -> [(bucket: Int, exemplar: PointExemplar)] {
    let placed = exemplars.enumerated().compactMap { position, exemplar -> (Int, Int)? in
      guard exemplar.value > -.infinity else { return nil }
      var (low, high) = (0, bounds.count)
      while low < high {
        let middle = low + (high - low) / 2
        if bounds[middle] < exemplar.value { low = middle + 1 } else { high = middle }
      }
      return (low, position)
    }
    return placed.sorted { $0 < $1 }.map { ($0.0, exemplars[$0.1]) }
  }

  private mutating func writeBucket(
    _ name: [UInt8], _ bound: Double, _ value: Double, _ time: Int64,
    _ mine: ArraySlice<(bucket: Int, exemplar: PointExemplar)>
  ) {
    let message = message
    writeSeries(name: name + "_bucket".utf8, bound: Array(FloatText.formatPlain(bound).utf8)) {
      $0.sample(time, value)
      for (_, exemplar) in mine { exemplar.write(message, to: &$0) }
    }
  }

  private func problem(_ bounds: [Double], _ counts: [UInt64]) -> String? {
    if bounds.count > limits.buckets || counts.count > limits.buckets + 1 {
      return "a point has more than \(limits.buckets) buckets; record fewer"
    }
    if !counts.isEmpty, counts.count != bounds.count + 1 {
      return "a point has \(counts.count) counts of buckets for \(bounds.count) bounds"
    }
    for (index, bound) in bounds.enumerated() {
      // The last bucket goes up to infinity anyway.
      if !bound.isFinite || index > 0 && bound <= bounds[index - 1] {
        return "the bounds of a point's buckets do not rise, or are not finite"
      }
    }
    return nil
  }

  /// An `ExponentialHistogramDataPoint`.
  mutating func readExponential(_ range: Range<Int>, _ name: [UInt8]) throws(WireFault) -> String? {
    var time: UInt64 = 0
    var flags: UInt64 = 0
    var scale: Int64 = 0
    // Prometheus' own where the sender gives none.
    var histogram = NativeHistogram()
    histogram.zeroThreshold = 1e-128
    var positive = DenseBuckets()
    var negative = DenseBuckets()
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: attributes.append(try cursor.content())
      case 0x19: time = try cursor.fixed64()
      case 0x21: histogram.count = Double(try cursor.fixed64())
      case 0x29: histogram.sum = Double(bitPattern: try cursor.fixed64())
      case 0x30: scale = Self.signed(try cursor.varint())
      case 0x39: histogram.zeroCount = Double(try cursor.fixed64())
      case 0x42: try readBuckets(try cursor.content(), into: &positive)
      case 0x4a: try readBuckets(try cursor.content(), into: &negative)
      case 0x50: flags = try cursor.varint()
      case 0x5a: try addExemplar(try cursor.content())
      case 0x71:
        let threshold = Double(bitPattern: try cursor.fixed64())
        if threshold != 0 { histogram.zeroThreshold = threshold }
      default: try cursor.skip(tag)
      }
    }
    if positive.counts.count > limits.buckets || negative.counts.count > limits.buckets {
      return "a point has more than \(limits.buckets) buckets; lower its resolution"
    }
    if flags & Self.noRecordedValue != 0 {
      histogram = NativeHistogram()
      histogram.sum = StaleMarker.value
    } else {
      guard let schema = Int8(exactly: min(scale, 8)), NativeHistogram.exponentialSchemas.contains(schema) else {
        return "a point has scale \(scale), below -4, which no native histogram has"
      }
      histogram.schema = schema
      guard let positive = positive.spans(coarserBy: scale - Int64(schema)),
        let negative = negative.spans(coarserBy: scale - Int64(schema))
      else { return "the offset of a point's buckets is beyond 32 bits" }
      (histogram.positiveSpans, histogram.positiveBuckets) = positive
      (histogram.negativeSpans, histogram.negativeBuckets) = negative
    }
    if let problem = try prepare(time, bound: nil, series: 1, name) { return problem }
    let (exemplars, message, at) = (exemplars, message, Self.milliseconds(time))
    writeSeries(name: name) {
      for exemplar in exemplars { exemplar.write(message, to: &$0) }
      $0.message(0x22) { $0.histogram(at, histogram) }
    }
    took(at: at)
    return nil
  }

  private func readBuckets(_ range: Range<Int>, into buckets: inout DenseBuckets) throws(WireFault) {
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x08: buckets.offset = Self.signed(try cursor.varint())
      case 0x10: try add(try cursor.varint(), to: &buckets.counts)
      case 0x12:
        var packed = WireCursor(message, try cursor.content())
        while !packed.isAtEnd { try add(try packed.varint(), to: &buckets.counts) }
      default: try cursor.skip(tag)
      }
    }
  }

  private func addFixed(_ range: Range<Int>, to numbers: inout [UInt64]) throws(WireFault) {
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd { try add(try cursor.fixed64(), to: &numbers) }
  }

  /// Two more than the limit are enough to see that there are too many.
  private func add(_ number: UInt64, to numbers: inout [UInt64]) throws(WireFault) {
    if numbers.count <= limits.buckets + 1 { numbers.append(number) }
  }

  /// Of protobuf's `sint` types (<https://protobuf.dev/programming-guides/encoding/#signed-ints>), which have 32 bits here.
  private static func signed(_ number: UInt64) -> Int64 {
    let number = UInt64(UInt32(truncatingIfNeeded: number))
    return Int64(bitPattern: number >> 1) ^ (0 &- Int64(bitPattern: number & 1))
  }
}

/// One side of an exponential histogram as OTLP sends it: the bucket at `offset` + i counts what lies in
/// (base^(offset + i), base^(offset + i + 1)].
struct DenseBuckets {
  var offset: Int64 = 0
  var counts: [UInt64] = []

  /// As Prometheus keeps it, where the bucket of index i ends at base^i: buckets in spans, gaps of more than two between them
  /// left out.
  ///
  /// - Parameter steps: by how many schemas the result is coarser; each halves the indices.
  /// - Returns: `nil` where an index has more than 32 bits.
  func spans(coarserBy steps: Int64) -> (spans: [NativeHistogram.Span], buckets: [Double])? {
    var buckets: [(index: Int64, count: UInt64)] = []
    for (position, count) in counts.enumerated() where count > 0 {
      // `offset` has 32 bits, so that this cannot overflow.
      let index = (offset + Int64(position)) >> min(steps, 62) + 1
      if let last = buckets.last, last.index == index {
        buckets[buckets.count - 1].count = last.count.addingReportingOverflow(count).partialValue
      } else {
        buckets.append((index, count))
      }
    }
    guard let first = buckets.first, let last = buckets.last else { return ([], []) }
    guard Int32(exactly: first.index) != nil, Int32(exactly: last.index) != nil else { return nil }
    var spans = [NativeHistogram.Span(offset: Int32(clamping: first.index), length: 0)]
    var values: [Double] = []
    var next = first.index
    for (index, count) in buckets {
      let gap = index - next
      if gap > 2 {
        spans.append(NativeHistogram.Span(offset: Int32(clamping: gap), length: 0))
      } else {
        for _ in 0..<gap { values.append(0) }
        spans[spans.count - 1].length += UInt32(gap)
      }
      values.append(Double(count))
      spans[spans.count - 1].length += 1
      next = index + 1
    }
    return (spans, values)
  }
}
