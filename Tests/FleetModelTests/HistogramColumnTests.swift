import FleetModel
import TestSupport
import Testing

@Suite("columns of histograms")
struct HistogramColumnTests {
  /// Puts histograms into columns, a new one where a run ends, and reads them back.
  static func roundTrip(
    _ histograms: [NativeHistogram], atMost limit: Int = HistogramColumn.maximumCount
  ) throws -> (columns: [(bytes: [UInt8], count: Int)], read: [[NativeHistogram]]) {
    let encoder = ColumnEncoder()
    var columns: [(bytes: [UInt8], count: Int)] = []
    var run = HistogramRun()
    func end() {
      guard !run.isEmpty else { return }
      var bytes: [UInt8] = []
      HistogramColumn.encode(run, with: encoder, into: &bytes)
      columns.append((bytes, run.count))
      run.removeAll()
    }
    for histogram in histograms {
      if run.count < limit, run.append(histogram) { continue }
      end()
      let isTaken = run.append(histogram)
      #expect(isTaken, "an empty run takes any")
    }
    end()
    return (columns, try columns.map { try decode($0.bytes, $0.count) })
  }

  static func decode(_ bytes: [UInt8], _ count: Int) throws -> [NativeHistogram] {
    var read: [NativeHistogram] = []
    try bytes.withUnsafeBytes { try HistogramColumn.decode($0, count: count, into: &read) }
    return read
  }

  @Test(arguments: 0..<60) func everyHistogramComesBack(seed: Int) throws {
    var source = RandomHistograms(
      SplitMix(state: UInt64(seed)), isGauge: seed % 3 == 1, disturbance: seed % 4 * 10, hasCustomBounds: seed % 5 == 2)
    let sent = (0..<200).map { _ in source.next() }
    let (columns, read) = try Self.roundTrip(sent, atMost: 1 + seed * 3)
    #expect(columns.allSatisfy { $0.count > 0 })
    let all = read.flatMap { $0 }
    #expect(all.count == sent.count)
    for (back, one) in zip(all, sent) { #expect(back.says(one)) }
    for histograms in read {
      #expect(histograms.dropLast().allSatisfy { !$0.isStale }, "a marker ends a run")
      for (index, histogram) in histograms.enumerated() where !histogram.isStale && histogram.resetHint != .gauge {
        #expect(histogram.resetHint == (index == 0 ? .unknown : .notReset))
        if index > 0 {
          var asked = histogram
          asked.resetHint = .unknown
          #expect(!asked.isReset(after: histograms[index - 1]))
        }
      }
    }
  }

  @Test func aRunEndsWhereHistogramsDoNotGoOn() {
    let first = NativeHistogramTests.histogram(schema: 2, sum: 1, zero: 2, threshold: 0.001, [1, 2])
    func ends(_ change: (inout NativeHistogram) -> Void) -> Bool {
      var run = HistogramRun()
      _ = run.append(first)
      var next = first
      change(&next)
      let before = run.histograms
      let isTaken = run.append(next)
      if !isTaken { #expect(run.histograms == before && run.count == 1, "a run that refuses stays as it is") }
      return !isTaken
    }
    #expect(!ends { _ in })
    #expect(!ends { $0.sum = -1 }, "a sum may fall")
    #expect(
      !ends {
        $0.positiveSpans = [.init(offset: 0, length: 3)]
        $0.positiveBuckets = [1, 2, 7]
      })
    #expect(ends { $0.schema = 1 })
    #expect(ends { $0.zeroThreshold = 0.01 })
    #expect(ends { $0.zeroCount = 1 })
    #expect(ends { $0.count = 1 })
    #expect(ends { $0.positiveBuckets = [1, 1] })
    #expect(
      ends {
        $0.positiveSpans = [.init(offset: 0, length: 1)]
        $0.positiveBuckets = [1]
      }, "a bucket is gone")
    #expect(
      ends {
        $0.positiveSpans = [.init(offset: 1, length: 2)]
        $0.positiveBuckets = [1, 2]
      })
    #expect(ends { $0.resetHint = .gauge })
    #expect(ends { $0.resetHint = .reset })
    #expect(ends { $0.positiveBuckets = [.nan, 2] })
  }

  static let oddNumbers: [[Double]] = [
    [Double.nan, 0], [Double.infinity, -Double.infinity], [-0.0, 1e300], [0.1, 0.2], [9_007_199_254_740_992, 0x1p60],
    [0x1p-1074, 1e-9],
  ]

  @Test(arguments: oddNumbers) func oddNumbersComeBackBitByBit(numbers: [Double]) throws {
    var histogram = NativeHistogramTests.histogram(sum: numbers[0], zero: numbers[1], numbers, negative: numbers)
    histogram.resetHint = .gauge
    histogram.zeroThreshold = numbers[1]
    let (_, read) = try Self.roundTrip([histogram, histogram, histogram])
    #expect(read.count == 1)
    for back in read.flatMap({ $0 }) {
      #expect(back.sum.bitPattern == numbers[0].bitPattern)
      #expect(back.positiveBuckets.map(\.bitPattern) == numbers.map(\.bitPattern))
      #expect(back.negativeBuckets.map(\.bitPattern) == numbers.map(\.bitPattern))
      #expect(back.zeroThreshold.bitPattern == numbers[1].bitPattern)
    }
  }

  @Test func tooLargeOrMalformedHistogramsAreNotTaken() {
    var histogram = NativeHistogramTests.histogram([Double](repeating: 1, count: 2048))
    #expect(histogram.isStorable)
    histogram = NativeHistogramTests.histogram([Double](repeating: 1, count: 2049))
    #expect(!histogram.isStorable)
    histogram = NativeHistogramTests.histogram([1, 2])
    histogram.positiveSpans = [.init(offset: 0, length: .max)]
    #expect(!histogram.isStorable)
    histogram.positiveSpans = [.init(offset: .max, length: 1), .init(offset: .max, length: 1)]
    #expect(!histogram.isStorable)
    histogram.positiveSpans = [.init(offset: 0, length: 1), .init(offset: -1, length: 1)]
    #expect(!histogram.isStorable)
    var run = HistogramRun()
    let isTaken = run.append(histogram)
    #expect(!isTaken && run.isEmpty)
  }

  /// Bytes that are not what was written are refused or give other histograms; nothing traps.
  @Test(arguments: 0..<40) func damagedBytesAreSafe(seed: Int) throws {
    var source = RandomHistograms(
      SplitMix(state: UInt64(seed)), isGauge: seed % 3 == 1, hasCustomBounds: seed % 5 == 2)
    var random = SplitMix(state: UInt64(seed) &+ 1000)
    let (columns, _) = try Self.roundTrip((0..<50).map { _ in source.next() })
    var refused = 0
    for column in columns {
      for length in [0, 1, 2, 5, column.bytes.count / 2, column.bytes.count - 1] where length < column.bytes.count {
        #expect(throws: ChunkError.self) { try Self.decode(Array(column.bytes[..<length]), column.count) }
      }
      #expect(throws: ChunkError.self) { try Self.decode(column.bytes + [0], column.count) }
      for _ in 0..<200 {
        var bytes = column.bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        let count = Bool.random(using: &random) ? column.count : Int.random(in: 0...1024, using: &random)
        do { #expect(try Self.decode(bytes, count).count == count) } catch is ChunkError { refused += 1 }
      }
    }
    #expect(refused > 0)
  }
}
