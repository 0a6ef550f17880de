import FoundationEssentials
import NIOCore

/// Where connections go: exchanges of one origin share them.
struct Origin: Hashable {
  let secure: Bool
  let host: String
  let port: Int

  var isNumeric: Bool { (try? SocketAddress(ipAddress: host, port: port)) != nil }

  var isLoopback: Bool { host == "localhost" || host == "::1" || (host.hasPrefix("127.") && isNumeric) }
}

/// An absolute http(s) URL, taken apart.
struct Endpoint {
  let origin: Origin
  /// Path and query.
  let target: String
  let hostHeader: String

  init?(_ text: String) {
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      scheme == "http" || scheme == "https", let encoded = parts.encodedHost, !encoded.isEmpty,
      parts.user == nil, parts.password == nil
    else { return nil }
    let secure = scheme == "https"
    let port = parts.port ?? (secure ? 443 : 80)
    guard (1...65535).contains(port) else { return nil }
    let bare = encoded.hasPrefix("[") ? String(encoded.dropFirst().dropLast()) : encoded
    origin = Origin(secure: secure, host: bare.lowercased(), port: port)
    let path = parts.percentEncodedPath
    target = (path.isEmpty ? "/" : path) + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    let shownHost = bare.contains(":") ? "[\(bare)]" : bare
    hostHeader = parts.port == nil ? shownHost : "\(shownHost):\(port)"
  }
}
