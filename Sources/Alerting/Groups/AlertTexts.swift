import AlertLogic
import FleetModel
import GoTemplate

/// The templates of an alerting rule.
struct AlertTexts: Sendable {
  private enum Text: Sendable {
    case template(RuleTemplate)
    /// What stands in the place of a template that does not parse.
    case broken(String)

    init(_ text: String, alert: String) {
      do throws(TemplateError) { self = .template(try RuleTemplate(text, alert: alert)) } catch {
        self = .broken(RuleTemplate.text(of: error))
      }
    }
  }

  private let alert: String
  private let labels: [(name: String, text: Text)]
  private let annotations: [(name: String, text: Text)]
  /// Where no label has anything to fill in.
  private let fixedLabels: LabelOverrides?

  init(_ alert: String, labels: [String: String], annotations: [String: String]) {
    self.alert = alert
    self.labels = labels.sorted { $0.key < $1.key }.map { ($0.key, Text($0.value, alert: alert)) }
    self.annotations = annotations.sorted { $0.key < $1.key }.map { ($0.key, Text($0.value, alert: alert)) }
    let isFixed = self.labels.allSatisfy { label in
      if case .template(let template) = label.text { template.isPlain } else { false }
    }
    fixedLabels = isFixed ? Self.overrides(labels, alert) : nil
  }

  private static func overrides(_ labels: [String: String], _ alert: String) -> LabelOverrides {
    LabelOverrides(labels.merging([AlertSeries.alertName: alert, LabelSet.metricName: ""]) { $1 })
  }

  /// The alert of one series of the result.
  ///
  /// - Throws: the query whose answer is missing in `answers`.
  func instance(
    _ facts: RuleTemplateFacts, value: Double, answers: [String: QueryTemplateAnswer]
  ) throws(MissingAnswer) -> ExpressionAlertInstance {
    var filled: [String: String] = [:]
    let overrides: LabelOverrides
    if let fixedLabels {
      overrides = fixedLabels
    } else {
      for (name, text) in labels { filled[name] = try Self.fill(text, facts, answers) }
      overrides = Self.overrides(filled, alert)
    }
    var texts: [String: String] = [:]
    texts.reserveCapacity(annotations.count)
    for (name, text) in annotations {
      texts[name] = try Self.fill(text, facts, answers)
    }
    return ExpressionAlertInstance(labels: overrides.applied(to: facts.labels), annotations: texts, value: value)
  }

  private static func fill(
    _ text: Text, _ facts: RuleTemplateFacts, _ answers: [String: QueryTemplateAnswer]
  ) throws(MissingAnswer) -> String {
    switch text {
    case .broken(let text): return text
    case .template(let template):
      do throws(RuleTemplateFailure) { return try template.expand(facts, answers: answers) } catch {
        switch error {
        case .needsQuery(let query): throw MissingAnswer(query: query)
        case .failed(let problem): return RuleTemplate.text(of: problem)
        }
      }
    }
  }

  struct MissingAnswer: Error { let query: String }
}

/// The series that tell of alerts.
enum AlertSeries {
  static let alerts = "ALERTS"
  static let forState = "ALERTS_FOR_STATE"
  static let alertName = "alertname"
  static let alertState = "alertstate"

  private static let pending = LabelOverrides([LabelSet.metricName: alerts, alertState: "pending"])
  private static let firing = LabelOverrides([LabelSet.metricName: alerts, alertState: "firing"])
  private static let since = LabelOverrides([LabelSet.metricName: forState])

  /// What is recorded of the active alerts of a rule: in the order of their labels, `ALERTS` before `ALERTS_FOR_STATE`.
  static func samples(
    of active: [(labels: LabelSet, alert: ExpressionAlertMachine.Alert)], ruleLabels: [String: String]
  ) -> [RecordedSample] {
    var samples: [RecordedSample] = []
    samples.reserveCapacity(active.count * 2)
    for (labels, alert) in active {
      let base = whole(labels, ruleLabels)
      let state = alert.state == .pending ? pending : firing
      samples.append(RecordedSample(labels: state.applied(to: base), value: 1))
      // Whole seconds, rounded down.
      let milliseconds = alert.activeAt.milliseconds
      let seconds = milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0)
      samples.append(RecordedSample(labels: since.applied(to: base), value: Double(seconds)))
    }
    return samples
  }

  static func forStateLabels(_ labels: LabelSet, ruleLabels: [String: String]) -> LabelSet {
    since.applied(to: whole(labels, ruleLabels))
  }

  /// As Prometheus has it: a label of the rule whose template gave nothing stands in these series as it is written.
  private static func whole(_ labels: LabelSet, _ ruleLabels: [String: String]) -> LabelSet {
    let missing = ruleLabels.filter { !$0.value.isEmpty && labels[$0.key] == nil }
    return missing.isEmpty ? labels : LabelOverrides(missing).applied(to: labels)
  }
}
