import FleetModel
import TestSupport
import Testing
import WireFormats

@Suite struct OTLPTraceTests {
  static func decode(_ body: [UInt8], _ limits: OTLPLimits = OTLPLimits()) throws(OTLPError) -> OTLPSpans {
    let spans = try OTLPTraceDecoder(limits: limits).decode(body, as: .protobuf)
    #expect(spans.batch.isSound)
    return spans
  }

  static func only(_ fill: (inout OTLPBytes) -> Void, _ limits: OTLPLimits = OTLPLimits()) throws -> OTLPSpans {
    try decode(OTLPBytes.traces { $0.goodSpan("n", fill) }, limits)
  }

  @Test func everyFieldArrives() throws {
    let body = OTLPBytes.traces {
      $0.message(2) {
        $0.content(1, OTLPBytes.traceID)
        $0.content(2, OTLPBytes.spanID)
        $0.text(3, "a=b")
        $0.content(4, [0, 0, 0, 0, 0, 0, 0, 9])
        $0.text(5, "GET /x")
        $0.varint(6, 2)
        $0.fixed64(7, 100)
        $0.fixed64(8, 250)
        $0.attribute(9, "s", "é")
        $0.attribute(9, "i") { $0.varint(3, UInt64(bitPattern: -7)) }
        $0.attribute(9, "d") { $0.double(4, 0.5) }
        $0.attribute(9, "b") { $0.varint(2, 1) }
        $0.attribute(9, "y") { $0.content(7, [0, 255]) }
        $0.varint(10, 3)
        $0.message(11) {
          $0.fixed64(1, 120)
          $0.text(2, "retry")
          $0.attribute(3, "n", "2")
        }
        $0.varint(12, 4)
        $0.message(13) {
          $0.content(1, OTLPBytes.traceID.reversed())
          $0.content(2, OTLPBytes.spanID.reversed())
          $0.text(3, "c=d")
          $0.attribute(4, "why", "batch")
        }
        $0.varint(14, 5)
        $0.message(15) {
          $0.text(2, "timeout")
          $0.varint(3, 2)
        }
        $0.fixed32(16, 0x101)
        $0.text(99, "of a later version")
      }
    }
    let result = try Self.decode(body)
    #expect(result.rejections.isEmpty)
    var span = Span(
      traceID: try #require(TraceID("0102030405060708090a0b0c0d0e0f10")),
      spanID: try #require(SpanID("0102030405060708")),
      parentID: SpanID(rawValue: 9), operation: "GET /x", agent: "s", kind: .server, state: .error, start: 100, end: 250
    )
    span.statusMessage = "timeout"
    span.traceState = "a=b"
    span.flags = 0x101
    span.attributes = [
      SpanAttribute("s", .string("é")), SpanAttribute("i", .int(-7)), SpanAttribute("d", .double(0.5)),
      SpanAttribute("b", .bool(true)), SpanAttribute("y", .bytes([0, 255])),
    ]
    span.events = [SpanEvent(time: 120, name: "retry", attributes: [SpanAttribute("n", .string("2"))])]
    span.links = [
      SpanLink(
        traceID: try #require(TraceID("100f0e0d0c0b0a090807060504030201")),
        spanID: try #require(SpanID("0807060504030201")), traceState: "c=d",
        attributes: [SpanAttribute("why", .string("batch"))])
    ]
    span.resource = [SpanAttribute("service.name", .string("s"))]
    span.scope = InstrumentationScope(name: "lib", version: "1.0")
    span.dropped = DroppedCounts(attributes: 3, events: 4, links: 5)
    #expect(result.batch.span(at: 0) == span)
  }

  @Test func aSpanWithoutEndIsInFlight() throws {
    let span = try Self.only { $0.fixed64(8, 0) }.batch.span(at: 0)
    #expect(span.state == .active && span.end == nil)
  }

