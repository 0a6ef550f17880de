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
    var isTableComplete = true
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      switch tag {
      case 0x22:
        let content = try cursor.content()
        if symbols.isEmpty, !content.isEmpty {
          throw WireFault(offset: start, problem: "has a table of symbols whose first is not the empty string")
        }
        if !series.isEmpty { isTableComplete = false }
        symbols.append(
          Symbol(
            identity: WrittenIdentity(UnsafeRawBufferPointer(rebasing: message[content]), key),
            start: UInt32(truncatingIfNeeded: content.lowerBound), end: UInt32(truncatingIfNeeded: content.upperBound)))
      case 0x2a: try readSymbolicSeries(message, try cursor.content())
      default: try cursor.skip(tag)
      }
    }
    if isTableComplete { return }
    // The table came behind series.
    for index in series.indices {
      series[index].identity = try identity(
        message, Int(series[index].labelStart)..<Int(series[index].labelEnd))
    }
  }

  @inline(__always)
  private mutating func readSymbolicSeries(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    var cursor = WireCursor(message, range)
    // Senders write fields in the order of their numbers, labels first.
    let labelStart = cursor.position
    var labelEnd = labelStart
    let first = samples.count
    var typing = Typing()
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      switch tag {
      // Senders pack the numbers of labels; readers of proto3 take them one by one too.
      case 0x0a, 0x08:
        guard start == labelEnd else {
          throw WireFault(offset: start, problem: "holds labels of a series behind its other fields")
        }
        if tag == 0x0a { _ = try cursor.content() } else { _ = try cursor.varint() }
        labelEnd = cursor.position
      case 0x12: samples.append(try Self.sample(message, try cursor.content()))
      case 0x1a: try readHistogram(message, try cursor.content())
      case 0x22: try readExemplar(message, try cursor.content())
      case 0x2a: typing = try Self.typing(message, try cursor.content())
      default: try cursor.skip(tag)
      }
    }
    typings.append(typing)
    series.append(
      Series(
        identity: try identity(message, labelStart..<labelEnd), labelStart: UInt32(truncatingIfNeeded: labelStart),
        labelEnd: UInt32(truncatingIfNeeded: labelEnd), firstSample: UInt32(truncatingIfNeeded: first),
        sampleCount: UInt32(truncatingIfNeeded: samples.count - first),
        hasHistograms: histograms.last?.series == UInt32(truncatingIfNeeded: series.count),
        hasExemplars: exemplars.last?.series == UInt32(truncatingIfNeeded: series.count)))
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

  /// Of the labels in `range`; ``WrittenIdentity/unknown``, which no good series has, if there is no such symbol or one label
  /// has no value.
  @inline(__always)
  private func identity(
    _ message: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(WireFault) -> WrittenIdentity {
    try symbols.withUnsafeBufferPointer { symbols throws(WireFault) in
      var numbers = SymbolNumbers(message, range)
      // Names and values side by side: a chain waits for each of its multiplications.
      var names = WrittenIdentity.Chain(symbolKey)
      var values = names
      var count = 0
      while let name = try numbers.next() {
        guard let value = try numbers.next(), Int(name) < symbols.count, Int(value) < symbols.count else {
          return .unknown
        }
        names.add(symbols[Int(name)].identity)
        values.add(symbols[Int(value)].identity)
        count &+= 1
      }
      values.add(names.finish(count: count))
      return values.finish(count: count)
    }
  }

  func symbolicLabels(
    of series: Series, in message: UnsafeRawBufferPointer
  ) throws(WrittenLabelFlaw) -> LabelSet {
    let range = Int(series.labelStart)..<Int(series.labelEnd)
    var labels = WrittenLabels(reserving: range.count * 8)
    var numbers = SymbolNumbers(message, range)
    do throws(WireFault) {
      while let name = try numbers.next() {
        guard let value = try numbers.next() else {
          throw WireFault(offset: -1, problem: "the last label of a series has no value")
        }
        for number in [name, value] where Int(number) >= symbols.count {
          throw WireFault(offset: -1, problem: "a label is symbol \(number), and the request has \(symbols.count)")
        }
        let texts = (bytes(ofSymbol: name, in: message), bytes(ofSymbol: value, in: message))
        guard let name = texts.0, let value = texts.1 else { continue }
        do throws(WrittenLabelFlaw) { try labels.add(name, value) } catch {
          throw WireFault(offset: -1, problem: error.problem)
        }
      }
    } catch {
      throw WrittenLabelFlaw(problem: error.offset < 0 ? error.problem : "\(error)")
    }
    return try labels.finish()
  }

  /// `nil` if there is none of this number.
  func bytes(ofSymbol number: UInt32, in message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard Int(number) < symbols.count else { return nil }
    let symbol = symbols[Int(number)]
    return UnsafeRawBufferPointer(rebasing: message[Int(symbol.start)..<Int(symbol.end)])
  }
}

/// The numbers of symbols in a series' fields of labels, name and value in turn.
struct SymbolNumbers {
  private let message: UnsafeRawBufferPointer
  private var fields: WireCursor
  private var packed: WireCursor

  /// - Precondition: `range` holds such fields alone.
  @inline(__always)
  init(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.message = message
    fields = WireCursor(message, range)
    packed = WireCursor(message, range.lowerBound..<range.lowerBound)
  }

  /// What is no number of 32 bits is one that no table has.
  @inline(__always)
  mutating func next() throws(WireFault) -> UInt32? {
    while packed.isAtEnd {
      if fields.isAtEnd { return nil }
      if try fields.varint() == 0x08 { return UInt32(clamping: try fields.varint()) }
      packed = WireCursor(message, try fields.content())
    }
    return UInt32(clamping: try packed.varint())
  }
}
