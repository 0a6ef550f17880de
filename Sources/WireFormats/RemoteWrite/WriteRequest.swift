public import FleetModel

/// A request of remote write, decoded as far as the known series of a known sender need: which labels there are is a matter of
/// ``labels(of:in:)``, which is asked only for a series that was not seen before.
///
/// It is a `prometheus.WriteRequest` of 1.0 (prometheus/prometheus `prompb/remote.proto`, `types.proto`) or an
/// `io.prometheus.write.v2.Request` of 2.0 (`prompb/io/prometheus/write/v2/types.proto`). Start
/// timestamps are passed over.
public struct WriteRequest: Sendable {
  /// One time series of the request.
  public struct Series: Sendable {
    /// Of its labels as they were sent.
    public var identity: WrittenIdentity
    /// Where the fields with its labels lie in the message; of 2.0 they hold the numbers of symbols.
    var labelStart: UInt32
    var labelEnd: UInt32
    /// Its samples are `sampleCount` of ``WriteRequest/samples`` from here on.
    public var firstSample: UInt32
    public var sampleCount: UInt32
    /// Some of ``WriteRequest/histograms`` are of this series.
    public var hasHistograms = false
    /// Some of ``WriteRequest/exemplars`` are of this series.
    public var hasExemplars = false
  }

  /// One sample of the request.
  public struct Sample: Sendable, Hashable {
    /// Milliseconds since 1970.
    public var time: Int64
    public var value: Double
  }

  /// What was read last.
  public private(set) var kind = WriteMessage.version1
  public internal(set) var series: [Series] = []
  /// Of all series, in the order of the request.
  public internal(set) var samples: [Sample] = []
  /// Of all series, in the order of the request.
  public internal(set) var histograms: [WrittenHistogram] = []
  /// Of all series, in the order of the request.
  public internal(set) var exemplars: [WrittenExemplar] = []
  /// Of 1.0: where the metadata of families lies in the message.
  var metadata: [Range<UInt32>] = []
  /// Of 2.0.
  var symbols: [Symbol] = []
  /// Of 2.0: of each series, what it says of its metric.
  var typings: [Typing] = []
  let key: WrittenIdentity.Key
  /// Of what is made of symbols.
  let symbolKey: WrittenIdentity.Key

  /// - Parameter seed: of the identities; secret, so that nobody can send two sets of labels with one identity.
  public init(seed: UInt64) {
    key = WrittenIdentity.Key(seed: seed)
    symbolKey = WrittenIdentity.Key(seed: seed &+ 0x9e37_79b9_7f4a_7c15)
  }

  /// Bytes of memory that are kept for the next request.
  public var reservedBytes: Int {
    series.capacity * MemoryLayout<Series>.stride + samples.capacity * MemoryLayout<Sample>.stride
      + symbols.capacity * MemoryLayout<Symbol>.stride
      + typings.capacity * MemoryLayout<Typing>.stride + metadata.capacity * MemoryLayout<Range<UInt32>>.stride
  }

  /// Histograms of a series. O(log histograms), and of those of the series.
  public func histogramCount(ofSeries index: Int) -> Int {
    guard series[index].hasHistograms else { return 0 }
    // They lie in the order of the series.
    var (first, end) = (0, histograms.count)
    while first < end {
      let middle = first + (end - first) / 2
      if histograms[middle].series < UInt32(truncatingIfNeeded: index) { first = middle + 1 } else { end = middle }
    }
    return histograms[first...].prefix { $0.series == UInt32(truncatingIfNeeded: index) }.count
  }

  /// Forgets the histograms, each of which has memory of its own, once the request is done with.
  public mutating func releaseHistograms() { histograms = [] }

