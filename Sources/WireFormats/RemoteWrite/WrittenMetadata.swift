public import FleetModel

/// What a request says of a metric family.
public struct WrittenMetadata: Sendable, Hashable {
  public var family: String
  public var metadata: MetricMetadata

  public init(family: String, metadata: MetricMetadata) {
    self.family = family
    self.metadata = metadata
  }
}

/// Remembers which metadata was told already, so that senders who repeat it with every request cost no string. A fixed table:
/// two that share a place are told again in turn.
public struct MetadataMemory: Sendable {
  private static let bits: UInt64 = 13
  private var seen: [UInt64] = []

  public init() {}

  public mutating func forget() { seen = [] }

  /// Whether it was not the last at its place.
  mutating func isNew(_ print: UInt64) -> Bool {
    if seen.isEmpty { seen = [UInt64](repeating: 0, count: 1 << Int(Self.bits)) }
    let place = Int(truncatingIfNeeded: print >> (64 - Self.bits))
    // An empty place holds 0.
    let print = print | 1
    if seen[place] == print { return false }
    seen[place] = print
    return true
  }
}

extension WriteRequest {
  /// What the request says of metric families and `memory` does not know; allocates only for that. O(series) for 2.0, where
  /// every series may say something of its metric.
  ///
  /// - Parameters:
  ///   - message: what ``read(_:as:)`` was given.
  ///   - isTaken: whether the series at a position was taken in; what others say does not count.
  public func news(
    in message: UnsafeRawBufferPointer, since memory: inout MetadataMemory, where isTaken: (Int) -> Bool
  ) -> [WrittenMetadata] {
    var news: [WrittenMetadata] = []
    switch kind {
    case .version1:
      for range in metadata {
        let range = Int(range.lowerBound)..<Int(range.upperBound)
        let print = WrittenIdentity(UnsafeRawBufferPointer(rebasing: message[range]), key).low
        if memory.isNew(print), let told = try? Self.familyMetadata(message, range) { news.append(told) }
      }
    case .version2:
      for index in typings.indices where typings[index].saysSomething && isTaken(index) {
        if let told = metadata(ofSeries: index, in: message, since: &memory) { news.append(told) }
      }
    }
    return news
  }

  /// A `prometheus.MetricMetadata`; `nil` without a name.
  private static func familyMetadata(
    _ message: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(WireFault) -> WrittenMetadata? {
    var cursor = WireCursor(message, range)
    var told = WrittenMetadata(family: "", metadata: MetricMetadata())
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x08: told.metadata.type = MetricType(written: try cursor.varint())
      case 0x12: told.family = String(decoding: message[try cursor.content()], as: UTF8.self)
      case 0x22: told.metadata.help = String(decoding: message[try cursor.content()], as: UTF8.self)
      case 0x2a: told.metadata.unit = String(decoding: message[try cursor.content()], as: UTF8.self)
      default: try cursor.skip(tag)
      }
    }
    return told.family.isEmpty ? nil : told
  }

  private func metadata(
    ofSeries index: Int, in message: UnsafeRawBufferPointer, since memory: inout MetadataMemory
  ) -> WrittenMetadata? {
    let typing = typings[index]
    guard let name = nameSymbol(of: series[index], in: message), Int(typing.help) < symbols.count,
      Int(typing.unit) < symbols.count
    else { return nil }
    var chain = WrittenIdentity.Chain(symbolKey)
    for number in [name, typing.help, typing.unit] { chain.add(symbols[Int(number)].identity) }
    guard memory.isNew(chain.finish(count: Int(typing.type)).low) else { return nil }
    let text = { (number: UInt32) in
      String(decoding: bytes(ofSymbol: number, in: message) ?? .init(start: nil, count: 0), as: UTF8.self)
    }
    let type = MetricType(written: UInt64(typing.type))
    return WrittenMetadata(
      family: type.family(ofSeriesNamed: text(name)),
      metadata: MetricMetadata(type: type, help: text(typing.help), unit: text(typing.unit)))
  }

  /// The symbol of the metric's name; labels are sorted, and `__name__` is mostly the first.
  private func nameSymbol(of series: Series, in message: UnsafeRawBufferPointer) -> UInt32? {
    var numbers = SymbolNumbers(message, Int(series.labelStart)..<Int(series.labelEnd))
    while let name = try? numbers.next(), let value = try? numbers.next() {
      guard bytes(ofSymbol: name, in: message)?.elementsEqual(LabelSet.metricName.utf8) == true else { continue }
      return bytes(ofSymbol: value, in: message)?.isEmpty == false ? value : nil
    }
    return nil
  }
}

extension WriteRequest.Typing {
  fileprivate var saysSomething: Bool { type != 0 || help != 0 || unit != 0 }
}

extension MetricType {
  /// As the messages of both versions number the types; numbers of a later version are unknown.
  fileprivate init(written number: UInt64) {
    let types: [MetricType] = [
      .unknown, .counter, .gauge, .histogram, .gaugehistogram, .summary, .info, .stateset,
    ]
    self = number < UInt64(types.count) ? types[Int(number)] : .unknown
  }

  /// The family of the series called `name`: Prometheus keeps what it knows of a histogram or summary under the name
  /// without the suffix of its parts.
  fileprivate func family(ofSeriesNamed name: String) -> String {
    let suffixes: [String] =
      switch self {
      case .histogram: ["_bucket", "_sum", "_count"]
      case .gaugehistogram: ["_bucket", "_gsum", "_gcount"]
      case .summary: ["_sum", "_count"]
      case .counter, .gauge, .info, .stateset, .unknown: []
      }
    for suffix in suffixes where name.hasSuffix(suffix) && name.utf8.count > suffix.utf8.count {
      return String(name.dropLast(suffix.utf8.count))
    }
    return name
  }
}
