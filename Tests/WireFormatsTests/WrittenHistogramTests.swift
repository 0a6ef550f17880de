import FleetModel
import TestSupport
import Testing
import WireFormats

@Suite("histograms of remote write")
struct WrittenHistogramTests {
  static let plain: NativeHistogram = {
    var histogram = NativeHistogram()
    histogram.schema = 3
    histogram.zeroThreshold = 0x1p-128
    histogram.zeroCount = 2
    histogram.count = 29
    histogram.sum = -18.25
    histogram.positiveSpans = [.init(offset: -3, length: 2), .init(offset: 4, length: 2)]
    histogram.positiveBuckets = [7, 1, 12, 3]
    histogram.negativeSpans = [.init(offset: 9, length: 2)]
    histogram.negativeBuckets = [1, 3]
    return histogram
  }()

  static let custom: NativeHistogram = {
    var histogram = NativeHistogram()
    histogram.schema = NativeHistogram.customSchema
    histogram.count = 5
    histogram.sum = 0.75
    histogram.customValues = [0.1, 0.5, 1]
    histogram.positiveSpans = [.init(offset: 0, length: 1), .init(offset: 2, length: 1)]
    histogram.positiveBuckets = [4, 1]
    histogram.resetHint = .gauge
    return histogram
  }()

  static let stale: NativeHistogram = {
    var histogram = NativeHistogram()
    histogram.sum = StaleMarker.value
    return histogram
  }()

  @Test(arguments: [plain, custom], [WriteMessage.version1, .version2])
  func comesAsItWasSent(histogram: NativeHistogram, kind: WriteMessage) throws {
    for isInteger in [true, false] { try comesAsItWasSent(histogram, kind, isInteger) }
  }

  private func comesAsItWasSent(_ histogram: NativeHistogram, _ kind: WriteMessage, _ isInteger: Bool) throws {
    let bytes =
      isInteger
      ? HistogramMessageBytes.integers(histogram, at: 1_790_000_000_123)
      : HistogramMessageBytes.floats(histogram, at: 1_790_000_000_123)
    let request = try Self.read(bytes, kind)
    #expect(request.histograms == [WrittenHistogram(series: 1, time: 1_790_000_000_123, value: histogram)])
    #expect(request.series.map(\.hasHistograms) == [false, true])
  }

  @Test(arguments: [(10, true), (2000, false)])
  func emptyHistogramsDoNotFillTheMemory(count: Int, isTaken: Bool) throws {
    // A series with as many histograms of no bytes.
    var series: [UInt8] = []
    for _ in 0..<count { series += [0x22, 0x00] }
    var message: [UInt8] = []
    WriteRequestBytes.field(0x0a, series, to: &message)
    var request = WriteRequest(seed: 1)
    do throws(WireFault) {
      var failure: WireFault?
      message.withUnsafeBytes { bytes in
        do throws(WireFault) { try request.read(bytes) } catch { failure = error }
      }
      if let failure { throw failure }
      #expect(isTaken && request.histogramCount(ofSeries: 0) == count)
      request.releaseHistograms()
      #expect(request.histograms.capacity == 0)
    } catch {
      #expect(!isTaken && "\(error)".contains("more histograms"))
    }
  }

  @Test func eachSeriesCountsItsHistograms() throws {
    let counts = [0, 3, 0, 1, 2, 0, 5, 0]
    var message: [UInt8] = []
    for count in counts {
      var series: [UInt8] = []
      for _ in 0..<count {
        WriteRequestBytes.field(0x22, HistogramMessageBytes.integers(Self.plain, at: 1_790_000_000_123), to: &series)
      }
      WriteRequestBytes.field(0x0a, series, to: &message)
    }
    var request = WriteRequest(seed: 1)
    try message.withUnsafeBytes { try request.read($0) }
    #expect(request.series.indices.map { request.histogramCount(ofSeries: $0) } == counts)
  }

  @Test func markersComeToo() throws {
    let request = try Self.read(HistogramMessageBytes.integers(Self.stale, at: -7), .version1)
    #expect(request.histograms.map(\.time) == [-7])
    #expect(request.histograms.map(\.value.isStale) == [true])
  }

  /// Fields one by one, as readers of proto3 must take them, unknown ones, and cut off or forged ones.
  @Test func otherFormsAndBrokenOnes() throws {
    var bytes: [UInt8] = [0x08, 3, 0x60, 4, 0x60, 1, 0x5a, 2, 0x10, 2, 0x90, 0x01, 5, 0x78, 9]
    let request = try Self.read(bytes, .version1)
    #expect(request.histograms.map(\.value.positiveBuckets) == [[2, 1]])
    #expect(request.histograms.map(\.value.positiveSpans) == [[.init(offset: 0, length: 2)]])
    bytes += [0x20, 0xff, 0x7f]
    #expect(throws: WireFault.self) { try Self.read(bytes, .version1) }
    let good = HistogramMessageBytes.integers(Self.plain, at: 1)
    for length in 0..<good.count { _ = try? Self.read(Array(good[..<length]), .version1) }
    for place in good.indices {
      for byte in [0, 0x7f, 0x80, 0xff] as [UInt8] {
        var forged = good
        forged[place] = byte
        _ = try? Self.read(forged, .version2)
      }
    }
  }

  static func read(_ histogram: [UInt8], _ kind: WriteMessage) throws -> WriteRequest {
    let message =
      switch kind {
      case .version1:
        WriteRequestBytes.message([
          .init([("__name__", "up")], [(1, 1)]), .init([("__name__", "h")], [], histograms: [histogram]),
        ])
      case .version2:
        SymbolicRequestBytes.message([
          .init([("__name__", "up")], [.init(1, 1)]), .init([("__name__", "h")], [], native: [histogram]),
        ])
      }
    var request = WriteRequest(seed: 1)
    try message.withUnsafeBytes { try request.read($0, as: kind) }
    return request
  }
}
