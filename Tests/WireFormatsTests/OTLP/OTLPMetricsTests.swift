import FleetModel
import TestSupport
import Testing

@testable import WireFormats

@Suite struct OTLPMetricsTests {
  /// What a request becomes: a line for each series, with its samples, histograms and exemplars in the order in which they came.
  static func lines(_ writes: OTLPWrites) throws -> [String] {
    var request = WriteRequest(seed: 1)
    return try writes.message.withUnsafeBytes { message in
      try request.read(message)
      var memory = MetadataMemory()
      var lines = request.news(in: message, since: &memory) { _ in true }.map {
        "# \($0.family) \($0.metadata.type.rawValue) \($0.metadata.unit) \($0.metadata.help)"
      }
      for (index, series) in request.series.enumerated() {
        let labels = try request.labels(of: series, in: message)
        let first = Int(series.firstSample)
        for sample in request.samples[first..<first + Int(series.sampleCount)] {
          let value = StaleMarker.isStale(sample.value) ? "stale" : FloatText.format(sample.value)
          lines.append("\(labels) \(value) @\(sample.time)")
        }
        for histogram in request.histograms where histogram.series == UInt32(index) {
          lines.append("\(labels) \(Self.text(histogram.value)) @\(histogram.time)")
        }
      }
      return lines
    }
  }

  private static func text(_ histogram: NativeHistogram) -> String {
    if histogram.isStale { return "stale" }
    let spans = { (spans: [NativeHistogram.Span]) in spans.map { "\($0.offset):\($0.length)" }.joined(separator: ",") }
    return "schema \(histogram.schema) count \(histogram.count) sum \(histogram.sum) zero \(histogram.zeroCount) "
      + "[\(spans(histogram.positiveSpans))] \(histogram.positiveBuckets) [\(spans(histogram.negativeSpans))] \(histogram.negativeBuckets)"
  }

  /// A request of one metric whose resource names a service.
  static func request(
    _ resource: [(String, String)] = [("service.name", "s")], _ metrics: (inout OTLPBytes) -> Void
  ) -> [UInt8] {
    OTLPBytes {
      $0.message(1) {
        $0.message(1) { for (key, value) in resource { $0.attribute(1, key, value) } }
        $0.message(2) { metrics(&$0) }
      }
    }.bytes
  }

  static func decode(_ body: [UInt8], _ limits: OTLPLimits = OTLPLimits()) throws(OTLPError) -> OTLPWrites {
    try OTLPMetricsDecoder(limits: limits).decode(body, as: .protobuf)
  }

  static let time: UInt64 = 1_700_000_000_123_456_789

  /// A metric called `m` with one point.
  static func metric(
    _ data: UInt64, unit: String = "", temporality: UInt64 = 2, monotonic: Bool = false,
    _ point: (inout OTLPBytes) -> Void
  ) -> [UInt8] {
    request {
      $0.message(2) {
        $0.text(1, "m")
        $0.text(2, "help")
        $0.text(3, unit)
        $0.message(data) {
          $0.message(1) {
            $0.fixed64(3, time)
            point(&$0)
          }
          $0.varint(2, temporality)
          if monotonic { $0.varint(3, 1) }
        }
      }
    }
  }

  /// The series of a metric with one point, without what all have in common.
  static func short(_ body: [UInt8]) throws -> [String] {
    let writes = try decode(body)
    #expect(writes.rejections.isEmpty, "\(writes.rejections)")
    #expect(writes.points == 1)
    return try lines(writes).dropFirst().map {
      $0.replacing("agent_id=\"s\", ", with: "").replacing("agent_id=\"s\"", with: "").replacing("job=\"s\"", with: "J")
        .replacing(" @1700000000123", with: "")
    }
  }

