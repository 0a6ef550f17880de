import FleetModel
import WireFormats

/// Reads one instance's bodies. The only file that knows the exposition parser.
struct BodyReader: Sendable {
  static let acceptHeader = ExpositionFormat.acceptHeader
  /// The time of a sample that was served without one.
  static let noTimestamp = ParsedSample.noTimestamp

  private var parser: CollectionParser
  /// What the last body said; lent by the round, so that its memory serves all instances in turn.
  var collection = ParsedCollection()

  /// `seed` is secret and random: with it agents cannot craft series that collide.
  init(seed: UInt64) { parser = CollectionParser(seed: seed) }

  /// In the order of the body; valid until the next call.
  var samples: [ParsedSample] { collection.samples }
  /// Series that the previous body did not have.
  var started: [StartedSeries] { collection.started }
  /// Slots of series that the previous body had and this one has not.
  var ended: [Int32] { collection.ended }

  /// Reads `body`. Must be followed by ``keep()`` or ``undo()``, also when it throws.
  mutating func read(_ body: [UInt8], contentType: String?, limits: IngestLimits) throws(CollectionFailure) {
    let format = ExpositionFormat.choose(contentType: contentType).format
    let limit = limits.samplesPerCollection
    do throws(ExpositionError) {
      try parser.parse(body, format: format, maximumSamples: limit, into: &collection)
    } catch {
      // The parser has one error type; that it stopped for the bound is told by its message, which a test holds to.
      guard !error.message.hasPrefix("more than \(limit) samples") else {
        throw CollectionFailure(
          over: .samplesPerCollection,
          "the body has more than the limit of \(limit) samples; serve fewer or raise limits.samples_per_collection")
      }
      throw CollectionFailure(.parse, "cannot read the metrics: \(error)")
    }
  }

  mutating func keep() { parser.commit() }

  mutating func undo() { parser.rollback() }

  /// Begins anew: every series of the next body is a started one.
  mutating func forget() { _ = parser.forget() }
}
