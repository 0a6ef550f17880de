import DeployPlan
import FleetModel
import TestSupport

/// Random numbers that repeat from their seed.
struct Seeded: RandomNumberGenerator {
  private let source: SeededRandom

  init(_ seed: UInt64) { source = SeededRandom(seed: seed) }

  mutating func next() -> UInt64 { source.next() }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: elements.indices, using: &self)]
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// Texts that some reader takes for something else, and such as nobody writes.
  mutating func hostileText() -> String {
    if chance(60) { return pick(Self.hostileTexts) }
    let alphabet: [Unicode.Scalar] = Array(
      "abz019 \n\t:#-&*!|>'\"%@`{}[],?~=<$()\\._/+\u{85}\u{a0}\u{2028}\u{feff}\u{e000}é→🐝\u{7f}\u{1}\r".unicodeScalars)
    var text = ""
    for _ in 0..<number(0...24) { text.unicodeScalars.append(pick(alphabet)) }
    return text
  }

  static let hostileTexts = [
    "", " ", "~", "null", "Null", "y", "N", "yes", "on", "OFF", "true", "False", "012", "0o17", "0x1f", "0b11", "1e3",
    "1.5", "-1", "+1", ".5", "1_000", "12:30:45", "2026-11-23", ".inf", "-.INF", ".nan", "=", "<<", "- a", "? a",
    "a: b",
    "a #b", "#a", "a:", "[a]", "{a}", "*a", "&a", "!a", "|", ">-", "%a", "@a", "`a`", "'a'", "\"a\"", "a\nb", "a\nb\n",
    "a\n\n\n", "\na", "\n", " a\nb", "a\n b\n  c\n", "a \nb", "a\n \n", "\ta\nb", "a\n\tb", "---", "...", "a\n---\nb",
    "$(PORT)", "$$", "$$(A)$", "a\r\nb", "0", "00", "1", "e1", "_1", "__1", "30s", "1h", "100%", "1.10", "v1.10",
    "\u{feff}a",
    "x\u{85}y", "🐝", "größer",
  ]
}

/// Systems such as `SystemFile` accepts, with every key that shows in what is rendered.
enum SystemGenerator {
  static func system(_ seed: UInt64) -> FleetSystem {
    var random = Seeded(seed)
    var system = FleetSystem(name: label(&random, most: 63))
    system.namespace = label(&random, most: 63)
    system.mesh = random.chance(80) ? .istio : .none
    if random.chance(30) { system.meshRevision = random.pick(["1-27-1", "canary", "default", "1"]) }
    system.monitoring.kubernetes.namespace = label(&random, most: 63)
    var names: Set<String> = []
    for _ in 0..<random.number(1...3) { names.insert(label(&random, most: 40)) }
    system.agents = names.sorted().compactMap { name in (try? AgentID(name)).map { agent($0, &random) } }
    return system
  }

  private static func label(_ random: inout Seeded, most: Int) -> String {
    let letters = Array("abcxyz0189")
    let length = random.chance(10) ? most : random.number(1...12)
    var text = ""
    for index in 0..<length {
      let isInside = index > 0 && index < length - 1
      text.append(isInside && random.chance(15) ? "-" : random.pick(letters))
    }
    return text
  }

  private static func labelValue(_ random: inout Seeded) -> String {
    random.pick(["", "1", "v1", "true", "on", "1.10", "1e3", "0x1f", "a_b-c.d", "012", "2026-11-23", "research"])
  }

