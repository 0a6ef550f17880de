/// Words of another process, made fit for an error message: short, of one line, and without our secrets.
struct Answer: Sendable {
  static let limit = 200

  private let secrets: [String]

  /// - Parameter secrets: what was sent and must not come back; short ones would blank out too much, and are let through.
  init(hiding secrets: [String]) {
    // The longest first: a URL goes before the token in it.
    self.secrets = secrets.filter { $0.utf8.count >= 4 }.sorted { $0.utf8.count > $1.utf8.count }
  }

  func excerpt(_ bytes: some Collection<UInt8>) -> String {
    // A secret that begins within the limit must be there whole to be found.
    let reach = Self.limit + (secrets.first?.utf8.count ?? 0)
    let text = clean(String(decoding: bytes.prefix(reach), as: UTF8.self))
    var line = ""
    var isCut = bytes.count > reach
    for scalar in text.unicodeScalars {
      let isBlank = scalar.properties.isWhitespace || scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
      if isBlank, line.isEmpty || line.hasSuffix(" ") { continue }
      let next = isBlank ? " " : scalar
      guard line.utf8.count + next.utf8.count <= Self.limit else {
        isCut = true
        break
      }
      line.unicodeScalars.append(next)
    }
    if line.hasSuffix(" ") { line.removeLast() }
    return isCut ? line + "…" : line
  }

  /// The text, with `<secret>` in the place of each secret.
  func clean(_ text: String) -> String {
    var text = text
    for secret in secrets { text = text.replacing(secret, with: "<secret>") }
    return text
  }
}
