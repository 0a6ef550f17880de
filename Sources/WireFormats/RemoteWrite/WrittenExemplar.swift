public import FleetModel

/// One exemplar of a request of remote write.
public struct WrittenExemplar: Sendable, Hashable {
  /// The position of its series in the request.
  public var series: UInt32
  /// Milliseconds since 1970.
  public var time: Int64
  public var value: Double
  /// Where its fields lie in the message.
  var start: UInt32
  var end: UInt32
}

/// Reading the message of an exemplar: `prometheus.Exemplar` of 1.0 with the labels themselves, `io.prometheus.write.v2.Exemplar`
/// of 2.0 with numbers of symbols; the fields have the same numbers in both.
extension WriteRequest {
  /// Of the series that is being read.
  mutating func readExemplar(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    // A request is not to fill far more memory with empty ones: one with labels and a time takes far more bytes than this.
    guard exemplars.count < message.count / 9 + 16 else {
      throw WireFault(
        offset: range.lowerBound, problem: "holds more exemplars than its bytes suffice for: send their labels")
    }
    var exemplar = WrittenExemplar(
      series: UInt32(truncatingIfNeeded: series.count), time: 0, value: 0,
      start: UInt32(truncatingIfNeeded: range.lowerBound), end: UInt32(truncatingIfNeeded: range.upperBound))
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x11: exemplar.value = Double(bitPattern: try cursor.fixed64())
      case 0x18: exemplar.time = Int64(bitPattern: try cursor.varint())
      default: try cursor.skip(tag)
      }
    }
    exemplars.append(exemplar)
  }

  /// The exemplar as the store takes it; its labels may come in any order.
  ///
  /// - Parameter message: what ``read(_:as:)`` was given.
  /// - Throws: ``WrittenLabelFlaw`` if labels have no name, are given twice or are not UTF-8, or if they point to symbols that
  ///   the request has not.
  public func exemplar(
    _ written: WrittenExemplar, in message: UnsafeRawBufferPointer
  ) throws(WrittenLabelFlaw) -> Exemplar {
    var labels: [Label] = []
    do throws(WireFault) {
      switch kind {
      case .version1: try readLabels(of: written, message) { labels.append($0) }
      case .version2: try readSymbols(of: written, message) { labels.append($0) }
      }
    } catch {
      throw WrittenLabelFlaw(problem: error.offset < 0 ? error.problem : "\(error)")
    }
    var names: Set<String> = []
    for label in labels where !names.insert(label.name).inserted {
      throw WrittenLabelFlaw(problem: "label \"\(label.name)\" of an exemplar is given twice")
    }
    return Exemplar(
      labels: LabelSet(labels), value: written.value, time: Timestamp(milliseconds: written.time))
  }

  private func readLabels(
    of written: WrittenExemplar, _ message: UnsafeRawBufferPointer, _ take: (Label) -> Void
  ) throws(WireFault) {
    var cursor = WireCursor(message, Int(written.start)..<Int(written.end))
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      guard tag == 0x0a else {
        try cursor.skip(tag)
        continue
      }
      let (name, value) = try Self.label(message, try cursor.content())
      take(
        try Self.label(
          UnsafeRawBufferPointer(rebasing: message[name]), UnsafeRawBufferPointer(rebasing: message[value])))
    }
  }

  private func readSymbols(
    of written: WrittenExemplar, _ message: UnsafeRawBufferPointer, _ take: (Label) -> Void
  ) throws(WireFault) {
    var numbers: [UInt32] = []
    var cursor = WireCursor(message, Int(written.start)..<Int(written.end))
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x08: numbers.append(UInt32(clamping: try cursor.varint()))
      case 0x0a:
        var packed = WireCursor(message, try cursor.content())
        while !packed.isAtEnd { numbers.append(UInt32(clamping: try packed.varint())) }
      default: try cursor.skip(tag)
      }
    }
    guard numbers.count.isMultiple(of: 2) else {
      throw WireFault(offset: -1, problem: "the last label of an exemplar has no value")
    }
    for index in stride(from: 0, to: numbers.count, by: 2) {
      guard let name = bytes(ofSymbol: numbers[index], in: message),
        let value = bytes(ofSymbol: numbers[index + 1], in: message)
      else {
        throw WireFault(
          offset: -1,
          problem: "a label of an exemplar is symbol \(max(numbers[index], numbers[index + 1])), and the request has "
            + "\(symbolCount)")
      }
      take(try Self.label(name, value))
    }
  }

  private static func label(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws(WireFault) -> Label {
    guard !name.isEmpty, let name = String(validating: name, as: UTF8.self) else {
      throw WireFault(offset: -1, problem: "the name of an exemplar's label is empty or not UTF-8")
    }
    guard let value = String(validating: value, as: UTF8.self) else {
      throw WireFault(offset: -1, problem: "the value of label \"\(name)\" of an exemplar is not UTF-8")
    }
    return Label(name, value)
  }
}
