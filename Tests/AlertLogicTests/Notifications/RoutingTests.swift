import AlertLogic
import FleetModel
import Testing

@Suite("routing")
struct RoutingTests {
  static let tree = route(
    "r", by: ["alertname"], wait: 10,
    routes: [
      route(
        "a", ["team=a"], wait: 1,
        routes: [route("b", ["severity=critical"], continues: true), route(nil, ["severity=~c.*"], by: ["..."])]
      ),
      route("b", ["team=~a|b", "zone!="], continues: true),
      route("c", ["team!~b"], by: ["zone", "alertname"], interval: 7, repeats: 8),
      route("b", ["team=b"], routes: [route("c", ["zone=x"]), route("a", ["zone=x"])]),
    ])

  /// Labels, and the receivers with the keys of the routes that take them.
  static let cases: [(labels: String, expected: [String])] = [
    ("team=a", ["a {}/{team=\"a\"}"]),
    ("team=a zone=1", ["a {}/{team=\"a\"}"]),
    // A child that continues leaves its siblings to be asked; their parent is not itself a match.
    (
      "team=a severity=critical",
      ["b {}/{team=\"a\"}/{severity=\"critical\"}", "a {}/{team=\"a\"}/{severity=~\"c.*\"}"]
    ),
    ("team=a severity=cold", ["a {}/{team=\"a\"}/{severity=~\"c.*\"}"]),
    ("team=b zone=1", ["b {}/{team=~\"a|b\",zone!=\"\"}", "b {}/{team=\"b\"}"]),
    // The first child that does not continue ends the search.
    ("team=b zone=x", ["b {}/{team=~\"a|b\",zone!=\"\"}", "c {}/{team=\"b\"}/{zone=\"x\"}"]),
    ("team=b", ["b {}/{team=\"b\"}"]),
    // Missing labels are empty.
    ("team=c", ["c {}/{team!~\"b\"}"]),
    ("zone=1", ["c {}/{team!~\"b\"}"]),
    ("", ["c {}/{team!~\"b\"}"]),
    // Anchored at both ends.
    ("team=bb zone=1", ["c {}/{team!~\"b\"}"]),
  ]

  @Test(arguments: cases)
  func anAlertGoesWhereAlertmanagerSendsIt(labels text: String, expected: [String]) throws {
    let found = try compiled(Self.tree).routes(for: labels(text))
    #expect(found.map { "\($0.receiver) \($0.routeKey)" } == expected)
  }

  @Test func theRootTakesWhatNoOtherTakes() throws {
    let policy = try compiled(route("r", routes: [route("a", ["team=a"], routes: [route("b", ["x=1"])])]))
    #expect(policy.routes(for: labels("team=b")).map(\.receiver) == ["r"])
    #expect(policy.routes(for: labels("team=a")).map(\.receiver) == ["a"])
    #expect(policy.routes(for: labels("team=a x=1")).map(\.receiver) == ["b"])
  }

  @Test func nodesInheritWhatTheyDoNotSay() throws {
    let policy = try compiled(Self.tree)
    let critical = try #require(policy.routes(for: labels("team=a severity=critical")).first)
    #expect(critical.groupBy == .labels(["alertname"]))
    #expect(critical.groupWait == .seconds(1))
    #expect(critical.groupInterval == .seconds(300))
    #expect(critical.repeatInterval == .seconds(4 * 3600))
    #expect(policy.routes(for: labels("team=a severity=cold")).map(\.groupBy) == [.all])
    let c = try #require(policy.routes(for: labels("team=c")).first)
    #expect(c.groupBy == .labels(["alertname", "zone"]))
    #expect(c.groupInterval == .seconds(7) && c.repeatInterval == .seconds(8) && c.groupWait == .seconds(10))
  }

