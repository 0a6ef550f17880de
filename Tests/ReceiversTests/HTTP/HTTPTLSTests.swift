import FleetModel
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

@testable import Receivers

@Suite("tls_config", .enabled(if: TestCertificates.openssl != nil, "needs the openssl command"))
struct HTTPTLSTests {
  private func options(_ certificates: TestCertificates) -> HTTPClientOptions {
    var options = HTTPClientOptions()
    options.tls.caFile = certificates.ca
    return options
  }

  @Test func onlyWhoIsTrustedIsTold() async throws {
    let certificates = try await TestCertificates()
    try await HTTPListener.with(tls: try certificates.serverContext()) { listener in
      try await HTTPSender.with(options(certificates)) { sender in
        let outcome1 = try await sender.post(listener.url)
        #expect(outcome1 == nil)
      }
      // The system's authorities do not know it.
      try await HTTPSender.with { sender in
        let failure = try await sender.post(listener.url)
        #expect(failure?.reason.hasPrefix("TLS: the certificate is not trusted") == true, "\(failure?.reason ?? "")")
        #expect(failure?.advice == .retry(after: nil))
      }
      var careless = HTTPClientOptions()
      careless.tls.insecureSkipVerify = true
      try await HTTPSender.with(careless) { sender in
        let outcome2 = try await sender.post(listener.url)
        #expect(outcome2 == nil)
      }
      #expect(listener.requests.entries.count == 2)
    }
  }

  @Test func theNameIsTheOneThatIsExpected() async throws {
    let certificates = try await TestCertificates()
    try await HTTPListener.with(tls: try certificates.serverContext("named")) { listener in
      var options = options(certificates)
      options.tls.serverName = "receiver.example"
      try await HTTPSender.with(options) { sender in
        let outcome3 = try await sender.post(listener.url + "/hook")
        #expect(outcome3 == nil)
        // The name is for the certificate alone.
        #expect(listener.requests.entries.first?.headers["host"] == ["127.0.0.1:\(listener.port)"])
      }
      options.tls.serverName = "other.example"
      try await HTTPSender.with(options) { sender in
        let failure = try await sender.post(listener.url)
        #expect(failure?.reason.hasPrefix("TLS: ") == true, "\(failure?.reason ?? "")")
      }
      #expect(listener.requests.entries.count == 1)
    }
  }

  /// The server's certificate is of its address too, which is nothing where a name is asked for.
  @Test(arguments: [true, false]) func anAddressStandsForNoName(_ allowsHTTP2: Bool) async throws {
    let certificates = try await TestCertificates()
    try await HTTPListener.with(tls: try certificates.serverContext()) { listener in
      var options = options(certificates)
      options.enableHTTP2 = allowsHTTP2
      for name in ["other.example", "example", "sub.receiver.example"] {
        options.tls.serverName = name
        try await HTTPSender.with(options) { sender in
          for _ in 0..<2 {
            let failure = try await sender.post(listener.url)
            #expect(failure?.reason == "TLS: the certificate is not of the name \(name) (server_name)")
            #expect(failure?.advice == .retry(after: nil))
          }
        }
      }
      #expect(listener.requests.entries.isEmpty)
      options.tls.serverName = "Receiver.example."
      try await HTTPSender.with(options) { sender in
        let failure = try await sender.post(listener.url)
        #expect(failure == nil)
      }
    }
  }

  @Test func anAddressIsNoServerName() async throws {
    var options = HTTPClientOptions()
    options.tls.serverName = "127.0.0.1"
    let problem =
      "webhook_configs[0]: tls_config: server_name \"127.0.0.1\" is an address; give the name that the certificate shows"
    await #expect(throws: ReceiverError(receiver: "night", problem: problem)) {
      try await HTTPSender.with(options) { _ in }
    }
  }

  @Test func aServerThatDemandsACertificateGetsIt() async throws {
    let certificates = try await TestCertificates()
    try await HTTPListener.with(tls: try certificates.serverContext(demandsClient: true)) { listener in
      var options = options(certificates)
      try await HTTPSender.with(options) { sender in
        let outcome4 = try await sender.post(listener.url)
        #expect(outcome4 != nil)
        #expect(listener.requests.entries.isEmpty)
      }
      options.tls.certFile = certificates.path("client.pem")
      options.tls.keyFile = certificates.path("client.key")
      try await HTTPSender.with(options) { sender in
        let outcome5 = try await sender.post(listener.url)
        #expect(outcome5 == nil)
        let outcome6 = try await sender.post(listener.url)
        #expect(outcome6 == nil)
      }
    }
  }

  @Test func aTunnelIsAsPrivateAsADirectWay() async throws {
    let certificates = try await TestCertificates()
    try await HTTPListener.with(tls: try certificates.serverContext()) { listener in
      try await ProxyListener.with { proxy in
        var options = options(certificates)
        options.proxyURL = "http://127.0.0.1:\(proxy.port)"
        try await HTTPSender.with(options) { sender in
          let outcome7 = try await sender.post(listener.url)
          #expect(outcome7 == nil)
          #expect(proxy.requests.entries.count == 1)
        }
      }
    }
  }

  @Test func nothingLeadsFromPrivateToPublic() async throws {
    let certificates = try await TestCertificates()
    try await HTTPListener.with { open in
      try await HTTPListener.with([.answer(307, [("Location", open.url)])], tls: try certificates.serverContext()) {
        listener in
        try await HTTPSender.with(options(certificates)) { sender in
          let failure = try await sender.post(listener.url)
          #expect(
            failure
              == DeliveryFailure("status 307 leads from https to http, where anybody could read along", .giveUp))
          #expect(open.requests.entries.isEmpty)
        }
      }
    }
  }

  @Test func certificatesMayChangeWhileSkepRuns() async throws {
    let certificates = try await TestCertificates()
    let files = try ScratchDirectory()
    let path = try files.write("ca.pem", "nothing\n").string
    var options = HTTPClientOptions()
    options.tls.caFile = path
    try await HTTPListener.with(tls: try certificates.serverContext()) { listener in
      try await HTTPSender.with(options) { sender in
        let failure = try await sender.post(listener.url)
        #expect(failure == DeliveryFailure("\(path) holds no certificate in PEM form", .retry(after: nil)))
        try files.write("ca.pem", try #require(certificates.directory.read("ca.pem")))
        let outcome8 = try await sender.post(listener.url)
        #expect(outcome8 == nil)
      }
    }
  }

  @Test func aKeyWithoutItsCertificateIsRefused() async throws {
    var options = HTTPClientOptions()
    options.tls.keyFile = "/etc/skep/key.pem"
    let problem = "webhook_configs[0]: tls_config needs cert_file and key_file together, or neither"
    await #expect(throws: ReceiverError(receiver: "night", problem: problem)) {
      try await HTTPSender.with(options) { _ in }
    }
  }
}
