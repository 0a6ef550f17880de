import AsyncHTTPClient
import FoundationEssentials

/// An absolute `http` or `https` URL, taken apart.
struct HTTPTarget: Sendable, Hashable {
  /// Without user and password, and without what follows a `#`.
  let url: URL
  let scheme: String
  /// Without the brackets of an IPv6 address.
  let host: String
  let port: Int
  /// `USER:PASSWORD`, where the URL says them.
  let userInfo: String?

  /// `nil` if the text is no such URL.
  init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), let url = URL(string: text) else { return nil }
    self.init(url)
  }

  init?(_ url: URL) {
    guard var components = URLComponents(url: url, resolvingAgainstBaseURL: true),
      let scheme = components.scheme?.lowercased(), scheme == "http" || scheme == "https",
      let host = components.host, !host.isEmpty
    else { return nil }
    let port = components.port ?? (scheme == "https" ? 443 : 80)
    guard (1...65_535).contains(port) else { return nil }
    userInfo = components.user.map { "\($0):\(components.password ?? "")" }
    components.user = nil
    components.password = nil
    components.fragment = nil
    guard let bare = components.url else { return nil }
    self.url = bare
    self.scheme = scheme
    self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    self.port = port
  }

  /// Where `location` leads from here (RFC 9110, section 10.2.2).
  func following(_ location: String) -> HTTPTarget? {
    URL(string: location, relativeTo: url).flatMap { HTTPTarget($0.absoluteURL) }
  }

  func hasSameOrigin(as other: HTTPTarget) -> Bool {
    scheme == other.scheme && host.lowercased() == other.host.lowercased() && port == other.port
  }

  /// What the header `Host` says.
  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (scheme == "https" ? 443 : 80) ? name : "\(name):\(port)"
  }

  var text: String { url.absoluteString }

  /// Path and query, which may be a secret, and long parts of them, as they are written and decoded.
  var secrets: [String] {
    guard let components = URLComponents(url: url, resolvingAgainstBaseURL: true) else { return [text] }
    let path = components.percentEncodedPath == "/" ? "" : components.percentEncodedPath
    let query = components.percentEncodedQuery ?? ""
    let parts = path.split(separator: "/") + query.split { $0 == "&" || $0 == "=" }
    let written = [path, query, path + "?" + query] + parts.filter { $0.utf8.count >= 8 }.map(String.init)
    return written + written.map(Self.decoded)
  }

  private static func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The same with another host name.
  func naming(_ other: String) -> String {
    guard var components = URLComponents(url: url, resolvingAgainstBaseURL: true) else { return url.absoluteString }
    components.host = other
    return components.url?.absoluteString ?? url.absoluteString
  }
}

/// A `proxy_url`: `http://[USER:PASSWORD@]HOST:PORT` or `socks5://HOST:PORT`. It is asked for a tunnel (CONNECT), for `http`
/// URLs too.
struct ProxyAddress: Sendable, Hashable {
  let host: String
  let proxy: HTTPClient.Configuration.Proxy
  /// Not to be shown.
  let password: String?

  /// What could never work.
  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  init(_ text: String) throws(Problem) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), let components = URLComponents(string: text),
      let scheme = components.scheme?.lowercased(), let host = components.host, !host.isEmpty
    else { throw Problem(description: "proxy_url is not a URL; write http://HOST:PORT") }
    self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    let port = components.port ?? (scheme == "http" ? 80 : 1080)
    guard (1...65_535).contains(port) else {
      throw Problem(description: "proxy_url has port \(port); ports are 1 to 65535")
    }
    password = components.password
    switch scheme {
    case "http":
      let authorization = components.user.map {
        HTTPClient.Authorization.basic(username: $0, password: components.password ?? "")
      }
      proxy = .server(host: self.host, port: port, authorization: authorization)
    case "socks5":
      if components.user != nil {
        throw Problem(description: "proxy_url: a socks5 proxy with a user is not served; use an http proxy")
      }
      proxy = .socksServer(host: self.host, port: port)
    default:
      throw Problem(description: "proxy_url has the scheme \"\(scheme)\"; http and socks5 are served")
    }
  }
}
