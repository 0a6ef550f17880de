import AsyncHTTPClient
import FleetModel
import Foundation
import NIOCore
import NIOHTTP1
import Platform
import PromQL
import SystemPackage
import TestSupport
import Testing
import WireFormats

/// Native histograms that are written to a server and asked for again.
@Suite("native histograms end to end", .timeLimit(.minutes(5)))
struct NativeHistogramTests {
  private static let step: Int64 = 15_000
  private static let count = 60

  /// A histogram of latencies that grows, gets new buckets, and is reset once.
  private static func histogram(_ series: Int, _ place: Int) -> NativeHistogram {
    let age = Double(place < 40 ? place : place - 40)
    var histogram = NativeHistogram()
    histogram.schema = 3
    histogram.zeroThreshold = 0x1p-128
    histogram.zeroCount = (age / 4).rounded(.down)
    let length = 6 + place / 20
    histogram.positiveSpans = [.init(offset: -24, length: 2), .init(offset: 3, length: UInt32(length - 2))]
    histogram.positiveBuckets = (0..<length).map { ((age + 1) * Double(1 + ($0 * 7 + series) % 5)).rounded(.down) }
    histogram.count = histogram.positiveBuckets.reduce(histogram.zeroCount, +)
    histogram.sum = histogram.count * 0.1875 + Double(series)
    return histogram
  }

  private static func labels(_ series: Int) -> [(String, String)] {
    [("__name__", "h"), ("instance", "\(series)"), ("job", series < 2 ? "a" : "b")]
  }

  /// What is written, as a source of its own.
  private struct Written: SeriesSource {
    let start: Int64

    var series: [SelectedSeries] {
      (0..<4).map { index in
        var columns = HistogramColumns()
        for place in 0..<NativeHistogramTests.count {
          columns.append(
            NativeHistogramTests.histogram(index, place), at: start + Int64(place) * NativeHistogramTests.step)
        }
        return SelectedSeries(
          labels: LabelSet(Dictionary(uniqueKeysWithValues: NativeHistogramTests.labels(index))),
          samples: SampleColumns(), histograms: columns)
      }
    }

    func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
      series.map { one in
        var part = one
        part.histograms.removeAll()
        for (time, value) in zip(one.histograms.timestamps, one.histograms.values)
        where time >= from.milliseconds && time <= through.milliseconds {
          part.histograms.append(value, at: time)
        }
        return part
      }
      .filter { !$0.histograms.isEmpty }
    }

