import FleetModel

/// Writes the new memory while a body is read that differs from the remembered one.
struct DraftBuilder {
  private(set) var layout: BodyLayout
  private(set) var slots: SlotTable
  private var identities: IdentityTable?
  private let seed: UInt64

  /// Starts with the first `matched` units of `old`, which the body had in order.
  init(from old: BodyLayout, matched: Int, slots: SlotTable, format: ExpositionFormat, seed: UInt64) {
    layout = BodyLayout(format: format)
    layout.units.reserveCapacity(old.count)
    layout.units.append(contentsOf: old.units[..<matched])
    var end = 0
    for unit in layout.units where unit.isLine { end += Int(unit.length) }
    layout.comments.append(contentsOf: old.comments[..<end])
    self.slots = slots
    self.seed = seed
  }

  /// `text` is the unit's own.
  mutating func append(_ unit: BodyUnit, text: UnsafeBufferPointer<UInt8>) {
    layout.units.append(unit)
    if unit.isLine { layout.comments.append(contentsOf: text) }
  }

  /// The slot of the series with these labels, a new one if there is none. A new one, or one of another type, is noted.
  mutating func slot(
    of labels: LabelCanonicalizer, type: MetricType, into collection: inout ParsedCollection
  ) -> Int32? {
    let identity = labels.encoded.withUnsafeBufferPointer { ByteHash.identity($0, seed: seed) }
    var table = identities.take() ?? IdentityTable(slots)
    defer { identities = table }
    if let slot = table.find(identity, in: slots.identities) {
      slots.types[Int(slot)] = type.code
      return slot
    }
    let slot: Int32
    if let free = slots.free.popLast() {
      slot = free
      slots.identities[Int(slot)] = identity
      slots.types[Int(slot)] = type.code
    } else {
      guard slots.count < BodyUnit.maximumSlots else { return nil }
      slot = Int32(slots.count)
      slots.identities.append(identity)
      slots.types.append(type.code)
    }
    table.insert(slot, in: slots.identities)
    // A copy of its own: sharing the scratch would keep its whole capacity and cost the next series a new one.
    let encoding = labels.encoded.withUnsafeBufferPointer { Array($0) }
    collection.started.append(StartedSeries(slot: slot, labels: LabelSet(canonicalEncoding: encoding), type: type))
    return slot
  }

  mutating func setType(_ type: MetricType, of slot: Int32) { slots.types[Int(slot)] = type.code }

  /// Finds the series that are gone.
  mutating func finish() -> CollectionParser.Draft {
    var seen = [Bool](repeating: false, count: slots.count)
    for unit in layout.units where !unit.isLine { seen[Int(unit.slot)] = true }
    var ended: [Int32] = []
    for slot in 0..<slots.count where !seen[slot] && slots.isUsed(slot) {
      ended.append(Int32(slot))
      slots.types[slot] = SlotTable.freeType
      slots.free.append(Int32(slot))
    }
    return CollectionParser.Draft(layout: layout, slots: slots, ended: ended)
  }
}
