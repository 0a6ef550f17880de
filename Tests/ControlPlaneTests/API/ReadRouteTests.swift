import FleetModel
import HTTPTypes
import NIOCore
import Platform
import Synchronization
import TestSupport
import Testing
import WireFormats

@testable import ControlPlane

@Suite struct ReadRouteTests {
  /// Series that are there whatever the matchers are, and queries that run where they are asked.
  private struct Queries: QueryOperations {
    struct Source: SeriesSource {
      var series: [SelectedSeries]

      func select(
        _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
      ) async throws -> [SelectedSeries] {
        for matcher in matchers where matcher.value == "(" { throw InvalidMatcher(matcher: matcher, problem: "bad") }
        return series
      }

      func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }

      func labelValues(
        of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
      ) async throws -> [String] { [] }
    }

    var source: any SeriesSource
    var exemplars: any ExemplarSource { FixedExemplars() }
    var limits = QueryLimits()

    init(_ series: [SelectedSeries]) { source = Source(series: series) }

    func now() -> Timestamp { FakeOperations.start }

    func run<Value: Sendable>(
      _ query: String, within timeout: Duration?, _ work: @Sendable (QueryTurn) async throws -> Value
    ) async throws -> Value {
      try await work(QueryTurn(isOverdue: { false }, monotonic: { .zero }, began: .zero, waited: .zero))
    }
  }

  private static let series = (0..<3).map { index in
    SelectedSeries(
      labels: LabelSet([Label("__name__", "m"), Label("a", "\(index)")]),
      samples: SampleColumns(
        timestamps: (0..<1000).map { 1000 + $0 * 10 }, values: (0..<1000).map { Double(index * 1000 + $0) }))
  }

  private static func ask(
    _ queries: [ReadRequestBytes.Query], accepted: [UInt64] = [], limits: ReadRoutes.Limits = .init(),
    encoding: String = "snappy", body: [UInt8]? = nil
  ) async throws -> APIResponse {
    let message = ReadRequestBytes.message(queries, accepted: accepted)
    let block = body ?? message.withUnsafeBytes { SnappyBlock.encode($0) }
    let route = try #require(ReadRoutes(operations: Queries(series), limits: limits).routes.first)
    var request = APIRequest(principal: Principal(role: .operator, agentID: nil))
    request.rawBody = APIRequest.RawBody(
      bytes: ByteBuffer(bytes: block), contentType: "application/x-protobuf", contentEncoding: encoding)
    return try await route.handle(request)
  }

  private static func bytes(_ response: APIResponse) async throws -> [UInt8] {
    switch response.content {
    case .bytes(let buffer): return Array(buffer.readableBytesView)
    case .stream(let produce):
      let (parts, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
      try await produce(StreamSink(continuation: continuation, time: SystemTime()))
      continuation.finish()
      var all: [UInt8] = []
      for await part in parts { all += part.readableBytesView }
      return all
    }
  }

  private static func wanted(_ from: Int64, _ through: Int64) -> [ReadAnswers.Series] {
    series.map { one in
      let places = one.samples.timestamps.indices.filter { from...through ~= one.samples.timestamps[$0] }
      return ReadAnswers.Series(
        labels: one.labels.dictionary, times: places.map { one.samples.timestamps[$0] },
        values: places.map { one.samples.values[$0].bitPattern })
    }
  }

  @Test func answersSamplesInOnePiece() async throws {
    let response = try await Self.ask([.init(1500, 2000, [(0, "__name__", "m")]), .init(9, 8, []), .init(0, 10, [])])
    #expect(response.contentType == "application/x-protobuf")
    #expect(response.headers[.contentEncoding] == "snappy")
    let block = try await Self.bytes(response)
    var text: [UInt8] = []
    let count = try block.withUnsafeBytes { try SnappyBlock.decode($0, limit: 1 << 24, into: &text) }
    #expect(ReadAnswers.samples(Array(text.prefix(count))) == [Self.wanted(1500, 2000), [], []])
  }

  @Test func answersChunksInAStream() async throws {
    var limits = ReadRoutes.Limits()
    limits.messageBytes = 600
    let response = try await Self.ask(
      [.init(9, 8, []), .init(1500, 9000, [(0, "__name__", "m")])], accepted: [1, 0], limits: limits)
    #expect(response.contentType == "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
    #expect(response.headers[.contentEncoding] == nil)
    let messages = ReadAnswers.frames(try await Self.bytes(response))
    #expect(ReadAnswers.streamed(messages, query: 1) == Self.wanted(1500, 9000))
    #expect(messages.count > 3, "a series may come in several messages")
  }

  private static func refusal(_ ask: () async throws -> APIResponse) async -> (status: Int, message: String)? {
    do {
      _ = try await ask()
      return nil
    } catch let error as PrometheusError {
      return (Int(error.kind.status.code), error.message)
    } catch let error as APIError {
      return (Int(error.code.status.code), error.message)
    } catch {
      return (0, "\(error)")
    }
  }

  @Test func refusesWithTheReason() async throws {
    var limits = ReadRoutes.Limits()
    limits.answerBytes = 10_000
    limits.requestBytes = 1000
    let small = limits
    let all = ReadRequestBytes.Query(0, .max, [])
    let tooLarge = await Self.refusal { try await Self.ask([all], limits: small) }
    #expect(tooLarge?.status == 400)
    #expect(tooLarge?.message.contains("more than 10000 bytes") == true)
    #expect(await Self.refusal { try await Self.ask([all], accepted: [1], limits: small) } == nil)
    let long = ReadRequestBytes.Query(0, 1, [(0, "a", String(repeating: "x", count: 1000))])
    let refused: [(status: Int, text: String, answer: (status: Int, message: String)?)] = [
      (400, "response types", await Self.refusal { try await Self.ask([all], accepted: [7]) }),
      (400, "bad", await Self.refusal { try await Self.ask([.init(0, 1, [(2, "a", "(")])]) }),
      (400, "bad", await Self.refusal { try await Self.ask([.init(0, 1, [(2, "a", "(")])], accepted: [1]) }),
      (400, "snappy", await Self.refusal { try await Self.ask([], body: [1, 2, 3]) }),
      (400, "message", await Self.refusal { try await Self.ask([], body: [1, 0, 0x0a]) }),
      (400, "more than 1000", await Self.refusal { try await Self.ask([long], limits: small) }),
      (415, "snappy", await Self.refusal { try await Self.ask([], encoding: "gzip") }),
    ]
    for (status, text, answer) in refused {
      #expect(answer?.status == status)
      #expect(answer?.message.contains(text) == true, "\(answer?.message ?? "")")
    }
  }
}
