extension AlertScenario {
  /// Routes, groups and the times of a group.
  static let grouping: [AlertScenario] = [
    AlertScenario(
      "groups by one label", yaml("group_by: [alertname]"),
      [
        .post(
          at: 0, PostedAlert("alertname=A instance=2 job=x", ["summary": "same"]),
          PostedAlert("alertname=A instance=1 job=x", ["summary": "same"], generator: "http://example.org/graph?g0=1"),
          PostedAlert("alertname=B instance=1"))
      ], end: 4, calls: ["all": 2]),
    AlertScenario(
      "groups by all labels", yaml("group_by: ['...']"),
      [.post(at: 0, PostedAlert("alertname=A instance=1"), PostedAlert("alertname=A instance=2"), PostedAlert("a=b"))],
      end: 2.5, calls: ["all": 3]),
    AlertScenario(
      "one group of everything", yaml(""),
      [
        .post(
          at: 0, PostedAlert("alertname=A z=1"), PostedAlert("alertname=B"), PostedAlert("b=1"),
          PostedAlert("alertname=B job=a"), PostedAlert("instance=q job=a"), PostedAlert("alertname=C instance=b"))
      ], end: 2.5, calls: ["all": 1]),
    AlertScenario(
      "a label to group by that some lack", yaml("group_by: [zone, alertname]"),
      [
        .post(
          at: 0, PostedAlert("alertname=A zone=eu"), PostedAlert("alertname=A"), PostedAlert("zone=eu"),
          PostedAlert("other=x"))
      ], end: 2.5, calls: ["all": 4]),
    AlertScenario(
      "labels that need escapes", yaml("group_by: [text]"),
      [
        .post(
          at: 0, PostedAlert("alertname=A text=a\"b\\c", ["note": "two\nlines <b> & \u{e4} \u{1F41D}"]),
          PostedAlert("alertname=Ü text={x=\"y\"}"))
      ], end: 2.5, calls: ["all": 2]),
    AlertScenario(
      "a tree of routes",
      yaml(
        "group_by: [alertname]",
        routes: [
          """
          matchers: ['team="a"'], receiver: a, group_by: [severity], routes: [{matchers: ['severity="critical"'], receiver: page}, \
          {matchers: ['severity=~"warn.*|info"', 'zone!="lab"'], group_wait: 2s}]
          """, "matchers: ['team=~\"b|c\"'], receiver: b, group_interval: 1s",
          "match: {team: d}, match_re: {zone: 'eu-.+'}, receiver: d",
        ], receivers: ["all", "a", "page", "b", "d"]),
      [
        .post(
          at: 0, PostedAlert("alertname=A team=a severity=critical"),
          PostedAlert("alertname=A team=a severity=warning"),
          PostedAlert("alertname=A team=a severity=info zone=lab"), PostedAlert("alertname=A team=b"),
          PostedAlert("alertname=A team=d zone=eu-1"), PostedAlert("alertname=A team=d zone=us"),
          PostedAlert("alertname=A"))
      ], end: 4, calls: ["all": 1, "a": 2, "page": 1, "b": 1, "d": 1]),
    AlertScenario(
      "continue to the next route",
      yaml(
        routes: [
          "matchers: ['severity=\"critical\"'], receiver: page, continue: true",
          "matchers: ['team=\"a\"'], receiver: a, continue: true", "matchers: ['team=\"a\"'], receiver: again",
          "receiver: rest",
        ], receivers: ["all", "page", "a", "again", "rest"]),
      [
        .post(
          at: 0, PostedAlert("alertname=A team=a severity=critical"), PostedAlert("alertname=A team=a"),
          PostedAlert("alertname=A severity=critical"), PostedAlert("alertname=B"))
      ], end: 2.5, calls: ["page": 1, "a": 1, "again": 1, "rest": 2]),
    AlertScenario(
      "a new alert in a group that runs", yaml(),
      [
        .post(at: 0, PostedAlert("alertname=A instance=1")),
        .post(at: 1.5, PostedAlert("alertname=A instance=0", from: 1.5)),
        .post(at: 4, PostedAlert("alertname=A instance=3", from: 4)),
      ], end: 6.5, calls: ["all": 3]),
    AlertScenario(
      "an alert of long ago leaves at once", yaml("group_wait: 4s, group_by: [alertname]"),
      [
        .post(at: 0, PostedAlert("alertname=A", from: -600), PostedAlert("alertname=B")),
        .post(at: 1, PostedAlert("alertname=B instance=old", from: -600)),
        .post(at: 1.6, PostedAlert("alertname=A instance=late", from: -600)),
      ], end: 5, calls: ["all": 3]),
    AlertScenario(
      "repeated while it fires", yaml("group_by: [alertname], group_interval: 1s, repeat_interval: 2500ms"),
      [.post(at: 0, PostedAlert("alertname=A"))], end: 9.5, calls: ["all": 3]),
    AlertScenario(
      "repeated with what has come and gone",
      yaml("group_by: [alertname], group_interval: 1s, repeat_interval: 2500ms"),
      [
        .post(at: 0, PostedAlert("alertname=A i=1"), PostedAlert("alertname=A i=2")),
        .post(at: 2.5, PostedAlert("alertname=A i=2", until: 2.4)),
        .post(at: 4.5, PostedAlert("alertname=A i=3", from: 4.5)),
      ], end: 9.5, calls: ["all": 4]),
    AlertScenario(
      "two hundred alerts in one message", yaml("group_by: [alertname]"),
      [
        .init(
          at: 0,
          act: .post(
            (0..<200).map { PostedAlert("alertname=A job=\($0 % 7) instance=\($0 % 31) n=\($0)", ["n": "\($0)"]) })),
        .init(
          at: 1.9,
          act: .post((0..<100).map { PostedAlert("alertname=A job=\($0 % 7) instance=\($0 % 31) n=\($0)", until: 1.8) })
        ),
      ], end: 4, calls: ["all": 2]),
    AlertScenario(
      "no more than max_alerts",
      yaml(
        "group_by: [alertname]", first: "all",
        receiverList: """
          - {name: all, webhook_configs: [{url: WEBHOOK/two, max_alerts: 2}, {url: WEBHOOK/four, max_alerts: 4}, {url: WEBHOOK/all}]}
          """),
      [.init(at: 0, act: .post((0..<4).map { PostedAlert("alertname=A n=\($0)", ["x": "\($0 / 3)"]) }))],
      end: 2.5, calls: ["two": 1, "four": 1, "all": 1]),
  ]
}
