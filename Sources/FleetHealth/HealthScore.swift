public import FleetModel

/// What an agent used on average over the window that is looked at; `nil` where it is not known.
public struct AverageUsage: Sendable, Hashable {
  /// Percent; may be above 100 where there is no limit.
  public var cpu: Double?
  /// Percent of the memory limit.
  public var memory: Double?

  public init(cpu: Double? = nil, memory: Double? = nil) {
    self.cpu = cpu
    self.memory = memory
  }
}

/// How an agent fares, from 0 (bad) to 100, with what it lost points for.
public struct HealthScore: Sendable, Hashable {
  public struct Part: Sendable, Hashable {
    /// What was found, with its figure and the bound that it passed.
    public var reason: String
    /// Negative.
    public var points: Int

    public init(reason: String, points: Int) {
      self.reason = reason
      self.points = points
    }
  }

  public let value: Int
  /// In the order cpu, memory, status, alerts; empty for a score of 100. Their sum may be below −100.
  public let parts: [Part]

  private init(parts: [Part]) {
    self.parts = parts
    value = min(max(100 + parts.reduce(0) { $0 + $1.points }, 0), 100)
  }

  /// - Parameters:
  ///   - usage: `nil` if the agent had no sample of any metric in the window: the score is then 0. Within it, what is not
  ///     known or not a finite number costs nothing.
  ///   - activeAlerts: alerts that fire and affect the agent.
  public init(usage: AverageUsage?, status: AgentStatus, activeAlerts: Int) {
    guard let usage else {
      self.init(parts: [Part(reason: "no metrics in the window", points: -100)])
      return
    }
    var parts: [Part] = []
    if let cpu = usage.cpu, cpu.isFinite {
      if cpu > 80 {
        parts.append(Part(reason: "average CPU \(Self.percent(cpu)) is above 80 %", points: -30))
      } else if cpu > 60 {
        parts.append(Part(reason: "average CPU \(Self.percent(cpu)) is above 60 %", points: -15))
      }
    }
    if let memory = usage.memory, memory.isFinite {
      if memory > 85 {
        parts.append(Part(reason: "average memory \(Self.percent(memory)) is above 85 %", points: -25))
      } else if memory > 70 {
        parts.append(Part(reason: "average memory \(Self.percent(memory)) is above 70 %", points: -10))
      }
    }
    if status != .active { parts.append(Part(reason: "status is \(status.rawValue), not active", points: -50)) }
    if activeAlerts > 0 {
      // Ten alerts take all points; the bound keeps a huge count from overflowing.
      let points = -10 * min(activeAlerts, 1000)
      parts.append(Part(reason: "\(activeAlerts) active \(activeAlerts == 1 ? "alert" : "alerts")", points: points))
    }
    self.init(parts: parts)
  }

  /// Two decimals, so that 80.04 is not said to be "80 %, above 80 %".
  private static func percent(_ value: Double) -> String {
    guard value < 1e9 else { return "\(value) %" }
    let hundredths = Int((value * 100).rounded())
    let fraction = hundredths % 100
    if fraction == 0 { return "\(hundredths / 100) %" }
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) %"
  }
}
