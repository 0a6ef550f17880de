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
    let arguments =
      [
        "--config.file=\(directory)/prometheus.yml", "--storage.tsdb.path=\(directory)/data",
        "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:0", "--web.enable-remote-write-receiver",
      ] + arguments
    // Among hundreds of tests that start programs, one in some hundred is gone before it is ready; a second try is made, and a
    // failure says what the program said.
    var failure = StartFailure()
    for _ in 0..<2 {
      let program = try Program("prometheus", arguments, readsStandardError: true)
      if let address = Self.address(of: program, &failure) {
        self.program = program
        url = "http://\(address)"
        return
      }
      program.stop()
    }
    throw failure
  }

  struct StartFailure: Error {
    var lines: [String] = []
  }

  /// Where it listens, once it is ready; `nil` when it ends before.
  private static func address(of program: Program, _ failure: inout StartFailure) -> Substring? {
    var address: Substring?
    while let line = program.line() {
      failure.lines.append(line)
      if line.contains("msg=\"Listening on\""), let found = line.range(of: "address=") {
        address = line[found.upperBound...].prefix { $0 != " " }
      }
      if line.contains("Server is ready to receive web requests") { return address }
    }
    return nil
  }

  /// Writes the series and returns the status.
  func write(_ series: [WriteRequestBytes.Series]) async throws -> Int {
    let block = WriteRequestBytes.message(series).withUnsafeBytes { SnappyBlock.encode($0) }
    var request = HTTPClientRequest(url: url + "/api/v1/write")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/x-protobuf")
    request.headers.add(name: "Content-Encoding", value: "snappy")
    request.body = .bytes(block)
    return Int(try await HTTPClient.patient.execute(request, timeout: .seconds(120)).status.code)
  }
}
