import ArgumentParser
import ClusterStand
import Foundation
import UnixSignals

/// The API server for tests as a process of its own, for `kubectl` and whoever else asks over HTTP.
@main
struct ClusterStandServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster-stand", abstract: "Serves the Kubernetes API on a loopback port until it is ended.")

  @Option(help: "The port; 0 for any.") var port = 0
  @Option(help: "Milliseconds before every answer.") var latency = 0
  @Option(help: "Everything that looks random follows from it.") var seed: UInt64 = 1
  @Flag(help: "Leave Istio's and the Prometheus Operator's kinds out.") var withoutCustomResources = false
  @Flag(help: "Take a test's orders under /stand/.") var orders = false

  func run() async throws {
    var configuration = ClusterStand.Configuration()
    configuration.port = port
    configuration.latency = .milliseconds(latency)
    configuration.seed = seed
    configuration.hasCustomResources = !withoutCustomResources
    configuration.takesOrders = orders
    let stand = try await ClusterStand.start(configuration)
    // Whoever started this reads the address from a pipe.
    FileHandle.standardOutput.write(Data("\(stand.url)\n".utf8))
    for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { break }
    await stand.stop()
    let counts = Dictionary(grouping: stand.requests, by: \.verb).mapValues(\.count).sorted { $0.key < $1.key }
    let told = counts.map { "\($0.key) \($0.value)" }.joined(separator: " ")
    FileHandle.standardOutput.write(Data("requests: \(told)\n".utf8))
  }
}
