public import FleetModel

/// A `prometheus.WriteRequest` of remote write 1.0 (prometheus/prometheus `prompb/remote.proto`, `types.proto`), decoded as
/// far as the known series of a known sender need: which labels there are is a matter of ``labels(of:in:)``, which is asked
/// only for a series that was not seen before.
///
/// Exemplars, native histograms and metadata are passed over.
public struct WriteRequest: Sendable {
  /// One time series of the request.
  public struct Series: Sendable {
    /// Of the bytes of its labels as they were sent.
    public var identity: WrittenIdentity
    /// Where the fields with its labels lie in the message.
    var labelStart: UInt32
    var labelEnd: UInt32
    /// Its samples are `sampleCount` of ``WriteRequest/samples`` from here on.
    public var firstSample: UInt32
    public var sampleCount: UInt32
  }

  /// One sample of the request.
  public struct Sample: Sendable, Hashable {
    /// Milliseconds since 1970.
    public var time: Int64
    public var value: Double
  }

  public private(set) var series: [Series] = []
  /// Of all series, in the order of the request.
  public private(set) var samples: [Sample] = []
  /// Native histograms that were passed over.
  public private(set) var histograms = 0
  private let key: WrittenIdentity.Key

  /// - Parameter seed: of the identities; secret, so that nobody can send two sets of labels with one identity.
  public init(seed: UInt64) { key = WrittenIdentity.Key(seed: seed) }

  /// Bytes of memory that are kept for the next request.
  public var reservedBytes: Int {
    series.capacity * MemoryLayout<Series>.stride + samples.capacity * MemoryLayout<Sample>.stride
  }

  /// Takes the place of what was read before. O(bytes); allocates only to grow.
  ///
  /// - Throws: ``WireFault``; then nothing of the request is to be used.
  public mutating func read(_ message: UnsafeRawBufferPointer) throws(WireFault) {
    series.removeAll(keepingCapacity: true)
    samples.removeAll(keepingCapacity: true)
    histograms = 0
    guard message.count <= Int(UInt32.max) else { throw WireFault(offset: 0, problem: "has 4 GiB or more") }
    var cursor = WireCursor(message, 0..<message.count)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      if tag == 0x0a {
        try readSeries(message, try cursor.content())
      } else {
        try cursor.skip(tag)
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
      case 0x22:
        _ = try cursor.content()
        histograms &+= 1
      default: try cursor.skip(tag)
      }
    }
    series.append(
      Series(
        identity: WrittenIdentity(UnsafeRawBufferPointer(rebasing: message[labelStart..<labelEnd]), key),
        labelStart: UInt32(truncatingIfNeeded: labelStart), labelEnd: UInt32(truncatingIfNeeded: labelEnd),
        firstSample: UInt32(truncatingIfNeeded: first), sampleCount: UInt32(truncatingIfNeeded: samples.count - first)))
  }

  @inline(__always)
  private static func sample(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) -> Sample {
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
  /// - Parameter message: what ``read(_:)`` was given.
  /// - Throws: ``WrittenLabelFlaw`` if they are not sorted, not unique, not UTF-8, or without a metric's name.
  public func labels(
    of series: Series, in message: UnsafeRawBufferPointer
  ) throws(WrittenLabelFlaw) -> LabelSet {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(Int(series.labelEnd &- series.labelStart))
    var cursor = WireCursor(message, Int(series.labelStart)..<Int(series.labelEnd))
    var previous: Range<Int>?
    var hasName = false
    do throws(WireFault) {
      while !cursor.isAtEnd {
        _ = try cursor.varint()
        let (name, value) = try Self.label(message, try cursor.content())
        let nameBytes = UnsafeRawBufferPointer(rebasing: message[name])
        let valueBytes = UnsafeRawBufferPointer(rebasing: message[value])
        let before = previous.map { UnsafeRawBufferPointer(rebasing: message[$0]) }
        if let flaw = Self.flaw(in: nameBytes, valueBytes, after: before) {
          throw WireFault(offset: -1, problem: flaw)
        }
        previous = name
        if value.isEmpty { continue }
        if nameBytes.elementsEqual(LabelSet.metricName.utf8) { hasName = true }
        Self.append(nameBytes, to: &encoded)
        Self.append(valueBytes, to: &encoded)
      }
    } catch {
      throw WrittenLabelFlaw(problem: error.offset < 0 ? error.problem : "\(error)")
    }
    guard hasName else { throw WrittenLabelFlaw(problem: "a series has no label __name__") }
    return LabelSet(canonicalEncoding: encoded)
  }

  private static func label(
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

  private static func flaw(
    in name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, after previous: UnsafeRawBufferPointer?
  ) -> String? {
    if name.isEmpty { return "a label has no name" }
    guard let text = String(validating: name, as: UTF8.self) else { return "the name of a label is not UTF-8" }
    guard String(validating: value, as: UTF8.self) != nil else { return "the value of label \"\(text)\" is not UTF-8" }
    guard let previous else { return nil }
    if previous.elementsEqual(name) { return "label \"\(text)\" is given twice" }
    return previous.lexicographicallyPrecedes(name) ? nil : "the labels are not sorted: \"\(text)\" comes too late"
  }

  private static func append(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
    var length = text.count
    while length >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: length))
    bytes.append(contentsOf: text)
  }
}

/// Labels that cannot be those of a series.
public struct WrittenLabelFlaw: Error, Sendable, Hashable, CustomStringConvertible {
  public var problem: String
  public var description: String { problem }
}
