/// A container image as Docker and Kubernetes name it: `[HOST[:PORT]/]PATH[:TAG][@ALGORITHM:HEX]`
/// (grammar: <https://pkg.go.dev/github.com/distribution/reference>).
public struct ImageReference: Sendable, Hashable {
  /// Registry and path.
  public let name: String
  public let tag: String?
  /// `sha256:…`
  public let digest: String?

  static let tagPattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"

  /// `nil` for what is no image reference; ``flaw(in:)`` says why.
  public init?(_ text: String) {
    guard case .success(let reference) = Self.parse(text) else { return nil }
    self = reference
  }

  private init(name: String, tag: String?, digest: String?) {
    self.name = name
    self.tag = tag
    self.digest = digest
  }

  static func flaw(in text: String) -> Flaw? {
    guard case .failure(let problem) = parse(text) else { return nil }
    return problem.flaw
  }

  private struct Problem: Error {
    let flaw: Flaw
    init(_ problem: String, mend: String? = nil) { flaw = Flaw(problem, mend: mend) }
  }

  private static func parse(_ text: String) -> Result<ImageReference, Problem> {
    if text.contains("://") {
      return .failure(Problem("begins with a scheme", mend: "write it without \"https://\" or the like"))
    }
    var name = Substring(text)
    var digest: String?
    if let at = name.firstIndex(of: "@") {
      digest = String(name[name.index(after: at)...])
      name = name[..<at]
    }
    var tag: String?
    let lastSlash = name.lastIndex(of: "/")
    if let colon = name.lastIndex(of: ":"), lastSlash.map({ $0 < colon }) ?? true {
      tag = String(name[name.index(after: colon)...])
      name = name[..<colon]
    }
    if let tag, let flaw = tagFlaw(tag) { return .failure(Problem("has a tag that \(flaw.problem)", mend: flaw.mend)) }
    if let digest, !isDigest(digest) {
      return .failure(Problem("has no valid digest", mend: "write @sha256: and 64 lower-case hexadecimal digits"))
    }
    if let problem = nameProblem(name) { return .failure(problem) }
    return .success(ImageReference(name: String(name), tag: tag, digest: digest))
  }

  static func tagFlaw(_ tag: String) -> Flaw? {
    let bytes = Array(tag.utf8)
    let isWord = { (byte: UInt8) in isLower(byte) || isUpper(byte) || isDigit(byte) || byte == 95 }
    guard let first = bytes.first, isWord(first), bytes.count <= 128,
      bytes.allSatisfy({ isWord($0) || $0 == 46 || $0 == 45 })
    else {
      return Flaw(
        "is no image tag",
        mend: "use letters, digits, \"_\", \".\" and \"-\", at most 128, not beginning with \".\" or \"-\"")
    }
    return nil
  }

  private static func isDigest(_ digest: String) -> Bool {
    let parts = digest.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return false }
    let length = parts[0] == "sha256" ? 64 : parts[0] == "sha512" ? 128 : 0
    return parts[1].utf8.count == length && length > 0
      && parts[1].utf8.allSatisfy { isDigit($0) || (97...102).contains($0) }
  }

  private static func nameProblem(_ name: Substring) -> Problem? {
    if name.isEmpty { return Problem("has no name", mend: "write one such as registry.example/planner") }
    if name.utf8.count > 255 { return Problem("is longer than 255 characters") }
    var components = name.split(separator: "/", omittingEmptySubsequences: false)
    if components.count > 1, let host = components.first,
      host.contains(".") || host.contains(":") || host == "localhost"
    {
      components.removeFirst()
      if !isHost(host) {
        return Problem("has an invalid registry", mend: "write HOST or HOST:PORT before the first \"/\"")
      }
    }
    for component in components where !isComponent(component) {
      if component.utf8.contains(where: isUpper) {
        return Problem("holds capital letters", mend: "write \"\(name.lowercased())\"")
      }
      return Problem(
        "is no image name",
        mend: "separate lower-case letters and digits with \"/\", \".\", \"_\", \"__\" or \"-\", nothing else")
    }
    return nil
  }

  private static func isHost(_ host: Substring) -> Bool {
    let parts = host.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.first, !name.isEmpty else { return false }
    if parts.count == 2 {
      guard let port = UInt16(parts[1]), port > 0 else { return false }
    }
    return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      guard let first = label.utf8.first, let last = label.utf8.last else { return false }
      let isWord = { (byte: UInt8) in isLower(byte) || isUpper(byte) || isDigit(byte) }
      return isWord(first) && isWord(last) && label.utf8.allSatisfy { isWord($0) || $0 == 45 }
    }
  }

  /// Runs of letters and digits, separated by one `.`, one or two `_`, or any number of `-`.
  private static func isComponent(_ component: Substring) -> Bool {
    var rest = component.utf8[...]
    while true {
      let word = rest.prefix { isLower($0) || isDigit($0) }
      guard !word.isEmpty else { return false }
      rest = rest.dropFirst(word.count)
      if rest.isEmpty { return true }
      let separator = rest.prefix { $0 == 46 || $0 == 95 || $0 == 45 }
      rest = rest.dropFirst(separator.count)
      let text = String(Substring(separator))
      guard text == "." || text == "_" || text == "__" || (!text.isEmpty && text.utf8.allSatisfy { $0 == 45 }) else {
        return false
      }
    }
  }

  private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
  private static func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}
