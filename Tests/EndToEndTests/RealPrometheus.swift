import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import WireFormats

/// A real Prometheus that takes what is written to it and collects nothing.
struct RealPrometheus {
  static var isThere: Bool { Program.exists("prometheus") && Program.exists("promtool") }

  let program: Program
  let url: String

  init(in directory: String, configuration: String = "global: {}\n", _ arguments: [String] = []) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try Data(configuration.utf8).write(to: URL(filePath: directory + "/prometheus.yml"))
    program = try Program(
      "prometheus",
      [
        "--config.file=\(directory)/prometheus.yml", "--storage.tsdb.path=\(directory)/data",
        "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:0", "--web.enable-remote-write-receiver",
      ] + arguments, readsStandardError: true)
    var address: Substring?
    while let line = program.line() {
      if line.contains("msg=\"Listening on\""), let found = line.range(of: "address=") {
        address = line[found.upperBound...].prefix { $0 != " " }
      }
      if line.contains("Server is ready to receive web requests") { break }
    }
    guard let address else {
      program.stop()
      throw CancellationError()
    }
    url = "http://\(address)"
  }

  /// Writes the series and returns the status.
  func write(_ series: [WriteRequestBytes.Series]) async throws -> Int {
    let block = WriteRequestBytes.message(series).withUnsafeBytes { SnappyBlock.encode($0) }
    var request = HTTPClientRequest(url: url + "/api/v1/write")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/x-protobuf")
    request.headers.add(name: "Content-Encoding", value: "snappy")
    request.body = .bytes(block)
    return Int(try await HTTPClient.shared.execute(request, timeout: .seconds(120)).status.code)
  }
}
