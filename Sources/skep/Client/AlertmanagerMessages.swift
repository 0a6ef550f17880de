import ControlPlane
import FleetModel

/// An alert of `/api/v2/alerts`.
struct SentAlert: Codable, Sendable, Hashable {
  struct Status: Codable, Sendable, Hashable {
    /// `active` or `suppressed`.
    var state: String
    var silencedBy: [String]
    var inhibitedBy: [String]
  }

  struct Receiver: Codable, Sendable, Hashable { var name: String }

  var fingerprint: String
  var labels: [String: String]
  var annotations: [String: String]
  var startsAt: FleetAPI.Time
  var endsAt: FleetAPI.Time
  var updatedAt: FleetAPI.Time
  var generatorURL: String?
  var receivers: [Receiver]
  var status: Status

  var name: String { labels["alertname"] ?? "-" }

  /// `silenced`, `inhibited` or `firing`.
  var state: String {
    if !status.silencedBy.isEmpty { return "silenced" }
    return status.inhibitedBy.isEmpty ? "firing" : "inhibited"
  }
}

/// A silence of `/api/v2/silences`.
struct SentSilence: Codable, Sendable, Hashable {
  struct Status: Codable, Sendable, Hashable { var state: String }

  struct Matcher: Codable, Sendable, Hashable {
    var name: String
    var value: String
    var isRegex: Bool
    var isEqual: Bool?

    init(_ matcher: LabelMatcher) {
      name = matcher.name
      value = matcher.value
      isRegex = matcher.operation == .matches || matcher.operation == .matchesNot
      isEqual = matcher.operation == .equal || matcher.operation == .matches
    }

    var matcher: LabelMatcher {
      let isEqual = isEqual ?? true
      return LabelMatcher(name, isRegex ? (isEqual ? .matches : .matchesNot) : (isEqual ? .equal : .notEqual), value)
    }
  }

  /// `nil` in what is yet to be set, as are the next two.
  var id: String?
  var status: Status?
  var updatedAt: FleetAPI.Time?
  var matchers: [Matcher]
  var startsAt: FleetAPI.Time
  var endsAt: FleetAPI.Time
  var createdBy: String
  var comment: String
}

extension FleetClient {
  func silences(_ matchers: [LabelMatcher] = []) async throws -> [SentSilence] {
    try await get([SentSilence].self, "/api/v2/silences", query: matchers.map { ("filter", $0.matcherText) })
  }

  func silence(_ id: String) async throws -> SentSilence {
    do {
      return try await get(SentSilence.self, "/api/v2/silence/\(Self.percentEncode(id))")
    } catch let refusal as CommandFailure where refusal.status == 404 {
      throw CommandFailure.failed("there is no silence \(id); see `skep alerts silence list --expired`")
    }
  }

  /// - Returns: the silence's id.
  func set(_ silence: SentSilence) async throws -> String {
    struct Answer: Decodable { var silenceID: String }
    let body = Array(try FleetJSON.encode(silence))
    return try FleetJSON.decode(Answer.self, from: try await post("/api/v2/silences", body: body)).silenceID
  }

  func expireSilence(_ id: String) async throws {
    do {
      try await delete("/api/v2/silence/\(Self.percentEncode(id))")
    } catch let refusal as CommandFailure where refusal.status == 404 {
      throw CommandFailure.failed("there is no silence \(id); see `skep alerts silence list`")
    }
  }
}
