import Alerting
import FleetModel
import PromQL

/// The rules and what they raise, as Prometheus shows them: `/api/v1/rules`, `/api/v1/alerts`, `/api/v1/alertmanagers`.
struct RuleListRoutes: Sendable {
  var operations: any StatusOperations

  var routes: [APIRoute] { [rules, alerts, alertmanagers] }

  private var rules: APIRoute {
    PrometheusRoutes.get(
      path: "/api/v1/rules", operationID: "ruleGroups", summary: "The rule groups, their rules and active alerts",
      parameters: [
        .init(name: "type", kind: .text, summary: "alert or record: rules of that kind alone"),
        .init(name: "rule_name[]", kind: .text, summary: "Only rules of these names"),
        .init(name: "rule_group[]", kind: .text, summary: "Only groups of these names"),
        .init(name: "file[]", kind: .text, summary: "Only groups of these files"),
        .init(name: "exclude_alerts", kind: .text, summary: "true leaves out the alerts"),
        .init(name: "match[]", kind: .text, summary: "Only rules whose labels fit one of these selectors"),
        .init(name: "group_limit", kind: .text, summary: "How many groups at most"),
        .init(name: "group_next_token", kind: .text, summary: "Where the next page begins, as the last one said"),
      ]
    ) { [operations] request in
      let filter = try RuleListFilter(request.form)
      let page = try filter.page(of: operations.ruleGroups())
      var members: [JSONValue.Member] = [
        .init(key: "groups", value: .array(page.groups.map { RuleListText.group($0, showsAlerts: filter.showsAlerts) }))
      ]
      if let token = page.nextToken { members.append(.init(key: "groupNextToken", value: .string(token))) }
      return .prometheus(.object(members))
    }
  }

  private var alerts: APIRoute {
    PrometheusRoutes.get(
      path: "/api/v1/alerts", operationID: "activeAlerts", summary: "All alerts that are pending or firing"
    ) { [operations] _ in
      let alerts = operations.ruleGroups().flatMap(\.rules).flatMap(\.alerts)
      return .prometheus(["alerts": .array(alerts.map(RuleListText.alert))])
    }
  }

  private var alertmanagers: APIRoute {
    PrometheusRoutes.get(
      path: "/api/v1/alertmanagers", operationID: "alertmanagers", summary: "The Alertmanagers that get alerts"
    ) { [operations] _ in
      let urls = operations.alertmanagers().map { JSONValue.object([.init(key: "url", value: .string($0))]) }
      return .prometheus(["activeAlertmanagers": .array(urls), "droppedAlertmanagers": []])
    }
  }
}

/// Which groups and rules a client asks for, and which page of them.
struct RuleListFilter: Sendable {
  private var showsAlerting = true
  private var showsRecording = true
  private(set) var showsAlerts: Bool
  private var names: Set<String>
  private var groups: Set<String>
  private var files: Set<String>
  private var selectors: [LabelConditions] = []
  private var limit: Int?
  private var token: String?

  init(_ form: FormFields) throws(PrometheusError) {
    names = Set(form.all("rule_name[]"))
    groups = Set(form.all("rule_group[]"))
    files = Set(form.all("file[]"))
    switch form["type"]?.lowercased() {
    case nil: break
    case "alert": showsRecording = false
    case "record": showsAlerting = false
    case let other?: throw .invalid("type", "not supported value \(GoText.quoted(other))")
    }
    showsAlerts = try !Self.flag("exclude_alerts", of: form)
    do {
      for matchers in try form.selectors() { selectors.append(try LabelConditions(matchers)) }
    } catch let error as FormFields.ParameterProblem {
      throw PrometheusError(.badData, error.message)
    } catch {
      throw PrometheusError(.badData, "\(error)")
    }
    token = form["group_next_token"]
    if let text = form["group_limit"] {
      guard let number = Int32(text) else {
        throw .invalid("group_limit", "group_limit needs to be a valid number: \(GoText.quoted(text)) is none")
      }
      guard number > 0 else { throw .invalid("group_limit", "group_limit needs to be greater than 0") }
      limit = Int(number)
    } else if token != nil {
      throw .invalid("group_next_token", "group_limit needs to be present in order to paginate over the groups")
    }
  }

  /// `strconv.ParseBool`.
  private static func flag(_ name: String, of form: FormFields) throws(PrometheusError) -> Bool {
    switch form[name] {
    case nil, "0", "f", "F", "false", "FALSE", "False": return false
    case "1", "t", "T", "true", "TRUE", "True": return true
    case let text?: throw .invalid(name, "error converting \(name): \(GoText.quoted(text)) is not a boolean")
    }
  }

  /// The groups that fit, each with the rules that fit; a group without any is left out.
  func page(
    of all: [RuleGroupStatus]
  ) throws(PrometheusError) -> (groups: [RuleGroupStatus], nextToken: String?) {
    var rest = all[...]
    if let token {
      guard let start = rest.firstIndex(where: { Self.token(of: $0) == token }) else {
        throw .invalid("group_next_token", "invalid group_next_token '\(token)'. were rule groups changed?")
      }
      rest = rest[start...]
    }
    var page: [RuleGroupStatus] = []
    for group in rest where (groups.isEmpty || groups.contains(group.group.name)) && takes(file: group.group.file) {
      var group = group
      group.rules = group.rules.filter { takes($0.rule, of: group.group) }
      guard !group.rules.isEmpty else { continue }
      if let limit, page.count == limit { return (page, Self.token(of: group)) }
      page.append(group)
    }
    return (page, nil)
  }

  private func takes(file: String) -> Bool { files.isEmpty || files.contains(file) }

  private func takes(_ rule: ExpressionRule, of group: RuleGroup) -> Bool {
    let isShown = if case .alerting = rule.kind { showsAlerting } else { showsRecording }
    guard isShown, names.isEmpty || names.contains(rule.name) else { return false }
    let labels = RuleListText.labels(of: rule, in: group)
    return selectors.isEmpty || selectors.contains { $0.match { labels[$0] ?? "" } }
  }

  /// Where a group begins, in letters that say nothing else.
  private static func token(of status: RuleGroupStatus) -> String {
    SHA256Digest(of: "\(status.group.file);\(status.group.name)".utf8).hexadecimal
  }
}
