import FleetModel
import NIOSSL
import Synchronization

/// What a `tls_config` says, with the files that it names: read for each notification, and understood anew when they changed.
final class TLSFiles: Sendable {
  /// How a connection is secured.
  struct Material: Sendable {
    var configuration: TLSConfiguration
    fileprivate var files: [String: [UInt8]]
    fileprivate var context: NIOSSLContext?
  }

  private let options: TLSClientOptions
  private let latest = Mutex<Material?>(nil)

  init(_ options: TLSClientOptions) { self.options = options }

  /// - Throws: ``DeliveryFailure`` naming a file that cannot be read or understood.
  func configuration(by calls: BlockingCalls) async throws -> TLSConfiguration {
    if let known = latest.withLock({ $0 }), paths.isEmpty { return known.configuration }
    return try await calls.run { try self.load().configuration }
  }

  /// The same, ready to use where no HTTP client makes it so.
  func context(by calls: BlockingCalls) async throws -> NIOSSLContext {
    try await calls.run {
      var material = try self.load()
      if let context = material.context { return context }
      do {
        let context = try NIOSSLContext(configuration: material.configuration)
        material.context = context
        self.latest.withLock { $0 = material }
        return context
      } catch {
        throw DeliveryFailure("tls_config cannot be used: \(ConnectionFailure.words(error))", .retry(after: nil))
      }
    }
  }

  private var paths: [String] { [options.caFile, options.certFile, options.keyFile].compactMap(\.self) }

  private func load() throws -> Material {
    var files: [String: [UInt8]] = [:]
    for path in paths where files[path] == nil { files[path] = try SmallFile(path: path).read() }
    if let known = latest.withLock({ $0 }), known.files == files { return known }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = options.minVersion?.asNIO ?? .tlsv12
    configuration.maximumTLSVersion = options.maxVersion?.asNIO
    if options.insecureSkipVerify { configuration.certificateVerification = .none }
    if let path = options.caFile { configuration.trustRoots = .certificates(try certificates(path, files)) }
    if let path = options.certFile {
      configuration.certificateChain = try certificates(path, files).map { .certificate($0) }
    }
    if let path = options.keyFile {
      do {
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: files[path] ?? [], format: .pem))
      } catch {
        throw DeliveryFailure("\(path) holds no private key in PEM form", .retry(after: nil))
      }
    }
    let material = Material(configuration: configuration, files: files, context: nil)
    latest.withLock { $0 = material }
    return material
  }

  private func certificates(_ path: String, _ files: [String: [UInt8]]) throws -> [NIOSSLCertificate] {
    do {
      let certificates = try NIOSSLCertificate.fromPEMBytes(files[path] ?? [])
      if !certificates.isEmpty { return certificates }
    } catch {}
    throw DeliveryFailure("\(path) holds no certificate in PEM form", .retry(after: nil))
  }
}

extension TLSClientOptions {
  /// What could never work; `nil` if nothing.
  var problem: String? {
    if (certFile == nil) != (keyFile == nil) { return "tls_config needs cert_file and key_file together, or neither" }
    if let serverName, NameLookup.isAddress(serverName) {
      return "tls_config: server_name \"\(serverName)\" is an address; give the name that the certificate shows"
    }
    return if let serverName, serverName.isEmpty || !serverName.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) {
      "tls_config: server_name \"\(serverName)\" is not a host name"
    } else {
      nil
    }
  }
}

extension TLSClientOptions.Version {
  fileprivate var asNIO: TLSVersion {
    switch self {
    case .tls10: .tlsv1
    case .tls11: .tlsv11
    case .tls12: .tlsv12
    case .tls13: .tlsv13
    }
  }
}
