import AsyncHTTPClient
import Dispatch
import FleetModel
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import Platform
import SampleStore
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// What queries may take, and what becomes of them when nobody waits for them any longer.
@Suite("the limits of queries", .timeLimit(.minutes(10))) struct QueryLimitTests {
  /// Looks at a day of seconds at each of 11,000 steps, and would take a core an hour.
  private static let endless =
    "/api/v1/query_range?query=quantile_over_time(0.5,vector(1)%5B1d:1s%5D)&start=0&end=10999&step=1"

  @Test func aQueryThatWouldTakeAllMemoryIsRefused() async throws {
    var limits = QueryLimits()
    limits.samples = 100
    try await QueryFixture.with(limits: limits) { server, _ in
      for query in [
        "query?query=vector(1)%5B1h:1s%5D", "query_range?query=vector(1)&start=0&end=1000&step=1",
        "query_range?query=max_over_time(vector(1)%5B1y:1s%5D)&start=0&end=10&step=1",
        "query?query=count_over_time(vector(1)%5B100y:1ms%5D)",
      ] {
        let answer = try await server.ask("GET", "/api/v1/" + query)
        #expect(answer.status == 422)
        #expect(
          answer.body == #"{"status":"error","errorType":"execution","error":"query processing would load too many "#
            + #"samples into memory in query execution"}"#)
      }
      #expect(try await server.ask("GET", "/api/v1/query?query=1").status == 200)
    }
  }

  @Test func aQueryThatWouldRunForEverTimesOut() async throws {
    try await QueryFixture.with(time: SystemTime()) { server, service in
      let answer = try await server.ask("GET", Self.endless + "&timeout=100ms")
      #expect(answer.status == 503)
      #expect(
        answer.body
          == #"{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}"#)
      #expect(service.load.working == 0)
    }
  }

  @Test func calculatingEndsWhenTheClientLeaves() async throws {
    try await QueryFixture.with(time: SystemTime()) { server, service in
      try await server.withConnection { _, outbound in
        try await outbound.write(ByteBuffer(string: "GET \(Self.endless) HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        while service.load.working == 0 { await Task.yield() }
      }
      while service.load.working > 0 { await Task.yield() }
    }
  }

  @Test func calculatingEndsWhenTheServerStops() async throws {
    try await QueryFixture.with(time: SystemTime()) { server, service in
      let client = Task { _ = try await server.ask("GET", Self.endless) }
      while service.load.working == 0 { await Task.yield() }
      return client
    }.cancel()
  }

  @Test(arguments: [false, true]) func fetchingEndsWhenTheClientLeaves(halfClosed: Bool) async throws {
    let source = HeldSource()
    try await QueryFixture.with(source) { server, service in
      for path in ["query?query=up", "series?match%5B%5D=up", "labels"] {
        try await server.withConnection { inbound, outbound in
          try await outbound.write(ByteBuffer(string: "GET /api/v1/\(path) HTTP/1.1\r\nHost: localhost\r\n\r\n"))
          await source.entered()
          if halfClosed {
            outbound.finish()
            for try await _ in inbound {}
          }
        }
        await source.left()
        while service.load.working > 0 { await Task.yield() }
      }
    }
  }

  /// More queries than Swift has threads block theirs; all else goes on, and the query for which there is no thread waits.
  @Test func queriesKeepNothingElseWaiting() async throws {
    let source = BlockingSource()
    let store = try QueryFixture.store()
    let time = SimulatedTime(start: QueryFixture.now)
    var limits = QueryLimits()
    limits.concurrency = 12
    // The usual client opens eight connections to one host at most.
    var pool = HTTPClient.Configuration.ConnectionPool()
    pool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
    let client = HTTPClient(configuration: .init(timeout: .init(connect: .minutes(5)), connectionPool: pool))
    try await QueryFixture.with(source, limits: limits, time: time) { server, service in
      try await withThrowingTaskGroup(of: ServerHarness.Answer.self) { group in
        defer { source.release() }
        for _ in 0..<12 { group.addTask { try await server.ask("GET", "/api/v1/query?query=up", client: client) } }
        while service.load.working < 12 { try await Task.sleep(for: .milliseconds(1)) }

        #expect(try await server.ask("GET", "/-/healthy", client: client).status == 200)
        let series = try store.reference(for: LabelSet([Label("__name__", "new")]))
        _ = try store.append([Sample(series: series, value: 1)], at: QueryFixture.now)
        #expect(
          try await store.labelValues(of: "__name__", [], from: .init(milliseconds: 0), through: QueryFixture.now)
            .contains("new"))

        async let late = server.ask("GET", "/api/v1/query?query=1&timeout=30", client: client)
        while service.load.waiting < 1 { try await Task.sleep(for: .milliseconds(1)) }
        // The server has the machine's time: the query alone sleeps in this one.
        await time.waitForSleepers(1)
        time.advance(by: .seconds(31))
        let answer = try await late
        #expect(answer.status == 503)
        #expect(answer.body == #"{"status":"error","errorType":"timeout","error":"query timed out in query queue"}"#)
        #expect(service.load.waiting == 0)

        async let next = server.ask("GET", "/api/v1/query?query=1", client: client)
        while service.load.waiting < 1 { try await Task.sleep(for: .milliseconds(1)) }
        source.release()
        #expect(try await next.status == 200)
        for try await answer in group { #expect(answer.status == 200) }
      }
      #expect(service.load == (0, 0))
    }
    try await client.shutdown()
  }

  @Test func aThreadGoesToWhoAskedFirst() async throws {
    let threads = WorkThreads(label: "test", maximum: 1)
    let first = try await threads.take()
    #expect(threads.takeFree() == nil)
    let order = Order()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<5 {
        group.addTask {
          let thread = try await threads.take()
          order.numbers.withLock { $0.append(number) }
          threads.giveBack(thread)
        }
        while threads.load.waiting < number + 1 { await Task.yield() }
      }
      let cancelled = Task { try await threads.take() }
      while threads.load.waiting < 6 { await Task.yield() }
      cancelled.cancel()
      await #expect(throws: CancellationError.self) { try await cancelled.value }
      threads.giveBack(first)
      try await group.waitForAll()
    }
    #expect(order.numbers.withLock { $0 } == [0, 1, 2, 3, 4])
    #expect(threads.load == (0, 0))
  }

  @Test func longAnswersAreCompressedForThoseWhoTakeIt() async throws {
    try await QueryFixture.with { server, _ in
      let patient = HTTPClient.Configuration.Timeout(connect: .minutes(5))
      let simple = HTTPClient(configuration: .init(timeout: patient, decompression: .disabled))
      let client = HTTPClient(configuration: .init(timeout: patient, decompression: .enabled(limit: .none)))
      for points in [10, 500, 10_999] {
        let query = "/api/v1/query_range?query=time()%2F7&start=0&end=\(points)&step=1"
        let plain = try await server.ask("GET", query, client: simple)
        let packed = try await server.ask("GET", query, client: client)
        #expect(plain.headers.first(name: "content-encoding") == nil)
        #expect(packed.headers.first(name: "content-encoding") == (points > 10 ? "gzip" : nil))
        #expect(packed.headers.first(name: "vary") == (points > 10 ? "Accept-Encoding" : nil))
        #expect(packed.body == plain.body)
      }
      try await simple.shutdown()
      try await client.shutdown()
    }
  }
}

private final class Order: Sendable {
  let numbers = Mutex<[Int]>([])
}

/// A source whose every answer takes until the asker is cancelled.
private final class HeldSource: SeriesSource {
  private let (entries, enter) = AsyncStream.makeStream(of: Void.self)
  private let (exits, exit) = AsyncStream.makeStream(of: Void.self)

  func entered() async { for await _ in entries { return } }
  func left() async { for await _ in exits { return } }

  private func hold() async throws {
    enter.yield()
    let (never, end) = AsyncStream.makeStream(of: Void.self)
    await withTaskCancellationHandler {
      for await _ in never {}
    } onCancel: {
      end.finish()
    }
    exit.yield()
    throw CancellationError()
  }

  func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
    try await hold()
    return []
  }

  func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] {
    try await hold()
    return []
  }

  func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] {
    try await hold()
    return []
  }
}

/// A source that holds the thread it is asked on, as a long calculation does.
private final class BlockingSource: SeriesSource {
  private let gate = DispatchSemaphore(value: 0)

  func release() { gate.signal() }

  private func pass() {
    gate.wait()
    gate.signal()
  }

  func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
    pass()
    return []
  }

  func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }

  func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] { [] }
}