  private static func agent(_ id: AgentID, _ random: inout Seeded) -> AgentSpec {
    var agent = AgentSpec(agentID: id)
    let digest = String(repeating: "0123456789abcdef", count: 4)
    agent.image = random.pick(["planner", "registry.example:5000/a/b:1.10", "a@sha256:\(digest)", "a.b/c:012"])
    agent.tag = random.pick(["latest", "1.10", "v2", "012", "1e3", "_x"])
    var ports: Set<Int> = []
    for _ in 0..<random.number(1...4) { ports.insert(random.pick([1, 80, 8080, 9090, 50051, 65535, 15022])) }
    agent.ports = ports.sorted().shuffled(using: &random)
    let path = random.pick(["/metrics", "/stats/metrics?format=text", "/a*b", "/{x}", "/"])
    agent.metrics =
      random.chance(15)
      ? .url("https://metrics.example/a") : .port(random.chance(50) ? nil : random.pick(agent.ports), path: path)
    agent.healthCheck.path = random.pick(["/health", "/live?deep=1"])
    agent.healthCheck.port = random.pick(agent.ports)
    agent.resources.cpuRequest = random.pick(["100m", "0.1", "1", "1e-1", ".5"])
    agent.resources.cpuLimit = random.pick(["1", "1.5", "2e0", "1500m"])
    agent.resources.memoryRequest = random.pick(["256Mi", "1e8", "100000000", "128M"])
    agent.resources.memoryLimit = random.pick(["1Gi", "1e9", "1.5Gi", "0.5T"])
    var variables: Set<String> = []
    for index in 0..<random.number(0...6) {
      let name = random.pick(["MODE", "no", "y", "A_B", "_x", "HTTP_PROXY"]) + (random.chance(50) ? "" : "\(index)")
      guard variables.insert(name).inserted else { continue }
      let value: AgentSpec.EnvironmentVariable.Value =
        switch random.number(0...3) {
        case 0: .secret(name: "keys", key: random.pick(["a.b", "1", "on"]))
        case 1: .configMap(name: "prompts", key: "prompt")
        default: .text(random.hostileText())
        }
      agent.environment.append(.init(name: name, value: value))
    }
    agent.scaling.minReplicas = random.number(1...5)
    agent.scaling.maxReplicas = agent.scaling.minReplicas + random.number(0...3)
    agent.scaling.initialReplicas = agent.scaling.minReplicas
    agent.scaling.targetCPU = random.number(1...100)
    agent.loadBalancer = random.pick(AgentSpec.LoadBalancer.allCases)
    if random.chance(30) { agent.stickyHeader = random.pick(["x-conversation-id", "X-User", "on"]) }
    for _ in 0..<random.number(0...3) {
      agent.labels[random.pick(["team", "version", "a.example/tier", "y", "1"])] = labelValue(&random)
    }
    agent.drainTimeout = .milliseconds(random.number(0...604_800_000))
    if random.chance(50) { agent.revision.model = random.hostileText() }
    if random.chance(50) { agent.revision.prompt = random.hostileText() }
    if random.chance(50) { agent.revision.tools = ["search": random.hostileText(), "browse": "v1"] }
    addRoutes(&agent, &random)
    return agent
  }

  private static func addRoutes(_ agent: inout AgentSpec, _ random: inout Seeded) {
    if random.chance(50) {
      agent.subsets = ["stable", "canary", "on"].map { name in
        Subset(name: name, labels: ["version": labelValue(&random), "y": "n"])
      }
    }
    for _ in 0..<random.number(0...3) {
      var rule = RoutingRule()
      rule.port = random.pick(agent.ports)
      rule.pathPrefix = random.pick(["/", "/v1", "/v1/search", "/a b".filter { $0 != " " }])
      for name in ["X-Canary", "x-team", "on"] where random.chance(30) {
        let text = random.pick(["true", "1", "a: b", "v2\\..*", "~"])
        rule.headers.append(.init(name: name, test: random.pick([.exact(text), .prefix(text), .regex(text)])))
      }
      if random.chance(50) { rule.timeout = .milliseconds(random.number(1...100_000_000)) }
      if random.chance(40) {
        var policy = RoutingRule.RetryPolicy()
        policy.attempts = random.number(0...100)
        if random.chance(50) { policy.perTryTimeout = .milliseconds(random.number(1...9999)) }
        rule.retryPolicy = policy
      }
      if random.chance(40) {
        var fault = RoutingRule.FaultInjection()
        let percent = random.pick([0, 100, 0.5, 1e-5, 33.333333333333336])
        if random.chance(70) {
          var delay = RoutingRule.FaultInjection.Delay()
          delay.percent = percent
          delay.fixedDelay = .milliseconds(random.number(1...99_999))
          fault.delay = delay
        }
        if fault.delay == nil || random.chance(50) {
          var abort = RoutingRule.FaultInjection.Abort()
          abort.percent = percent
          abort.httpStatus = random.number(200...599)
          fault.abort = abort
        }
        rule.faultInjection = fault
      }
      let shares = random.pick([[100], [90, 10], [0, 100], [33, 33, 34]])
      // Another rule may have the same match: then the two would not sum to 100.
      let isTaken = agent.routingRules.contains { other in
        other.port == rule.port && other.pathPrefix == rule.pathPrefix
      }
      if isTaken { continue }
      for weight in shares {
        rule.weight = weight
        rule.subset = random.chance(70) ? random.pick(["stable", "canary", "on"]) : nil
        agent.routingRules.append(rule)
      }
    }
  }
}
