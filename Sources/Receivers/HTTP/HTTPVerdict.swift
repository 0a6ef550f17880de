import FleetModel
import FoundationEssentials
import Platform

/// What a service answered.
struct HTTPAnswer: Sendable {
  var status: Int
  var retryAfter: String?
  /// Its beginning.
  var body: [UInt8]
  /// Whether it did not break off.
  var isWhole = true
}

/// How the services say that they took a notification, and whether it helps to try again.
enum HTTPVerdict: Sendable {
  /// 2xx is delivered, 429 and 5xx are tried again, anything else is given up: the same request would get the same answer.
  case plain
  /// 403 is PagerDuty's first API saying that too much came at once
  /// (<https://developer.pagerduty.com/docs/events-api-v1/overview/>).
  case pagerDuty
  /// Slack says `ok` in the body, or JSON with `ok` and `error`, under status 200 (<https://docs.slack.dev/apis/web-api/>).
  case slack
  /// A connector of Teams answers 200 with a text that tells of a failure behind it
  /// (<https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>).
  case msTeams
  /// 429, 502, 503 and 504 are tried again (<https://opentelemetry.io/docs/specs/otlp/#failures-1>).
  case otlp

  /// Whether a status of 2xx alone does not tell.
  var needsBody: Bool {
    switch self {
    case .plain, .pagerDuty, .otlp: false
    case .slack, .msTeams: true
    }
  }

  /// - Returns: `nil` if the notification was taken.
  func failure(in answer: HTTPAnswer, at now: Timestamp, words: Answer) -> DeliveryFailure? {
    let excerpt = words.excerpt(answer.body)
    let said = excerpt.isEmpty ? "status \(answer.status)" : "status \(answer.status): \(excerpt)"
    switch (answer.status, self) {
    case (200..<300, _) where needsBody && !answer.isWhole:
      return DeliveryFailure("\(said) (it breaks off)", .retry(after: nil))
    case (200..<300, .slack): return slackFailure(answer, said)
    case (200..<300, .msTeams): return teamsFailure(answer, said)
    case (200..<300, _): return nil
    case (500...501, .otlp), (505..<600, .otlp): return DeliveryFailure(said, .giveUp)
    case (429, _), (500..<600, _), (403, .pagerDuty):
      return DeliveryFailure(said, .retry(after: answer.retryAfter.flatMap { RetryAfter.parse($0, at: now) }))
    case (300..<400, _):
      return DeliveryFailure("\(said) (a redirect that is not followed)", .giveUp)
    default: return DeliveryFailure(said, .giveUp)
    }
  }

  private struct SlackAnswer: Decodable {
    var ok: Bool?
    var success: Bool?
    var error: String?
  }

  /// Errors that pass by themselves.
  private static let passingSlackErrors: Set = [
    "ratelimited", "rate_limited", "fatal_error", "internal_error", "request_timeout", "service_unavailable",
    "team_added_to_org",
  ]

  private func slackFailure(_ answer: HTTPAnswer, _ said: String) -> DeliveryFailure? {
    let body = answer.body.drop { $0 <= 0x20 }
    if body.first == UInt8(ascii: "{") {
      guard let told = try? JSONDecoder().decode(SlackAnswer.self, from: Data(body)) else {
        return DeliveryFailure("\(said) (which is not understood)", .retry(after: nil))
      }
      let saysNothing = told.ok == nil && told.success == nil
      guard told.ok == false || told.success == false || saysNothing && told.error != nil else { return nil }
      let passes = Self.passingSlackErrors.contains(told.error ?? "")
      return DeliveryFailure(said, passes ? .retry(after: nil) : .giveUp)
    }
    let word = String(decoding: body.prefix(3), as: UTF8.self)
    let isTaken = body.isEmpty || word == "ok" || word.hasPrefix("ok") && body.dropFirst(2).allSatisfy { $0 <= 0x20 }
    return isTaken ? nil : DeliveryFailure(said, .giveUp)
  }

  private func teamsFailure(_ answer: HTTPAnswer, _ said: String) -> DeliveryFailure? {
    let body = String(decoding: answer.body.prefix(4_096), as: UTF8.self)
    guard body.contains("delivery failed") || body.contains("returned HTTP error") else { return nil }
    let status = body.firstRange(of: "HTTP error ").flatMap { Int(body[$0.upperBound...].prefix(3)) } ?? 500
    let passes = status == 429 || status == 412 || (500..<600).contains(status)
    return DeliveryFailure(said, passes ? .retry(after: nil) : .giveUp)
  }
}
