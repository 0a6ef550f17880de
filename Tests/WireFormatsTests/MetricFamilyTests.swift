import FleetModel
import TestSupport
import Testing

@testable import WireFormats

private typealias Families = MetricFamilyBytes

/// Bodies of `io.prometheus.client.MetricFamily`.
@Suite("metric families in protobuf") struct MetricFamilyTests {
  private static let native: NativeHistogram = {
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

  /// One body and the lines that `ExpositionDocument` makes of it: labels, value, time, exemplars.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let families: [MetricFamilyBytes]
    let series: [String]

    var testDescription: String { name }

    init(_ name: String, _ families: [MetricFamilyBytes], _ series: [String]) {
      self.name = name
      self.families = families
      self.series = series
    }
  }

  private static let exemplar = Families.Exemplar([("trace_id", "a1")], 0.5, at: 1_790_000_000_250)

  static let cases: [Case] = [
    Case("nothing", [], []),
    Case("a family without metrics", [Families("a", type: 1, [])], []),
    Case("a counter", [Families("c_total", type: 0, [.init([], .counter(3))])], [#"{__name__="c_total"} 3"#]),
    Case(
      "a counter with an exemplar and a time",
      [Families("c_total", type: 0, [.init([("a", "b")], .counter(3, exemplar), at: 77)])],
      [#"{__name__="c_total", a="b"} 3 @77 # {trace_id="a1"} 0.5 @1790000000250"#]),
    Case(
      "gauges, the time 0 is none",
      [Families("g", type: 1, [.init([("z", "1"), ("a", "2")], .gauge(-0.5), at: 0), .init([], .gauge(.nan))])],
      [#"{__name__="g", a="2", z="1"} -0.5"#, #"{__name__="g"} NaN"#]),
    Case(
      "untyped, empty labels are none, names of any characters",
      [Families("größe.x", type: 3, [.init([("a b", "ü"), ("e", "")], .untyped(.infinity))])],
      [#"{__name__="größe.x", "a b"="ü"} +Inf"#]),
    Case(
      "a summary",
      [
        Families(
          "s", type: 2,
          [
            .init([("a", "b")], .summary(count: 4, sum: 2.5, quantiles: [(0.5, 1), (1, 2), (0.99, .nan)])),
            .init([], .summary(count: 0, sum: 0, quantiles: [])),
          ])
      ],
      [
        #"{__name__="s_count", a="b"} 4"#, #"{__name__="s_sum", a="b"} 2.5"#,
        #"{__name__="s", a="b", quantile="0.5"} 1"#, #"{__name__="s", a="b", quantile="1.0"} 2"#,
        #"{__name__="s", a="b", quantile="0.99"} NaN"#, #"{__name__="s_count"} 0"#, #"{__name__="s_sum"} 0"#,
      ]),
    Case(
      "a classic histogram, the last bucket is added",
      [
        Families(
          "h", type: 4,
          [
            .init([], .classic(count: 9, sum: 1.5, buckets: [(0.1, 1, nil), (1, 4, exemplar), (1e6, 8, nil)]))
          ])
      ],
      [
        #"{__name__="h_count"} 9"#, #"{__name__="h_sum"} 1.5"#, #"{__name__="h_bucket", le="0.1"} 1"#,
        #"{__name__="h_bucket", le="1.0"} 4 # {trace_id="a1"} 0.5 @1790000000250"#,
        #"{__name__="h_bucket", le="1e+06"} 8"#, #"{__name__="h_bucket", le="+Inf"} 9"#,
      ]),
    Case(
      "a classic histogram that counts otherwise than it sums, what comes behind +Inf is left out",
      [
        Families(
          "h", type: 5,
          [.init([("a", "b")], .classic(count: 9, sum: 1.5, buckets: [(.infinity, 7, nil), (.infinity, 8, nil)]))])
      ],
      [
        #"{__name__="h_count", a="b"} 9"#, #"{__name__="h_sum", a="b"} 1.5"#,
        #"{__name__="h_bucket", a="b", le="+Inf"} 7"#,
      ]),
    Case(
      "labels apart from one another",
      [
        Families(
          "g", type: 1,
          [.init([("b", "1"), ("a", "2")], .gauge(1), isScattered: true), .init([("b", "1")], .gauge(2))])
      ],
      [#"{__name__="g", a="2", b="1"} 1"#, #"{__name__="g", b="1"} 2"#]),
    Case(
      "a native histogram goes before the classic one",
      [Families("h", type: 4, [.init([("a", "b")], .native(native, buckets: [(1, 4, nil)]))])],
      [#"{__name__="h", a="b"} histogram 29 -18.25"#]),
    Case(
      "native exemplars with times, in their order",
      [
        Families(
          "h", type: 4,
          [
            .init(
              [],
              .native(
                native, isFloat: true,
                exemplars: [
                  .init([("x", "2")], 2, at: 2000), .init([("x", "none")], 3), .init([("x", "1")], 1, at: 1000),
                ], buckets: [(1, 4, exemplar)]), at: 5)
          ])
      ],
      [#"{__name__="h"} histogram 29 -18.25 @5 # {x="1"} 1 @1000 # {x="2"} 2 @2000"#]),
    Case(
      "else those of the classic buckets",
      [
        Families(
          "h", type: 5,
          [.init([], .native(native, buckets: [(1, 4, exemplar), (2, 5, .init([("x", "none")], 3))]))])
      ],
      [#"{__name__="h"} histogram 29 -18.25 # {trace_id="a1"} 0.5 @1790000000250"#]),
  ]

  private static func line(_ series: ExpositionDocument.Series) -> String {
    func time(_ time: Timestamp?) -> String { time.map { " @\($0.milliseconds)" } ?? "" }
    let labels = LabelSet(series.labels).map { label in
      let isPlain = label.name.utf8.allSatisfy { $0 == 95 || $0 >= 97 && $0 <= 122 }
      return "\(isPlain ? label.name : "\"\(label.name)\"")=\"\(label.value)\""
    }
    var line = "{" + labels.joined(separator: ", ") + "} "
    if let histogram = series.histogram {
      line += "histogram \(FloatText.format(histogram.count)) \(FloatText.format(histogram.sum))"
    } else {
      line += series.valueText
    }
    line += time(series.timestamp)
    for exemplar in series.exemplars {
      let labels = exemplar.labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ", ")
      line += " # {\(labels)} \(FloatText.format(exemplar.value))\(time(exemplar.timestamp))"
    }
    return line
  }

  @Test(arguments: cases)
  func readsAsPrometheusDoes(_ item: Case) {
    let body = MetricFamilyBytes.body(item.families)
    let document = ExpositionDocument(body, format: .prometheusProtobuf)
    #expect(document.error == nil)
    let lines = document.entries.compactMap { entry in
      if case .series(let series) = entry { Self.line(series) } else { nil }
    }
    #expect(lines == item.series)
    var checker = AgreementChecker()
    for _ in 0..<3 { checker.check(body, .prometheusProtobuf) }
    for other in Self.cases {
      checker.check(MetricFamilyBytes.body(other.families), .prometheusProtobuf)
      checker.check(body, .prometheusProtobuf)
    }
  }

  @Test(arguments: [true, false], [4, 5] as [UInt64])
  func nativeHistogramsComeWhole(isFloat: Bool, type: UInt64) throws {
    let body = Families.body([Families("h", type: type, [.init([], .native(Self.native, isFloat: isFloat))])])
    var expected = Self.native
    if type == 5 { expected.resetHint = .gauge }
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    for round in 0..<2 {
      try parser.parse(body, format: .prometheusProtobuf, into: &collection)
      #expect(collection.histograms == [ParsedHistogram(slot: 0, value: expected)])
      #expect(collection.started.map(\.type) == (round == 0 ? [type == 5 ? .gaugehistogram : .histogram] : []))
      parser.commit()
    }
  }

  /// A histogram without observations says by an empty span that it is native.
  @Test func aSpanWithoutBucketsMakesItNative() throws {
    var histogram = NativeHistogram()
    histogram.positiveSpans = [.init(offset: 0, length: 0)]
    let body = Families.body([Families("h", type: 4, [.init([], .native(histogram))])])
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    try parser.parse(body, format: .prometheusProtobuf, into: &collection)
    #expect(collection.histograms.map(\.value) == [NativeHistogram()])
    #expect(collection.samples.isEmpty)
  }

  @Test func metadataIsRememberedAndReadWhenItChanges() throws {
    func family(_ help: String) -> [UInt8] {
      Families.body([
        Families("c_seconds_total", type: 0, help: help, unit: "seconds", [.init([], .counter(1))]),
        Families("u", type: 3, [.init([], .untyped(1))]),
      ])
    }
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    try parser.parse(family("one"), format: .prometheusProtobuf, into: &collection)
    #expect(parser.newComments != nil)
    parser.commit()
    #expect(
      parser.metadata() == [
        "c_seconds_total": MetricMetadata(type: .counter, help: "one", unit: "seconds"), "u": MetricMetadata(),
      ])
    try parser.parse(family("one"), format: .prometheusProtobuf, into: &collection)
    #expect(parser.newComments == nil)
    parser.commit()
    try parser.parse(family("two"), format: .prometheusProtobuf, into: &collection)
    #expect(parser.newComments != nil && collection.started.isEmpty && collection.ended.isEmpty)
    parser.commit()
    #expect(parser.metadata()["c_seconds_total"]?.help == "two")
  }

  @Test func aFamilyOfAnotherTypeChangesItsSeriesType() {
    var checker = AgreementChecker()
    checker.check(Families.body([Families("a", type: 0, [.init([], .counter(1))])]), .prometheusProtobuf)
    #expect(checker.type(of: LabelSet([Label("__name__", "a")])) == .counter)
    checker.check(Families.body([Families("a", type: 1, [.init([], .gauge(1))])]), .prometheusProtobuf)
    #expect(checker.type(of: LabelSet([Label("__name__", "a")])) == .gauge)
    checker.check(Array("# TYPE a counter\na 4\n".utf8), .prometheusText)
    checker.check(Families.body([Families("a", type: 1, [.init([], .gauge(1))])]), .prometheusProtobuf)
    #expect(checker.type(of: LabelSet([Label("__name__", "a")])) == .gauge)
  }

  private static func histogram(_ change: (inout NativeHistogram) -> Void) -> [MetricFamilyBytes] {
    var histogram = native
    change(&histogram)
    return [Families("h", type: 4, [.init([], .native(histogram))])]
  }

  static let bad: [(families: [MetricFamilyBytes], message: String)] = [
    ([Families("", type: 0, [.init([], .counter(1))])], "byte 1: the body holds a family without a name"),
    (
      [Families("a", type: 9, [.init([], .counter(1))])], "byte 4: the body holds a family of the type 9, which is none"
    ),
    ([Families("a", type: 1, [.init([], .counter(1))])], "without the field gauge of its family's type"),
    ([Families("a", type: 1, [.init([("", "x")], .gauge(1))])], "holds a label without a name"),
    ([Families("a", type: 1, [.init([("__name__", "x")], .gauge(1))])], "holds a label __name__ beside"),
    ([Families("a", type: 1, unit: "s", [.init([], .gauge(1))])], "the unit \"s\", which is not the end"),
    (histogram { $0.schema = 9 }, "cannot be stored: histogram schema 9 is not known"),
    (histogram { $0.positiveBuckets = [1] }, "cannot be stored: the spans of the positive buckets have 4 buckets"),
    (histogram { $0.positiveBuckets = [-1, 2, 3, 4] }, "cannot be stored: a positive bucket is -1"),
    (
      histogram {
        $0.positiveSpans = [.init(offset: 0, length: 3000)]
        $0.positiveBuckets = [Double](repeating: 1, count: 3000)
      }, "more than 2048 buckets on one side"
    ),
    (
      [Families("a", type: 0, [.init([], .counter(1, .init([], 1, at: 253_402_300_800_000)))])],
      "an exemplar whose time is beyond the years 1 to 9999"
    ),
  ]

  @Test(arguments: bad)
  func refusesAndSaysWhere(_ families: [MetricFamilyBytes], _ message: String) {
    let good = Families("ok", type: 1, [.init([], .gauge(1))])
    for before in [[], [good]] {
      let body = Families.body(before + families)
      let error = ExpositionDocument(body, format: .prometheusProtobuf).error
      let said = error?.description ?? "none"
      let expected = before.isEmpty ? message : String(message.suffix(20))
      #expect(said.contains(expected))
      #expect(error?.byte != nil)
      var checker = AgreementChecker()
      checker.check(Families.body([good]), .prometheusProtobuf)
      checker.check(body, .prometheusProtobuf)
      checker.check(Families.body([good]), .prometheusProtobuf)
    }
  }

  @Test func samplesAreCounted() throws {
    let families = [
      Families("g", type: 1, (0..<3).map { .init([("i", "\($0)")], .gauge(1)) }),
      Families("h", type: 4, (0..<2).map { .init([("i", "\($0)")], .native(Self.native)) }),
    ]
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    try parser.parse(Families.body(families), format: .prometheusProtobuf, maximumSamples: 5, into: &collection)
    let error = #expect(throws: ExpositionError.self) {
      try parser.parse(Families.body(families), format: .prometheusProtobuf, maximumSamples: 4, into: &collection)
    }
    #expect(error?.code == .tooManySamples)
    #expect(collection.samples.isEmpty && collection.histograms.isEmpty)
  }
}
