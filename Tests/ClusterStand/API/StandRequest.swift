/// One request as the server's parts see it.
struct StandRequest: Sendable {
  var method: String
  /// Without the query, decoded.
  var segments: [String]
  var query: [String: String]
  var accept = ""
  var contentType = ""
  var userAgent = ""
  var body: [UInt8] = []
  var user = StandUser.administrator

  /// Of a target such as `/api/v1/pods?limit=5`.
  init(method: String, target: String) {
    self.method = method
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    segments = (parts.first ?? "").split(separator: "/").map { Self.decode($0) }
    query = [:]
    for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      query[Self.decode(sides[0])] = sides.count > 1 ? Self.decode(sides[1]) : ""
    }
  }

  /// `%41` and `+` undone; what is no such thing stays.
  private static func decode(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "+") {
        bytes.append(0x20)
      } else if byte == UInt8(ascii: "%"), rest.count >= 2,
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

  func isSet(_ key: String) -> Bool { ["true", "1"].contains(query[key] ?? "") }

  var isDryRun: Bool { query["dryRun"] == "All" }
}

/// Who asks.
struct StandUser: Sendable, Hashable {
  var name: String
  var groups: [String]

  init(name: String, groups: [String] = ["system:authenticated"]) {
    self.name = name
    self.groups = groups
  }

  static let administrator = StandUser(name: "admin", groups: ["system:masters", "system:authenticated"])
  static let anonymous = StandUser(name: "system:anonymous", groups: ["system:unauthenticated"])
}

/// What a part of the server answers.
enum StandAnswer: Sendable {
  case tree(Int, Tree, warnings: [String] = [])
  /// JSON of another type, such as aggregated discovery.
  case document(Tree, contentType: String)
  case text(Int, String, contentType: String = "text/plain; charset=utf-8")
  case watch(WatchStart)

  static func failure(_ error: StatusError) -> StandAnswer { .tree(error.code, error.tree) }
}
