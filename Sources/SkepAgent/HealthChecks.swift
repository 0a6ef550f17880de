/// What an agent says when it is asked how it is.
public struct HealthChecks: Sendable {
  /// Returns `nil` where all is well, else why not, in words.
  public typealias Check = @Sendable () async -> String?

  /// Whether the process works at all. One that fails here is restarted.
  public var liveness: [String: Check]
  /// Whether it can take work now. One that fails here gets none.
  public var readiness: [String: Check]

  public init(liveness: [String: Check] = [:], readiness: [String: Check] = [:]) {
    self.liveness = liveness
    self.readiness = readiness
  }
}

/// The answers to `/health` and `/ready`.
struct HealthReport: Encodable, Sendable, Equatable {
  let status: String
  /// Check → `ok` or why not.
  let checks: [String: String]

  var isPassing: Bool { status == "ok" }

  static func make(of checks: [String: HealthChecks.Check]) async -> HealthReport {
    var results: [String: String] = [:]
    for (name, check) in checks { results[name] = await check() ?? "ok" }
    return HealthReport(status: results.values.allSatisfy { $0 == "ok" } ? "ok" : "failing", checks: results)
  }

  static let stopping = HealthReport(status: "stopping", checks: [:])
}
