import FleetModel
import Testing

@testable import FleetHealth

/// Each recommendation at, below and above its bound.
@Suite struct RecommendationTests {
  private typealias Kind = Recommendation.Kind

  @Test(arguments: [(69.99, false), (70, false), (70.01, true)]) func cpu(mean: Double, isTold: Bool) throws {
    #expect(try ReportFleet.kinds(ReportFleet.figures(cpu: mean)).contains(.highCPU) == isTold)
  }

  @Test(arguments: [(79.99, false), (80, false), (80.01, true)]) func memory(mean: Double, isTold: Bool) throws {
    #expect(try ReportFleet.kinds(ReportFleet.figures(memory: mean)).contains(.highMemory) == isTold)
  }

  /// Alerts cost ten points each: three leave 70.
  @Test(arguments: [(2, false), (3, false), (4, true)]) func score(alerts: Int, isTold: Bool) throws {
    #expect(try ReportFleet.kinds(ReportFleet.figures(), alerts: alerts).contains(.lowScore) == isTold)
  }

  /// Of ten agents.
  @Test(arguments: [(2, false), (3, false), (4, true)]) func manyLowScores(low: Int, isTold: Bool) throws {
    let figures = Dictionary(
      uniqueKeysWithValues: (0..<10).map {
        ("a\($0)", ReportFleet.figures(cpu: $0 < low ? 90 : 10, memory: $0 < low ? 71 : 10))
      })
    let report = try ReportFleet.report(figures)
    let all = report.recommendations.filter { $0.kind == .manyLowScores }
    #expect(all.count == (isTold ? 1 : 0) && report.recommendations.first?.agentID == (isTold ? nil : "a0"))
  }

  @Test(arguments: [(2, false), (3, true), (4, true)]) func flapping(outages: Int, isTold: Bool) throws {
    var figures = ReportFleet.figures()
    figures.outages = outages
    #expect(try ReportFleet.kinds(figures) == (isTold ? [.flapping] : []))
  }

  @Test(arguments: [(2, false), (3, true), (4, true)]) func restartLoop(restarts: Int, isTold: Bool) throws {
    var figures = ReportFleet.figures()
    figures.restarts = 9
    figures.restartsInLastHour = restarts
    #expect(try ReportFleet.kinds(figures) == (isTold ? [.restartLoop] : []))
  }

  @Test(arguments: [(AgentStatus.active, false), (.unhealthy, false), (.lost, true), (.pending, true)])
  func silence(status: AgentStatus, isTold: Bool) throws {
    #expect(try ReportFleet.kinds(ReportFleet.figures(), status: status).contains(.silent) == isTold)
  }

  @Test func anAgentWithoutSamplesIsSilent() throws {
    #expect(try ReportFleet.kinds(AgentFigures()) == [.lowScore, .silent])
  }

  /// From 40 % up to `end`: with how much room that leaves, and how soon it is gone.
  @Test(arguments: [
    // 60 % in 7 d and a little, and in 7 d less a little; 24 h and a little, and less.
    (8.57, nil), (8.59, Severity.warning), (29.9, .warning), (30.2, .critical), (0, nil), (-20, nil),
  ])
  func growth(inTheDay: Double, severity: Severity?) throws {
    // The line ends one step before the day's end.
    let level = 40.0
    let values = (0..<96).map { level + inTheDay * (Double($0) / 96 - 95.0 / 96) }.map { $0 + (inTheDay > 29 ? 30 : 0) }
    var figures = ReportFleet.figures()
    figures.memory = ReportFleet.usage(values)
    let list = try ReportFleet.report(["agent": figures]).recommendations.filter { $0.kind == .growingMemory }
    #expect(list.map(\.severity) == (severity.map { [$0] } ?? []), "\(list)")
  }

  @Test func aRestartBeginsTheGrowthAnew() throws {
    var figures = ReportFleet.figures()
    // A saw that never comes far, and ends with a rise of a quarter of the day: 2 points an hour from 20 %.
    figures.memory = ReportFleet.usage((0..<96).map { 20 + 0.5 * Double($0 % 24) })
    let list = try ReportFleet.report(["agent": figures]).recommendations.filter { $0.kind == .growingMemory }
    #expect(list.count == 1 && list[0].evidence.hasPrefix("2 points an hour over 5 h 45 min"), "\(list)")
  }

  @Test func noiseIsNoGrowth() throws {
    var figures = ReportFleet.figures()
    var random = SplitMix(state: 7)
    figures.memory = ReportFleet.usage((0..<96).map { _ in 30 + random.unit() * 40 })
    #expect(try !ReportFleet.kinds(figures).contains(.growingMemory))
  }

  private static let mebibyte = 1_048_576.0

  /// A request of 1 core, half of which may go unused.
  @Test(arguments: [(0.49, true), (0.51, false)]) func wastedCPU(used: Double, isTold: Bool) throws {
    var figures = ReportFleet.figures()
    figures.sizing = .init(cpuRequest: 1, cpu: ReportFleet.flat(used))
    #expect(try ReportFleet.kinds(figures) == (isTold ? [.wastedCPU] : []))
  }

  @Test(arguments: [(127.0, true), (128, false), (129, false)]) func wastedMemory(used: Double, isTold: Bool) throws {
    var figures = ReportFleet.figures()
    figures.sizing = .init(memoryRequest: 256 * Self.mebibyte, memory: ReportFleet.flat(used * Self.mebibyte))
    #expect(try ReportFleet.kinds(figures) == (isTold ? [.wastedMemory] : []))
  }

  @Test(arguments: [(0.89, false), (0.91, true)]) func tightCPU(used: Double, isTold: Bool) throws {
    var figures = ReportFleet.figures()
    figures.sizing = .init(cpuLimit: 1, cpu: ReportFleet.flat(used))
    #expect(try ReportFleet.kinds(figures) == (isTold ? [.tightCPU] : []))
  }

  @Test(arguments: [(899.0, false), (900, false), (901, true)]) func tightMemory(used: Double, isTold: Bool) throws {
    var figures = ReportFleet.figures()
    figures.sizing = .init(memoryLimit: 1000 * Self.mebibyte, memory: ReportFleet.flat(used * Self.mebibyte))
    let list = try ReportFleet.report(["agent": figures]).recommendations
    #expect(list.map(\.kind) == (isTold ? [.tightMemory] : []))
    #expect(!isTold || list[0].next == "Set resources.memory_limit of agent to 1172Mi in the system file")
  }

  /// Of 96 points, a quarter.
  @Test(arguments: [(23, 10, false), (24, 10, true), (25, 10, true), (96, 9, false), (96, 2, false)])
  func replicas(points: Int, reached: Int, isTold: Bool) throws {
    var figures = ReportFleet.figures()
    figures.replicas = .init(
      minimum: 2, maximum: 10, points: (0..<96).map { $0 < points ? Double(reached) : 2 })
    #expect(try ReportFleet.kinds(figures) == (isTold ? [.replicasAtMaximum] : []))
    figures.replicas?.minimum = 10
    #expect(try ReportFleet.kinds(figures) == [])
  }
}

/// G. Steele, D. Lea and C. Flood, Fast Splittable Pseudorandom Number Generators, 2014.
struct SplitMix {
  var state: UInt64

  /// 0 up to 1.
  mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}
