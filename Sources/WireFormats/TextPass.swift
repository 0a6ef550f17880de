import FleetModel

/// One reading of one text body against the remembered layout.
///
/// 1. As long as the body goes on as remembered, ``followOrder(into:)`` takes lines by comparison.
/// 2. At the first other line ``takeLine(into:)`` reads it by the grammar, finds its text among the remembered ones or its
///    labels among the known series, and 1 goes on from there. From then on the new layout is written.
struct TextPass {
  private let body: UnsafeBufferPointer<UInt8>
  private let format: ExpositionFormat
  private let seed: UInt64
  private let hash: ByteHash
  private let maximumSamples: Int
  private let slots: SlotTable

  private var grammar: ExpositionGrammar
  private var canonicalizer = LabelCanonicalizer()
  private var draft: DraftBuilder?
  private var table: UnitTable?
  /// For each remembered unit the last TYPE line before it; made with the first deviation.
  private var contexts: [Int32] = []

  /// The next expected unit.
  private var unit = 0
  /// The remembered unit whose TYPE line is in force: -1 none, -2 one that was not remembered.
  private var context: Int32 = -1
  private var mode = LabelMode.other
  /// A TYPE line that was recognised by comparison; the grammar is told of it when it is asked next.
  private var unreadTypeLine: Int?

  init(
    body: UnsafeBufferPointer<UInt8>, format: ExpositionFormat, slots: SlotTable, seed: UInt64, maximumSamples: Int
  ) {
    self.body = body
    self.format = format
    self.slots = slots
    self.seed = seed
    hash = ByteHash(seed: seed)
    self.maximumSamples = maximumSamples
    grammar = ExpositionGrammar(body, openMetrics: format == .openMetrics)
  }

  /// The remembered layout, as pointers.
  private struct Old {
    var layout: BodyLayout
    var units: UnsafeBufferPointer<BodyUnit>
    var count: Int
  }

  /// - Returns: the new memory, `nil` if it would be the old one.
  mutating func run(
    over remembered: BodyLayout, into collection: inout ParsedCollection
  ) throws(ExpositionFault) -> CollectionParser.Draft? {
    // What another format left behind says nothing about lines; the series keep their slots nevertheless.
    let layout = remembered.format == format ? remembered : BodyLayout()
    collection.samples.reserveCapacity(min(maximumSamples, layout.count))
    return try layout.units.withUnsafeBufferPointer { (units) throws(ExpositionFault) -> CollectionParser.Draft? in
      let old = Old(layout: layout, units: units, count: layout.count)
      try followOrder(old, into: &collection)
      // The usual body: all as remembered, to the last byte. An OpenMetrics one ends with a line that the grammar must see.
      if format == .prometheusText, draft == nil, unit == old.count, unit > 0, grammar.position >= body.count,
        grammar.deferred == nil, remembered.format == format
      {
        return nil
      }
      repeat { try followOrder(old, into: &collection) } while try takeLine(old, into: &collection)
      if draft == nil, unit == old.count, remembered.format == format { return nil }
      deviate(old, at: unit)
      return draft?.finish()
    }
  }

  // MARK: - In order

  /// Takes lines while they are the remembered ones in the remembered order, or a few of those left out.
  private mutating func followOrder(_ old: Old, into collection: inout ParsedCollection) throws(ExpositionFault) {
    while unit < old.count {
      let stopped = try matchRun(old, into: &collection)
      guard stopped, unit < old.count, let skipped = nearbyMatch(old) else { return }
      // Series that have ended: the body goes on behind them.
      deviate(old, at: unit)
      unit = skipped
      if contexts[skipped] != context { return }
    }
  }