  @Test func gaugesAndSums() throws {
    #expect(
      try Self.lines(Self.decode(Self.metric(5, unit: "1") { $0.double(4, 0.25) })) == [
        "# m_ratio gauge  help", "m_ratio{agent_id=\"s\", job=\"s\"} 0.25 @1700000000123",
      ])
    #expect(
      try Self.lines(Self.decode(Self.metric(7, unit: "By", monotonic: true) { $0.fixed64(6, 5) })) == [
        "# m_bytes_total counter bytes help", "m_bytes_total{agent_id=\"s\", job=\"s\"} 5 @1700000000123",
      ])
    #expect(try Self.short(Self.metric(7) { $0.fixed64(6, UInt64(bitPattern: -5)) }) == ["m{J} -5"])
    #expect(try Self.short(Self.metric(5) { $0.varint(8, 1) }) == ["m{J} stale"])
  }

  @Test func attributesBecomeLabels() throws {
    let lines = try Self.short(
      Self.metric(5) {
        $0.double(4, 1)
        $0.attribute(7, "z.b", "2")
        $0.attribute(7, "z-b", "1")
        $0.attribute(7, "z_b") { $0.varint(3, 7) }
        $0.attribute(7, "job", "mine")
        $0.attribute(7, "__name__", "mine")
        $0.attribute(7, "Upper") { $0.double(4, 2) }
        $0.attribute(7, "empty", "")
        $0.attribute(7, "list") { $0.message(5) { $0.message(1) { $0.varint(2, 1) } } }
      })
    #expect(lines == [#"m{Upper="2", J, list="[true]", z_b="1;2;7"} 1"#])
  }

  @Test(arguments: [
    (["service.name": "s"], ["gen_ai.agent.id": "i", "gen_ai.agent.name": "n"], "i"),
    (["service.name": "s", "gen_ai.agent.name": "r"], [:], "r"), (["service.name": "s"], ["agent.id": "mine"], "mine"),
    (["service.name": "s"], ["agent_id": "mine", "gen_ai.agent.id": "i"], "mine"), ([:], [:], "unknown_service"),
  ])
  func agents(resource: [String: String], point: [String: String], agent: String) throws {
    let writes = try Self.decode(
      Self.request(resource.map { ($0, $1) }) {
        $0.message(2) {
          $0.text(1, "m")
          $0.message(5) {
            $0.message(1) {
              $0.fixed64(3, Self.time)
              $0.double(4, 1)
              for (key, value) in point { $0.attribute(7, key, value) }
            }
          }
        }
      })
    let line = try #require(try Self.lines(writes).first { $0.hasPrefix("m{") })
    #expect(line.contains("agent_id=\"\(agent)\""))
  }

  @Test func resourcesBecomeTargetInfo() throws {
    let body = Self.request([
      ("service.name", "s"), ("service.namespace", "n"), ("service.instance.id", "i"), ("host.name", "h"),
    ]) {
      for seconds in [5, 9, 7] as [UInt64] {
        $0.message(2) {
          $0.text(1, "m\(seconds)")
          $0.message(5) {
            $0.message(1) {
              $0.fixed64(3, seconds * 1_000_000_000)
              $0.double(4, 1)
            }
          }
        }
      }
    }
    let lines = try Self.lines(Self.decode(body))
    #expect(lines.contains("# target_info gauge  Attributes of the resource that sent metrics."))
    #expect(lines.last == #"target_info{agent_id="s", host_name="h", instance="i", job="n/s"} 1 @9000"#)
    #expect(lines.contains(#"m9{agent_id="s", instance="i", job="n/s"} 1 @9000"#))
    // Without anything else to say there is none.
    #expect(try Self.lines(Self.decode(Self.metric(5) { $0.double(4, 1) })).count == 2)
  }

  @Test func histogramsBecomeClassic() throws {
    let point = { (bytes: inout OTLPBytes) in
      bytes.fixed64(4, 10)
      bytes.double(5, 12.5)
      for count in [1, 4, 5] as [UInt64] { bytes.fixed64(6, count) }
      for bound in [0.5, 1_000_000] { bytes.double(7, bound) }
    }
    #expect(
      try Self.short(Self.metric(9, unit: "s", point)) == [
        "m_seconds_sum{J} 12.5", "m_seconds_count{J} 10", #"m_seconds_bucket{J, le="0.5"} 1"#,
        #"m_seconds_bucket{J, le="1000000"} 5"#, #"m_seconds_bucket{J, le="+Inf"} 10"#,
      ])
    #expect(
      try Self.short(
        Self.metric(9) {
          point(&$0)
          $0.varint(10, 1)
        }
      ).allSatisfy { $0.hasSuffix("stale") })
    #expect(try Self.short(Self.metric(9) { $0.fixed64(4, 3) }) == ["m_count{J} 3", #"m_bucket{J, le="+Inf"} 3"#])
  }

  @Test func exponentialHistogramsBecomeNative() throws {
    func point(scale: Int64, offset: Int64, _ counts: [UInt64]) -> [UInt8] {
      Self.metric(10) {
        $0.fixed64(4, counts.reduce(2, +))
        $0.double(5, 7)
        $0.varint(6, UInt64(bitPattern: scale << 1 ^ scale >> 63))
        $0.fixed64(7, 2)
        $0.message(8) {
          $0.varint(1, UInt64(bitPattern: offset << 1 ^ offset >> 63))
          $0.content(
            2,
            counts.flatMap { count in
              var bytes: [UInt8] = []
              WriteRequestBytes.varint(count, to: &bytes)
              return bytes
            })
        }
      }
    }
    #expect(
      try Self.short(point(scale: 1, offset: -3, [1, 0, 0, 2, 0, 0, 0, 3, 4])) == [
        "m{J} schema 1 count 12.0 sum 7.0 zero 2.0 [-2:4,3:2] [1.0, 0.0, 0.0, 2.0, 3.0, 4.0] [] []"
      ])
    // Two schemas finer than the finest: four buckets become one. Indices -3 and -2 are in (-4, 0], 0 to 3 in (0, 4].
    #expect(
      try Self.short(point(scale: 10, offset: -3, [1, 2, 4, 8, 16, 32, 64])) == [
        "m{J} schema 8 count 129.0 sum 7.0 zero 2.0 [0:2] [7.0, 120.0] [] []"
      ])
    #expect(
      try Self.short(point(scale: -4, offset: 0, [1])) == [
        "m{J} schema -4 count 3.0 sum 7.0 zero 2.0 [1:1] [1.0] [] []"
      ])
    #expect(try Self.decode(point(scale: -5, offset: 0, [1])).rejections.first?.contains("scale -5") == true)
    #expect(
      try Self.decode(point(scale: 0, offset: Int64(Int32.max), [1, 1])).rejections.first?.contains("32 bits") == true)
  }

  @Test func summaries() throws {
    #expect(
      try Self.short(
        Self.metric(11) {
          $0.fixed64(4, 3)
          $0.double(5, 1.5)
          $0.message(6) {
            $0.double(1, 0.99)
            $0.double(2, 8)
          }
        }) == ["m_sum{J} 1.5", "m_count{J} 3", #"m{J, quantile="0.99"} 8"#])
  }

  @Test(
    arguments: [
      (7, 1, "delta temporality"), (7, 0, "aggregation temporality 0"), (9, 1, "delta"), (10, 1, "delta"),
    ] as [(UInt64, UInt64, String)])
  func onlyCumulativePointsAreTaken(data: UInt64, temporality: UInt64, words: String) throws {
    let writes = try Self.decode(Self.metric(data, temporality: temporality) { $0.fixed64(4, 1) })
    #expect(writes.points == 0 && writes.message.isEmpty && writes.rejections.count == 1)
    #expect(writes.rejections.first?.contains(words) == true, "\(writes.rejections)")
  }

  struct BadPoint: Sendable, CustomTestStringConvertible {
    var data: UInt64
    var words: String
    var fill: @Sendable (inout OTLPBytes) -> Void
    var testDescription: String { "\(data): \(words)" }

    init(_ data: UInt64, _ words: String, _ fill: @escaping @Sendable (inout OTLPBytes) -> Void) {
      (self.data, self.words, self.fill) = (data, words, fill)
    }
  }

  static let badPoints = [
    BadPoint(5, "no value") { _ in },
    BadPoint(5, "no time") {
      $0.fixed64(3, 0)
      $0.varint(8, 1)
    },
    BadPoint(5, "no key") {
      $0.double(4, 1)
      $0.attribute(7, "", "x")
    },
    BadPoint(5, "not UTF-8") {
      $0.double(4, 1)
      $0.attribute(7, "k") { $0.content(1, [0xff]) }
    },
    BadPoint(5, "attributes and may have 2048") {
      for _ in 0..<3000 { $0.attribute(7, "k", "v") }
      $0.double(4, 1)
    },
    BadPoint(9, "2 counts of buckets for 3 bounds") {
      $0.content(6, [UInt8](repeating: 0, count: 16))
      for bound in [1.0, 2, 3] { $0.double(7, bound) }
    },
    BadPoint(9, "do not rise") { for bound in [2.0, 1] { $0.double(7, bound) } },
    BadPoint(9, "do not rise") { $0.double(7, .nan) },
    BadPoint(9, "more than 2048 buckets") { $0.content(7, [UInt8](repeating: 0, count: 8 * 5000)) },
    BadPoint(10, "more than 2048 buckets") { $0.message(8) { $0.content(2, [UInt8](repeating: 0, count: 5000)) } },
    BadPoint(11, "more than 2048 quantiles") { for _ in 0..<3000 { $0.message(6) { _ in } } },
    BadPoint(9, "send fewer points") {
      for bound in 1...2000 { $0.double(7, Double(bound)) }
      $0.attribute(9, "k", String(repeating: "x", count: 100_000))
    },
  ]

  @Test(arguments: badPoints)
  func badPointsAreRefused(_ bad: BadPoint) throws {
    let writes = try Self.decode(Self.metric(bad.data, bad.fill))
    #expect(writes.points == 0 && writes.message.isEmpty && writes.rejections.count == 1)
    #expect(writes.rejections.first?.contains(bad.words) == true, "\(writes.rejections)")
  }

  /// Empty points cost two bytes on the wire and a look each.
  @Test func recordsAreBounded() throws {
    func request(_ points: Int) -> [UInt8] {
      OTLPBytes {
        $0.message(1) {
          $0.message(2) {
            $0.message(2) {
              $0.text(1, "depth")
              $0.message(5) { for _ in 0..<points { $0.message(1) { _ in } } }
            }
          }
        }
      }.bytes
    }
    // A resource, a scope, a metric and seven points.
    let decoder = OTLPMetricsDecoder(limits: OTLPLimits(records: 10))
    #expect(try decoder.decode(request(7), as: .protobuf).rejections.count == 7)
    #expect(throws: OTLPError.self) { try decoder.decode(request(8), as: .protobuf) }
  }

  @Test func exemplarsGoWithTheirBuckets() throws {
    let body = Self.metric(9) {
      $0.fixed64(4, 2)
      for count in [1, 1] as [UInt64] { $0.fixed64(6, count) }
      $0.double(7, 1)
      $0.message(8) {
        $0.fixed64(2, Self.time)
        $0.double(3, 5)
        $0.content(4, OTLPBytes.spanID)
        $0.content(5, OTLPBytes.traceID)
        $0.attribute(7, "user.id", "u")
      }
    }
    let message = try Self.decode(body).message
    let exemplar = OTLPBytes {
      for (name, value) in [
        ("trace_id", "0102030405060708090a0b0c0d0e0f10"), ("span_id", "0102030405060708"), ("user_id", "u"),
      ] {
        $0.message(1) {
          $0.text(1, name)
          $0.text(2, value)
        }
      }
      $0.double(2, 5)
      $0.varint(3, 1_700_000_000_123)
    }
    // It stands in the last series, that of the bucket up to infinity.
    #expect(message.suffix(exemplar.bytes.count) == exemplar.bytes[...])
  }

  @Test func whatIsNoMessageIsRefused() {
    for body: [UInt8] in [[0xff], [0x0a, 5], [0x0a, 2, 0x12, 9], [0x0f]] {
      #expect(throws: OTLPError.self) { try Self.decode(body) }
    }
  }

  /// The JSON of the specification's examples becomes what the same message as protobuf becomes.
  @Test func jsonIsTheSame() throws {
    let json = #"""
      {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},
      "scopeMetrics":[{"scope":{"name":"my.library"},"metrics":[
      {"name":"my.counter","unit":"1","description":"I am a Counter","sum":{"aggregationTemporality":2,"isMonotonic":true,
      "dataPoints":[{"asDouble":5,"startTimeUnixNano":"1544712660300000000","timeUnixNano":"1544712660300000000",
      "attributes":[{"key":"my.counter.attr","value":{"stringValue":"some value"}}]}]}},
      {"name":"my.histogram","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":1544712660300000000,
      "count":"2","sum":2,"bucketCounts":["1",1],"explicitBounds":[1],"min":0,"max":2}]}},
      {"name":"my.exponential","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"1544712660300000000",
      "count":"3","sum":10,"scale":0,"zeroCount":1,"positive":{"offset":-1,"bucketCounts":["0","2"]},"zeroThreshold":0}]}}
      ]}]}]}
      """#
    let lines = try Self.lines(OTLPMetricsDecoder().decode(Array(json.utf8), as: .json))
    let common = #"agent_id="my.service", job="my.service""#
    #expect(
      lines == [
        "# my_counter_total counter  I am a Counter", "# my_histogram_seconds histogram seconds ",
        "# my_exponential histogram  ",
        #"my_counter_total{agent_id="my.service", job="my.service", my_counter_attr="some value"} 5 @1544712660300"#,
        "my_histogram_seconds_sum{\(common)} 2 @1544712660300",
        "my_histogram_seconds_count{\(common)} 2 @1544712660300",
        "my_histogram_seconds_bucket{\(common), le=\"1\"} 1 @1544712660300",
        "my_histogram_seconds_bucket{\(common), le=\"+Inf\"} 2 @1544712660300",
        "my_exponential{\(common)} schema 0 count 3.0 sum 10.0 zero 1.0 [1:1] [2.0] [] [] @1544712660300",
      ])
  }
}
