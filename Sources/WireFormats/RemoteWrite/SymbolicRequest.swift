import FleetModel

/// Reading an `io.prometheus.write.v2.Request`: its strings come once, as a table of symbols, and the series point into it.
extension WriteRequest {
  /// One string of the table.
  struct Symbol: Sendable {
    var identity: WrittenIdentity
    /// Where it lies in the message.
    var start: UInt32
    var end: UInt32
  }

  /// What a series says of its metric; `help` and `unit` are numbers of symbols.
  struct Typing: Sendable {
    var type: UInt32 = 0
    var help: UInt32 = 0
    var unit: UInt32 = 0
  }

  /// How many strings a request of 2.0 has; 0 of 1.0.
  public var symbolCount: Int { symbols.count }

  mutating func readVersion2(_ message: UnsafeRawBufferPointer) throws(WireFault) {
    var cursor = WireCursor(message, 0..<message.count)
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      switch tag {
      case 0x22:
        let content = try cursor.content()
        if symbols.isEmpty, !content.isEmpty {
          throw WireFault(offset: start, problem: "has a table of symbols whose first is not the empty string")
        }
        symbols.append(
          Symbol(
            identity: WrittenIdentity(UnsafeRawBufferPointer(rebasing: message[content]), key),
            start: UInt32(truncatingIfNeeded: content.lowerBound), end: UInt32(truncatingIfNeeded: content.upperBound)))
      case 0x2a: try readSymbolicSeries(message, try cursor.content())
      default: try cursor.skip(tag)
      }
    }
    // The table may come behind the series.
    identify()
  }

  @inline(__always)
  private mutating func readSymbolicSeries(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    var cursor = WireCursor(message, range)
    let firstReference = references.count
    let first = samples.count
    var typing = Typing()
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a:
        var numbers = WireCursor(message, try cursor.content())
        while !numbers.isAtEnd { references.append(UInt32(clamping: try numbers.varint())) }
      // Senders pack the numbers; readers of proto3 take them one by one too.
      case 0x08: references.append(UInt32(clamping: try cursor.varint()))
      case 0x12: samples.append(try Self.sample(message, try cursor.content()))
      case 0x1a:
        _ = try cursor.content()
        histograms &+= 1
      case 0x22:
        _ = try cursor.content()
        exemplars &+= 1
      case 0x2a: typing = try Self.typing(message, try cursor.content())
      default: try cursor.skip(tag)
      }
    }
    typings.append(typing)
    series.append(
      Series(
        identity: .unknown, labelStart: UInt32(truncatingIfNeeded: firstReference),
        labelEnd: UInt32(truncatingIfNeeded: references.count), firstSample: UInt32(truncatingIfNeeded: first),
        sampleCount: UInt32(truncatingIfNeeded: samples.count - first)))
  }

  private static func typing(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) -> Typing {
    var cursor = WireCursor(message, range)
    var typing = Typing()
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x08: typing.type = UInt32(clamping: try cursor.varint())
      case 0x18: typing.help = UInt32(clamping: try cursor.varint())
      case 0x20: typing.unit = UInt32(clamping: try cursor.varint())
      default: try cursor.skip(tag)
      }
    }
    return typing
  }

  /// Gives each series its identity; one whose references are bad keeps ``WrittenIdentity/unknown``, which no good one has.
  private mutating func identify() {
    let key = symbolKey
    series.withUnsafeMutableBufferPointer { series in
      symbols.withUnsafeBufferPointer { symbols in
        references.withUnsafeBufferPointer { references in
          for index in series.indices {
            let range = Int(series[index].labelStart)..<Int(series[index].labelEnd)
            guard range.count & 1 == 0 else { continue }
            var chain = WrittenIdentity.Chain(key)
            var isGood = true
            for place in range {
              let number = Int(references[place])
              guard number < symbols.count else {
                isGood = false
                break
              }
              chain.add(symbols[number].identity)
            }
            if isGood { series[index].identity = chain.finish(count: range.count) }
          }
        }
      }
    }
  }

  func symbolicLabels(
    of series: Series, in message: UnsafeRawBufferPointer
  ) throws(WrittenLabelFlaw) -> LabelSet {
    let range = Int(series.labelStart)..<Int(series.labelEnd)
    guard range.count & 1 == 0 else {
      throw WrittenLabelFlaw(problem: "the labels of a series are \(range.count) symbols: one has no value")
    }
    var labels = WrittenLabels(reserving: range.count * 12)
    for place in stride(from: range.lowerBound, to: range.upperBound, by: 2) {
      try labels.add(
        try symbol(references[place], of: message), try symbol(references[place + 1], of: message))
    }
    return try labels.finish()
  }

  private func symbol(
    _ number: UInt32, of message: UnsafeRawBufferPointer
  ) throws(WrittenLabelFlaw) -> UnsafeRawBufferPointer {
    guard let bytes = bytes(ofSymbol: number, in: message) else {
      throw WrittenLabelFlaw(problem: "a label is symbol \(number), and the request has \(symbols.count)")
    }
    return bytes
  }

  /// `nil` if there is none of this number.
  func bytes(ofSymbol number: UInt32, in message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard Int(number) < symbols.count else { return nil }
    let symbol = symbols[Int(number)]
    return UnsafeRawBufferPointer(rebasing: message[Int(symbol.start)..<Int(symbol.end)])
  }
}
