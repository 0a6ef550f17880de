/// The address of an API server: `https://host:port/path`.
struct ServerAddress: Sendable, Hashable {
  var scheme: String
  /// Without the brackets of an IPv6 address.
  var host: String
  var port: Int?
  var path: String

  /// - Returns: `nil` for what is not an absolute `http` or `https` URL without user, query or fragment.
  init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    scheme = text[..<colon].lowercased()
    guard scheme == "https" || scheme == "http", text[colon...].hasPrefix("://") else { return nil }
    let rest = text[colon...].dropFirst(3)
    guard !rest.contains(where: { "?#@ \t\n\r".contains($0) }) else { return nil }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    path = String(rest[slash...])
    while path.hasSuffix("/") { path.removeLast() }
    var name = rest[..<slash]
    if name.hasPrefix("[") {
      guard let bracket = name.firstIndex(of: "]") else { return nil }
      host = String(name[name.index(after: name.startIndex)..<bracket])
      name = name[name.index(after: bracket)...]
      guard name.isEmpty || name.hasPrefix(":") else { return nil }
    } else {
      let end = name.firstIndex(of: ":") ?? name.endIndex
      host = String(name[..<end])
      name = name[end...]
    }
    guard !host.isEmpty else { return nil }
    if name.isEmpty { return }
    guard let number = UInt16(name.dropFirst()), number > 0 else { return nil }
    port = Int(number)
  }

  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port.map { "\(name):\($0)" } ?? name
  }

  var text: String { "\(scheme)://\(authority)\(path)" }

  /// The same with another host.
  func naming(_ name: String) -> String {
    var other = self
    other.host = name
    return other.text
  }
}
