import FleetModel
import Testing

@testable import WireFormats

@Suite struct CollectionParserTests {
  private func parse(_ text: String, _ format: ExpositionFormat, limit: Int = .max) -> ExpositionError? {
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    do {
      try parser.parse(Array(text.utf8), format: format, maximumSamples: limit, into: &collection)
      return nil
    } catch {
      return error
    }
  }

  @Test func errorsNameThePlace() {
    let error = parse("# TYPE a gauge\na 1\nä 2\n", .prometheusText)
    #expect(error?.line == 3 && error?.column == 1)
    let value = parse("a{b=\"ü\"} x\n", .prometheusText)
    #expect(value?.line == 1 && value?.column == 10)
    #expect(value?.message == "bad value \"x\": write a decimal number, +Inf, -Inf or NaN")
  }

  @Test func aCarriageReturnIsExplained() {
    #expect(parse("a 1\r\n", .prometheusText)?.message.contains("carriage return") == true)
  }

  @Test func stopsAtTheLimitOfSamples() {
    #expect(parse("a 1\nb 2\n", .prometheusText, limit: 2) == nil)
    let error = parse("a 1\nb 2\nc 3\n", .prometheusText, limit: 2)
    #expect(error?.line == 3 && error?.message.contains("more than 2 samples") == true)
    #expect(error?.code == .tooManySamples)
    #expect(parse(#"{"metrics":[{"name":"a","value":1},{"name":"b","value":1}]}"#, .agentJSON, limit: 1) != nil)
  }

  /// The limit also holds for series that are recognised.
  @Test func theLimitHoldsForKnownSeries() throws {
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    let body = Array("a 1\nb 2\nc 3\n".utf8)
    try parser.parse(body, format: .prometheusText, into: &collection)
    parser.commit()
    #expect(throws: ExpositionError.self) {
      try parser.parse(body, format: .prometheusText, maximumSamples: 2, into: &collection)
    }
    try parser.parse(body, format: .prometheusText, maximumSamples: 3, into: &collection)
    #expect(collection.samples.map(\.value) == [1, 2, 3] && collection.started.isEmpty && collection.ended.isEmpty)
  }

  @Test func anErrorLeavesTheMemoryAsItWas() throws {
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    try parser.parse(Array("a 1\nb 2\n".utf8), format: .prometheusText, into: &collection)
    parser.commit()
    #expect(throws: ExpositionError.self) {
      try parser.parse(Array("a 1\nc 2\nb x\n".utf8), format: .prometheusText, into: &collection)
    }
    parser.commit()
    try parser.parse(Array("a 3\nb 4\n".utf8), format: .prometheusText, into: &collection)
    #expect(collection.started.isEmpty && collection.ended.isEmpty)
    #expect(collection.samples.map(\.slot) == [0, 1] && collection.samples.map(\.value) == [3, 4])
  }

  @Test func rollbackForgetsTheBody() throws {
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    for _ in 0..<2 {
      try parser.parse(Array("a 1\n".utf8), format: .prometheusText, into: &collection)
      #expect(collection.started.map(\.slot) == [0])
      parser.rollback()
    }
    #expect(parser.seriesCount == 0)
  }

  /// A slot that ended is free for the collection after.
  @Test func slotsAreUsedAgainOneCollectionLater() throws {
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    var slots: [[Int32]] = []
    for text in ["a 1\nb 1\n", "b 1\nc 1\n", "b 1\nc 1\nd 1\n"] {
      try parser.parse(Array(text.utf8), format: .prometheusText, into: &collection)
      parser.commit()
      slots.append(collection.samples.map(\.slot))
    }
    #expect(slots == [[0, 1], [1, 2], [1, 2, 0]])
    #expect(parser.forget().sorted() == [0, 1, 2])
    #expect(parser.seriesCount == 0 && parser.residentBytes == 0)
  }

  @Test func tellsTheMetadata() throws {
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    let body = "# TYPE a_s counter\n# UNIT a_s s\n# HELP a_s one\\ntwo\na_s_total 1\n# EOF\n"
    try parser.parse(Array(body.utf8), format: .openMetrics, into: &collection)
    parser.commit()
    #expect(parser.metadata() == ["a_s": MetricMetadata(type: .counter, help: "one\ntwo", unit: "s")])
    #expect(parser.type(of: 0) == .counter && parser.type(of: 1) == .unknown && parser.type(of: -1) == .unknown)
    #expect(collection.started.first?.type == .counter)
  }

  @Test func manySeriesTakeLittleMemory() throws {
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    let count = 100_000
    var body: [UInt8] = []
    for index in 0..<count { body += Array("metric_name{instance=\"\(index)\"} \(index)\n".utf8) }
    try parser.parse(body, format: .prometheusText, into: &collection)
    parser.commit()
    #expect(collection.samples.count == count && collection.started.count == count)
    // The arrays may keep an eighth more than they need.
    #expect(parser.residentBytes < count * 33 * 9 / 8 + 1000)
    try parser.parse(body, format: .prometheusText, into: &collection)
    #expect(collection.started.isEmpty && collection.ended.isEmpty && collection.samples.last?.value == 99_999)
  }

  /// Bodies built to be slow: each must be read in time proportional to its size, or this test takes minutes.
  @Test(arguments: HostileBody.allCases)
  func hostileTextIsReadInLinearTime(body: HostileBody) throws {
    var parser = CollectionParser(seed: 1)
    var collection = ParsedCollection()
    for suffix in ["", "b 1\n", "# x\n"] {
      try parser.parse(Array((suffix + body.text).utf8), format: .prometheusText, into: &collection)
      parser.commit()
    }
  }

  /// By name, so that a run does not print megabytes.
  enum HostileBody: CaseIterable {
    case oneSeriesAgainAndAgain
    case emptyLabels
    case longValue
    case longComment
    case longNumber
    case emptyLines

    var text: String {
      switch self {
      case .oneSeriesAgainAndAgain: String(repeating: "a 1\n", count: 500_000)
      case .emptyLabels: "a{" + (0..<100_000).map { "l\($0)=\"\"" }.joined(separator: ",") + "} 1\n"
      case .longValue: "a{b=\"" + String(repeating: "x", count: 4_000_000) + "\"} 1\n"
      case .longComment: "# " + String(repeating: "x", count: 4_000_000) + "\n"
      case .longNumber: "a " + String(repeating: "1", count: 1_000_000) + "e-999999\n"
      case .emptyLines: String(repeating: "\n", count: 2_000_000)
      }
    }
  }

  @Test func refusesDeepJSON() {
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(parse("{\"x\":\(deep)", .agentJSON)?.message.contains("levels") == true)
    let fine = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(parse("{\"x\":\(fine),\"metrics\":[]}", .agentJSON) == nil)
  }
}
