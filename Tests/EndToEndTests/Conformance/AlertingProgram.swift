import Foundation
import Synchronization
import SystemPackage
import TestSupport

/// A program that takes alerts and sends notifications, in a directory of its own.
final class AlertingProgram: Sendable {
  enum Kind: String, Sendable, CaseIterable {
    case alertmanager, skep
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  private struct State {
    var process: Process?
    var url = ""
    var starts = 0
  }

  let kind: Kind
  private let directory: ScratchDirectory
  private let state = Mutex(State())

  /// - Parameter configuration: an `alertmanager.yml`.
  init(_ kind: Kind, configuration: String) throws {
    self.kind = kind
    directory = try ScratchDirectory()
    _ = try directory.write("alertmanager.yml", configuration)
    _ = try directory.write("system.yaml", "system: t\nalertmanager_config: alertmanager.yml\n")
  }

  var url: String { state.withLock { $0.url } }

  /// What it wrote to its log since its last start.
  var log: String { directory.read(logName) ?? "" }

  private var logName: String { "log\(state.withLock { $0.starts })" }

  private var arguments: [String] {
    let path = directory.path.string
    switch kind {
    case .alertmanager:
      return [
        "prometheus-alertmanager", "--config.file=\(path)/alertmanager.yml", "--storage.path=\(path)/data",
        "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=", "--data.maintenance-interval=1s",
      ]
    case .skep:
      return [
        StoreLifeTests.executable, "serve", "--config", "\(path)/system.yaml", "--data-dir", "\(path)/data",
        "--listen", "127.0.0.1:0",
      ]
    }
  }

  /// Starts it and waits until it listens.
  func start() async throws {
    state.withLock { $0.starts += 1 }
    let log = try directory.write(logName, "")
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    let output = try FileHandle(forWritingTo: URL(filePath: log.string))
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    state.withLock { $0.process = process }
    for _ in 0..<3000 {
      if let url = Self.address(in: self.log) {
        state.withLock { $0.url = url }
        return
      }
      if !process.isRunning { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw Failure("\(kind.rawValue) did not begin to listen:\n\(self.log.suffix(2000))")
  }

  /// `level=info msg="Listening on" address=127.0.0.1:9093` or `listening on http://127.0.0.1:9093`, a whole line.
  private static func address(in log: String) -> String? {
    for line in log.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("listening on ") { return String(line.dropFirst("listening on ".count)) }
      if line.contains("msg=\"Listening on\""), let found = line.firstRange(of: "address=") {
        return "http://" + line[found.upperBound...].prefix { $0 != " " }
      }
    }
    return nil
  }

  /// Sends it a signal and waits until it is gone.
  func end(_ signal: Int32) async throws {
    guard let process = state.withLock({ $0.process }), process.isRunning else { return }
    kill(process.processIdentifier, signal)
    for _ in 0..<1500 {
      if !process.isRunning { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    kill(process.processIdentifier, SIGKILL)
    throw Failure("\(kind.rawValue) did not end by signal \(signal)")
  }

  /// Whatever happened before.
  func kill() {
    if let process = state.withLock({ $0.process }), process.isRunning {
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  private func kill(_ pid: Int32, _ signal: Int32) { Foundation.kill(pid, signal) }
}
