import AlertLogic
import FleetModel

/// Which alerts a request asks for: the parameters that `/api/v2/alerts` and `/api/v2/alerts/groups` share.
struct AlertQuery: Sendable {
  var tests: [MatcherTest]
  var receiver: LabelPattern?
  var active: Bool
  var silenced: Bool
  var inhibited: Bool

  static let parameters: [APIRoute.Parameter] = [
    .init(name: "active", kind: .text, summary: "false leaves out the alerts that nothing suppresses"),
    .init(name: "silenced", kind: .text, summary: "false leaves out the silenced ones"),
    .init(name: "inhibited", kind: .text, summary: "false leaves out the inhibited ones"),
    .init(
      name: "unprocessed", kind: .text,
      summary: "Taken for Alertmanager's clients; no alert is unprocessed by the time that it is seen"),
    .init(
      name: "filter", kind: .text, summary: "A matcher such as severity=\"critical\"; may be repeated, all must hold"),
    .init(name: "receiver", kind: .text, summary: "A regular expression for the receivers that are told"),
  ]

  init(_ form: FormFields) throws(AlertmanagerError) {
    tests = try Self.matchers(form).map { (matcher) throws(AlertmanagerError) in
      do throws(InvalidMatcher) { return try MatcherTest(matcher) } catch { throw .badRequest("\(error)") }
    }
    if let expression = form["receiver"] {
      do throws(PatternError) { receiver = try LabelPattern(expression) } catch {
        throw .badRequest("failed to parse receiver param: \(error)")
      }
    }
    active = Self.flag("active", form)
    silenced = Self.flag("silenced", form)
    inhibited = Self.flag("inhibited", form)
  }

  /// All values of `filter`.
  static func matchers(_ form: FormFields) throws(AlertmanagerError) -> [LabelMatcher] {
    try form.all("filter").map { (text) throws(AlertmanagerError) in
      do throws(AlertmanagerMatcher.Problem) { return try AlertmanagerMatcher.parse(text) } catch {
        throw .badRequest("\(error)")
      }
    }
  }

  /// True where nothing is said; the words of go-openapi's `ConvertBool`. The last value counts.
  private static func flag(_ name: String, _ form: FormFields) -> Bool {
    guard let text = form.all(name).last, !text.isEmpty else { return true }
    return ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"].contains(text.lowercased())
  }

  /// Whether an alert's own part fits. O(matchers × bytes of its labels).
  func accepts(_ alert: NotifiedAlert, at now: Timestamp) -> Bool {
    if let end = alert.endsAt, end < now { return false }
    return tests.allSatisfy { $0.accepts(alert.labels) }
  }

  /// Whether what is known of it besides fits.
  func accepts(_ standing: AlertStanding) -> Bool {
    if !active, standing.state == .active { return false }
    if !silenced, !standing.silencedBy.isEmpty { return false }
    if !inhibited, !standing.inhibitedBy.isEmpty { return false }
    return true
  }

  func accepts(receiver name: String) -> Bool { receiver?.matches(name) ?? true }
}
