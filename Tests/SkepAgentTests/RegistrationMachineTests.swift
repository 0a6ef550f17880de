import FleetModel
import Testing

@testable import SkepAgent

@Suite struct RegistrationMachineTests {
  private func policy() -> RegistrationPolicy {
    var policy = RegistrationPolicy()
    policy.heartbeatInterval = .seconds(10)
    policy.firstRetry = .seconds(1)
    policy.longestRetry = .seconds(8)
    return policy
  }

  @Test func registersThenBeats() {
    var machine = RegistrationMachine(policy: policy())
    #expect(machine.step(.started, random: 0) == .init(call: .register, delay: .zero, news: nil))
    #expect(machine.step(.answered(201), random: 0) == .init(call: .heartbeat, delay: .seconds(10), news: .registered))
    #expect(machine.step(.answered(200), random: 0) == .init(call: .heartbeat, delay: .seconds(10), news: nil))
    #expect(machine.hasCreatedEntry)
  }

  @Test func anEntryThatWasThereIsNotOurs() {
    var machine = RegistrationMachine(policy: policy())
    _ = machine.step(.started, random: 0)
    _ = machine.step(.answered(200), random: 0)
    #expect(machine.isRegistered)
    #expect(!machine.hasCreatedEntry)
  }

  @Test func waitsGrowToABoundAndAreSpread() {
    var machine = RegistrationMachine(policy: policy())
    _ = machine.step(.started, random: 0)
    let longest = (0..<6).map { _ in machine.step(.unanswered, random: 1).delay }
    #expect(longest == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(8), .seconds(8)])
    #expect(machine.step(.unanswered, random: 0).delay == .seconds(4))
  }

  @Test func newsComesOnceForEachKindOfTrouble() {
    var machine = RegistrationMachine(policy: policy())
    _ = machine.step(.started, random: 0)
    let events: [RegistrationMachine.Event] = [
      .unanswered, .unanswered, .answered(401), .answered(401), .answered(201), .unanswered, .answered(200),
    ]
    let news = events.map { machine.step($0, random: 0).news }
    #expect(news == [.unreachable, nil, .refused(401), nil, .registered, .unreachable, .registered])
  }

  @Test func whoIsForgottenRegistersAgainAtOnce() {
    var machine = RegistrationMachine(policy: policy())
    _ = machine.step(.started, random: 0)
    _ = machine.step(.answered(200), random: 0)
    #expect(machine.step(.answered(404), random: 0) == .init(call: .register, delay: .zero, news: .forgotten))
    #expect(machine.step(.answered(404), random: 0).delay > .zero)
    #expect(machine.step(.answered(201), random: 0).call == .heartbeat)
    #expect(machine.hasCreatedEntry)
  }

  @Test func aFailedHeartbeatIsTriedAgainAndTheWaitStartsAnew() {
    var machine = RegistrationMachine(policy: policy())
    _ = machine.step(.started, random: 0)
    for _ in 0..<5 { _ = machine.step(.unanswered, random: 1) }
    _ = machine.step(.answered(201), random: 1)
    #expect(machine.step(.answered(503), random: 1) == .init(call: .heartbeat, delay: .seconds(1), news: .refused(503)))
  }
}

@Suite struct AgentConfigurationTests {
  @Test func readsWhatTheRuntimeSets() throws {
    let configuration = try AgentConfiguration(environment: [
      "AGENT_ID": "planner", "PORT": "7601", "NAMESPACE": "lab", "SKEP_SERVER": "http://127.0.0.1:7540",
      "SKEP_TOKEN_FILE": "/run/token",
    ])
    #expect(configuration.agentID.name == "planner")
    #expect(configuration.port == 7601)
    #expect(configuration.namespace == "lab")
    #expect(configuration.host == "127.0.0.1")
    #expect(configuration.server == "http://127.0.0.1:7540")
    #expect(configuration.tokenFile == "/run/token")
  }

  @Test(arguments: [
    (["PORT": "1"], "AGENT_ID", "is not set"), (["AGENT_ID": ""], "AGENT_ID", "is not set"),
    (["AGENT_ID": "Planner"], "AGENT_ID", "lower-case"), (["AGENT_ID": "a", "PORT": "70000"], "PORT", "0 to 65535"),
    (["AGENT_ID": "a", "PORT": "-1"], "PORT", "0 to 65535"),
    (["AGENT_ID": "a", "SKEP_SERVER": "localhost:7540"], "SKEP_SERVER", "must be a URL"),
  ])
  func namesTheVariableAndTheMend(environment: [String: String], variable: String, part: String) {
    let problem = #expect(throws: AgentConfiguration.Problem.self) {
      try AgentConfiguration(environment: environment)
    }
    #expect(problem?.variable == variable)
    #expect(problem?.description.contains(part) == true)
  }

  @Test(arguments: [
    ("127.0.0.1", nil, "http://127.0.0.1:80"), ("0.0.0.0", nil, "http://127.0.0.1:80"), ("::", nil, "http://[::1]:80"),
    ("0.0.0.0", "10.1.2.3", "http://10.1.2.3:80"), ("0.0.0.0", "fd00::1", "http://[fd00::1]:80"),
  ])
  func addresses(host: String, advertised: String?, address: String) throws {
    var configuration = try AgentConfiguration(environment: ["AGENT_ID": "a"])
    configuration.host = host
    configuration.advertisedHost = advertised
    #expect(configuration.address(port: 80) == address)
  }
}