  @Test func namesOfRoutesAreTheirOwn() throws {
    let policy = try compiled(
      route(
        "r",
        routes: [route("a", ["x=1"], continues: true), route("b", ["x=1"]), route("c", ["x=1"], routes: [route("a")])]))
    #expect(
      policy.routes.map(\.routeID) == ["{}", "{}/{x=\"1\"}", "{}/{x=\"1\"}#2", "{}/{x=\"1\"}#3", "{}/{x=\"1\"}/{}"])
    #expect(policy.routes.map(\.index) == [0, 1, 2, 3, 4])
  }

  /// As Debian's Alertmanager 0.25 wrote them in a webhook's `groupKey`.
  @Test func groupKeysAreAlertmanagersText() throws {
    let odd = LabelSet([
      "alertname": "A", "zone9": "w", "zone": "é\u{200b}\u{01}\n\\ \u{a0}😀\u{7f}\u{85}",
    ])
    #expect(
      CompiledPolicy.groupKey(routeKey: "{}/{}", labels: odd)
        == #"{}/{}:{alertname="A", zone9="w", zone="é\u200b\x01\n\\ \u00a0😀\x7f\u0085"}"#)
    let policy = try compiled(
      route("r", routes: [route("a", ["team=~^(?:x|y)$", "env=p\"r\\o d", "k=z", "k!=a", "b=~q.*"])]))
    #expect(
      policy.routes[1].routeKey
        == #"{}/{b=~"q.*",env="p\"r\\o d",k!="a",k="z",team=~"^(?:x|y)$"}"#)
    #expect(CompiledPolicy.groupKey(routeKey: "{}", labels: LabelSet()) == "{}:{}")
  }

  static let wrong: [(route: Route, path: String, says: String)] = [
    (route(nil), "route.receiver", "no receiver"),
    (route("x"), "route.receiver", "\"x\""),
    (route("r", routes: [route("a"), route("x")]), "route.routes[1].receiver", "\"x\""),
    (route("r", routes: [route("a", ["b=c", "b=~("])]), "route.routes[0].matchers[1]", "b=~"),
    (
      muted(route("r", routes: [muted(route("a"), by: ["night"])]), by: []), "route.routes[0].mute_time_intervals[0]",
      "night"
    ),
  ]

  static func muted(_ route: Route, by names: [String]) -> Route {
    var muted = route
    muted.muteTimeIntervals = names
    return muted
  }

  @Test(arguments: wrong)
  func whatCannotBeCompiledIsNamed(route: Route, path: String, says: String) {
    let error = #expect(throws: PolicyError.self) { try compiled(route) }
    #expect(error?.path == path)
    #expect(error?.problem.contains(says) == true, "\(error?.problem ?? "")")
  }

  @Test func aTreeWithoutBottomIsRefused() {
    var deep = route("a")
    for _ in 0..<200 { deep = route("a", routes: [deep]) }
    let error = #expect(throws: PolicyError.self) { try compiled(deep) }
    #expect(error?.problem.contains("deeper") == true)
  }

  @Test func inhibitionRulesAndTimeZonesAreNamedWhereTheyAreWrong() throws {
    let error = #expect(throws: PolicyError.self) {
      try compiled(route("r"), inhibiting: [inhibit(["a=1"], ["b=1"]), inhibit(["a=1"], ["b=~["])])
    }
    #expect(error?.path == "inhibit_rules[1].target_matchers[0]")
    var interval = TimeInterval()
    interval.name = "night"
    interval.spans = [TimeInterval.Span()]
    interval.spans[0].location = "Atlantis"
    let zone = #expect(throws: PolicyError.self) {
      try CompiledPolicy(NotificationPolicy(route: route("r"), receivers: [], timeIntervals: [interval])) { _ in
        throw TimeZoneError.notATimeZoneFile
      }
    }
    #expect(zone?.path == "time_intervals[0].time_intervals[0].location")
    #expect(zone?.problem.contains("Atlantis") == true)
  }

  /// The order that Debian's Alertmanager 0.25 gave to the alerts of one notification.
  @Test func alertsComeInAlertmanagersOrder() throws {
    let expected = [
      "alertname=X a=1 c=1 job=j0 zone=1", "alertname=X job=j1 z=1 zone=1", "a=1 alertname=X job=j1 zone=1",
      "alertname=X b=1 c=1 job=j1 zone=1", "a=1 alertname=X instance=j1 zone=1", "alertname=X zone=1",
    ]
    let policy = try compiled(route("r", by: [], wait: 0))
    var machine = NotificationMachine(
      policy: policy, integrations: ["r": [IntegrationFacts(name: "webhook[0]", sendResolved: true)]], at: second(0))
    machine.put(expected.reversed().map { firing($0, at: 0) }, at: second(0))
    let send = try #require(machine.flushDue(at: second(0)).first?.sends.first)
    let told = machine.notification(of: send.id, externalURL: "", at: second(0))
    #expect(told?.alerts.map(\.labels) == expected.map(labels))
  }
}
