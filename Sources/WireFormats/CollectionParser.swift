public import FleetModel

/// Reads the bodies of one watched instance, one after the other, and remembers the last one, so that the next is
/// recognised instead of read: a series that stands where it stood costs one comparison of its text and the reading of its
/// value. Only a body that differs in its series is looked up by text, and only a text not seen before has its labels read.
///
/// 1. ``parse(_:format:maximumSamples:into:)`` reads a body into a ``ParsedCollection`` and prepares the new memory.
/// 2. ``commit()`` makes it the memory; ``rollback()`` (or the next `parse`) drops it, and the next body is compared with
///    the one before, as if this had never come.
///
/// Slots number the instance's series from 0, dense, for arrays that the caller indexes by them. The slot of an ended series
/// goes to another one no earlier than in the collection after the one that named it in `ended`.
///
/// Memory between two bodies: 16 bytes for each line, 17 for each series, and the text of the comments.
public struct CollectionParser: Sendable {
  var layout = BodyLayout()
  var slots = SlotTable()
  var draft: Draft?
  let seed: UInt64

  /// What ``commit()`` would install.
  struct Draft {
    var layout: BodyLayout
    var slots: SlotTable
    var ended: [Int32] = []
  }

  /// `seed` should be a secret random number: with it agents cannot craft series that collide.
  public init(seed: UInt64) { self.seed = seed }

  /// Reads a body. On an error `collection` is empty and the memory as it was.
  ///
  /// O(bytes) for a body whose series stand in the order of the last one, without allocation; else also O(series) memory.
  ///
  /// - Parameter maximumSamples: reading stops with an error at one sample more.
  public mutating func parse(
    _ body: UnsafeRawBufferPointer, format: ExpositionFormat, maximumSamples: Int = .max,
    into collection: inout ParsedCollection
  ) throws(ExpositionError) {
    draft = nil
    collection.removeAll()
    let bytes = body.bindMemory(to: UInt8.self)
    guard bytes.count < 1 << 30 else {
      throw ExpositionError(line: 1, column: 1, message: "the body has \(bytes.count) bytes; 1 GiB is too many")
    }
    do {
      switch format {
      case .prometheusText, .openMetrics:
        var pass = TextPass(
          body: bytes, format: format, slots: slots, seed: seed, maximumSamples: maximumSamples)
        draft = try pass.run(over: layout, into: &collection)
      case .agentJSON:
        var pass = JSONPass(body: bytes, slots: slots, seed: seed, maximumSamples: maximumSamples)
        draft = try pass.run(over: layout, into: &collection)
      case .prometheusProtobuf:
        var pass = FamilyPass(body: body, slots: slots, seed: seed, maximumSamples: maximumSamples)
        draft = try pass.run(over: layout, into: &collection)
      }
    } catch {
      collection.removeAll()
      throw ExpositionError(error, in: bytes, format)
    }
    collection.slotCount = draft?.slots.count ?? slots.count
    if let ended = draft?.ended { collection.ended = ended }
  }

  /// As ``parse(_:format:maximumSamples:into:)-(UnsafeRawBufferPointer,_,_,_)``.
  public mutating func parse(
    _ body: [UInt8], format: ExpositionFormat, maximumSamples: Int = .max, into collection: inout ParsedCollection
  ) throws(ExpositionError) {
    let result = body.withUnsafeBytes { bytes in
      Result { () throws(ExpositionError) in
        try parse(bytes, format: format, maximumSamples: maximumSamples, into: &collection)
      }
    }
    try result.get()
  }

  /// Makes the last parsed body the memory. Does nothing where there is none, or where it had the remembered series.
  public mutating func commit() {
    guard var draft else { return }
    self.draft = nil
    draft.layout.trim()
    draft.slots.trim()
    layout = draft.layout
    slots = draft.slots
  }

  /// Drops the last parsed body, because the caller refuses it.
  public mutating func rollback() { draft = nil }

  /// Forgets everything, because the instance is gone.
  ///
  /// - Returns: the slots of the series that end by it.
  public mutating func forget() -> [Int32] {
    let ended = (0..<slots.count).filter(slots.isUsed).map { Int32($0) }
    layout = BodyLayout()
    slots = SlotTable()
    draft = nil
    return ended
  }

  /// How many series the remembered body has.
  public var seriesCount: Int { slots.count - slots.free.count }

  /// The type of the series in `slot`, after ``commit()``; `unknown` for a slot without one.
  public func type(of slot: Int32) -> MetricType {
    guard slots.types.indices.contains(Int(slot)), slots.isUsed(Int(slot)) else { return .unknown }
    return MetricType(code: slots.types[Int(slot)])
  }

  /// The comments of the last parsed body, line by line, where they are not the remembered ones; `nil` after
  /// ``commit()``, and for the JSON form, which has none. O(bytes of comments), and O(1) for a body that is as remembered.
  public var newComments: [UInt8]? {
    guard let draft, draft.layout.format != .agentJSON else { return nil }
    let isSame = draft.layout.comments == layout.comments
    if isSame, draft.layout.comments.isEmpty || draft.layout.format == layout.format { return nil }
    return draft.layout.comments
  }

  /// Type, help and unit of the families that the last parsed body describes, or else the remembered one, by name. Read
  /// from its comments at each call: for people, not for every collection. Empty for the JSON form, whose types are known
  /// by series only.
  public func metadata() -> [String: MetricMetadata] {
    let layout = draft?.layout ?? self.layout
    guard let format = layout.format, format != .agentJSON else { return [:] }
    var families: [String: MetricMetadata] = [:]
    var start = 0
    for unit in layout.units where unit.isLine {
      let line = Array(layout.comments[start..<start + Int(unit.length)])
      start += line.count
      if format == .prometheusProtobuf {
        if let (name, said) = Self.metadata(ofFamily: line) { families[name] = said }
        continue
      }
      for entry in ExpositionDocument(line, format: format).entries {
        switch entry {
        case .help(let metric, let text): families[metric, default: MetricMetadata()].help = text
        case .type(let metric, let type): families[metric, default: MetricMetadata()].type = type
        case .unit(let metric, let text): families[metric, default: MetricMetadata()].unit = text
        case .comment, .series: break
        }
      }
    }
    return families
  }

  private static func metadata(ofFamily message: [UInt8]) -> (String, MetricMetadata)? {
    message.withUnsafeBytes { bytes in
      guard let family = try? FamilyHeader(bytes, 0..<bytes.count) else { return nil }
      let metadata = MetricMetadata(
        type: family.type, help: family.text(family.help, in: bytes), unit: family.text(family.unit, in: bytes))
      return (family.text(family.name, in: bytes), metadata)
    }
  }

  /// The bytes that the memory of this instance takes on the heap.
  public var residentBytes: Int {
    layout.comments.capacity + layout.units.capacity * MemoryLayout<BodyUnit>.stride + slots.types.capacity
      + slots.identities.capacity * MemoryLayout<SeriesIdentity>.stride + slots.free.capacity * 4
  }
}
