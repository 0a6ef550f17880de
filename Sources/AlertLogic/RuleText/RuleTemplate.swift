public import GoTemplate

/// A label or annotation of an alerting rule: a Go template with Prometheus' functions
/// (<https://prometheus.io/docs/prometheus/latest/configuration/template_reference/>).
public struct RuleTemplate: Sendable {
  public let text: String
  /// Nothing to fill in: expanding costs nothing.
  public let isPlain: Bool

  /// - Parameter alert: the name of the rule, for errors.
  /// - Throws: what does not parse, with its line.
  public init(_ text: String, alert: String) throws(TemplateError) {
    self.text = text
    isPlain = !text.utf8.contains(UInt8(ascii: "{"))
    if !isPlain { throw TemplateError(line: 1, problem: "not yet", message: "templates are not there yet") }
  }

  /// The text with everything filled in.
  ///
  /// - Parameter answers: by query, of those that an earlier call asked for.
  /// - Throws: `needsQuery` until `answers` has every answer that the template asks for; `failed`, whose
  ///   ``text(of:)`` then stands in the place of the text.
  public func expand(
    _ facts: RuleTemplateFacts, answers: [String: QueryTemplateAnswer] = [:]
  ) throws(RuleTemplateFailure) -> String { text }

  /// What Prometheus puts in the place of a text that cannot be expanded.
  public static func text(of error: TemplateError) -> String { "<error expanding template: \(error.message)>" }

  /// What is wrong with the templates of a rule, as `promtool check rules` finds it: they are parsed, not executed.
  /// In the order of the names, labels first.
  public static func check(
    alert: String, labels: [String: String], annotations: [String: String]
  ) -> [Finding] { [] }

  public struct Finding: Sendable, Hashable {
    public enum Place: Sendable, Hashable { case label, annotation }

    public var place: Place
    /// Of the label or annotation.
    public var name: String
    public var error: TemplateError

    public init(place: Place, name: String, error: TemplateError) {
      self.place = place
      self.name = name
      self.error = error
    }

    /// As promtool says it: `annotation "summary": template: …`.
    public var description: String {
      "\(place == .label ? "label" : "annotation") \"\(name)\": \(error.message)"
    }
  }
}
