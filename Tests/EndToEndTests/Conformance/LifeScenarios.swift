import Foundation

extension AlertScenario {
  private static let onlyFiring = """
    - {name: all, webhook_configs: [{url: WEBHOOK/all}, {url: WEBHOOK/firing, send_resolved: false}]}
    """

  /// How alerts end, come again and change; restarts; receivers that fail.
  static let life: [AlertScenario] = [
    AlertScenario(
      "resolved by its sender", yaml(),
      [
        .post(at: 0, PostedAlert("alertname=A i=1"), PostedAlert("alertname=A i=2")),
        .post(at: 1.8, PostedAlert("alertname=A i=1", until: 1.7, ["why": "mended"])),
        .post(at: 3.8, PostedAlert("alertname=A i=2", until: 3.7)),
      ], end: 6.5, calls: ["all": 3]),
    AlertScenario(
      "resolved before anybody was told", yaml("group_wait: 2s, group_by: [alertname]"),
      [
        .post(at: 0, PostedAlert("alertname=A"), PostedAlert("alertname=B i=1"), PostedAlert("alertname=B i=2")),
        .post(at: 1, PostedAlert("alertname=A", until: 0.9), PostedAlert("alertname=B i=1", until: 0.9)),
      ], end: 5, calls: ["all": 1]),
    AlertScenario(
      "only what fires", yaml("group_by: [alertname]", first: "all", receiverList: onlyFiring),
      [
        .post(at: 0, PostedAlert("alertname=A i=1"), PostedAlert("alertname=A i=2"), PostedAlert("alertname=B")),
        .post(at: 1.8, PostedAlert("alertname=A i=1", until: 1.7), PostedAlert("alertname=B", until: 1.7)),
        .post(at: 4, PostedAlert("alertname=A i=3", from: 4)),
      ], end: 6.5, calls: ["all": 5, "firing": 3]),
    AlertScenario(
      "flapping", yaml("group_by: [alertname]"),
      [
        .post(at: 0, PostedAlert("alertname=A")), .post(at: 1.4, PostedAlert("alertname=A", until: 1.3)),
        .post(at: 2.2, PostedAlert("alertname=A", from: 2.1)),
        .post(at: 3.6, PostedAlert("alertname=A", from: 2.1, until: 3.5)),
        .post(at: 5.8, PostedAlert("alertname=A", from: 5.7)),
      ], end: 9.4, calls: ["all": 3]),
    AlertScenario(
      "ends when its end has come", yaml("group_by: [alertname], group_interval: 1s"),
      [.post(at: 0, PostedAlert("alertname=A", until: 3.5), PostedAlert("alertname=A i=2"))],
      end: 5.7, calls: ["all": 2]),
    AlertScenario(
      "ends by the resolve timeout, unless it is said again",
      yaml("group_by: [alertname], group_interval: 1s", more: "global: {resolve_timeout: 3s}"),
      [
        .post(
          at: 0, PostedAlert("alertname=A", from: 0, until: nil), PostedAlert("alertname=B", from: nil, until: nil)),
        .post(at: 1.6, PostedAlert("alertname=A", from: 0, until: nil)),
        .post(at: 2.6, PostedAlert("alertname=A", from: nil, until: nil)),
      ], end: 7.8, calls: ["all": 4], setsTimes: true),
    AlertScenario(
      "an end alone", yaml("group_by: [alertname], group_interval: 1s"),
      [
        .post(at: 0, PostedAlert("alertname=A", from: nil, until: 2.5)),
        .post(at: 1.4, PostedAlert("alertname=B", from: nil, until: 1.3)),
      ], end: 4.6, calls: ["all": 2], setsTimes: true),
    AlertScenario(
      "annotations that change", yaml("group_by: [alertname], group_interval: 1s"),
      [
        .post(at: 0, PostedAlert("alertname=A i=1", ["v": "1", "w": "x"]), PostedAlert("alertname=A i=2", ["v": "1"])),
        .post(at: 1.5, PostedAlert("alertname=A i=1", ["v": "2"], generator: "http://example.org/2")),
        .post(at: 3.5, PostedAlert("alertname=A i=3", from: 3.4, ["v": "1"])),
        .post(at: 4.5, PostedAlert("alertname=A i=2", until: 4.4, ["end": "3"])),
      ], end: 6.6, calls: ["all": 3]),
    AlertScenario(
      "the same alert of two senders", yaml("group_by: [alertname], group_interval: 1s"),
      [
        .post(at: 0, PostedAlert("alertname=A", from: -20, until: 300, ["from": "one"])),
        .post(at: 0.2, PostedAlert("alertname=A", from: -5, until: 600, ["from": "two"])),
        .post(
          at: 0.4, PostedAlert("alertname=A", from: -20, until: 300, ["from": "one"]),
          PostedAlert("alertname=A i=2", from: -3)),
        .post(at: 1.6, PostedAlert("alertname=A", from: -5, until: 1.5, ["from": "two"])),
        .post(at: 2.6, PostedAlert("alertname=A", from: -20, until: 300, ["from": "one"])),
      ], end: 5.6, calls: ["all": 2]),
    AlertScenario(
      "two entries in one post", yaml("group_by: [alertname]"),
      [
        .post(
          at: 0, PostedAlert("alertname=A", from: -5, ["n": "1"]), PostedAlert("alertname=A", from: -9, ["n": "2"])),
        .post(
          at: 1.8, PostedAlert("alertname=A", from: -5, until: 1.5), PostedAlert("alertname=A", from: -9, until: 1.6)),
      ], end: 4, calls: ["all": 2]),
    restart("ended and started again", by: SIGTERM),
    restart("killed and started again", by: SIGKILL),
    AlertScenario(
      "a silence outlives a kill", yaml("group_by: [alertname]"),
      [
        .silence(at: 0, "s", "alertname=A", until: 600), .silence(at: 0, "gone", "alertname=B", until: 600),
        .post(at: 0.3, PostedAlert("alertname=A"), PostedAlert("alertname=B")),
        .expire(at: 0.6, "gone"), .restart(at: 3.8, by: SIGKILL),
        .post(at: 6.3, PostedAlert("alertname=A"), PostedAlert("alertname=B")), .expire(at: 8, "s"),
      ], end: 11.5, calls: ["all": 2], tolerance: 2.5),
    AlertScenario(
      "resolved while the program was away", yaml("group_by: [alertname]"),
      [
        .post(at: 0, PostedAlert("alertname=A"), PostedAlert("alertname=B")), .restart(at: 3.8, by: SIGKILL),
        .post(at: 6.3, PostedAlert("alertname=A", until: 4), PostedAlert("alertname=B")),
      ], end: 9.5, calls: ["all": 3], tolerance: 2.5),
    AlertScenario(
      "a receiver that fails and then works", yaml("group_by: [alertname]", receivers: ["all", "other"]),
      [.post(at: 0, PostedAlert("alertname=A"))], end: 7, calls: ["all": 1], answers: ["all": [503, 500]],
      tolerance: 1.9),
    AlertScenario(
      "a receiver that refuses is tried again with the next flush", yaml("group_by: [alertname]"),
      [.post(at: 0, PostedAlert("alertname=A"))], end: 6.2, calls: ["all": 1], answers: ["all": [400, 404]]),
    AlertScenario(
      "of two ways one fails", yaml("group_by: [alertname]", first: "all", receiverList: onlyFiring),
      [
        .post(at: 0, PostedAlert("alertname=A i=1")),
        .post(at: 1.5, PostedAlert("alertname=A i=2", from: 1.4)),
      ], end: 6.2, calls: ["all": 2, "firing": 1], answers: ["firing": [400, 400]]),
    AlertScenario(
      "the resolved stay until they could be told", yaml("group_by: [alertname]"),
      [
        .post(at: 0, PostedAlert("alertname=A i=1"), PostedAlert("alertname=A i=2")),
        .post(at: 1.8, PostedAlert("alertname=A i=1", until: 1.7)),
      ], end: 8.2, calls: ["all": 2], answers: ["all": [200, 400, 400]]),
  ]

  /// What was told is not told again, what is new is.
  private static func restart(_ name: String, by signal: Int32) -> AlertScenario {
    AlertScenario(
      name, yaml("group_by: [alertname]"),
      [
        .post(at: 0, PostedAlert("alertname=A i=1"), PostedAlert("alertname=B")),
        .post(at: 1.5, PostedAlert("alertname=B i=2", from: 1.5)), .restart(at: 4.6, by: signal),
        .post(
          at: 7, PostedAlert("alertname=A i=1"), PostedAlert("alertname=B"), PostedAlert("alertname=B i=2", from: 1.5)),
        .post(at: 8, PostedAlert("alertname=A i=2", from: 8), PostedAlert("alertname=B", until: 7.9)),
      ], end: 12.5, calls: ["all": 5], tolerance: 2.5)
  }
}
