import FleetModel
import TestSupport
import Testing
import WireFormats

/// What is true of every request.
@Suite struct OTLPPropertyTests {
  /// Spans at random, with everything a span can have.
  static func spans(_ random: SeededRandom, count: Int) -> [Span] {
    func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    let words = ["", "a", "GET /v1/tasks", "é😀\"\\\n", String(repeating: "long ", count: 60), "gen_ai.agent.idx"]
    func value() -> SpanValue {
      switch pick(7) {
      case 0: .string(words[pick(words.count)])
      case 1: .int(Int64(bitPattern: random.next()))
      case 2: .double(Double(bitPattern: random.next() & ~(1 << 62)))
      case 3: .bool(pick(2) == 0)
      case 4: .bytes((0..<pick(20)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      case 5: .nested(#"[1,-2.5,"x\n",null,{"k":true,"e":[],"f":{}},1e+300,[[["\u0001"]]]]"#)
      default: .nested("null")
      }
    }
    func attributes(_ bound: Int) -> [SpanAttribute] {
      (0..<pick(bound)).map { SpanAttribute("key.\($0)", value()) }
    }
    func traceID() -> TraceID? { TraceID(high: random.next(), low: random.next()) }
    func spanID() -> SpanID? { SpanID(rawValue: random.next()) }
    var resource: [SpanAttribute] = []
    var scope = InstrumentationScope()
    return (0..<count).compactMap { index in
      if pick(4) == 0 { resource = attributes(4) + [SpanAttribute("service.name", .string("agent-\(pick(3))"))] }
      if pick(4) == 0 { scope = InstrumentationScope(name: words[pick(5)], version: words[pick(3)]) }
      guard let trace = traceID(), let id = spanID() else { return nil }
      let start = Int64(1 + pick(1 << 60))
      let state = [SpanState.active, .completed, .ok, .error][pick(4)]
      var agent = "unknown_service"
      if case .string(let name) = resource.last?.value { agent = name }
      var span = Span(
        traceID: trace, spanID: id, parentID: pick(2) == 0 ? nil : spanID(), operation: words[pick(words.count)],
        agent: agent, kind: SpanKind.allCases[pick(6)], state: state, start: start,
        end: state.hasEnded ? start + Int64(pick(1 << 40)) : nil)
      span.statusMessage = pick(3) == 0 ? words[pick(words.count)] : ""
      span.traceState = pick(3) == 0 ? "a=b" : ""
      span.flags = UInt32(truncatingIfNeeded: random.next()) & 0x3ff
      span.resource = resource
      span.scope = scope
      span.attributes = attributes(8)
      span.events = (0..<pick(3)).map {
        SpanEvent(time: Int64(pick(1 << 60)), name: words[$0], attributes: attributes(3))
      }
      span.links = (0..<pick(3)).compactMap { _ in
        guard let trace = traceID(), let id = spanID() else { return nil }
        return SpanLink(traceID: trace, spanID: id, traceState: words[pick(3)], attributes: attributes(3))
      }
      span.dropped = DroppedCounts(attributes: UInt32(pick(5)), events: UInt32(pick(5)), links: UInt32(pick(5)))
      return span
    }
  }

  static func all(_ batch: SpanBatch) -> [Span] { batch.spans.indices.map { batch.span(at: $0) } }

  @Test(arguments: 0..<12)
  func encodedSpansComeBack(seed: UInt64) throws {
    let spans = Self.spans(SeededRandom(seed: seed), count: 60)
    let batch = try #require(SpanBatch(spans))
    for encoding in OTLPEncoding.allCases {
      let body = OTLPTraceEncoder.encode(batch, as: encoding)
      let first = try OTLPTraceDecoder().decode(body, as: encoding)
      #expect(first.rejections.isEmpty && first.batch.isSound)
      #expect(Self.all(first.batch) == spans)
      let again = try OTLPTraceDecoder().decode(OTLPTraceEncoder.encode(first.batch, as: encoding), as: encoding)
      #expect(Self.all(again.batch) == spans)
    }
  }

  @Test func truncatedAtEveryByte() throws {
    let batch = try #require(SpanBatch(Self.spans(SeededRandom(seed: 3), count: 6)))
    for encoding in OTLPEncoding.allCases {
      let body = OTLPTraceEncoder.encode(batch, as: encoding)
      for end in 0..<body.count {
        // Where it ends between two fields of the outermost message it is a shorter message.
        guard let result = try? OTLPTraceDecoder().decode(Array(body[..<end]), as: encoding) else { continue }
        #expect(encoding == .protobuf && result.batch.isSound)
        #expect(result.batch.count < batch.count)
      }
    }
  }

  @Test(arguments: 0..<8)
  func changedBytesBreakNothing(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }
    let batch = try #require(SpanBatch(Self.spans(random, count: 4)))
    for encoding in OTLPEncoding.allCases {
      let original = OTLPTraceEncoder.encode(batch, as: encoding)
      for _ in 0..<400 {
        var body = original
        for _ in 0..<(1 + pick(3)) {
          switch pick(4) {
          case 0: body[pick(body.count)] = UInt8(truncatingIfNeeded: random.next())
          case 1: body.insert(UInt8(truncatingIfNeeded: random.next()), at: pick(body.count))
          case 2: body.remove(at: pick(body.count))
          // A length of almost 2^64.
          default:
            body.replaceSubrange(pick(body.count)..<body.count, with: [0x0a] + [UInt8](repeating: 0xff, count: 9) + [1])
          }
        }
        let result: OTLPSpans
        do { result = try OTLPTraceDecoder().decode(body, as: encoding) } catch { continue }
        try #require(result.batch.isSound)
        for index in result.batch.spans.indices { _ = result.batch.span(at: index) }
        let again = try OTLPTraceDecoder().decode(OTLPTraceEncoder.encode(result.batch, as: .json), as: .json)
        #expect(again.batch.count == result.batch.count)
      }
    }
  }
}

/// Requests with metrics that were cut off or changed.
@Suite struct OTLPMetricsPropertyTests {
  static let body = OTLPMetricsTests.request([("service.name", "s"), ("host.name", "h")]) {
    for data in [5, 7, 9, 10, 11] as [UInt64] {
      $0.message(2) {
        $0.text(1, "metric.\(data)")
        $0.text(3, "By/s")
        $0.message(data) {
          $0.message(1) {
            $0.fixed64(3, OTLPMetricsTests.time)
            $0.double(4, 1.5)
            $0.attribute(data == 10 ? 1 : data == 9 ? 9 : 7, "k.v", "w")
            if data == 9 {
              $0.content(6, [UInt8](repeating: 1, count: 16))
              $0.double(7, 2)
              $0.message(8) { $0.content(5, OTLPBytes.traceID) }
            }
            if data == 10 { $0.message(8) { $0.content(2, [1, 0, 0, 0, 2]) } }
            if data == 11 { $0.message(6) { $0.double(1, 0.5) } }
          }
          $0.varint(2, 2)
        }
      }
    }
  }

  /// Whatever comes out is a message that remote write takes, with good labels and one value in every series.
  static func check(_ body: [UInt8], _ encoding: OTLPEncoding) throws {
    let writes: OTLPWrites
    do { writes = try OTLPMetricsDecoder().decode(body, as: encoding) } catch { return }
    try writes.message.withUnsafeBytes { message in
      var request = WriteRequest(seed: 1)
      try request.read(message)
      #expect(request.series.count >= writes.points)
      for (index, series) in request.series.enumerated() {
        #expect(Int(series.sampleCount) + request.histogramCount(ofSeries: index) == 1)
        _ = try request.labels(of: series, in: message)
      }
    }
  }

  @Test func theWholeRequestIsTaken() throws {
    let writes = try OTLPMetricsDecoder().decode(Self.body, as: .protobuf)
    #expect(writes.points == 5 && writes.rejections.isEmpty, "\(writes.rejections)")
  }

  @Test func truncatedAtEveryByte() throws {
    for end in Self.body.indices { try Self.check(Array(Self.body[..<end]), .protobuf) }
  }

  @Test(arguments: 0..<8)
  func changedBytesBreakNothing(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }
    for _ in 0..<1000 {
      var body = Self.body
      for _ in 0..<(1 + pick(4)) {
        switch pick(4) {
        case 0: body[pick(body.count)] = UInt8(truncatingIfNeeded: random.next())
        case 1: body.insert(UInt8(truncatingIfNeeded: random.next()), at: pick(body.count))
        case 2: body.remove(at: pick(body.count))
        default: body[pick(body.count)] = 0xff
        }
      }
      try Self.check(body, .protobuf)
    }
  }
}
