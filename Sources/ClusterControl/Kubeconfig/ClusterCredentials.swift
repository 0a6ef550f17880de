import FleetModel
import Glibc
import Platform
import SystemPackage

/// What a request carries to prove who sends it.
struct Credential: Sendable {
  /// The header's value.
  var authorization: SecretText?
  /// Made by a plug-in; one of the kubeconfig file is part of the connection.
  var certificate: ClientCertificate?
  /// Tells one from those before it.
  var version = 0
}

/// Keeps the credentials of a connection: reads files of tokens again, asks plug-ins when what they gave runs out.
actor ClusterCredentials {
  /// As client-go reads a token's file again; a cluster renews such a token long before it runs out.
  static let tokenFileAge: Duration = .seconds(60)

  private let proof: ClusterConnection.Proof
  private let time: any TimeSource
  private let gate = RequestGate(1)
  private var current: Credential?
  /// When, on the monotonic clock, the current one is to be fetched anew.
  private var staleAt: Duration?
  private var version = 0

  init(_ proof: ClusterConnection.Proof, time: any TimeSource) {
    self.proof = proof
    self.time = time
  }

  /// The credential in force.
  ///
  /// - Throws: ``ClusterError`` (`unauthorized`) where there is none to be had.
  func credential(for request: ClusterRequest) async throws(ClusterError) -> Credential {
    if let fresh { return fresh }
    let cancelled = request.error(.cancelled, "cancelled")
    return try await gate.pass(cancelled: cancelled) { () async throws(ClusterError) in
      // Somebody else may have fetched it meanwhile.
      if let fresh { return fresh }
      return try await fetch(for: request)
    }
  }

  /// A server has refused this one.
  ///
  /// - Returns: whether another try may bring something else.
  func discard(_ refused: Credential) -> Bool {
    switch Self.changing(proof) {
    case nil: return false
    case .some:
      if current?.version == refused.version { staleAt = .zero }
      return true
    }
  }

  private var fresh: Credential? {
    guard let current else { return nil }
    if let staleAt, staleAt <= time.monotonic() { return nil }
    return current
  }

  /// The part of a proof that may be another the next time.
  private static func changing(_ proof: ClusterConnection.Proof) -> ClusterConnection.Proof? {
    switch proof {
    case .tokenFile, .plugin: proof
    case .both(_, let inner): changing(inner)
    default: nil
    }
  }

  private func fetch(for request: ClusterRequest) async throws(ClusterError) -> Credential {
    var credential = try await read(proof, for: request)
    version += 1
    credential.version = version
    current = credential
    return credential
  }

  private func read(
    _ proof: ClusterConnection.Proof, for request: ClusterRequest
  ) async throws(ClusterError) -> Credential {
    switch proof {
    case .nothing, .certificate: return Credential()
    case .token(let token): return Credential(authorization: SecretText("Bearer \(token.reveal())"))
    case .password(let user, let password):
      return Credential(authorization: SecretText("Basic \(Base64.encode(Array("\(user):\(password.reveal())".utf8)))"))
    case .tokenFile(let path): return try await token(inFile: path, for: request)
    case .plugin(let plugin):
      let answer: ExecPlugin.Answer
      do throws(KubeconfigError) {
        answer = try await plugin.run(time: time)
      } catch {
        throw Task.isCancelled
          ? request.error(.cancelled, "cancelled") : request.error(.unauthorized, "no credentials: \(error)")
      }
      staleAt = answer.expiry.map { time.monotonic() + max(.zero, $0 - time.now()) }
      return Credential(
        authorization: answer.token.map { SecretText("Bearer \($0.reveal())") }, certificate: answer.certificate)
    case .both(_, let inner): return try await read(inner, for: request)
    }
  }

  private func token(inFile path: String, for request: ClusterRequest) async throws(ClusterError) -> Credential {
    do throws(FileError) {
      let text = try await ConnectionFile.text(path).trimmingSpace
      guard !text.isEmpty else { throw FileError(path: FilePath(path), operation: "read", errno: .noData) }
      staleAt = time.monotonic() + Self.tokenFileAge
      return Credential(authorization: SecretText("Bearer \(text)"))
    } catch {
      // While it is being written anew the old one may still hold.
      if let current, staleAt != .zero {
        staleAt = time.monotonic() + .seconds(1)
        return current
      }
      throw request.error(.unauthorized, "no credentials: \(error)")
    }
  }
}

/// The small files that a connection is made of.
enum ConnectionFile {
  static func bytes(_ path: String) async throws(FileError) -> [UInt8] {
    guard let bytes = try await StateFile(FilePath(path)).readOffPool() else {
      throw FileError(path: FilePath(path), operation: "read", errno: .noSuchFileOrDirectory)
    }
    return bytes
  }

  static func text(_ path: String) async throws(FileError) -> String {
    String(decoding: try await bytes(path), as: UTF8.self)
  }
}

extension String {
  /// Without spaces and ends of lines at both ends.
  var trimmingSpace: String {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || (9...13).contains(scalar.value) }
    guard let first = unicodeScalars.firstIndex(where: { !isSpace($0) }),
      let last = unicodeScalars.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(unicodeScalars[first...last])
  }
}
