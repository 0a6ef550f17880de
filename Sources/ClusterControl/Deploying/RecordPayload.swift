public import DeployPlan
import FleetModel
import Platform

/// What a record keeps beside its description: the bytes that were applied, and what may be in the cluster.
///
/// It stands in Secrets of type `skep.dev/deployment.v1`: environment variables may hold what only few may read. The key
/// `manifests` is a part of the gzip (RFC 1952) of one YAML stream, `inventory` in the first Secret the gzip of
/// `{"objects":["GROUP/KIND/NAMESPACE/NAME"],"applied":N,"depends_on":{AGENT:[AGENT]}}`. So that people can read it without Skep:
///
///     kubectl get secret NAME --output jsonpath='{.data.manifests}' | base64 --decode | gunzip
public struct RecordPayload: Sendable, Hashable {
  /// One YAML stream, as it was rendered.
  public var manifests: String
  /// Whatever this deployment applies, in its order, and after it what those before it have applied and is not known to be
  /// gone.
  public var inventory: [Manifest.ID]
  /// How many of the inventory are this deployment's own.
  public var ownCount: Int
  /// Which agents must be ready before an agent is started, so that going back honours the order of then.
  public var dependsOn: [String: [String]]

  public init(
    manifests: String, own: [Manifest.ID], others: [Manifest.ID] = [], dependsOn: [String: [String]] = [:]
  ) {
    self.manifests = manifests
    inventory = own + others
    ownCount = own.count
    self.dependsOn = dependsOn
  }

  /// What the deployment itself applies.
  public var own: [Manifest.ID] { Array(inventory.prefix(ownCount)) }

  static let secretType = "skep.dev/deployment.v1"
  /// Of a Secret's values, decoded: the API server takes 1 MiB, and a request of base64 has to fit into etcd's 1.5 MiB.
  static let maximumPart = 700 << 10
  /// Against a message that decompresses without end.
  private static let maximumBytes = 256 << 20

  /// By these its bytes are known again.
  static func digest(of manifests: String) -> String { SHA256Digest(of: manifests.utf8).hexadecimal }

  /// Why there is no payload.
  public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
  }

  /// The values of the Secrets, in the order of their numbers; at least one.
  func parts() throws(Failure) -> [[(key: String, value: [UInt8])]] {
    let order = dependsOn.sorted { $0.key < $1.key }.map { agent, others in
      JSONValue.Member(key: agent, value: .array(others.map { .string($0) }))
    }
    let document: JSONValue = [
      "objects": .array(inventory.map(\.json)), "applied": .number(Double(ownCount)), "depends_on": .object(order),
    ]
    let inventory = try Self.compressed(Array(document.description.utf8))
    guard inventory.count < Self.maximumPart / 2 else {
      throw Failure(description: "the inventory of \(self.inventory.count) objects is too large for a record")
    }
    var rest = try Self.compressed(Array(manifests.utf8))[...]
    var parts: [[(key: String, value: [UInt8])]] = []
    repeat {
      let isFirst = parts.isEmpty
      let room = Self.maximumPart - (isFirst ? inventory.count : 0)
      parts.append([("manifests", Array(rest.prefix(room)))] + (isFirst ? [("inventory", inventory)] : []))
      rest = rest.dropFirst(room)
    } while !rest.isEmpty
    return parts
  }

  /// - Parameters:
  ///   - secrets: in the order of their numbers.
  ///   - digest: of the manifests, as the record says.
  init(secrets: [LiveObject], digest: String) throws(Failure) {
    var compressed: [UInt8] = []
    for secret in secrets { compressed += try Self.value("manifests", of: secret) }
    guard let first = secrets.first else { throw Failure(description: "no Secret holds what was applied") }
    let document = try Self.decompressed(try Self.value("inventory", of: first), "inventory of Secret \(first.name)")
    let text = String(decoding: try Self.decompressed(compressed, "manifests of Secret \(first.name)"), as: UTF8.self)
    guard Self.digest(of: text) == digest else {
      throw Failure(description: "the manifests of Secret \(first.name) are not those that were recorded")
    }
    manifests = text
    do throws(JSONParser.Failure) {
      let document = try JSONParser.parse(document)
      inventory = (document["objects"]?.elements ?? []).compactMap(Manifest.ID.init(json:))
      ownCount = min(max(0, document["applied"]?.integer ?? inventory.count), inventory.count)
      dependsOn = Dictionary(
        (document["depends_on"]?.members ?? []).map { ($0.key, $0.value.elements.compactMap(\.string)) }
      ) { $1 }
    } catch {
      throw Failure(description: "the inventory of Secret \(first.name) is no JSON: \(error)")
    }
  }

  private static func value(_ key: String, of secret: LiveObject) throws(Failure) -> [UInt8] {
    guard let text = secret.json["data"]?[key]?.string, let bytes = Base64.decode(text) else {
      throw Failure(description: "Secret \(secret.name) has no \(key)")
    }
    return bytes
  }

  private static func compressed(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
    var target = [UInt8](repeating: 0, count: Gzip.bound(bytes.count))
    let count = bytes.withUnsafeBytes { source in target.withUnsafeMutableBytes { Gzip.compress(source, to: $0) } }
    guard let count else { throw Failure(description: "there is no memory to compress \(bytes.count) bytes") }
    return Array(target.prefix(count))
  }

  private static func decompressed(_ bytes: [UInt8], _ what: String) throws(Failure) -> [UInt8] {
    do {
      return try bytes.withUnsafeBytes { bytes throws(Gzip.Failure) in
        try Gzip.decompress(bytes, limit: maximumBytes)
      }
    } catch {
      throw Failure(description: "the \(what) is damaged: \(error)")
    }
  }
}