  /// Takes units for as long as they stand where they are expected.
  ///
  /// - Returns: false where the grammar has to go on.
  private mutating func matchRun(_ old: Old, into collection: inout ParsedCollection) throws(ExpositionFault) -> Bool {
    while unit < old.count {
      var end = RunEnd.full
      let expected = min(old.count - unit, Self.runLength)
      // A body that differs in every line comes here for every line: growing by as much as is needed would copy each time.
      let (count, capacity) = (collection.samples.count, collection.samples.capacity)
      if capacity - count < expected { collection.samples.reserveCapacity(max(count + expected, capacity * 2)) }
      collection.samples.append(addingCapacity: expected) { samples in
        end = matchPlain(old, upTo: unit + expected, into: &samples)
      }
      if collection.samples.count > maximumSamples { throw tooMany(at: min(grammar.position, body.count)) }
      switch end {
      case .full: continue
      case .otherText: return true
      case .grammar: return false
      case .tail:
        let known = old.units[unit]
        guard try takeTail(at: grammar.position + Int(known.length), slot: known.slot, into: &collection) else {
          return false
        }
        if collection.samples.count > maximumSamples { throw tooMany(at: min(grammar.position, body.count)) }
        if draft != nil { keep(unit, old, at: 0) }
        unit += 1
        if grammar.deferred != nil { return false }
      }
    }
    return false
  }

  /// As many units at once as memory for their samples is prepared: bodies that differ often would pay for all of it each time.
  private static let runLength = 256

  private enum RunEnd {
    /// All units that were asked for.
    case full
    /// Another text stands there.
    case otherText
    /// Only the grammar can tell how to go on.
    case grammar
    /// The unit stands there, and behind it something else than a plain decimal and the line's end.
    case tail
  }

  /// Takes lines with plain values and comments.
  private mutating func matchPlain(_ old: Old, upTo limit: Int, into samples: inout OutputSpan<ParsedSample>) -> RunEnd
  {
    guard let base = body.baseAddress, let units = old.units.baseAddress else { return .grammar }
    let hash = self.hash
    let count = body.count
    let endsAtEOF = format == .prometheusText
    let deviated = draft != nil
    var index = unit
    var position = grammar.position
    var mode = self.mode
    defer {
      unit = index
      grammar.position = position
      self.mode = mode
    }
    while index < limit {
      if deviated, contexts[index] != context { return .grammar }
      let known = units[index]
      guard known.stands(at: base + position, available: count &- position, hash) else { return .otherText }
      let length = Int(known.length)
      if known.isLine {
        guard base[position &+ length &- 1] == newline else { return .grammar }
        if known.isTypeLine {
          mode = known.mode
          context = Int32(truncatingIfNeeded: index)
          unreadTypeLine = position
        }
        if deviated { keep(index, old, at: position) }
        position &+= length
        index &+= 1
        continue
      }
      guard known.isFit, known.mode == .any || known.mode == mode else { return .grammar }
      var at = position &+ length
      guard let value = FloatText.scan(base, from: &at, limit: count),
        at < count ? base[at] == newline : endsAtEOF
      else { return .tail }
      samples.append(ParsedSample(slot: known.slot, value: value))
      position = at &+ 1
      if deviated { keep(index, old, at: 0) }
      index &+= 1
    }
    return .full
  }

  /// A value that is no plain decimal, or one with something behind it.
  private mutating func takeTail(
    at start: Int, slot: Int32, into collection: inout ParsedCollection
  ) throws(ExpositionFault) -> Bool {
    let character = grammar.at(start)
    // Only where the grammar would see a value's first character here too.
    if character <= 32 || character == 123 && format == .prometheusText { return false }
    grammar.position = start
    try grammar.tail()
    take(sample(slot), into: &collection)
    return true
  }

  private func take(_ sample: ParsedSample, into collection: inout ParsedCollection) {
    collection.samples.append(sample)
    guard collection.keepsExemplars, let exemplar = ParsedExemplar(of: grammar, sample) else { return }
    collection.exemplars.append(exemplar)
  }

  private func sample(_ slot: Int32) -> ParsedSample {
    // The marker for "none" is also what Prometheus makes of OpenMetrics times beyond range.
    let time = grammar.timestamp.map { max($0, ParsedSample.noTimestamp + 1) } ?? ParsedSample.noTimestamp
    return ParsedSample(slot: slot, value: grammar.value, timestamp: time)
  }

  /// One of the next few units with which the body goes on.
  private func nearbyMatch(_ old: Old) -> Int? {
    guard let base = body.baseAddress else { return nil }
    for index in (unit + 1)..<max(unit + 1, min(unit + 5, old.count)) {
      let available = body.count - grammar.position
      if old.units[index].stands(at: base + grammar.position, available: available, hash) { return index }
    }
    return nil
  }