  @Test(arguments: [(UInt64(0), SpanState.completed), (1, .ok), (2, .error), (9, .completed)])
  func statusBecomesState(code: UInt64, state: SpanState) throws {
    #expect(try Self.only { $0.message(15) { $0.varint(3, code) } }.batch.spans[0].state == state)
  }

  @Test(arguments: [
    (["gen_ai.agent.name": "n", "gen_ai.agent.id": "i"], ["gen_ai.agent.id": "r", "service.name": "s"], "i"),
    (["gen_ai.agent.name": "n"], ["gen_ai.agent.id": "r", "service.name": "s"], "n"),
    ([:], ["gen_ai.agent.name": "q", "gen_ai.agent.id": "r", "service.name": "s"], "r"),
    (["service.name": "x"], ["gen_ai.agent.name": "q", "service.name": "s"], "q"),
    (["gen_ai.agent.id": ""], ["service.name": "s"], "s"),
    ([:], ["host.name": "h"], "unknown_service"), ([:], [:], "unknown_service"),
  ])
  func agentsAreNamedByTheirAttributes(span: [String: String], resource: [String: String], agent: String) throws {
    let body = OTLPBytes {
      $0.message(1) {
        $0.message(2) { $0.goodSpan("n") { for (key, value) in span { $0.attribute(9, key, value) } } }
        $0.message(1) { for (key, value) in resource { $0.attribute(1, key, value) } }
      }
    }
    #expect(try Self.decode(body.bytes).batch.span(at: 0).agent == agent)
  }

