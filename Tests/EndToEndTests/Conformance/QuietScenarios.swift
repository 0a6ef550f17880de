extension AlertScenario {
  private static let inhibiting = """
    inhibit_rules:
    - {source_matchers: ['severity="critical"'], target_matchers: ['severity=~"warning|info"'], equal: [cluster, zone]}
    """

  /// Inhibition and times of quiet.
  static let quiet: [AlertScenario] = [
    AlertScenario(
      "inhibited where labels are equal", yaml("group_by: [cluster]", more: inhibiting),
      [
        .post(
          at: 0, PostedAlert("alertname=Down severity=critical cluster=a"),
          PostedAlert("alertname=Slow severity=warning cluster=a"),
          PostedAlert("alertname=Slow severity=warning cluster=b"),
          PostedAlert("alertname=Slow severity=info cluster=a zone=z"), PostedAlert("alertname=Other cluster=a"))
      ], end: 4, calls: ["all": 2]),
    AlertScenario(
      "inhibited until the source resolves", yaml("group_by: [alertname]", more: inhibiting),
      [
        .post(
          at: 0, PostedAlert("alertname=Down severity=critical cluster=a"),
          PostedAlert("alertname=Slow severity=warning cluster=a")),
        .post(at: 2, PostedAlert("alertname=Down severity=critical cluster=a", until: 1.9)),
      ], end: 6, calls: ["all": 3]),
    AlertScenario(
      "inhibited after it was told, and resolved in that time", yaml("group_by: [alertname]", more: inhibiting),
      [
        .post(at: 0, PostedAlert("alertname=Slow severity=warning cluster=a")),
        .post(at: 1.6, PostedAlert("alertname=Down severity=critical cluster=a", from: 1.6)),
        .post(at: 2.2, PostedAlert("alertname=Slow severity=warning cluster=a", until: 2.1)),
        .post(at: 5.9, PostedAlert("alertname=Down severity=critical cluster=a", from: 1.6, until: 5.8)),
      ], end: 9.5, calls: ["all": 3]),
    AlertScenario(
      "an alert that is source and target",
      yaml(
        "group_by: [alertname]",
        more: """
          inhibit_rules:
          - {source_matchers: ['a="1"'], target_matchers: ['b="1"']}
          - {source_matchers: ['c="1"'], target_matchers: ['c="1"']}
          """),
      [
        .post(
          at: 0, PostedAlert("alertname=Both a=1 b=1"), PostedAlert("alertname=Both2 a=1 b=1"),
          PostedAlert("alertname=Target b=1"), PostedAlert("alertname=Source a=1"), PostedAlert("alertname=Self c=1"),
          PostedAlert("alertname=Self2 c=1"))
      ], end: 3.5, calls: ["all": 3]),
    AlertScenario(
      "an inhibited source inhibits",
      yaml(
        "group_by: [alertname]",
        more: """
          inhibit_rules:
          - {source_match: {alertname: A}, target_match: {alertname: B}}
          - {source_match: {alertname: B}, target_match_re: {alertname: 'C.*'}}
          """),
      [.post(at: 0, PostedAlert("alertname=A"), PostedAlert("alertname=B"), PostedAlert("alertname=C1"))],
      end: 3.5, calls: ["all": 1]),
    AlertScenario(
      "mute and active times",
      yaml(
        routes: [
          "matchers: ['t=\"muted\"'], receiver: muted, mute_time_intervals: [always]",
          "matchers: ['t=\"notmuted\"'], receiver: notmuted, mute_time_intervals: [never]",
          "matchers: ['t=\"active\"'], receiver: active, active_time_intervals: [never, always]",
          "matchers: ['t=\"inactive\"'], receiver: inactive, active_time_intervals: [never]",
          "matchers: ['t=\"both\"'], receiver: both, active_time_intervals: [always], mute_time_intervals: [always]",
        ], receivers: ["all", "muted", "notmuted", "active", "inactive", "both"],
        more: """
          time_intervals:
          - {name: never, time_intervals: [{years: ['2001']}]}
          mute_time_intervals:
          - {name: always, time_intervals: [{times: [{start_time: '00:00', end_time: '24:00'}], weekdays: ['sunday:saturday'], days_of_month: ['1:-1'], months: ['january:december']}]}
          """),
      [
        .init(
          at: 0,
          act: .post(
            ["muted", "notmuted", "active", "inactive", "both", "none"].map { PostedAlert("alertname=A t=\($0)") }))
      ], end: 4, calls: ["all": 1, "notmuted": 1, "active": 1]),
    AlertScenario(
      "silenced before it fires, until the silence is expired", yaml("group_by: [alertname]"),
      [
        .silence(at: 0, "s", "alertname=A", until: 600),
        .post(at: 0.3, PostedAlert("alertname=A i=1"), PostedAlert("alertname=B")),
        .expire(at: 4.3, "s"),
      ], end: 6.8, calls: ["all": 2]),
    AlertScenario(
      "silences by regular and negative matchers", yaml(""),
      [
        .silence(at: 0, "regex", "zone=~\"eu-.*|us\"", "alertname!=\"C\"", until: 600),
        .silence(at: 0, "negative", "zone!~\".*(eu|us).*\"", "alertname=D", until: 600),
        .post(
          at: 0.3, PostedAlert("alertname=A zone=eu-1"), PostedAlert("alertname=A zone=us"),
          PostedAlert("alertname=A zone=usa"), PostedAlert("alertname=C zone=eu-1"), PostedAlert("alertname=D zone=x"),
          PostedAlert("alertname=D"), PostedAlert("alertname=A")),
      ], end: 3.5, calls: ["all": 1]),
    AlertScenario(
      "a silence that ends by itself", yaml("group_by: [alertname]"),
      [
        .silence(at: 0, "s", "alertname=A", until: 4),
        .post(at: 0.3, PostedAlert("alertname=A")),
      ], end: 6.5, calls: ["all": 1]),
    AlertScenario(
      "a silence that is yet to begin", yaml("group_by: [alertname], group_interval: 1s"),
      [
        .silence(at: 0, "s", "alertname=A", from: 2.5, until: 5.5),
        .post(at: 0.3, PostedAlert("alertname=A i=1")),
        .post(at: 2.8, PostedAlert("alertname=A i=2", from: 2.8)),
      ], end: 7.7, calls: ["all": 2]),
    AlertScenario(
      "a silence that is given another end", yaml("group_by: [alertname], group_interval: 1s"),
      [
        .silence(at: 0, "s", "alertname=A", until: 3), .post(at: 0.3, PostedAlert("alertname=A")),
        .extend(at: 1.8, "s", until: 5.7),
      ], end: 7.8, calls: ["all": 1]),
    AlertScenario(
      "a silence that is given other matchers", yaml("group_by: [alertname], group_interval: 1s"),
      [
        .silence(at: 0, "s", "alertname=A", until: 600),
        .post(at: 0.3, PostedAlert("alertname=A"), PostedAlert("alertname=B")),
        .rewrite(at: 2.8, "s", "alertname=B"),
        .post(at: 4.8, PostedAlert("alertname=A i=2", from: 4.8), PostedAlert("alertname=B i=2", from: 4.8)),
      ], end: 7.8, calls: ["all": 3]),
    AlertScenario(
      "resolved while it is silenced", yaml("group_by: [alertname], group_interval: 1s"),
      [
        .post(at: 0, PostedAlert("alertname=A i=1"), PostedAlert("alertname=A i=2")),
        .silence(at: 1.5, "s", "alertname=A", until: 600),
        .post(at: 2.5, PostedAlert("alertname=A i=1", until: 2.4)),
        .expire(at: 4.5, "s"),
      ], end: 7.5, calls: ["all": 1]),
  ]
}
