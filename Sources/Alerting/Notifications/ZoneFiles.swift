public import AlertLogic
import Platform
public import SystemPackage

/// The time zones of this machine: one file for each place, in a tree as IANA's database names them
/// (<https://www.iana.org/time-zones>).
public struct ZoneFiles: Sendable {
  private let directory: FilePath

  public init(directory: FilePath = "/usr/share/zoneinfo") { self.directory = directory }

  /// The clocks of a place, such as `Europe/Berlin`. Blocks while the file is read.
  ///
  /// - Throws: ``ZoneFileError``, or `TimeZoneError` if the file does not hold what it should.
  public func rules(of name: String) throws -> TimeZoneRules {
    if name.isEmpty || name == "UTC" { return .utc }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isName = { (part: Substring) in
      !part.isEmpty && part != "." && part != ".."
        && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
    }
    guard name.utf8.count <= 255, parts.allSatisfy(isName) else { throw ZoneFileError.noName(name) }
    let file = directory.appending(parts.map(String.init).compactMap { FilePath.Component($0) })
    guard let bytes = try StateFile(file).read() else { throw ZoneFileError.unknown(name, file: file.string) }
    return try TimeZoneRules(tzif: bytes)
  }
}

/// Why a time zone cannot be had.
public enum ZoneFileError: Error, Sendable, Hashable, CustomStringConvertible {
  case noName(String)
  case unknown(String, file: String)

  public var description: String {
    switch self {
    case .noName(let name): "\"\(name)\" is no name of a time zone; write one such as Europe/Berlin"
    case .unknown(let name, let file):
      "there is no time zone \"\(name)\" on this machine (\(file)); correct the name or install tzdata"
    }
  }
}