  @Test func listsBecomeJSON() throws {
    let span = try Self.only {
      $0.attribute(9, "list") {
        $0.message(5) {
          $0.message(1) { $0.text(1, "a\"\\\n\u{1}é") }
          $0.message(1) { $0.varint(3, 5) }
          $0.message(1) { $0.double(4, 5) }
          $0.message(1) { $0.double(4, .nan) }
          $0.message(1) { $0.content(7, [1, 2, 3, 4]) }
          $0.message(1) { _ in }
          $0.message(1) {
            $0.message(6) {
              $0.attribute(1, "k") { $0.varint(2, 1) }
              $0.attribute(1, "e") { $0.message(5) { _ in } }
            }
          }
        }
      }
      $0.attribute(9, "none") { _ in }
    }.batch.span(at: 0)
    #expect(
      span.attributes == [
        SpanAttribute("list", .nested(#"["a\"\\\n\u0001é",5,5.0,"NaN","AQIDBA==",null,{"k":true,"e":[]}]"#)),
        SpanAttribute("none", .nested("null")),
      ])
  }

  @Test func ordersOfFieldsDoNotMatter() throws {
    let fields: [(inout OTLPBytes) -> Void] = [
      { $0.attribute(9, "a", "1") }, { $0.message(11) { $0.attribute(3, "e", "x") } },
      { $0.attribute(9, "b") { $0.message(5) { $0.message(1) { $0.text(1, "y") } } } },
      {
        $0.message(13) { link in
          link.attribute(4, "l", "z")
          link.content(1, OTLPBytes.traceID)
          link.content(2, OTLPBytes.spanID)
        }
      },
    ]
    let expected = try Self.only { bytes in for at in [0, 2, 1, 3] { fields[at](&bytes) } }.batch.span(at: 0)
    #expect(expected.attributes.map(\.key) == ["a", "b"])
    for order in [[0, 1, 2, 3], [1, 0, 3, 2], [3, 1, 0, 2], [1, 3, 0, 2]] {
      let result = try Self.only { bytes in for at in order { fields[at](&bytes) } }
      #expect(result.batch.span(at: 0) == expected)
    }
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var fill: @Sendable (inout OTLPBytes) -> Void
    var words: String
  }

  static let bad = [
    Bad(
      testDescription: "short trace id", fill: { $0.content(1, Array(1...15)) },
      words: "trace id has 15 bytes and must have 16"),
    Bad(
      testDescription: "long span id", fill: { $0.content(2, Array(1...9)) },
      words: "span id has 9 bytes and must have 8"),
    Bad(testDescription: "no trace id", fill: { $0.content(1, []) }, words: "no trace id"),
    Bad(
      testDescription: "zero trace id", fill: { $0.content(1, [UInt8](repeating: 0, count: 16)) }, words: "all zeros"),
    Bad(testDescription: "zero span id", fill: { $0.content(2, [UInt8](repeating: 0, count: 8)) }, words: "all zeros"),
    Bad(testDescription: "short parent", fill: { $0.content(4, [1]) }, words: "parent's span id has 1 bytes"),
    Bad(testDescription: "end before start", fill: { $0.fixed64(8, 1) }, words: "ends 999 ns before it starts"),
    Bad(testDescription: "no start", fill: { $0.fixed64(7, 0) }, words: "no start time"),
    Bad(testDescription: "start too late", fill: { $0.fixed64(7, .max) }, words: "2262"),
    Bad(testDescription: "end too late", fill: { $0.fixed64(8, .max) }, words: "2262"),
    Bad(testDescription: "event too late", fill: { $0.message(11) { $0.fixed64(1, .max) } }, words: "2262"),
    Bad(testDescription: "name not UTF-8", fill: { $0.content(5, [0xff, 0x41]) }, words: "not UTF-8"),
    Bad(
      testDescription: "value not UTF-8", fill: { $0.attribute(9, "k") { $0.content(1, [0xc3]) } }, words: "not UTF-8"),
    Bad(
      testDescription: "nested value not UTF-8",
      fill: { $0.attribute(9, "k") { $0.message(5) { $0.message(1) { $0.content(1, [0xc3]) } } } }, words: "not UTF-8"),
    Bad(testDescription: "no key", fill: { $0.attribute(9, "", "v") }, words: "no key"),
    Bad(
      testDescription: "a megabyte", fill: { $0.attribute(9, "k", String(repeating: "x", count: 1 << 20)) },
      words: "1048576 bytes is longer than the limit of 262144"),
    Bad(
      testDescription: "a megabyte in a list",
      fill: {
        $0.attribute(9, "k") { $0.message(5) { $0.message(1) { $0.text(1, String(repeating: "x", count: 1 << 20)) } } }
      },
      words: "longer as JSON than the limit"),
    Bad(
      testDescription: "many events", fill: { for _ in 0..<4097 { $0.message(11) { _ in } } },
      words: "4098 events and may have 4096"),
    Bad(
      testDescription: "many attributes", fill: { for _ in 0..<2049 { $0.attribute(9, "k", "v") } },
      words: "2051 attributes"),
    Bad(
      testDescription: "deep",
      fill: {
        var value = OTLPBytes()
        for _ in 0..<10_000 {
          let inner = value
          value = OTLPBytes { $0.message(5) { $0.content(1, inner.bytes) } }
        }
        $0.attribute(9, "k") { [value] in $0.bytes += value.bytes }
      }, words: "more than 32 deep"),
  ]

  @Test(arguments: bad)
  func badSpansAreRefusedOneByOne(_ bad: Bad) throws {
    let result = try Self.decode(
      OTLPBytes.traces {
        $0.goodSpan("first") { $0.attribute(9, "k", "v") }
        $0.goodSpan("bad") {
          $0.attribute(9, "l") { $0.message(5) { $0.message(1) { $0.text(1, "x") } } }
          $0.message(11) { $0.attribute(3, "e", "v") }
          bad.fill(&$0)
        }
        $0.goodSpan("last") { $0.attribute(9, "l") { $0.message(5) { $0.message(1) { $0.text(1, "y") } } } }
      })
    #expect(result.batch.spans.count == 2)
    #expect(result.batch.span(at: 0).attributes == [SpanAttribute("k", .string("v"))])
    #expect(result.batch.span(at: 1).attributes == [SpanAttribute("l", .nested(#"["y"]"#))])
    #expect(result.batch.span(at: 1).operation == "last")
    #expect(result.rejections.count == 1)
    #expect(result.rejections.first?.contains(bad.words) == true, "\(result.rejections.first ?? "")")
  }

  @Test func aBadResourceTakesItsSpansAlong() throws {
    let resource = { (value: [UInt8]) in
      OTLPBytes {
        $0.message(1) {
          $0.message(1) { $0.attribute(1, "service.name") { $0.content(1, value) } }
          $0.message(2) { $0.goodSpan("n") }
        }
      }.bytes
    }
    let result = try Self.decode(resource([0x61]) + resource([0xff]) + resource([0x62]))
    #expect(result.batch.spans.indices.map { result.batch.span(at: $0).agent } == ["a", "b"])
    #expect(result.rejections.first == "span \"n\": its resource cannot be read: the text \"\u{fffd}\" is not UTF-8")
  }

  @Test func linksWithoutIDsCountAsDropped() throws {
    let span = try Self.only {
      $0.message(13) { $0.attribute(4, "k", "v") }
      $0.varint(14, 2)
    }.batch.span(at: 0)
    #expect(span.links.isEmpty && span.dropped.links == 3)
  }

  @Test func manySpansOfOneRequestAreTaken() throws {
    let body = OTLPBytes.traces { for _ in 0..<100_000 { $0.goodSpan("n") } }
    #expect(try Self.decode(body).batch.count == 100_000)
  }

  @Test func whatIsNoMessageIsRefused() {
    for body: [UInt8] in [
      [0xff], [0x0a, 5], [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x0f],
    ] {
      #expect(throws: OTLPError.self) { try Self.decode(body) }
    }
  }

  /// What has too much of something is told apart from what no span can be.
  @Test func whatIsOverALimitIsSaidToBeSo() throws {
    let long = String(repeating: "x", count: 101)
    let body = OTLPBytes {
      $0.message(1) {
        $0.message(2) {
          $0.goodSpan("good")
          $0.goodSpan("wide") { for key in 0..<6 { $0.attribute(9, "k\(key)", "v") } }
          $0.goodSpan("long") { $0.attribute(9, "k", long) }
          $0.goodSpan("nested") { $0.attribute(9, "k") { $0.message(5) { $0.message(1) { $0.text(1, long) } } } }
          $0.goodSpan("deep") { span in
            var value: [UInt8] = []
            for _ in 0..<6 { value = OTLPBytes { $0.message(5) { $0.content(1, value) } }.bytes }
            span.attribute(9, "k") { $0.bytes += value }
          }
          $0.goodSpan("not UTF-8") { $0.attribute(9, "k") { $0.content(1, [0xff]) } }
          $0.goodSpan("nested, not UTF-8") {
            $0.attribute(9, "k") { $0.message(5) { $0.message(1) { $0.content(1, [0xff]) } } }
          }
          $0.message(2) { _ in }
        }
      }
    }.bytes
    let result = try Self.decode(body, OTLPLimits(textBytes: 100, attributes: 5, depth: 4))
    #expect(result.batch.spans.count == 1 && result.rejections.count == 7 && result.rejections.overLimit == 4)
  }

  /// Empty spans cost two bytes on the wire and a look each.
  @Test func recordsAreBounded() throws {
    func request(_ spans: Int) -> [UInt8] {
      let scope = (0..<spans).flatMap { _ in [0x12, 0x00] as [UInt8] }
      let resource: [UInt8] = [0x12, UInt8(scope.count)] + scope
      return [0x0a, UInt8(resource.count)] + resource
    }
    // A resource, a scope and eight spans.
    let limits = OTLPLimits(records: 10)
    #expect(try Self.decode(request(8), limits).rejections.count == 8)
    #expect(throws: OTLPError.self) { try Self.decode(request(9), limits) }
  }
}
