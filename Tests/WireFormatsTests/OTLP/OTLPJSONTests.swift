import FleetModel
import TestSupport
import Testing
import WireFormats

@Suite struct OTLPJSONTests {
  static func decode(_ json: String) throws(OTLPError) -> OTLPSpans {
    let spans = try OTLPTraceDecoder().decode(Array(json.utf8), as: .json)
    #expect(spans.batch.isSound)
    return spans
  }

  static func span(_ members: String) throws -> Span {
    let result = try decode(
      #"""
      {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",
      "startTimeUnixNano":"1000","endTimeUnixNano":2000\#(members.isEmpty ? "" : ",")\#(members)}]}]}]}
      """#)
    try #require(result.batch.count == 1, "\(result.rejections)")
    return result.batch.span(at: 0)
  }

  @Test func theExampleOfTheSpecification() throws {
    let result = try Self.decode(
      #"""
      {"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]},
      "scopeSpans": [{"scope": {"name": "my.library", "version": "1.0.0", "attributes": [{"key": "a", "value": {"stringValue": "b"}}]},
      "spans": [{"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174", "parentSpanId": "EEE19B7EC3C1B173",
      "name": "I'm a server span", "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000", "kind": 2,
      "attributes": [{"key": "my.span.attr", "value": {"stringValue": "some value"}}]}]}]}]}
      """#)
    let span = result.batch.span(at: 0)
    #expect(span.agent == "my.service" && span.operation == "I'm a server span" && span.kind == .server)
    #expect(span.traceID.description == "5b8efff798038103d269b633813fc60c")
    #expect(span.parentID?.description == "eee19b7ec3c1b173")
    #expect(span.duration == 1_000_000_000 && span.scope == InstrumentationScope(name: "my.library", version: "1.0.0"))
    #expect(span.attributes == [SpanAttribute("my.span.attr", .string("some value"))])
  }

  @Test(arguments: [
    (#"{"intValue":"-5"}"#, SpanValue.int(-5)), (#"{"intValue":5}"#, .int(5)), (#"{"intValue":1e3}"#, .int(1000)),
    (#"{"intValue":"9223372036854775807"}"#, .int(.max)), (#"{"doubleValue":1.5}"#, .double(1.5)),
    (#"{"doubleValue":"-Infinity"}"#, .double(-.infinity)), (#"{"doubleValue":"2.5"}"#, .double(2.5)),
    (#"{"boolValue":false}"#, .bool(false)), (#"{"bytesValue":"AQID-_8="}"#, .bytes([1, 2, 3, 0xfb, 0xff])),
    (#"{"stringValue":"a\n\u00e9\ud83d\ude00"}"#, .string("a\né😀")), (#"{"stringValue":null}"#, .nested("null")),
    ("{}", .nested("null")), (#"{"ofALaterVersion":[{"a":1}]}"#, .nested("null")),
    (
      #"{"arrayValue":{"values":[{"intValue":"1"},{"kvlistValue":{"values":[{"key":"k","value":{"doubleValue":2}}]}}]}}"#,
      .nested(#"[1,{"k":2.0}]"#)
    ),
  ])
  func values(json: String, value: SpanValue) throws {
    #expect(try Self.span(#""attributes":[{"key":"k","value":\#(json)}]"#).attributes == [SpanAttribute("k", value)])
  }

  @Test(arguments: [
    (#"{"resourceSpans":[{]}"#, "line 1, column 20"), (#"{"resourceSpans":{}}"#, "at the start of resourceSpans"),
    (#"{"resourceSpans":[null]}"#, "at the start of resourceSpans"), ("[]", "at the start of the message"),
    (#"{} {}"#, "more behind the message"), (#"{"resourceSpans":[],}"#, "expected a key"), ("", "the end of the body"),
    (#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"SPAN_KIND_SERVER"}]}]}]}"#, "kind must be a whole number"),
    (#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":5}]}]}]}"#, "expected name as a string"),
    (
      #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"-1"}]}]}]}"#,
      "startTimeUnixNano must be a whole number from 0"
    ),
    (
      #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1.5}]}]}]}"#,
      "startTimeUnixNano must be a whole number"
    ),
    (
      #"{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":{"boolValue":1}}]}}]}"#,
      "boolValue as a boolean"
    ),
    (
      #"{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":{"bytesValue":"="}},{"key":"\u12"}]}}]}"#,
      "hexadecimal"
    ),
  ])
  func whatIsNoMessageIsRefused(json: String, words: String) {
    let error = #expect(throws: OTLPError.self) { try Self.decode(json) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func badSpansAreRefusedOneByOne() throws {
    let result = try Self.decode(
      #"""
      {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc6","spanId":"eee19b7ec3c1b174","name":"bad"},
      {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"good","startTimeUnixNano":"1"},
      {"traceId":"5b8efff798038103d269b633813fc60","spanId":"eee19b7ec3c1b174","name":"odd","startTimeUnixNano":"1"}]}]}]}
      """#)
    #expect(result.batch.count == 1 && result.rejections.count == 2)
    #expect(
      result.rejections.message(of: .traces)
        == #"2 spans were refused; the first: span "bad": its trace id has 15 bytes and must have 16"#)
  }

  @Test(arguments: [("traceId", "trace id"), ("spanId", "span id"), ("parentSpanId", "parent's span id")])
  func anIDThatIsNotHexIsTheFaultOfItsSpanAlone(key: String, words: String) throws {
    let result = try Self.decode(
      #"""
      {"resourceSpans":[{"scopeSpans":[{"spans":[
      {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","\#(key)":"zz","name":"bad","startTimeUnixNano":"1"},
      {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"good","startTimeUnixNano":"1"}]}]}]}
      """#)
    #expect(result.batch.count == 1 && result.rejections.count == 1)
    #expect(result.rejections.first?.contains(words) == true, "\(result.rejections)")
  }

  @Test(arguments: [(511, true), (100_000, false)])
  func depthIsBounded(depth: Int, isRead: Bool) {
    let nested = String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
    let result = try? Self.decode(#"{"x":\#(nested)}"#)
    #expect((result != nil) == isRead)
    let values = String(repeating: #"{"arrayValue":{"values":["#, count: depth)
    #expect(throws: OTLPError.self) {
      try Self.decode(#"{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":\#(values)"#)
    }
  }

  @Test func answersInBothEncodings() throws {
    var rejections = OTLPRejections()
    #expect(OTLPAnswer.success(.traces, as: .protobuf).isEmpty)
    #expect(OTLPAnswer.success(.traces, as: .json) == Array("{}".utf8))
    rejections.add(3, "span \"a\"")
    #expect(
      OTLPAnswer.success(.traces, rejecting: rejections, as: .json)
        == Array(
          #"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"3 spans were refused; the first: span \"a\""}}"#.utf8
        ))
    #expect(
      OTLPAnswer.success(.metrics, rejecting: rejections, as: .json)
        == Array(
          #"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"3 data points were refused; the first: span \"a\""}}"#
            .utf8))
    #expect(
      OTLPAnswer.failure(.invalidArgument, "no", as: .json) == Array(#"{"code":3,"message":"no"}"#.utf8))
    #expect(OTLPAnswer.failure(.invalidArgument, "no", as: .protobuf) == [8, 3, 0x12, 2, 0x6e, 0x6f])
    for encoding in OTLPEncoding.allCases {
      for signal in OTLPSignal.allCases {
        let body = OTLPAnswer.success(signal, rejecting: rejections, as: encoding)
        let read = try OTLPAnswer.rejections(in: body, as: encoding)
        #expect(read.count == 3 && read.first == rejections.message(of: signal))
      }
    }
  }

  @Test(arguments: [
    ("application/x-protobuf", OTLPEncoding.protobuf), ("Application/JSON ; charset=utf-8", .json),
    ("text/plain", nil), ("", nil),
  ])
  func contentTypes(text: String, encoding: OTLPEncoding?) { #expect(OTLPEncoding(contentType: text) == encoding) }
}
