import FleetModel

/// One reading of one JSON body.
///
/// The remembered layout is the body cut at its values: what stands between two of them is one unit. Where all of it is the
/// same again, every value belongs to the series it belonged to, since a number can be replaced by a number without changing
/// what the rest of a JSON text means. Any difference, and the body is read in full.
struct JSONPass {
  private let body: UnsafeBufferPointer<UInt8>
  private let slots: SlotTable
  private let seed: UInt64
  private let maximumSamples: Int

  init(body: UnsafeBufferPointer<UInt8>, slots: SlotTable, seed: UInt64, maximumSamples: Int) {
    self.body = body
    self.slots = slots
    self.seed = seed
    self.maximumSamples = maximumSamples
  }

  /// - Returns: the new memory, `nil` if it would be the old one.
  mutating func run(
    over remembered: BodyLayout, into collection: inout ParsedCollection
  ) throws(ExpositionFault) -> CollectionParser.Draft? {
    if remembered.format == .agentJSON, remembered.count > 0, remembered.count - 1 <= maximumSamples,
      recognise(remembered, into: &collection)
    {
      return nil
    }
    collection.samples.removeAll(keepingCapacity: true)
    return try read(over: remembered, into: &collection)
  }

  private func recognise(_ old: BodyLayout, into collection: inout ParsedCollection) -> Bool {
    collection.samples.reserveCapacity(old.count)
    guard let base = body.baseAddress else { return false }
    let hash = ByteHash(seed: seed)
    var reader = AgentJSONReader(body)
    var position = 0
    for unit in old.units {
      guard unit.stands(at: base + position, available: body.count - position, hash) else { return false }
      position += Int(unit.length)
      if unit.isLine { continue }
      // Blanks stand in the text between the values, never before one.
      guard position < body.count, base[position] > 32 else { return false }
      reader.cursor.position = position
      guard (try? reader.readValue()) != nil else { return false }
      position = reader.cursor.position
      collection.samples.append(ParsedSample(slot: unit.slot, value: reader.value))
    }
    return position == body.count
  }

  private func read(
    over old: BodyLayout, into collection: inout ParsedCollection
  ) throws(ExpositionFault) -> CollectionParser.Draft? {
    var draft = DraftBuilder(from: old, matched: 0, slots: slots, format: .agentJSON, seed: seed)
    let hash = ByteHash(seed: seed)
    var reader = AgentJSONReader(body)
    var canonicalizer = LabelCanonicalizer()
    var scratch: [UInt8] = []
    var written = 0
    while try reader.next() {
      canonicalizer.take(reader, scratch: &scratch)
      guard collection.samples.count < maximumSamples else {
        throw .tooManySamples(over: maximumSamples, at: reader.literal.lowerBound)
      }
      guard let slot = draft.slot(of: canonicalizer, type: reader.type, into: &collection) else {
        throw ExpositionFault(offset: reader.literal.lowerBound, message: "more than \(BodyUnit.maximumSlots) series")
      }
      let text = UnsafeBufferPointer(rebasing: body[written..<reader.literal.lowerBound])
      draft.append(.series(text, hash, slot: slot, mode: .any, fit: true), text: text)
      written = reader.literal.upperBound
      collection.samples.append(ParsedSample(slot: slot, value: reader.value))
    }
    let rest = UnsafeBufferPointer(rebasing: body[written...])
    draft.append(.line(rest, hash), text: rest)
    return draft.finish()
  }
}
