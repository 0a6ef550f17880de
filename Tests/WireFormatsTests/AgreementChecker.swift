import FleetModel
import Testing

@testable import WireFormats

/// Feeds bodies to one `CollectionParser` and compares everything it says with what a model, which reads each body in full by
/// `ExpositionDocument` and keeps dictionaries, expects.
struct AgreementChecker {
  private var parser = CollectionParser(seed: 42)
  private var collection = ParsedCollection()
  /// The series of the previous good body.
  private var slots: [LabelSet: Int32] = [:]
  /// Slots that ended with the previous good body, not to be given out again before the next.
  private(set) var parsed = 0

  /// - Parameter refuse: roll the collection back after it was checked.
  mutating func check(
    _ body: [UInt8], _ format: ExpositionFormat, refuse: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    parsed += 1
    let document = ExpositionDocument(body, format: format)
    do {
      try parser.parse(body, format: format, into: &collection)
      if let error = document.error {
        Issue.record("parsed, but must fail: \(error)\n\(show(body))", sourceLocation: sourceLocation)
        return
      }
    } catch {
      #expect(document.error == error, "\(show(body))", sourceLocation: sourceLocation)
      #expect(collection.histograms.isEmpty && collection.exemplars.isEmpty)
      #expect(collection.samples.isEmpty && collection.started.isEmpty && collection.ended.isEmpty)
      return
    }
    var now = slots
    for series in collection.started {
      #expect(now[series.labels] == nil, "started twice: \(series.labels)", sourceLocation: sourceLocation)
      #expect(!slots.values.contains(series.slot), "slot \(series.slot) is taken", sourceLocation: sourceLocation)
      #expect(Int(series.slot) < collection.slotCount)
      now[series.labels] = series.slot
    }
    compareSamples(document, now, body, sourceLocation)
    let present = Set(collection.samples.map(\.slot) + collection.histograms.map(\.slot))
    let gone = Set(slots.values).subtracting(present)
    #expect(Set(collection.ended) == gone, "\(show(body))", sourceLocation: sourceLocation)
    #expect(Set(collection.started.map(\.slot)).isSubset(of: present))
    if refuse {
      parser.rollback()
    } else {
      parser.commit()
      slots = now.filter { present.contains($0.value) }
      #expect(parser.seriesCount == slots.count, sourceLocation: sourceLocation)
    }
  }

  private func compareSamples(
    _ document: ExpositionDocument, _ now: [LabelSet: Int32], _ body: [UInt8], _ sourceLocation: SourceLocation
  ) {
    var expected: [ParsedSample] = []
    var histograms: [ParsedHistogram] = []
    for case .series(let series) in document.entries {
      let time = series.timestamp.map { max($0.milliseconds, Int64.min + 1) } ?? ParsedSample.noTimestamp
      if let histogram = series.histogram {
        histograms.append(
          ParsedHistogram(slot: now[LabelSet(series.labels)] ?? -1, value: histogram, timestamp: time))
        continue
      }
      expected.append(
        ParsedSample(slot: now[LabelSet(series.labels)] ?? -1, value: series.value, timestamp: time))
    }
    // NaN is not equal to itself, and a sum may be one.
    let areSame = "\(histograms)" == "\(collection.histograms)"
    #expect(areSame, "\(show(body))", sourceLocation: sourceLocation)
    let same = expected.elementsEqual(collection.samples) {
      $0.slot == $1.slot && $0.timestamp == $1.timestamp && $0.value.bitPattern == $1.value.bitPattern
    }
    if !same {
      Issue.record(
        "samples \(collection.samples.prefix(5))\nexpected \(expected.prefix(5))\n\(show(body))",
        sourceLocation: sourceLocation)
    }
  }

  /// The type that the parser holds for a series of the last committed body.
  func type(of labels: LabelSet) -> MetricType? { slots[labels].map { parser.type(of: $0) } }

  private func show(_ body: [UInt8]) -> String { String(decoding: body.prefix(2000), as: UTF8.self).debugDescription }
}
