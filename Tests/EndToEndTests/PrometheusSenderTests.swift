import AsyncHTTPClient
import ControlPlane
import FleetModel
import Foundation
import NIOCore
import NIOHTTP1
import Platform
import SystemPackage
import TestSupport
import Testing
import WireFormats

/// A real Prometheus that writes into Skep, and one that reads from it.
@Suite("a Prometheus beside Skep", .timeLimit(.minutes(5)))
struct PrometheusSenderTests {
  /// The series that are compared: one that grows with every collection, one that stays.
  private static let metrics = ["go_memstats_alloc_bytes_total", "up"]

  /// Milliseconds and values.
  private typealias Samples = [Int64: Double]

  /// A Prometheus that collects itself five times a second.
  private final class Prometheus {
    let program: Program
    let url: String

    init(_ directory: FilePath, _ port: Int, configuration: String) throws {
      let file = directory.appending("prometheus.yml").string
      try Data(configuration.utf8).write(to: URL(filePath: file))
      url = "http://127.0.0.1:\(port)"
      program = try Program(
        "prometheus",
        [
          "--config.file=\(file)", "--storage.tsdb.path=\(directory.appending("data").string)",
          "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
        ])
    }

    deinit { program.stop() }

    /// What it holds of a metric, without staleness markers.
    func samples(_ metric: String) async throws -> Samples {
      let query = "\(metric)[1h]".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      let response = try await HTTPClient.patient.execute(
        HTTPClientRequest(url: "\(url)/api/v1/query?query=\(query)"), timeout: .seconds(30))
      let body = try await response.body.collect(upTo: 32 << 20)
      let answer = try JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))
      return try PrometheusSenderTests.one(
        answer.data.result.map { series in
          Dictionary(
            series.values.map { (Int64(($0.time * 1000).rounded()), $0.value) }, uniquingKeysWith: { $1 })
        }, metric)
    }
  }

  private struct Answer: Decodable {
    struct Value: Decodable {
      var time: Double
      var value: Double

      init(from decoder: any Decoder) throws {
        var fields = try decoder.unkeyedContainer()
        time = try fields.decode(Double.self)
        value = Double(try fields.decode(String.self)) ?? .nan
      }
    }

    struct Series: Decodable { var values: [Value] }
    struct Body: Decodable { var result: [Series] }

    var data: Body
  }

  private static func one(_ series: [Samples], _ metric: String) throws -> Samples {
    guard series.count <= 1 else { throw Problem("\(series.count) series of \(metric)") }
    return series.first ?? [:]
  }

  private struct Problem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  /// What Skep holds of a metric, by remote read.
  private static func samples(_ metric: String, in server: StoreLifeTests.Server) async throws -> Samples {
    let now = SystemTime().now().milliseconds
    let message = ReadRequestBytes.message([.init(now - 3_600_000, now + 60_000, [(0, "__name__", metric)])])
    let block = message.withUnsafeBytes { SnappyBlock.encode($0) }
    let (status, bytes) = try await server.askBytes(
      .POST, "/api/v1/read", headers: [("Content-Encoding", "snappy")], body: block)
    guard status == 200 else { throw Problem("remote read answered \(status)") }
    var text: [UInt8] = []
    let count = try bytes.withUnsafeBytes { try SnappyBlock.decode($0, limit: 1 << 24, into: &text) }
    let series = ReadAnswers.samples(Array(text.prefix(count))).flatMap { $0 }
    return try one(
      series.map { series in
        Dictionary(
          zip(series.times, series.values.map { Double(bitPattern: $0) }).filter { !$0.1.isNaN },
          uniquingKeysWith: { $1 })
      }, metric)
  }

  private static func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
    for _ in 0..<600 {
      if (try? await isSo()) == true { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw Problem("it did not come to pass that \(what)")
  }

  private static func scraping(_ port: Int, _ more: String) -> String {
    """
    global: {scrape_interval: 200ms, scrape_timeout: 200ms}
    scrape_configs:
    - {job_name: itself, static_configs: [{targets: ["127.0.0.1:\(port)"]}]}
    \(more)

    """
  }

  /// Skep is killed, and later Prometheus is stopped and Skep killed again: each sample that Prometheus has itself is in Skep.
  @Test(.enabled(if: Program.exists("prometheus"), "needs Debian's prometheus: `make test-tools`"))
  func noSampleIsLostOverRestarts() async throws {
    let scratch = try ScratchDirectory()
    let (skepPort, prometheusPort) = (try ReservedPort(), try ReservedPort())
    let data = scratch.path.appending("skep").string
    let directory = scratch.path.appending("sender")
    try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
    let queue = "{batch_send_deadline: 100ms, min_backoff: 30ms, max_backoff: 200ms}"
    let configuration = Self.scraping(
      prometheusPort.port,
      "remote_write:\n- {url: \"http://127.0.0.1:\(skepPort.port)/api/v1/write\", queue_config: \(queue)}")
    let listen = ["--listen", "127.0.0.1:\(skepPort.port)"]
    func count(_ server: StoreLifeTests.Server) async throws -> Int {
      try await Self.samples("up", in: server).count
    }

    var prometheus = try Prometheus(directory, prometheusPort.port, configuration: configuration)
    do {
      let server = try StoreLifeTests.Server(data, listen)
      defer { server.program.stop() }
      try await Self.eventually("samples arrive") { try await count(server) >= 10 }
      kill(server.program.pid, SIGKILL)
    }
    // What is collected now waits in Prometheus.
    try await Task.sleep(for: .seconds(1))
    do {
      let server = try StoreLifeTests.Server(data, listen)
      defer { server.program.stop() }
      try await Self.eventually("samples arrive again") { try await count(server) >= 20 }
      // It sends what it has before it ends, and goes on where it was.
      prometheus.program.stop()
      prometheus = try Prometheus(directory, prometheusPort.port, configuration: configuration)
      try await Self.eventually("samples arrive after Prometheus' restart") { try await count(server) >= 30 }
      kill(server.program.pid, SIGKILL)
    }
    let server = try StoreLifeTests.Server(data, listen)
    defer { server.program.stop() }
    try await Self.eventually("samples arrive at last") { try await count(server) >= 40 }

    for metric in Self.metrics {
      let sent = try await prometheus.samples(metric)
      #expect(sent.count >= 40)
      try await Self.eventually("each sample of \(metric) is there") {
        let stored = try await Self.samples(metric, in: server)
        return sent.keys.allSatisfy { stored[$0] != nil }
      }
      let stored = try await Self.samples(metric, in: server)
      #expect(sent.filter { stored[$0.key] != $0.value }.isEmpty, "samples of \(metric) that differ")
      #expect(stored.keys.filter { $0 <= sent.keys.max() ?? 0 && sent[$0] == nil }.isEmpty, "samples that nobody sent")
    }
    try await Self.compareReader(with: server, skepPort.port, scratch)
  }

  /// An empty Prometheus that reads from Skep answers what Skep holds.
  private static func compareReader(
    with server: StoreLifeTests.Server, _ port: Int, _ scratch: ScratchDirectory
  ) async throws {
    let directory = scratch.path.appending("reader")
    try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
    let readerPort = try ReservedPort()
    let reader = try Prometheus(
      directory, readerPort.port,
      configuration: "remote_read:\n- {url: \"http://127.0.0.1:\(port)/api/v1/read\", read_recent: true}\n")
    for metric in metrics {
      try await eventually("the reader answers \(metric)") { try await !reader.samples(metric).isEmpty }
      let before = try await samples(metric, in: server)
      let read = try await reader.samples(metric)
      #expect(before.allSatisfy { read[$0.key] == $0.value }, "\(metric) as it was read")
    }
  }
}
