import CoreMetrics
import Synchronization

/// One series (or a histogram's series) that knows how to write itself.
protocol Instrument: AnyObject, Sendable {
  /// Where it is kept in the registry.
  var place: SeriesPlace { get }
  func appendSamples(to bytes: inout [UInt8])
}

/// Family and label text of one instrument.
struct SeriesPlace: Sendable, Hashable {
  let family: String
  let labels: String
}

extension Atomic<UInt64> {
  /// Adds to a double that is kept as its bits.
  fileprivate borrowing func addDouble(_ amount: Double) {
    var old = load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + amount).bitPattern
      let result = weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
      if result.exchanged { return }
      old = result.original
    }
  }
}

/// Counts up. Whole and fractional increments are kept apart, so that whole counts stay exact beyond 2⁵³.
final class CounterInstrument: Instrument, CounterHandler, FloatingPointCounterHandler {
  let place: SeriesPlace
  private let prefix: [UInt8]
  private let whole = Atomic<UInt64>(0)
  private let fractionBits = Atomic<UInt64>(0)

  init(place: SeriesPlace, sampleName: String) {
    self.place = place
    prefix = Array(seriesText(sampleName, place.labels).utf8)
  }

  /// A counter never goes down: negative amounts count nothing.
  func increment(by amount: Int64) {
    if amount > 0 { whole.wrappingAdd(UInt64(amount), ordering: .relaxed) }
  }

  func increment(by amount: Double) {
    if amount > 0, amount.isFinite { fractionBits.addDouble(amount) }
  }

  func reset() {
    whole.store(0, ordering: .relaxed)
    fractionBits.store(0, ordering: .relaxed)
  }

  /// For totals that someone else counts, such as the kernel.
  func store(total: Double) { fractionBits.store(total.bitPattern, ordering: .relaxed) }

  func appendSamples(to bytes: inout [UInt8]) {
    let fraction = Double(bitPattern: fractionBits.load(ordering: .relaxed))
    let whole = whole.load(ordering: .relaxed)
    bytes += prefix
    if fraction == 0 {
      NumberText.append(whole, to: &bytes)
    } else {
      NumberText.append(Double(whole) + fraction, to: &bytes)
    }
    bytes.append(UInt8(ascii: "\n"))
  }
}

/// Holds a value that goes up and down: swift-metrics' meters, and recorders that do not aggregate.
final class GaugeInstrument: Instrument, MeterHandler, RecorderHandler {
  let place: SeriesPlace
  private let prefix: [UInt8]
  private let bits = Atomic<UInt64>(0)

  init(place: SeriesPlace, sampleName: String) {
    self.place = place
    prefix = Array(seriesText(sampleName, place.labels).utf8)
  }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
  func increment(by amount: Double) { bits.addDouble(amount) }
  func decrement(by amount: Double) { bits.addDouble(-amount) }
  func record(_ value: Int64) { set(value) }
  func record(_ value: Double) { set(value) }

  func appendSamples(to bytes: inout [UInt8]) {
    bytes += prefix
    NumberText.append(Double(bitPattern: bits.load(ordering: .relaxed)), to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }
}

/// Counts observations by size: swift-metrics' timers (in seconds) and aggregating recorders.
final class HistogramInstrument: Instrument, RecorderHandler, TimerHandler {
  let place: SeriesPlace
  /// Rising, finite; the bucket after the last takes the rest.
  private let bounds: [Double]
  // Atomics cannot live in an array. The memory is allocated once, freed in `deinit`, and only touched atomically.
  private nonisolated(unsafe) let counts: UnsafeMutablePointer<Atomic<UInt64>>
  private let sumBits = Atomic<UInt64>(0)
  private let bucketPrefixes: [[UInt8]]
  private let sumPrefix: [UInt8]
  private let countPrefix: [UInt8]

  init(place: SeriesPlace, sampleName: String, bounds: [Double]) {
    self.place = place
    self.bounds = bounds
    counts = .allocate(capacity: bounds.count + 1)
    for index in 0...bounds.count { (counts + index).initialize(to: Atomic(0)) }
    bucketPrefixes = (bounds + [.infinity]).map { bound in
      let limit = "le=\"\(NumberText.bound(bound))\""
      return Array(seriesText(sampleName + "_bucket", place.labels.isEmpty ? limit : place.labels + "," + limit).utf8)
    }
    sumPrefix = Array(seriesText(sampleName + "_sum", place.labels).utf8)
    countPrefix = Array(seriesText(sampleName + "_count", place.labels).utf8)
  }

  deinit {
    counts.deinitialize(count: bounds.count + 1)
    counts.deallocate()
  }

  func record(_ value: Int64) { record(Double(value)) }

  /// Observations that are not finite are left out: one of them would spoil the sum for good.
  func record(_ value: Double) {
    guard value.isFinite else { return }
    var low = 0
    var high = bounds.count
    while low < high {
      let middle = (low + high) / 2
      if value <= bounds[middle] { high = middle } else { low = middle + 1 }
    }
    (counts + low).pointee.wrappingAdd(1, ordering: .relaxed)
    sumBits.addDouble(value)
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  /// The count is what the buckets add up to, so that one body never contradicts itself.
  func appendSamples(to bytes: inout [UInt8]) {
    var total: UInt64 = 0
    for index in 0...bounds.count {
      total &+= (counts + index).pointee.load(ordering: .relaxed)
      bytes += bucketPrefixes[index]
      NumberText.append(total, to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    bytes += sumPrefix
    NumberText.append(Double(bitPattern: sumBits.load(ordering: .relaxed)), to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
    bytes += countPrefix
    NumberText.append(total, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }
}

/// Takes what the registry refuses, so that callers need not care.
final class IgnoringInstrument: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler,
  TimerHandler
{
  static let shared = IgnoringInstrument()

  func increment(by amount: Int64) {}
  func increment(by amount: Double) {}
  func decrement(by amount: Double) {}
  func reset() {}
  func set(_ value: Int64) {}
  func set(_ value: Double) {}
  func record(_ value: Int64) {}
  func record(_ value: Double) {}
  func recordNanoseconds(_ duration: Int64) {}
}

/// `name{labels} `, up to where the value begins.
private func seriesText(_ name: String, _ labels: String) -> String {
  labels.isEmpty ? "\(name) " : "\(name){\(labels)} "
}
