import FleetModel
import Platform
import Testing

@testable import Ingest

@Suite struct SystemMetricsTests {
  private func usage(
    _ cpu: Double, memory: UInt64 = 50, cpuLimit: Double? = nil, limit: UInt64? = nil, network: NetworkUsage? = nil
  )
    -> ProcessUsage
  {
    ProcessUsage(
      cpuTime: .milliseconds(Int(cpu * 1000)), residentBytes: memory, startTicks: 1, cpuLimit: cpuLimit,
      memoryLimitBytes: limit, network: network)
  }

  private func host(busy: Int, total: Int) -> HostUsage {
    HostUsage(
      busyTime: .seconds(busy), totalTime: .seconds(total), cpuCount: 4, memoryTotalBytes: 1000,
      memoryAvailableBytes: 250, network: NetworkUsage(bytesReceived: 7, bytesSent: 8))
  }

  private func text(_ values: [SystemValue]) -> [String] {
    values.map { "\($0.metric) \($0.source) \(($0.value * 100).rounded() / 100)" }.sorted()
  }

  @Test func processAgainstOneCoreAndTheMachine() {
    var metrics = SystemMetrics()
    metrics.prime(process: usage(10), host: host(busy: 0, total: 0), at: .seconds(0))
    let input = SystemMetrics.Input(
      process: usage(12), host: host(busy: 1, total: 4), machineMemory: 1000, isLocal: true, isUp: true)
    #expect(
      text(metrics.sample(input, at: .seconds(4)))
        == ["cpu process 50.0", "memory process 5.0", "received host 7.0", "sent host 8.0"])
  }

  @Test func processAgainstItsCgroup() {
    var metrics = SystemMetrics()
    metrics.prime(process: usage(10, cpuLimit: 0.5, limit: 100), host: nil, at: .seconds(0))
    let input = SystemMetrics.Input(
      process: usage(11, cpuLimit: 0.5, limit: 100, network: NetworkUsage(bytesReceived: 1, bytesSent: 2)),
      machineMemory: 1000, isLocal: true, isUp: true)
    #expect(
      text(metrics.sample(input, at: .seconds(4)))
        == ["cpu process 50.0", "memory process 50.0", "received process 1.0", "sent process 2.0"])
  }

  @Test func agentsOwnSeries() {
    var metrics = SystemMetrics()
    func input(_ cpu: Double, isLocal: Bool) -> SystemMetrics.Input {
      SystemMetrics.Input(
        agent: AgentProcessValues(cpuSeconds: cpu, residentBytes: 100, bytesSent: 3, bytesReceived: nil),
        host: host(busy: 1, total: 2), machineMemory: 1000, isLocal: isLocal, isUp: true)
    }
    #expect(
      text(metrics.sample(input(5, isLocal: true), at: .seconds(0))) == ["memory agent 10.0", "sent agent 3.0"],
      "one reading is no rate, and no reason to show the host's")
    #expect(
      text(metrics.sample(input(6, isLocal: false), at: .seconds(10)))
        == ["cpu agent 10.0", "memory host 75.0", "sent agent 3.0"], "its machine's memory is not known")
    #expect(
      text(metrics.sample(input(1, isLocal: true), at: .seconds(20))) == ["memory agent 10.0", "sent agent 3.0"],
      "it began anew")
  }

  @Test func hostIsTheLastResortAndSaysSo() {
    var metrics = SystemMetrics()
    metrics.prime(process: nil, host: host(busy: 10, total: 100), at: .seconds(0))
    var input = SystemMetrics.Input(host: host(busy: 40, total: 200), machineMemory: 1000, isLocal: false, isUp: true)
    #expect(
      text(metrics.sample(input, at: .seconds(10)))
        == ["cpu host 30.0", "memory host 75.0", "received host 7.0", "sent host 8.0"])
    input.isUp = false
    #expect(metrics.sample(input, at: .seconds(20)).isEmpty, "the host does not speak for the dead")
  }

  @Test func aReusedPidIsNotTheProcess() {
    let resources = FakeResources()
    var look = ProcessLook(pid: 7, startTicks: nil)
    func word(_ finding: ProcessLook.Finding) -> String {
      switch finding {
      case .none: "none"
      case .running: "running"
      case .gone(let reason): reason
      }
    }
    #expect(word(look.look(resources)) == "process 7 is gone")
    resources.set(7, usage(1))
    #expect(word(look.look(resources)) == "running")
    var other = usage(1)
    other.startTicks = 99
    resources.set(7, other)
    #expect(word(look.look(resources)) == "process 7 is gone; its pid belongs to another process now")
    var none = ProcessLook(pid: nil, startTicks: nil)
    #expect(word(none.look(resources)) == "none")
  }
}
