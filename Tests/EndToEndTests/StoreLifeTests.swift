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

/// The real binary over HTTP: what it acknowledged is there after whatever ends it.
@Suite("the store of a running Skep", .timeLimit(.minutes(10)))
struct StoreLifeTests {
  /// The executable beside the test bundle.
  static let executable: String = {
    let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = CommandLine.arguments.dropFirst().first { $0.contains(".xctest") } ?? test
    for place in [beside, test] {
      let candidate = URL(filePath: place).deletingLastPathComponent().appending(path: "skep").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    return "skep"
  }()

  /// One `skep serve` on a data directory.
  struct Server {
    let program: Program
    let url: String

    init(_ data: String, _ more: [String] = []) throws {
      let listen = more.contains("--listen") ? [] : ["--listen", "127.0.0.1:0"]
      program = try Program(
        StoreLifeTests.executable, ["serve", "--data-dir", data, "--log-level", "error"] + listen + more)
      guard let line = program.line(), let address = line.split(separator: " ").last else {
        program.stop()
        throw CancellationError()
      }
      url = String(address)
    }

    func ask(
      _ method: HTTPMethod, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> (status: Int, body: String) {
      let (status, bytes) = try await askBytes(method, path, headers: headers, body: body)
      return (status, String(decoding: bytes, as: UTF8.self))
    }

    func askBytes(
      _ method: HTTPMethod, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> (status: Int, body: [UInt8]) {
      var request = HTTPClientRequest(url: url + path)
      request.method = method
      for (name, value) in headers { request.headers.add(name: name, value: value) }
      if let body { request.body = .bytes(body) }
      let response = try await HTTPClient.patient.execute(request, timeout: .seconds(120))
      return (Int(response.status.code), Array(try await response.body.collect(upTo: 32 << 20).readableBytesView))
    }

    func write(_ series: [WriteRequestBytes.Series]) async throws -> Int {
      let block = WriteRequestBytes.message(series).withUnsafeBytes { SnappyBlock.encode($0) }
      let headers = [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")]
      return try await ask(.POST, "/api/v1/write", headers: headers, body: block).status
    }

    func count(_ metric: String, since start: Int64) async throws -> FleetAPI.SampleCount {
      let from = RFC3339.format(Timestamp(milliseconds: start))
      let answer = try await ask(.GET, "/fleet/v1/samples/count?metric_name=\(metric)&start=\(from)")
      return try FleetJSON.decode(FleetAPI.SampleCount.self, from: answer.body.utf8)
    }
  }

  private static func skep(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let result = try Program.run(executable, arguments)
    return (result.status, String(decoding: result.output, as: UTF8.self))
  }

  private static func series(_ metric: String, _ count: Int, from start: Int64, step: Int64 = 1000, samples: Int = 10)
    -> [WriteRequestBytes.Series]
  {
    (0..<count).map { index in
      WriteRequestBytes.Series(
        [("__name__", metric), ("agent_id", "a\(index)")],
        (0..<samples).map { (start + Int64($0) * step, Double(index * 100 + $0)) })
    }
  }

  @Test(arguments: [SIGKILL, SIGTERM]) func whatWasAcknowledgedIsThereAfter(signal: Int32) async throws {
    let scratch = try ScratchDirectory()
    let data = scratch.path.appending("data").string
    // Fresh enough to count as recent at the end on a machine that is busy for minutes.
    let start = SystemTime().now().milliseconds - 60_000
    for round in 0..<3 as Range<Int64> {
      let server = try Server(data)
      defer { server.program.stop() }
      #expect(try await server.count("m", since: start).samples == Int(round) * 50)
      #expect(try await server.write(Self.series("m", 5, from: start + round * 20_000)) == 204)
      #expect(try await server.count("m", since: start).samples == Int(round + 1) * 50)
      kill(server.program.pid, signal)
      server.program.stop()
    }
    let server = try Server(data)
    defer { server.program.stop() }
    let count = try await server.count("m", since: start)
    #expect(count.samples == 150)
    #expect(count.series == 5)
    let recent = try await server.ask(.GET, "/fleet/v1/samples/recent?metric_name=m&agent_id=a4&limit=2").body
    #expect(
      try FleetJSON.decode(FleetAPI.SampleList.self, from: recent.utf8).samples.map(\.value) == [408, 409],
      "the last ones from before the start")
  }

  @Test func alwaysSyncingAcknowledgesToo() async throws {
    let scratch = try ScratchDirectory()
    let file = scratch.path.appending("system.yaml").string
    try Data("system: test\nstorage: {fsync_interval: always}\n".utf8).write(to: URL(filePath: file))
    let server = try Server(scratch.path.appending("data").string, ["--config", file])
    defer { server.program.stop() }
    let start = SystemTime().now().milliseconds - 60_000
    #expect(try await server.write(Self.series("m", 5, from: start)) == 204)
    #expect(try await server.count("m", since: start).samples == 50)
    let metrics = try await server.ask(.GET, "/metrics").body
    #expect(metrics.contains("skep_store_failing 0"))
    #expect(metrics.contains("skep_store_series 5"))
    #expect(metrics.contains("skep_remote_write_samples_total 50"))
  }

  @Test func badSamplesAreNamedAndTheGoodOnesTaken() async throws {
    let scratch = try ScratchDirectory()
    let server = try Server(scratch.path.appending("data").string)
    defer { server.program.stop() }
    let now = SystemTime().now().milliseconds
    #expect(try await server.write(Self.series("m", 1, from: now - 60_000, samples: 2)) == 204)
    // Older than the window of ten minutes, and the same again, which is no fault.
    let late =
      Self.series("m", 1, from: now - 7_200_000, samples: 1) + Self.series("m", 1, from: now - 60_000, samples: 2)
    #expect(try await server.write(late) == 400)
    #expect(try await server.count("m", since: now - 10_000_000).samples == 2)
    #expect(try await server.ask(.GET, "/-/ready").status == 200)
  }

  @Test func storeCommandsDoWhatTheySay() async throws {
    let scratch = try ScratchDirectory()
    let data = scratch.path.appending("data").string
    let start = SystemTime().now().milliseconds - 3_600_000
    var snapshot = ""
    do {
      let server = try Server(data)
      defer { server.program.stop() }
      #expect(try await server.write(Self.series("m", 5, from: start, samples: 300)) == 204)
      #expect(try await server.write(Self.series("n", 5, from: start, samples: 300)) == 204)
      let at = ["--server", server.url]
      let compact = try Self.skep(["store", "compact"] + at)
      #expect(compact.status == 0)
      #expect(compact.output.contains("3,000 samples"), "\(compact.output)")
      let stats = try Self.skep(["store", "stats", "--output", "json"] + at)
      let statistics = try FleetJSON.decode(FleetAPI.StoreStatistics.self, from: stats.output.utf8)
      #expect(statistics.samples == 3000)
      #expect(statistics.series == 10)
      #expect((statistics.bytesPerSample ?? 100) < 10)
      #expect(statistics.blocks.count == 1)
      #expect(statistics.metrics.map(\.name).sorted() == ["m", "n"])
      #expect(try Self.skep(["store", "check"] + at).status == 0)
      let made = try Self.skep(["store", "snapshot", "before", "--output", "json"] + at)
      snapshot = try FleetJSON.decode(FleetAPI.StoreSnapshot.self, from: made.output.utf8).directory
      #expect(try Self.skep(["store", "snapshot", "before"] + at).status == 1, "the name is taken")
      let deleted = try Self.skep(["store", "delete", "__name__=m", "agent_id=~\"a[01]\""] + at)
      #expect(deleted.output.contains("600 samples of 2 series"), "\(deleted.output)")
      #expect(try await server.count("m", since: start).samples == 900)
      #expect(try await server.count("n", since: start).samples == 1500)
      #expect(try Self.skep(["store", "delete", "agent_id!=x"] + at).status == 2, "that would be everything")
      #expect(try Self.skep(["store", "check", "--data-dir", data]).status == 2, "it is in use")
    }
    let good = try Self.skep(["store", "check", "--data-dir", data])
    #expect(good.status == 0, "\(good.output)")
    #expect(try Self.skep(["store", "check", "--data-dir", snapshot]).status == 0)
    let offline = try Self.skep(["store", "stats", "--data-dir", data, "--output", "json"])
    #expect(try FleetJSON.decode(FleetAPI.StoreStatistics.self, from: offline.output.utf8).samples == 2400)
    #expect(try Self.skep(["store", "check", "--data-dir", scratch.path.appending("none").string]).status == 2)

    // Back to the snapshot.
    let store = URL(filePath: data + "/store")
    try FileManager.default.removeItem(at: store)
    try FileManager.default.moveItem(at: URL(filePath: snapshot), to: store)
    do {
      let server = try Server(data)
      defer { server.program.stop() }
      #expect(try await server.count("m", since: start).samples == 1500)
    }

    // A damaged block is found by the check, which says so with its status.
    let blocks = store.appending(path: "blocks")
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: blocks.path).first)
    var bytes = try Data(contentsOf: blocks.appending(path: name))
    bytes[bytes.count / 2] ^= 0x40
    try bytes.write(to: blocks.appending(path: name))
    let bad = try Self.skep(["store", "check", "--data-dir", data])
    #expect(bad.status == 1)
    #expect(bad.output.contains(name))
  }
}
