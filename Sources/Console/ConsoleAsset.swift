import CConsoleAssets
import FleetModel

/// One file of the console's page, as it lies in the binary.
public struct ConsoleAsset: Sendable {
  /// Such as `app.js`; without a folder.
  public let name: String
  public let bytes: [UInt8]
  /// For `Content-Type`.
  public let contentType: String
  /// Changes with the bytes; in quotes, as RFC 9110, section 8.8.3, has it.
  public let entityTag: String

  private init(_ asset: console_asset) {
    name = String(cString: asset.name)
    bytes = Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
    contentType = Self.contentType(of: name)
    entityTag = "\"\(SHA256Digest(of: bytes).hexadecimal.prefix(20))\""
  }

  private static func contentType(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }

  /// All files, sorted by name.
  public static let all: [ConsoleAsset] = (0..<console_asset_count()).compactMap { place in
    console_asset_at(place).map { ConsoleAsset($0.pointee) }
  }.sorted { $0.name < $1.name }

  private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

  /// O(1); `nil` if there is no such file.
  public static func named(_ name: String) -> ConsoleAsset? { byName[name] }
}
