import FleetModel
import Testing

@testable import Ingest

@Suite struct EndpointPolicyTests {
  @Test(arguments: [
    "http://127.0.0.1:9000/metrics", "https://planner.example.com/metrics?x=1", "http://[::1]:9000/",
    "HTTP://localhost",
    "http://10.0.0.1:80/a@b", "http://169.253.255.255/", "http://planner:65535", "http://[2001:db8::1%25eth0]:1/",
  ])
  func allowed(_ url: String) { #expect(EndpointPolicy.refusal(ofURL: url) == nil) }

  @Test(arguments: [
    ("http://169.254.169.254/latest", "link-local"), ("http://169.254.0.1", "link-local"),
    ("http://2852039166/", "link-local"), ("http://0xA9FEA9FE/", "link-local"),
    ("http://0251.0376.0251.0376/", "link-local"),
    ("http://169.254.43518/", "link-local"), ("http://169.16689662/", "link-local"),
    ("http://0xa9.0376.169.254/", "link-local"),
    ("http://[::ffff:169.254.169.254]/", "link-local"), ("http://[::ffff:a9fe:a9fe]/", "link-local"),
    ("http://[::a9fe:a9fe]/", "link-local"), ("http://[64:ff9b::a9fe:a9fe]/", "link-local"),
    ("http://[2002:a9fe:a9fe::1]/", "link-local"), ("http://[fe80::1]/", "link-local"),
    ("http://[febf::1%25eth0]/", "link-local"),
    ("http://[fd00:ec2::254]/", "metadata"), ("http://[fd00:0ec2:0:0::254]/", "metadata"),
    ("http://[fd20:ce::254]/", "metadata"),
    ("http://metadata.google.internal/", "metadata"), ("http://METADATA.google.Internal./", "metadata"),
    ("http://169.254.169.254./", "link-local"), ("http://100.100.100.200/", "metadata"),
    ("http://168.63.129.16/", "metadata"),
    ("ftp://host/", "scheme"), ("file:///etc/passwd", "scheme"), ("/metrics", "not absolute"),
    ("host:80/x", "not absolute"),
    ("http://user:secret@host/", "user information"), ("http://", "no host"), ("http://:80/", "no host"),
    ("http://host:0/", "port"), ("http://host:65536/", "port"), ("http://host:8a/", "port"), ("http://host:/", "port"),
    ("http://[::1/", "\"]\""), ("http://[zz]/", "not an IPv6"), ("http://ho st/", "space"),
    ("http://host\\@evil/", "backslash"),
    ("http://169%2e254.1.1/", "percent"), ("http://１６９.254.169.254/", "ASCII"), ("", "not absolute"),
  ])
  func refused(_ url: String, _ reason: String) {
    let problem = EndpointPolicy.refusal(ofURL: url)
    #expect(problem?.contains(reason) == true, "\(problem ?? "allowed")")
    #expect(problem?.contains("secret") != true)
  }

  @Test(arguments: [
    ("169.254.169.254", true), ("fe80::1%eth0", true), ("[fd00:ec2::254]", true), ("10.1.2.3", false), ("::1", false),
  ])
  func numericAddresses(_ address: String, _ isRefused: Bool) {
    #expect((EndpointPolicy.refusal(ofAddress: address) != nil) == isRefused)
  }

  @Test(arguments: [
    ("http://localhost:1", true), ("http://127.8.8.8", true), ("http://[::1]:1", true),
    ("http://[::ffff:127.0.0.1]", true),
    ("http://0.0.0.0:80", true), ("http://10.0.0.1", false), ("http://planner", false), ("http://[2001:db8::1]", false),
  ])
  func loopback(_ url: String, _ expected: Bool) { #expect(EndpointPolicy.isLoopback(url: url) == expected) }
}

@Suite struct TargetLabelsTests {
  struct Clash: Sendable {
    var served: [String: String]
    var target: [String: String] = [:]
    var honor = false
    var expected: [String: String]
  }

  static let clashes: [Clash] = [
    Clash(served: [:], expected: ["agent_id": "planner", "instance": "h:1"]),
    Clash(
      served: ["le": "1"], target: ["team": "a"],
      expected: ["le": "1", "team": "a", "agent_id": "planner", "instance": "h:1"]),
    Clash(
      served: ["instance": "mine"], expected: ["instance": "h:1", "exported_instance": "mine", "agent_id": "planner"]),
    Clash(
      served: ["instance": "mine", "exported_instance": "older"],
      expected: [
        "instance": "h:1", "exported_instance": "older", "exported_exported_instance": "mine", "agent_id": "planner",
      ]),
    Clash(
      served: ["agent_id": "x", "instance": "y", "team": "z"], target: ["team": "a"],
      expected: [
        "agent_id": "planner", "instance": "h:1", "team": "a", "exported_agent_id": "x", "exported_instance": "y",
        "exported_team": "z",
      ]),
    // A target label that has the very name the prefix would give.
    Clash(
      served: ["team": "z", "exported_team": "q"], target: ["team": "a", "exported_team": "b"],
      expected: [
        "agent_id": "planner", "instance": "h:1", "team": "a", "exported_team": "b", "exported_exported_team": "z",
        "exported_exported_exported_team": "q",
      ]),
    Clash(
      served: ["agent_id": "x", "le": "1"], target: ["team": "a"], honor: true,
      expected: ["agent_id": "x", "le": "1", "team": "a", "instance": "h:1"]),
  ]

  @Test(arguments: clashes) func merges(_ clash: Clash) {
    var target = CollectionTarget(agentID: agent("planner"), instance: "h:1", labels: clash.target)
    target.honorLabels = clash.honor
    var served = clash.served
    served["__name__"] = "m"
    var merged = LabelSet(TargetLabels(target).merged(with: LabelSet(served))).dictionary
    #expect(merged.removeValue(forKey: "__name__") == "m")
    #expect(merged == clash.expected)
  }
}

@Suite struct CollectionScheduleTests {
  @Test func spreadsOverTheInterval() {
    var buckets = [Int](repeating: 0, count: 10)
    for number in 0..<1000 {
      let schedule = CollectionSchedule(agent: agent("a-\(number)"), instance: "h:\(number)", interval: .seconds(10))
      buckets[Int(schedule.offset / 1000)] += 1
      #expect(schedule.firstWait >= .milliseconds(250) && schedule.firstWait <= .seconds(1))
    }
    #expect(buckets.allSatisfy { $0 > 60 && $0 < 140 }, "\(buckets)")
  }

  @Test(arguments: [1, 7, 1000, 30_000]) func stepsByTheInterval(_ interval: Int) {
    var schedule = CollectionSchedule(agent: agent("a"), instance: "h", interval: .milliseconds(interval))
    var now = Timestamp(milliseconds: 1_700_000_000_123)
    var last: Int64?
    for _ in 0..<100 {
      let due = schedule.next(after: now)
      #expect(due > now && (due - now) <= .milliseconds(interval))
      if let last { #expect(due.milliseconds - last == Int64(interval)) }
      last = due.milliseconds
      now = due
    }
  }

  @Test func isTheSameAfterARestart() {
    var first = CollectionSchedule(agent: agent("a"), instance: "h", interval: .seconds(30))
    var second = CollectionSchedule(agent: agent("a"), instance: "h", interval: .seconds(30))
    let one = first.next(after: Timestamp(milliseconds: 1_000_000)).milliseconds
    let two = second.next(after: Timestamp(milliseconds: 99_000_017)).milliseconds
    #expect((two - one) % 30_000 == 0)
  }

  @Test func skipsWhatWasMissedAndNeverRunsTwice() {
    var schedule = CollectionSchedule(agent: agent("a"), instance: "h", interval: .seconds(10))
    let first = schedule.next(after: Timestamp(milliseconds: 1_000_000))
    let late = schedule.next(after: first + .seconds(35))
    #expect(late - first == .seconds(40))
    #expect(schedule.next(after: late - .milliseconds(1)) - late == .seconds(10), "woken a little early")
    // The clock is set back by an hour: it goes on at once by the new time.
    let back = late - .seconds(3600)
    #expect(schedule.next(after: back) - back <= .seconds(10))
  }

  @Test(arguments: [(0, true), (2, true), (3, false), (-2, true), (500, false)]) func aligns(
    _ late: Int, _ isAligned: Bool
  ) {
    let schedule = CollectionSchedule(agent: agent("a"), instance: "h", interval: .seconds(10))
    let due = Timestamp(milliseconds: 5_000_000)
    let now = Timestamp(milliseconds: 5_000_000 + Int64(late))
    #expect(schedule.timestamp(begunAt: now, due: due) == (isAligned ? due : now))
    #expect(schedule.timestamp(begunAt: now, due: nil) == now)
  }
}
