import Glibc

/// Which addresses an agent may name as its own: `http` or `https`, and neither link-local nor a cloud's metadata
/// service, since whoever may register an agent could otherwise make Skep read credentials for him.
///
/// The same rule is asked twice: for the URL when it is registered (``refusal(ofURL:)``) and for each numeric address
/// that its name resolves to when it is connected (``refusal(ofAddress:)``).
public enum EndpointPolicy {
  /// The longest URL that is accepted, in bytes.
  public static let maximumBytes = 2048

  /// Why `url` may not be an endpoint; `nil` if it may. The reason names no user information.
  public static func refusal(ofURL url: String) -> String? {
    switch EndpointURL.parse(url) {
    case .failure(let problem): problem.reason
    case .success(let endpoint): refusal(ofHost: endpoint.host)
    }
  }

  /// Why a host, a name or an address in any spelling, may not be connected; `nil` if it may, as far as one can tell
  /// without resolving it.
  public static func refusal(ofHost host: String) -> String? {
    var name = host.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    if metadataNames.contains(name) { return "\(host) is a metadata service" }
    return refusal(ofAddress: name)
  }

  /// Why a numeric address may not be connected; `nil` if it may or is no numeric address.
  ///
  /// Understands IPv4 with one to four parts, each decimal, octal or hexadecimal (as `inet_aton` does), and IPv6 with
  /// or without brackets and zone, IPv4 inside it included.
  public static func refusal(ofAddress address: String) -> String? {
    if let value = ipv4(address) { return problem(inIPv4: value) }
    if let bytes = ipv6(address) { return problem(inIPv6: bytes) }
    return nil
  }

  /// Whether the host of `url` is this machine's loopback, so that a pid given beside it is one of this machine.
  static func isLoopback(url: String) -> Bool {
    guard case .success(let endpoint) = EndpointURL.parse(url) else { return false }
    let host = endpoint.host.lowercased()
    if host == "localhost" || host.hasSuffix(".localhost") { return true }
    if let value = ipv4(host) { return value >> 24 == 127 || value == 0 }
    guard let bytes = ipv6(host) else { return false }
    if bytes.dropLast().allSatisfy({ $0 == 0 }) { return bytes[15] <= 1 }
    return embeddedIPv4(bytes).map { $0 >> 24 == 127 } ?? false
  }

  private static let metadataNames: Set<String> = [
    "metadata.google.internal", "metadata.goog", "metadata", "instance-data", "instance-data.ec2.internal",
    "metadata.azure.internal", "metadata.tencentyun.com",
  ]

  /// Alibaba Cloud, Azure's host agent, Oracle Cloud's former address; the others are link-local.
  private static let metadataIPv4: Set<UInt32> = [0x6464_64C8, 0xA83F_8110, 0xC000_00C0]

  /// Amazon's `fd00:ec2::254`, Google's `fd20:ce::254`.
  private static let metadataIPv6: Set<[UInt8]> = [
    [0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54],
    [0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54],
  ]

  private static func problem(inIPv4 value: UInt32) -> String? {
    if value >> 16 == 0xA9FE { return "\(dotted(value)) is link-local, where metadata services listen" }
    if metadataIPv4.contains(value) { return "\(dotted(value)) is a metadata service" }
    return nil
  }

  private static func problem(inIPv6 bytes: [UInt8]) -> String? {
    if bytes[0] == 0xfe, bytes[1] & 0xc0 == 0x80 { return "fe80::/10 is link-local" }
    if metadataIPv6.contains(bytes) { return "the address is a metadata service" }
    return embeddedIPv4(bytes).flatMap(problem(inIPv4:))
  }

