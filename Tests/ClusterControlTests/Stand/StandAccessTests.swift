import ClusterStand
import FleetModel
import TestSupport
import Testing

@testable import ClusterControl

/// The stand's kubeconfig: with TLS, with certificates and tokens, as the client reads it.
@Suite(.enabled(if: TestCertificates.openssl != nil, "needs the openssl command"))
struct StandAccessTests {
  private static func user(
    _ stand: ClusterStand, _ certificates: TestCertificates, _ credentials: StandCredentials
  ) async throws -> String? {
    let path = certificates.path("kubeconfig")
    try stand.writeKubeconfig(at: path, credentials: credentials, namespace: "shop")
    let connection = try await ClusterConnection.load(kubeconfig: path)
    #expect(connection.namespace == "shop")
    let client = try ClusterClient(connection, settings: .patient(attempts: 1))
    do throws(ClusterError) {
      let name = try await client.selfSubject()
      await client.shutdown()
      return name
    } catch {
      await client.shutdown()
      throw error
    }
  }

  @Test func certificatesAndTokensNameTheUser() async throws {
    let certificates = try await TestCertificates.make()
    var configuration = ClusterStand.Configuration()
    configuration.tls = StandTLS(
      certificate: certificates.path("server.pem"), key: certificates.path("server.key"),
      authority: certificates.path("ca.pem"))
    configuration.access.tokens = ["secret-1": "robot"]
    try configuration.access.admit(certificate: certificates.path("client.pem"), as: "anna")
    let stand = try await ClusterStand.start(configuration)
    #expect(stand.url.hasPrefix("https://"))
    let own = StandCredentials.certificate(certificates.path("client.pem"), key: certificates.path("client.key"))
    #expect(try await Self.user(stand, certificates, own) == "anna")
    #expect(try await Self.user(stand, certificates, .token("secret-1")) == "robot")
    #expect(try await Self.user(stand, certificates, .none) == "system:anonymous")
    await #expect {
      _ = try await Self.user(stand, certificates, .token("secret-2"))
    } throws: {
      ($0 as? ClusterError)?.kind == .unauthorized
    }
    await stand.stop()
  }
}
