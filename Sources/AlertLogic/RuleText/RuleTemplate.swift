import FleetModel
public import GoTemplate

/// A label or annotation of an alerting rule: a Go template with Prometheus' functions
/// (<https://prometheus.io/docs/prometheus/latest/configuration/template_reference/>). It may say `$labels`, `$value`,
/// `$externalLabels` and `$externalURL`.
public struct RuleTemplate: Sendable {
  public let text: String
  private let name: String
  /// `nil` where there is nothing to fill in.
  private let template: TemplateSet?

  /// What stands before every template in Prometheus: places in its errors count it.
  private static let preamble =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

  /// - Parameter alert: the name of the rule, for errors.
  /// - Throws: what does not parse, with its line and in Go's words.
  public init(_ text: String, alert: String) throws(TemplateError) {
    self.text = text
    name = "__alert_" + alert
    guard Self.hasAction(text) else {
      template = nil
      return
    }
    var set = TemplateSet(functions: RuleTemplateFunctions.pure, missing: .zero)
    try set.add(Self.preamble + text, name: name)
    template = set
  }

  private static func hasAction(_ text: String) -> Bool {
    var isAfterBrace = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "{") {
        if isAfterBrace { return true }
        isAfterBrace = true
      } else {
        isAfterBrace = false
      }
    }
    return false
  }

  /// Nothing to fill in: expanding costs nothing.
  public var isPlain: Bool { template == nil }

  /// The text with everything filled in.
  ///
  /// - Parameter answers: by query, of those that an earlier call asked for.
  /// - Throws: `needsQuery` until `answers` has every answer that the template asks for; `failed`, whose ``text(of:)``
  ///   then stands in the place of the text.
  public func expand(
    _ facts: RuleTemplateFacts, answers: [String: QueryTemplateAnswer] = [:]
  ) throws(RuleTemplateFailure) -> String {
    guard let template else { return text }
    do {
      return try template.execute(
        name, with: facts.data, functions: RuleTemplateFunctions.about(facts, answers: answers))
    } catch {
      switch error {
      case .stopped(let reason):
        if let needed = reason as? RuleTemplateFunctions.NeededQuery { throw .needsQuery(needed.query) }
        throw .failed(TemplateError(line: 1, problem: "\(reason)", message: "template: \(name): \(reason)"))
      case .failed(var error):
        if error.line == 1, let column = error.column { error.column = max(0, column - Self.preamble.utf8.count) }
        error.message = "error executing template \(name): \(error.message)"
        throw .failed(error)
      }
    }
  }

  /// What Prometheus puts in the place of a text that cannot be expanded.
  public static func text(of error: TemplateError) -> String { "<error expanding template: \(error.message)>" }

  /// What is wrong with the templates of a rule, as `promtool check rules` finds it: they are parsed, not executed. In
  /// the order of the names, labels first.
  public static func check(
    alert: String, labels: [String: String], annotations: [String: String]
  ) -> [Finding] {
    var findings: [Finding] = []
    for (place, texts) in [(Finding.Place.label, labels), (.annotation, annotations)] {
      for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
        do {
          _ = try RuleTemplate(text, alert: alert)
        } catch {
          findings.append(Finding(place: place, name: name, error: error))
        }
      }
    }
    return findings
  }

  /// A template of a rule that does not parse.
  public struct Finding: Sendable, Hashable, CustomStringConvertible {
    public enum Place: String, Sendable, Hashable { case label, annotation }

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
    public var description: String { "\(place.rawValue) \"\(name)\": \(error.message)" }
  }
}

extension RuleTemplateFacts {
  private static let typeName =
    "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }"

  fileprivate var data: TemplateValue {
    let value: TemplateValue =
      switch value {
      case .float(let number): .float(number)
      case .histogram(let text):
        .object(
          TemplateObject(
            typeName: "histogram.FloatHistogram", isPointer: true, content: .fields([]), text: { text }))
      }
    var object = TemplateObject(
      typeName: Self.typeName,
      content: .fields([
        ("Labels", .map(TemplateMap(strings: labels.dictionary))),
        ("ExternalLabels", .map(TemplateMap(strings: externalLabels))), ("ExternalURL", .string(externalURL)),
        ("Value", value),
      ]))
    object.fieldsOfAnything = ["Value"]
    return .object(object)
  }
}
