import DeployPlan
import FleetModel
import Logging
import Platform
import Testing

@testable import ControlPlane

@Suite struct OTLPListenerTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func servers(
    grpc: OTLPListening, http: OTLPListening, _ onListening: @escaping @Sendable (ListeningAddresses) -> Void
  ) throws -> Servers {
    var configuration = ControlPlaneConfiguration(system: .init(name: "test"), listen: ListenAddress(port: 0))
    configuration.otlpGRPC = grpc
    configuration.otlpHTTP = http
    let fixture = SpanFixture()
    return try Servers(
      configuration, reception: fixture.reception, logger: logger, table: { _ in RouteTable(fixture.routes) },
      onListening: onListening)
  }

  /// All three listen before anybody is told, each on a port of its own.
  @Test func portsAreHadAndTold() async throws {
    let listening = Arrival<ListeningAddresses>()
    let free = OTLPListening.address(ListenAddress(port: 0))
    let servers = try Self.servers(grpc: free, http: free) { listening.arrive($0) }
    let run = Task { try await servers.run() }
    let addresses = try await listening.wait()
    let ports = [addresses.main.port, addresses.otlpGRPC?.port, addresses.otlpHTTP?.port].compactMap { $0 }
    #expect(Set(ports).count == 3 && !ports.contains(0))
    let client = try await GRPCClient(port: addresses.otlpGRPC?.port ?? 0)
    let answer = try await client.call(
      "/opentelemetry.proto.collector.trace.v1.TraceService/Export", [GRPCClient.framed([])])
    #expect(answer.status == 0)
    await client.close()
    run.cancel()
    _ = await run.result
  }

  @Test func offIsOff() async throws {
    let listening = Arrival<ListeningAddresses>()
    let servers = try Self.servers(grpc: .off, http: .off) { listening.arrive($0) }
    let run = Task { try await servers.run() }
    let addresses = try await listening.wait()
    #expect(addresses.otlpGRPC == nil && addresses.otlpHTTP == nil)
    run.cancel()
    _ = await run.result
  }

  @Test func anAddressThatWasAskedForHasToBeFree() async throws {
    let listening = Arrival<ListeningAddresses>()
    let first = try Self.servers(grpc: .address(ListenAddress(port: 0)), http: .off) { listening.arrive($0) }
    let run = Task { try await first.run() }
    let taken = try #require(try await listening.wait().otlpGRPC)
    for (grpc, http) in [(OTLPListening.address(taken), OTLPListening.off), (.off, .address(taken))] {
      let second = try Self.servers(grpc: grpc, http: http) { _ in }
      await #expect(throws: OTLPListenError.self) { try await second.run() }
    }
    run.cancel()
    _ = await run.result
  }

  @Test func nobodyListensForEveryone() {
    let everyone = OTLPListening.address(ListenAddress(host: "0.0.0.0", port: 0))
    #expect(throws: SecurityError.self) { try Self.servers(grpc: everyone, http: .off) { _ in } }
    #expect(throws: SecurityError.self) { try Self.servers(grpc: .off, http: everyone) { _ in } }
  }
}
