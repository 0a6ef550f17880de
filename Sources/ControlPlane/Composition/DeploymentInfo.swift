import FleetModel
import Logging
import Platform
import ServiceLifecycle

/// The series `skep_deployment_info`: 1 for each agent of the deployment in force, with what it brought, so that an expression can
/// join any series of the agent with its revision.
///
/// It is written every 15 seconds, which keeps it fresh for queries; what is no longer in force ends with a staleness marker.
struct DeploymentInfo: Service {
  static let name = "skep_deployment_info"
  private static let interval: Duration = .seconds(15)

  let marks: DeploymentMarks
  let appender: any SampleAppender
  let time: any TimeSource
  let logger: Logger

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var written: Set<LabelSet> = []
      while true {
        written = write(after: written)
        try await time.sleep(for: Self.interval)
      }
    }
  }

  /// One round.
  ///
  /// - Parameter before: what the last one wrote.
  /// - Returns: what is in force now.
  func write(after before: Set<LabelSet>) -> Set<LabelSet> {
    let now = time.now()
    let current = Set(Self.series(of: marks.inForce(at: now)).map { LabelSet($0) })
    do throws(AppendError) {
      var samples: [Sample] = []
      for labels in current { samples.append(Sample(series: try appender.reference(for: labels), value: 1)) }
      for labels in before.subtracting(current) {
        samples.append(Sample(series: try appender.reference(for: labels), value: StaleMarker.value))
      }
      if !samples.isEmpty { _ = try appender.append(samples, at: now) }
    } catch {
      logger.warning("\(Self.name) is not written: \(error)")
    }
    return current
  }

  /// A series for each agent of a deployment.
  static func series(of mark: DeploymentMark?) -> [[Label]] {
    guard let mark else { return [] }
    return mark.agents.sorted { $0.key < $1.key }.map { name, agent in
      let labels = [
        Label(LabelSet.metricName, Self.name), Label("agent_id", name), Label("deployment", mark.id),
        Label("image", agent.image), Label("revision", agent.revision), Label("system", mark.system),
      ]
      return labels.filter { !$0.value.isEmpty }
    }
  }

  /// As `/metrics` says it, for a Prometheus beside.
  static func exposition(of mark: DeploymentMark?) -> String {
    let series = series(of: mark)
    guard !series.isEmpty else { return "" }
    let lines = series.map { labels in
      let pairs = labels.dropFirst().map { "\($0.name)=\"\(escaped($0.value))\"" }
      return "\(name){\(pairs.joined(separator: ","))} 1\n"
    }
    return "# HELP \(name) What the deployment in force brought of each agent.\n# TYPE \(name) gauge\n"
      + lines.joined()
  }

  /// As the text format wants values of labels.
  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