    func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }

    func labelValues(
      of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
    ) async throws -> [String] { [] }

    var requests: [WriteRequestBytes.Series] { requests(last: NativeHistogramTests.count) }

    func requests(last count: Int) -> [WriteRequestBytes.Series] {
      series.enumerated().map { index, one in
        .init(
          NativeHistogramTests.labels(index), [],
          histograms: zip(one.histograms.timestamps, one.histograms.values).suffix(count).map { time, value in
            index == 3
              ? HistogramMessageBytes.floats(value, at: time) : HistogramMessageBytes.integers(value, at: time)
          })
      }
    }
  }

  /// By series and time, in milliseconds.
  private typealias Values = [String: [Int64: Double]]

  private static func ask(_ url: String, _ query: String, _ range: ClosedRange<Int64>) async throws -> Values {
    var components = try #require(URLComponents(string: url + "/api/v1/query_range"))
    components.queryItems = [
      URLQueryItem(name: "query", value: query),
      URLQueryItem(name: "start", value: "\(Double(range.lowerBound) / 1000)"),
      URLQueryItem(name: "end", value: "\(Double(range.upperBound) / 1000)"), URLQueryItem(name: "step", value: "7"),
    ]
    components.percentEncodedQuery = components.percentEncodedQuery?.replacingOccurrences(of: "+", with: "%2B")
    let request = HTTPClientRequest(url: try #require(components.string))
    let response = try await HTTPClient.patient.execute(request, timeout: .seconds(60))
    let body = Data(try await response.body.collect(upTo: 32 << 20).readableBytesView)
    let answer = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
    let data = try #require(answer["data"] as? [String: Any], "\(String(decoding: body, as: UTF8.self).prefix(300))")
    var values: Values = [:]
    for series in try #require(data["result"] as? [[String: Any]]) {
      let labels = LabelSet(try #require(series["metric"] as? [String: String]))
      for pair in series["values"] as? [[Any]] ?? [] {
        let time = try #require(pair.first as? Double)
        let value = try #require(pair.last as? String)
        values["\(labels)", default: [:]][Int64((time * 1000).rounded())] = Double(value)
      }
    }
    return values
  }

  private static func evaluate(_ query: String, _ range: ClosedRange<Int64>, on source: Written) async throws -> Values
  {
    let engine = QueryEngine()
    let outcome = try await engine.range(
      try engine.parse(query), from: Timestamp(milliseconds: range.lowerBound),
      through: Timestamp(milliseconds: range.upperBound), step: .seconds(7), source: source)
    guard case .matrix(let series) = outcome.value else { return [:] }
    var values: Values = [:]
    for one in series {
      values["\(one.labels)"] = Dictionary(uniqueKeysWithValues: zip(one.samples.timestamps, one.samples.values))
    }
    return values
  }

  private static func isClose(_ a: Values, _ b: Values) -> Bool {
    a.keys == b.keys
      && a.allSatisfy { key, values in
        guard let others = b[key], others.keys == values.keys else { return false }
        return values.allSatisfy { time, value in
          guard let other = others[time] else { return false }
          return value == other || (value - other).magnitude <= 1e-12 * value.magnitude || value.isNaN && other.isNaN
        }
      }
  }

  private static let queries = [
    "histogram_quantile(0.9, rate(h[1m]))", "histogram_quantile(0.5, sum(rate(h[2m])))", "histogram_avg(h)",
    "histogram_count(sum by (job) (increase(h[1m])))", "histogram_fraction(0, 0.2, rate(h[1m]))", "resets(h[5m])",
    "histogram_quantile(0.99, sum_over_time(rate(h[1m])[3m:15s]))", "histogram_sum(h) - histogram_sum(h offset 1m)",
  ]

  @Test func answersAreThoseOfTheSameDataAndOutliveTheProcess() async throws {
    let scratch = try ScratchDirectory()
    let data = scratch.path.appending("data").string
    let start = (SystemTime().now().milliseconds - 2_000_000) / 1000 * 1000
    let written = Written(start: start)
    // No window begins or ends at a sample.
    let range = start + 62_500...start + 950_000
    for turn in 0..<3 {
      let server = try StoreLifeTests.Server(data)
      defer { server.program.stop() }
      if turn == 0 { #expect(try await server.write(written.requests) == 204) }
      if turn == 1 {
        let compacted = try Program.run(StoreLifeTests.executable, ["store", "compact", "--server", server.url])
        #expect(compacted.status == 0)
      }
      for query in Self.queries {
        let found = try await Self.ask(server.url, query, range)
        #expect(!found.isEmpty)
        #expect(Self.isClose(found, try await Self.evaluate(query, range, on: written)), "\(query), turn \(turn)")
      }
      if turn == 0 {
        // As after an answer that was lost; older ones are behind the out-of-order window.
        #expect(try await server.write(written.requests(last: 30)) == 204, "the same again is no error")
      }
      kill(server.program.pid, SIGKILL)
      server.program.stop()
    }
    let check = try Program.run(StoreLifeTests.executable, ["store", "check", "--data-dir", data])
    #expect(check.status == 0)
  }

  /// Prometheus 2.42 knows counts and sums as 3 does; its quantiles are those of linear buckets.
  @Test(.enabled(if: RealPrometheus.isThere, "needs prometheus: `make test-tools`"))
  func countsAndSumsAreThoseOfPrometheus() async throws {
    let scratch = try ScratchDirectory()
    let prometheus = try RealPrometheus(
      in: scratch.path.appending("prometheus").string, ["--enable-feature=native-histograms"])
    defer { prometheus.program.stop() }
    let server = try StoreLifeTests.Server(scratch.path.appending("skep").string)
    defer { server.program.stop() }
    let start = (SystemTime().now().milliseconds - 2_000_000) / 1000 * 1000
    let written = Written(start: start)
    #expect(try await server.write(written.requests) == 204)
    #expect(try await prometheus.write(written.requests) == 204)
    // 2.42 counts a sample at the beginning of a window, and does not stop at zero where it extrapolates to before the first.
    let range = start + 182_500...start + 950_000
    for query in [
      "histogram_count(rate(h[50s]))", "histogram_sum(rate(h[50s]))", "histogram_count(sum by (job) (increase(h[2m])))",
      "histogram_count(h)", "histogram_sum(sum(h))",
    ] {
      let ours = try await Self.ask(server.url, query, range)
      let theirs = try await Self.ask(prometheus.url, query, range)
      #expect(!ours.isEmpty)
      #expect(Self.isClose(ours, theirs), "\(query): \(ours) \(theirs)")
    }
  }

  /// The chunks of a series of ``steady(_:)``, by remote read.
  private static func chunks(_ kind: Int, _ range: ClosedRange<Int64>, of url: String) async throws -> [[UInt8]] {
    let matchers = [(type: 0 as UInt64, name: "__name__", value: "g"), (0, "kind", "\(kind)")]
    let message = ReadRequestBytes.message([.init(range.lowerBound, range.upperBound, matchers)], accepted: [1])
    var request = HTTPClientRequest(url: url + "/api/v1/read")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/x-protobuf")
    request.headers.add(name: "Content-Encoding", value: "snappy")
    request.headers.add(name: "X-Prometheus-Remote-Read-Version", value: "0.1.0")
    request.body = .bytes(message.withUnsafeBytes { SnappyBlock.encode($0) })
    let response = try await HTTPClient.patient.execute(request, timeout: .seconds(120))
    let body = Array(try await response.body.collect(upTo: 32 << 20).readableBytesView)
    try #require(response.status.code == 200, "\(String(decoding: body.prefix(300), as: UTF8.self))")
    return ReadAnswers.frames(body).flatMap { ReadAnswers.chunkBytes($0) }
  }

  private static func time(_ place: Int) -> Int64 { Int64(place) * 10_000 + (place % 7 == 0 ? 3 : 0) }

  /// Histograms that keep their buckets, of every kind of zero bucket, and one that ends and begins again.
  private static func steady(_ start: Int64) -> [WriteRequestBytes.Series] {
    [0, 0x1p-128, 0.003, 1].enumerated().map { index, threshold in
      var histogram = NativeHistogram()
      histogram.schema = Int8(index * 2 - 2)
      histogram.zeroThreshold = threshold
      histogram.positiveSpans = [.init(offset: Int32(3 - index * 20), length: 3), .init(offset: 7, length: 2)]
      histogram.negativeSpans = [.init(offset: 300, length: 1)]
      var histograms: [[UInt8]] = []
      for place in 0..<300 {
        histogram.positiveBuckets = (1...5).map { Double(place * $0 / (index + 1)) + 0.25 }
        histogram.negativeBuckets = [Double(place)]
        histogram.zeroCount = Double(place / 10)
        histogram.count = (histogram.positiveBuckets + histogram.negativeBuckets).reduce(histogram.zeroCount, +)
        histogram.sum = place == 20 && index == 3 ? StaleMarker.value : histogram.count * 0.1875
        histograms.append(HistogramMessageBytes.floats(histogram, at: start + time(place)))
      }
      return .init([("__name__", "g"), ("kind", "\(index)")], [], histograms: histograms)
    }
  }

  private struct HeadChunk {
    var range: ClosedRange<Int64>
    var bytes: [UInt8]
  }

  /// The closed chunks of Prometheus' head, behind 8 bytes: of each the series in 8, first and last time in 8 each, encoding,
  /// length, bytes and a checksum in 4 (prometheus/prometheus `tsdb/docs/format/head_chunks.md`). Zeros fill the file.
  private static func headChunks(_ file: URL) throws -> [HeadChunk] {
    let bytes = [UInt8](try Data(contentsOf: file))
    var chunks: [HeadChunk] = []
    var place = 8
    func time(_ place: Int) -> Int64 { bytes[place..<place + 8].reduce(0) { $0 << 8 | Int64($1) } }
    while place + 30 < bytes.count, time(place) != 0 {
      let range = time(place + 8)...time(place + 16)
      try #require(bytes[place + 24] == 3, "histograms of floating-point counts")
      place += 25
      var (length, shift) = (0, 0)
      while bytes[place] >= 0x80 {
        length |= Int(bytes[place] & 0x7f) << shift
        (place, shift) = (place + 1, shift + 7)
      }
      length |= Int(bytes[place]) << shift
      chunks.append(HeadChunk(range: range, bytes: Array(bytes[place + 1..<place + 1 + length])))
      place += 1 + length + 4
    }
    return chunks
  }

  /// Chunks of remote read, byte by byte. Prometheus 2.42 does not stream histograms yet: its chunks are read from its files.
  @Test(.enabled(if: RealPrometheus.isThere, "needs prometheus: `make test-tools`"))
  func streamedChunksAreThoseOfPrometheus() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.path.appending("prometheus").string
    let prometheus = try RealPrometheus(in: directory, ["--enable-feature=native-histograms"])
    defer { prometheus.program.stop() }
    let server = try StoreLifeTests.Server(scratch.path.appending("skep").string)
    defer { server.program.stop() }
    // After 40 minutes of samples every 10 seconds Prometheus has closed a chunk, wherever its blocks of two hours begin.
    let start = (SystemTime().now().milliseconds - 3_200_000) / 1000 * 1000
    let series = Self.steady(start)
    #expect(try await server.write(series) == 204)
    #expect(try await prometheus.write(series) == 204)
    // It writes them when it ends.
    prometheus.program.stop()
    let closed = try Self.headChunks(URL(filePath: directory + "/data/chunks_head/000001"))
    #expect(closed.count >= series.count)
    for chunk in closed {
      // Its first histograms, and of their bytes those behind count and hint and before the last, which may hold bits of the next.
      let range = chunk.range.lowerBound...min(chunk.range.upperBound, chunk.range.lowerBound + 1_000_000)
      var ours: [[UInt8]] = []
      for kind in series.indices { ours += try await Self.chunks(kind, range, of: server.url) }
      #expect(ours.contains { chunk.bytes.dropFirst(3).starts(with: $0.dropFirst(3).dropLast()) }, "\(chunk)")
    }
  }
}
