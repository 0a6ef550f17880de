import DeployPlan
import SkepDeploy

/// A directory with the files of a Prometheus and a Grafana outside of Kubernetes.
///
/// Skep's own say so in their first line, or are dashboards with the identity that Skep gives to the system's. Others are not
/// replaced.
struct MonitoringDirectory {
  let root: String
  let rendered: RenderedSystem

  private var mark: String { "# Rendered by skep from system \(rendered.system.name)\n" }

  /// - Returns: how many files there are.
  /// - Throws: ``CommandFailure`` if a file that would be replaced is somebody else's; then none was written.
  func write() throws(CommandFailure) -> Int {
    let present = RenderedDirectory(root: root, system: rendered.system)
    let files = rendered.monitoring.files.map { file in
      RenderedText(name: file.name, text: file.name.hasSuffix(".json") ? file.text : mark + file.text)
    }
    for file in files {
      guard let old = try present.text(file.name), !isOurs(old, file.name) else { continue }
      throw .badInput(
        "\(root)/\(file.name): was not rendered from system \(rendered.system.name); move it away, or choose another directory"
      )
    }
    for file in files { try RenderedDirectory.write(file.text, to: "\(root)/\(file.name)") }
    return files.count
  }

  private func isOurs(_ text: String, _ name: String) -> Bool {
    if !name.hasSuffix(".json") { return text.hasPrefix(mark) }
    return rendered.monitoring.dashboards.contains { text.contains("\"uid\": \"\($0.uid)\"") }
  }
}