  /// The IPv4 address that an IPv6 one stands for: mapped (`::ffff:0:0/96`), compatible (`::/96`), translated
  /// (`64:ff9b::/96` of RFC 6052, `::ffff:0:0:0/96` of RFC 2765), 6to4 (`2002::/16`).
  private static func embeddedIPv4(_ bytes: [UInt8]) -> UInt32? {
    func word(at start: Int) -> UInt32 { bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    if bytes[0] == 0x20, bytes[1] == 0x02 { return word(at: 2) }
    let prefix = Array(bytes[..<12])
    let known: [[UInt8]] = [
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0],
      [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    return known.contains(prefix) ? word(at: 12) : nil
  }

  private static func ipv4(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...4).contains(parts.count) else { return nil }
    var value: UInt32 = 0
    for (position, part) in parts.enumerated() {
      guard let number = number(part) else { return nil }
      let isLast = position == parts.count - 1
      let bits = isLast ? 32 - 8 * position : 8
      guard number < 1 << UInt64(bits) else { return nil }
      value |= isLast ? UInt32(number) : UInt32(number) << UInt32(24 - 8 * position)
    }
    return value
  }

  private static func number(_ part: Substring) -> UInt64? {
    guard part.utf8.count <= 40, let first = part.utf8.first, first >= 48, first <= 57 else { return nil }
    if part.hasPrefix("0x") {
      let digits = part.dropFirst(2)
      return digits.isEmpty ? 0 : UInt64(digits, radix: 16)
    }
    return part.count > 1 && part.hasPrefix("0") ? UInt64(part, radix: 8) : UInt64(part, radix: 10)
  }

  private static func ipv6(_ text: String) -> [UInt8]? {
    var body = text[...]
    if body.hasPrefix("["), body.hasSuffix("]") { body = body.dropFirst().dropLast() }
    if let zone = body.firstIndex(of: "%") { body = body[..<zone] }
    guard body.contains(":") else { return nil }
    var address = in6_addr()
    guard inet_pton(AF_INET6, String(body), &address) == 1 else { return nil }
    return withUnsafeBytes(of: address) { Array($0) }
  }

  private static func dotted(_ value: UInt32) -> String {
    [24, 16, 8, 0].map { String(value >> UInt32($0) & 0xff) }.joined(separator: ".")
  }
}

/// The parts of an endpoint's URL that a decision needs.
struct EndpointURL: Equatable {
  struct Problem: Error, Equatable { var reason: String }

  var scheme: String
  /// Without brackets.
  var host: String
  var port: Int?

  /// `HOST:PORT`, the label `instance` of whoever gives none; the scheme's port where the URL names none.
  var authority: String {
    let shown = host.contains(":") ? "[\(host)]" : host
    return "\(shown):\(port ?? (scheme == "https" ? 443 : 80))"
  }

  static func parse(_ url: String) -> Result<EndpointURL, Problem> {
    func refuse(_ reason: String) -> Result<EndpointURL, Problem> { .failure(Problem(reason: reason)) }
    guard url.utf8.count <= EndpointPolicy.maximumBytes else {
      return refuse("it has more than \(EndpointPolicy.maximumBytes) bytes")
    }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else {
      return refuse("it holds a space, a backslash or a character outside ASCII; write it percent-encoded")
    }
    guard let separator = url.range(of: "://") else {
      return refuse("it is not absolute; write http://HOST:PORT/PATH")
    }
    let scheme = url[..<separator.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return refuse("its scheme is not http or https") }
    let authority = url[separator.upperBound...].prefix { !"/?#".contains($0) }
    if authority.contains("@") { return refuse("it holds user information; use a token file instead") }
    var host = authority
    var portText: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return refuse("its \"[\" has no \"]\"") }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return refuse("its port is not a number") }
      portText = rest.isEmpty ? nil : rest.dropFirst()
      guard EndpointPolicy.isIPv6(host) else { return refuse("its host is not an IPv6 address") }
    } else {
      if let colon = authority.firstIndex(of: ":") {
        host = authority[..<colon]
        portText = authority[authority.index(after: colon)...]
      }
      if host.contains("%") { return refuse("its host is percent-encoded; write it plainly") }
    }
    guard !host.isEmpty else { return refuse("it names no host") }
    var port: Int?
    if let portText {
      guard portText.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let number = Int(portText),
        (1...65_535).contains(number)
      else { return refuse("its port is not a number from 1 to 65535") }
      port = number
    }
    return .success(EndpointURL(scheme: scheme, host: String(host), port: port))
  }
}

extension EndpointPolicy {
  fileprivate static func isIPv6(_ host: Substring) -> Bool { ipv6(String(host)) != nil }
}

extension String {
  /// Where `needle` first stands; `range(of:)` belongs to Foundation.
  fileprivate func range(of needle: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(needle), let end = index(start, offsetBy: needle.count, limitedBy: endIndex) {
        return start..<end
      }
      start = index(after: start)
    }
    return nil
  }
}