  // MARK: - Out of order

  /// - Returns: false at the end of the body.
  private mutating func takeLine(_ old: Old, into collection: inout ParsedCollection) throws(ExpositionFault) -> Bool {
    let start = grammar.position
    if let line = unreadTypeLine {
      // The same line as then, so it cannot fail and tells the family.
      grammar.position = line
      _ = try grammar.next()
      grammar.position = start
      unreadTypeLine = nil
    }
    let entry = try grammar.next()
    if entry == .end { return false }
    deviate(old, at: unit)
    let end = entry == .series ? grammar.valueStart : min(grammar.position, body.count)
    let text = UnsafeBufferPointer(rebasing: body[min(start, end)..<end])
    if entry == .type {
      mode = LabelMode(type: grammar.family?.type)
      context = -2
    }
    let found = find(text, old)
    if entry == .series {
      try takeSeries(text, found: found, old, into: &collection)
    } else if let found {
      if entry == .type { context = Int32(found) }
      draft?.append(old.units[found], text: text)
    } else {
      let unit = entry == .type ? BodyUnit.typeLine(text, hash, mode: mode) : .line(text, hash)
      draft?.append(unit, text: text)
    }
    if let found { unit = found + 1 }
    return true
  }

  private mutating func takeSeries(
    _ text: UnsafeBufferPointer<UInt8>, found: Int?, _ old: Old, into collection: inout ParsedCollection
  ) throws(ExpositionFault) {
    let slot: Int32
    if let found {
      slot = old.units[found].slot
      if contexts[found] != context {
        let type = seriesType()
        draft?.setType(type, of: slot)
      }
      draft?.append(old.units[found], text: text)
    } else {
      canonicalizer.take(grammar)
      let type = seriesType()
      guard let known = draft?.slot(of: canonicalizer, type: type, into: &collection) else {
        throw ExpositionFault(offset: grammar.valueStart, message: "more than \(BodyUnit.maximumSlots) series")
      }
      slot = known
      let unit = BodyUnit.series(
        text, hash, slot: slot, mode: canonicalizer.dependsOnType ? mode : .any, fit: isFit(text))
      draft?.append(unit, text: text)
    }
    take(sample(slot), into: &collection)
    if collection.samples.count > maximumSamples { throw tooMany(at: grammar.valueStart) }
  }

  private func seriesType() -> MetricType {
    guard let family = grammar.family else { return .unknown }
    return MetricFamilies.type(of: grammar.bytes(grammar.name), in: grammar.bytes(family.name), typed: family.type)
  }

  /// `a.5` is the metric `a` with the value .5, but `ab` behind the remembered `a` is another name: only what ends with the
  /// name for sure can be recognised by its text.
  private func isFit(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.last == 32 || text.last == 9 || text.last == 125
  }

  private mutating func find(_ text: UnsafeBufferPointer<UInt8>, _ old: Old) -> Int? {
    if old.count == 0 { return nil }
    if table == nil { table = UnitTable(units: old.units) }
    return table?.find(text, hash, mode: mode, units: old.units)
  }

  // MARK: - The new layout

  /// From here on the body differs from the remembered one, whose first `matched` units it had.
  private mutating func deviate(_ old: Old, at matched: Int) {
    if draft != nil { return }
    draft = DraftBuilder(from: old.layout, matched: matched, slots: slots, format: format, seed: seed)
    var last: Int32 = -1
    contexts = (0..<old.count).map { index in
      let context = last
      if old.units[index].isTypeLine { last = Int32(index) }
      return context
    }
  }

  /// A remembered unit that stands at `position` of this body.
  private mutating func keep(_ index: Int, _ old: Old, at position: Int) {
    let unit = old.units[index]
    let range = unit.isLine ? position..<position + Int(unit.length) : 0..<0
    draft?.append(unit, text: UnsafeBufferPointer(rebasing: body[range]))
  }

  private func tooMany(at offset: Int) -> ExpositionFault {
    .tooManySamples(over: maximumSamples, at: offset)
  }
}
