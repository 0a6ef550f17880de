import FoundationEssentials
import Logging
import Platform
import SystemPackage

/// Reads and writes the state file.
struct AlertStateKeeper: Sendable {
  let file: StateFile
  let logger: Logger
  private let queue = BlockingWork(label: "skep.alert-state")

  init(file: StateFile, logger: Logger) {
    self.file = file
    self.logger = logger
  }

  /// What the file holds; `nil` if there is none, or if it does not decode: then it is set aside under a name that the log
  /// says, and Skep serves without it.
  ///
  /// - Throws: if the file is there but cannot be read or set aside.
  func load() throws -> AlertStateDocument? {
    guard let bytes = try file.read() else { return nil }
    do {
      let document = try Self.decoder().decode(AlertStateDocument.self, from: Data(bytes))
      guard AlertStateDocument.readableVersions.contains(document.version) else {
        throw UnknownVersion(version: document.version)
      }
      return document
    } catch {
      let aside = try file.setAside().string
      logger.error(
        "the alert state does not decode; it was set aside and alerts begin anew",
        metadata: ["file": "\(file.path.string)", "set_aside": "\(aside)", "error": "\(error)"])
      return nil
    }
  }

  /// Writes on a thread of its own.
  func save(_ document: AlertStateDocument) async throws {
    let file = file
    try await queue.run {
      let encoder = JSONEncoder()
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
      try file.write([UInt8](encoder.encode(document)))
    }
  }

  private static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
    return decoder
  }
}

private struct UnknownVersion: Error, CustomStringConvertible {
  let version: Int

  var description: String {
    "version \(version) of the format; this Skep knows version \(AlertStateDocument.currentVersion)"
  }
}
