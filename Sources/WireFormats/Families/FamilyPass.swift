import FleetModel

/// One reading of one body of metric families against the remembered layout.
///
/// A series is known by a hash of its family's name and type, of its labels as they stand in the body, and of its bucket or
/// quantile. As long as the hashes come in the remembered order, each costs a comparison; one that does not is searched for among
/// the remembered ones, and only one that is not among them has its labels read. From the first such series on the new layout is
/// written.
struct FamilyPass: FamilyVisitor {
  /// Only lines have text in the layout.
  private static var noText: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: nil, count: 0) }

  private let body: UnsafeRawBufferPointer
  private let slots: SlotTable
  private let seed: UInt64
  private let hash: ByteHash
  private let maximumSamples: Int
  private(set) var fault: ExpositionFault?

  private var layout = BodyLayout()
  /// The next expected unit.
  private var unit = 0
  private var draft: DraftBuilder?
  private var table: UnitTable?
  private var canonicalizer = LabelCanonicalizer()
  private var collection = ParsedCollection()

  private var family: FamilyHeader?
  private var familyKey: UInt64 = 0
  private var headerText = WireBytes()
  private var metric: MetricMessage?
  private var labelsKey: UInt64 = 0
  private var scattered: [UInt8] = []

  init(body: UnsafeRawBufferPointer, slots: SlotTable, seed: UInt64, maximumSamples: Int) {
    self.body = body
    self.slots = slots
    self.seed = seed
    hash = ByteHash(seed: seed)
    self.maximumSamples = maximumSamples
  }

  /// - Returns: the new memory, `nil` if it would be the old one.
  mutating func run(
    over remembered: BodyLayout, into result: inout ParsedCollection
  ) throws(ExpositionFault) -> CollectionParser.Draft? {
    swap(&collection, &result)
    defer { swap(&collection, &result) }
    let isSameFormat = remembered.format == .prometheusProtobuf
    if isSameFormat { layout = remembered }
    collection.samples.reserveCapacity(min(maximumSamples, layout.count))
    var reader = FamilyReader(body)
    try reader.run(&self)
    if draft == nil, unit == layout.count, isSameFormat { return nil }
    deviate()
    return draft?.finish()
  }

  // MARK: - The body's parts

  mutating func begin(_ family: FamilyHeader) throws(WireFault) {
    self.family = family
    let count = family.write(from: body, to: &headerText)
    let text = headerText.bytes
    let (key, known): (UInt64, BodyUnit) = text.withUnsafeBufferPointer { text in
      (hash.of(UnsafeBufferPointer(rebasing: text[..<count])), BodyUnit.line(text, hash))
    }
    familyKey = key
    if unit < layout.count, layout.units[unit].isLine, layout.units[unit].isSame(as: known) {
      unit += 1
    } else {
      try family.check(in: body)
      deviate()
    }
    if draft != nil { text.withUnsafeBufferPointer { draft?.append(known, text: $0) } }
  }

  mutating func begin(_ metric: MetricMessage) throws(WireFault) {
    self.metric = metric
    if metric.labelsAreTogether {
      labelsKey = hash.of(UnsafeBufferPointer(rebasing: body.bindMemory(to: UInt8.self)[metric.labels]))
      return
    }
    scattered.removeAll(keepingCapacity: true)
    var cursor = WireCursor(body, metric.range)
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      try cursor.skip(tag)
      if tag == MetricMessage.labelTag { scattered.append(contentsOf: body[start..<cursor.position]) }
    }
    labelsKey = scattered.withUnsafeBufferPointer { hash.of($0) }
  }

  mutating func take(_ part: MetricPart, _ bound: Double, value: Double, exemplar: Range<Int>?) throws(WireFault) {
    guard let metric else { return }
    let slot = try slot(part, bound, of: metric)
    // Another NaN than the usual one would say that the series has ended.
    collection.samples.append(ParsedSample(slot: slot, value: value.isNaN ? .nan : value, timestamp: metric.time))
    try checkCount(metric)
    guard let exemplar else { return }
    append(try FamilyExemplar(body, exemplar), to: slot, at: metric.time)
  }

  mutating func take(_ histogram: NativeHistogram, exemplars: [Range<Int>]) throws(WireFault) {
    guard let metric else { return }
    let slot = try slot(.whole, 0, of: metric)
    collection.histograms.append(ParsedHistogram(slot: slot, value: histogram, timestamp: metric.time))
    try checkCount(metric)
    if exemplars.isEmpty { return }
    for exemplar in try FamilyExemplar.ofHistogram(exemplars, in: body) { append(exemplar, to: slot, at: metric.time) }
  }

  private mutating func append(_ exemplar: FamilyExemplar, to slot: Int32, at time: Int64) {
    guard collection.keepsExemplars, let kept = exemplar.kept(in: body) else { return }
    collection.exemplars.append(ParsedExemplar(slot: slot, exemplar: kept, sampleTime: time))
  }

  private mutating func checkCount(_ metric: MetricMessage) throws(WireFault) {
    guard collection.samples.count + collection.histograms.count > maximumSamples else { return }
    try stop(.tooManySamples(over: maximumSamples, at: metric.range.lowerBound))
  }

  private mutating func stop(_ fault: ExpositionFault) throws(WireFault) {
    self.fault = fault
    throw WireFault(offset: fault.offset, problem: fault.message)
  }

  // MARK: - Series

  private mutating func slot(_ part: MetricPart, _ bound: Double, of metric: MetricMessage) throws(WireFault) -> Int32 {
    let key = hash.of(familyKey &+ part.rawValue, labelsKey, bound.bitPattern)
    if unit < layout.count, layout.units[unit].isSeries(keyed: key) {
      let known = layout.units[unit]
      unit += 1
      if draft != nil { draft?.append(known, text: Self.noText) }
      return known.slot
    }
    deviate()
    if let found = find(key) {
      let known = layout.units[found]
      unit = found + 1
      draft?.append(known, text: Self.noText)
      return known.slot
    }
    try readLabels(part, bound, of: metric)
    let type = family?.type ?? .unknown
    guard let slot = draft?.slot(of: canonicalizer, type: type, into: &collection) else {
      try stop(ExpositionFault(offset: metric.range.lowerBound, message: "more than \(BodyUnit.maximumSlots) series"))
      return 0
    }
    draft?.append(.series(keyed: key, slot: slot), text: Self.noText)
    return slot
  }

  private mutating func find(_ key: UInt64) -> Int? {
    if layout.count == 0 { return nil }
    return layout.units.withUnsafeBufferPointer { units in
      if table == nil { table = UnitTable(units: units) }
      return table?.find(hash: key, length: 0, mode: .any, units: units)
    }
  }

  private mutating func readLabels(_ part: MetricPart, _ bound: Double, of metric: MetricMessage) throws(WireFault) {
    let bytes = body.bindMemory(to: UInt8.self)
    var canonicalizer = LabelCanonicalizer()
    swap(&canonicalizer, &self.canonicalizer)
    defer { swap(&canonicalizer, &self.canonicalizer) }
    canonicalizer.begin()
    var name: [UInt8] = []
    if let family { name.append(contentsOf: body[family.name]) }
    part.suffix.withUTF8Buffer { name.append(contentsOf: $0) }
    name.withUnsafeBufferPointer {
      canonicalizer.append(name: LabelCanonicalizer.metricName, value: $0, escaped: false)
    }
    try metric.forEachLabel(in: body) { (label) throws(WireFault) in
      canonicalizer.append(
        name: UnsafeBufferPointer(rebasing: bytes[label.name]),
        value: UnsafeBufferPointer(rebasing: bytes[label.value]),
        escaped: false)
    }
    if let label = part.label {
      let text = Array(FloatText.formatLabel(bound).utf8)
      text.withUnsafeBufferPointer { canonicalizer.append(name: Array(label.utf8), value: $0, escaped: false) }
    }
    canonicalizer.finish()
  }

  /// From here on the body differs from the remembered one.
  private mutating func deviate() {
    if draft != nil { return }
    draft = DraftBuilder(from: layout, matched: unit, slots: slots, format: .prometheusProtobuf, seed: seed)
  }
}
