import FleetModel
import WireFormats

/// Reads one instance's bodies. The only file that knows the exposition parser.
struct BodyReader: Sendable {
  static func acceptHeader(nativeHistograms: Bool) -> String {
    ExpositionFormat.acceptHeader(nativeHistograms: nativeHistograms)
  }
  /// The time of a sample that was served without one.
  static let noTimestamp = ParsedSample.noTimestamp

  private var parser: CollectionParser
  private let seed: UInt64
  /// The header of the last body and what it means: an agent's seldom changes.
  private var contentType: String?
  private var format = ExpositionFormat.choose(contentType: nil).format
  /// What the last body said; lent by the round, so that its memory serves all instances in turn.
  var collection = ParsedCollection()

  /// `seed` is secret and random: with it agents cannot craft series that collide.
  init(seed: UInt64) {
    self.seed = seed
    parser = CollectionParser(seed: seed)
  }

  /// In the order of the body; valid until the next call.
  var samples: [ParsedSample] { collection.samples }
  /// In the order of the body; valid until the next call.
  var histograms: [ParsedHistogram] { collection.histograms }
  /// Series that the previous body did not have.
  var started: [StartedSeries] { collection.started }
  /// Slots of series that the previous body had and this one has not.
  var ended: [Int32] { collection.ended }

  /// The comments of the body that was read, where the one before had others.
  var newComments: [UInt8]? { parser.newComments }
  /// What these comments say of metric families.
  func metadata() -> [String: MetricMetadata] { parser.metadata() }
  /// Whether types come with each series instead of in comments.
  var typesAreBySeries: Bool { format == .agentJSON }

  /// Reads `body`. Must be followed by ``keep()`` or ``undo()``, also when it throws.
  mutating func read(_ body: [UInt8], contentType: String?, limits: IngestLimits) throws(CollectionFailure) {
    if contentType != self.contentType {
      self.contentType = contentType
      format = ExpositionFormat.choose(contentType: contentType).format
    }
    let limit = limits.samplesPerCollection
    do throws(ExpositionError) {
      try parser.parse(body, format: format, maximumSamples: limit, into: &collection)
    } catch {
      guard error.code != .tooManySamples else {
        throw CollectionFailure(
          over: .samplesPerCollection,
          "the body has more than the limit of \(limit) samples; serve fewer or raise limits.samples_per_collection")
      }
      throw CollectionFailure(.parse, "cannot read the metrics: \(error)")
    }
  }

  mutating func keep() { parser.commit() }

  mutating func undo() { parser.rollback() }

  /// The labels of the series in `slots` as the last body, given once more, serves them. Reads all of it anew: for what
  /// hardly ever happens.
  func labels(of slots: Set<Int32>, in body: [UInt8]) -> [Int32: LabelSet] {
    var fresh = CollectionParser(seed: seed)
    var again = ParsedCollection()
    do throws(ExpositionError) { try fresh.parse(body, format: format, into: &again) } catch { return [:] }
    let labels = Dictionary(again.started.map { ($0.slot, $0.labels) }, uniquingKeysWith: { first, _ in first })
    var found: [Int32: LabelSet] = [:]
    // The same body has the same samples in the same order.
    for (old, new) in zip(samples, again.samples) where slots.contains(old.slot) { found[old.slot] = labels[new.slot] }
    for (old, new) in zip(histograms, again.histograms) where slots.contains(old.slot) {
      found[old.slot] = labels[new.slot]
    }
    return found
  }

  /// Begins anew: every series of the next body is a started one.
  mutating func forget() { _ = parser.forget() }
}