  /// Takes the place of what was read before. O(bytes); allocates only to grow.
  ///
  /// - Throws: ``WireFault``; then nothing of the request is to be used.
  public mutating func read(
    _ message: UnsafeRawBufferPointer, as kind: WriteMessage = .version1
  ) throws(WireFault) {
    self.kind = kind
    series.removeAll(keepingCapacity: true)
    samples.removeAll(keepingCapacity: true)
    metadata.removeAll(keepingCapacity: true)
    symbols.removeAll(keepingCapacity: true)
    typings.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: histograms.count <= 1024)
    exemplars.removeAll(keepingCapacity: exemplars.count <= 1024)
    guard message.count <= Int(UInt32.max) else { throw WireFault(offset: 0, problem: "has 4 GiB or more") }
    switch kind {
    case .version1: try readVersion1(message)
    case .version2: try readVersion2(message)
    }
  }

  private mutating func readVersion1(_ message: UnsafeRawBufferPointer) throws(WireFault) {
    var cursor = WireCursor(message, 0..<message.count)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: try readSeries(message, try cursor.content())
      case 0x1a:
        let content = try cursor.content()
        metadata.append(UInt32(truncatingIfNeeded: content.lowerBound)..<UInt32(truncatingIfNeeded: content.upperBound))
      default: try cursor.skip(tag)
      }
    }
  }

  @inline(__always)
  private mutating func readSeries(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    var cursor = WireCursor(message, range)
    // Senders write fields in the order of their numbers, labels first.
    let labelStart = cursor.position
    var labelEnd = labelStart
    let first = samples.count
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      switch tag {
      case 0x0a:
        guard start == labelEnd else {
          throw WireFault(offset: start, problem: "holds a label of a series behind its other fields")
        }
        _ = try cursor.content()
        labelEnd = cursor.position
      case 0x12: samples.append(try Self.sample(message, try cursor.content()))
      case 0x1a: try readExemplar(message, try cursor.content())
      case 0x22: try readHistogram(message, try cursor.content())
      default: try cursor.skip(tag)
      }
    }
    series.append(
      Series(
        identity: WrittenIdentity(UnsafeRawBufferPointer(rebasing: message[labelStart..<labelEnd]), key),
        labelStart: UInt32(truncatingIfNeeded: labelStart), labelEnd: UInt32(truncatingIfNeeded: labelEnd),
        firstSample: UInt32(truncatingIfNeeded: first), sampleCount: UInt32(truncatingIfNeeded: samples.count - first),
        hasHistograms: histograms.last?.series == UInt32(truncatingIfNeeded: series.count),
        hasExemplars: exemplars.last?.series == UInt32(truncatingIfNeeded: series.count)))
  }

  /// Of the series that is being read.
  mutating func readHistogram(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    // One with a time of this century takes nine bytes at least: a request is not to fill far more memory with empty ones.
    guard histograms.count < message.count / 9 + 16 else {
      throw WireFault(
        offset: range.lowerBound, problem: "holds more histograms than its bytes suffice for: send their times")
    }
    let read = try HistogramMessage(message, range)
    histograms.append(
      WrittenHistogram(series: UInt32(truncatingIfNeeded: series.count), time: read.time, value: read.value))
  }

  @inline(__always)
  static func sample(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) -> Sample {
    var cursor = WireCursor(message, range)
    // A field that is left out has its default.
    var sample = Sample(time: 0, value: 0)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x09: sample.value = Double(bitPattern: try cursor.fixed64())
      case 0x10: sample.time = Int64(bitPattern: try cursor.varint())
      default: try cursor.skip(tag)
      }
    }
    return sample
  }

  /// The labels of a series as the store takes them; those with an empty value are left out, as everywhere in Prometheus.
  ///
  /// - Parameter message: what ``read(_:as:)`` was given.
  /// - Throws: ``WrittenLabelFlaw`` if they are not sorted, not unique, not UTF-8, or without a metric's name, or if they
  ///   point to symbols that the request has not.
  public func labels(
    of series: Series, in message: UnsafeRawBufferPointer
  ) throws(WrittenLabelFlaw) -> LabelSet {
    switch kind {
    case .version1: try sentLabels(of: series, in: message)
    case .version2: try symbolicLabels(of: series, in: message)
    }
  }

  private func sentLabels(
    of series: Series, in message: UnsafeRawBufferPointer
  ) throws(WrittenLabelFlaw) -> LabelSet {
    var labels = WrittenLabels(reserving: Int(series.labelEnd &- series.labelStart))
    var cursor = WireCursor(message, Int(series.labelStart)..<Int(series.labelEnd))
    while !cursor.isAtEnd {
      let name: Range<Int>
      let value: Range<Int>
      do throws(WireFault) {
        _ = try cursor.varint()
        (name, value) = try Self.label(message, try cursor.content())
      } catch {
        throw WrittenLabelFlaw(problem: "\(error)")
      }
      try labels.add(
        UnsafeRawBufferPointer(rebasing: message[name]), UnsafeRawBufferPointer(rebasing: message[value]))
    }
    return try labels.finish()
  }

  static func label(
    _ message: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(WireFault) -> (name: Range<Int>, value: Range<Int>) {
    var cursor = WireCursor(message, range)
    var name = range.lowerBound..<range.lowerBound
    var value = name
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: name = try cursor.content()
      case 0x12: value = try cursor.content()
      default: try cursor.skip(tag)
      }
    }
    return (name, value)
  }
}
