/// Deployments, StatefulSets, DaemonSets, Jobs and CronJobs, beside their pods.
struct WorkloadMeaning {
  static func run(_ workload: Workload, _ findings: inout ObjectFindings) {
    let manifest = workload.manifest
    guard let spec = findings.root["spec"] else { return }
    switch manifest.kind {
    case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet": selector(spec, workload, &findings)
    case "CronJob": schedule(spec, &findings)
    default: break
    }
    for key in ["replicas", "minReadySeconds", "revisionHistoryLimit", "backoffLimit", "parallelism", "completions"] {
      guard let node = spec[key], let value = node.integer, value < 0 else { continue }
      findings.add(.negative, at: node, "\(value) is below zero", mend: "write a number")
    }
    if manifest.kind == "Deployment" { deployment(spec, &findings) }
  }

  private static func selector(_ spec: CheckedNode, _ workload: Workload, _ findings: inout ObjectFindings) {
    guard let selector = spec["selector"] else { return }
    NameMeaning.selector(selector, &findings)
    let query = LabelQuery(selector: selector)
    if query.isEmpty {
      findings.add(.deadSelector, at: selector, "selects nothing in particular", mend: "give matchLabels")
    } else if !query.matches(workload.labels) {
      let missing = query.equal.filter { workload.labels[$0.key] != $0.value }.map { "\($0.key): \($0.value)" }
      findings.add(
        .deadSelector, at: selector, "does not select the template's own pods",
        mend: missing.isEmpty ? "make them agree" : "give the template the label \(missing.joined(separator: ", "))")
    }
  }

  private static func deployment(_ spec: CheckedNode, _ findings: inout ObjectFindings) {
    if let deadline = spec["progressDeadlineSeconds"], let seconds = deadline.integer,
      seconds <= spec["minReadySeconds"]?.integer ?? 0
    {
      findings.add(
        .badStrategy, at: deadline, "\(seconds) is not above minReadySeconds", mend: "write a longer deadline")
    }
    guard let strategy = spec["strategy"] else { return }
    let rolling = strategy["rollingUpdate"]
    if strategy["type"]?.string == "Recreate", let rolling {
      findings.add(.badStrategy, at: rolling, "Recreate does not roll", mend: "remove rollingUpdate")
    }
    let numbers = ["maxSurge", "maxUnavailable"].map { rolling?[$0] }
    for node in numbers { shareOrCount(node, &findings) }
    if let surge = numbers[0], let unavailable = numbers[1], isZero(surge), isZero(unavailable) {
      findings.add(
        .badStrategy, at: rolling, "with neither surge nor unavailable pods nothing can move",
        mend: "allow one of the two")
    }
  }

  private static func isZero(_ node: CheckedNode) -> Bool {
    node.integer == 0 || node.string == "0%" || node.string == "0"
  }

  /// `25%`, or a number of pods.
  static func shareOrCount(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node else { return }
    if let count = node.integer {
      if count < 0 {
        findings.add(.negative, at: node, "\(count) is below zero", mend: "write a number of pods, or a share")
      }
    } else if let text = node.string, share(text) == nil {
      findings.add(
        .badShare, at: node, "\"\(YAMLTree.shortened(text))\" is no share",
        mend: Int(text) != nil ? "write \(text) without quotes, or \(text)%" : "write one such as 25%")
    }
  }

  /// The percentage that a text is.
  static func share(_ text: String) -> Int? {
    guard text.last == "%", let value = Int(text.dropLast()), value >= 0, text.first != "+" else { return nil }
    return value
  }

  private static func schedule(_ spec: CheckedNode, _ findings: inout ObjectFindings) {
    guard let node = spec["schedule"], let text = node.string else { return }
    if let problem = CronSchedule.problem(in: text) {
      findings.add(.badSchedule, at: node, "\"\(YAMLTree.shortened(text))\" \(problem)")
    }
  }
}

/// Schedules of CronJobs: five fields, or a word such as `@daily`
/// (<https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax>).
enum CronSchedule {
  private static let words: Set = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]
  private static let fields: [(name: String, range: ClosedRange<Int>, words: [String])] = [
    ("minute", 0...59, []), ("hour", 0...23, []), ("day of the month", 1...31, []),
    ("month", 1...12, ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("day of the week", 0...6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
  ]

  static func problem(in text: String) -> String? {
    if text.hasPrefix("@") {
      if text.hasPrefix("@every ") {
        return GoDuration.nanoseconds(String(text.dropFirst(7))) == nil ? "has no duration behind @every" : nil
      }
      return words.contains(text) ? nil : "is no schedule"
    }
    if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") { return "has a time zone of its own; give timeZone" }
    let parts = text.split(separator: " ")
    if parts.count != 5 { return "has \(parts.count) fields, not 5" }
    for (part, field) in zip(parts, fields)
    where !part.split(separator: ",", omittingEmptySubsequences: false).allSatisfy({ fits($0, field) }) {
      return "has the \(field.name) \"\(YAMLTree.shortened(String(part)))\", which is none"
    }
    return nil
  }

  private static func fits(_ part: Substring, _ field: (name: String, range: ClosedRange<Int>, words: [String])) -> Bool
  {
    let steps = part.split(separator: "/", omittingEmptySubsequences: false)
    guard let range = steps.first, steps.count <= 2 else { return false }
    if steps.count == 2, (Int(steps[1]) ?? 0) < 1 { return false }
    if range == "*" || range == "?" { return true }
    let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { end in
      field.words.firstIndex(of: end.lowercased()) ?? Int(end) ?? -1
    }
    guard let first = ends.first, let last = ends.last, ends.count <= 2 else { return false }
    return first <= last && field.range.contains(first) && field.range.contains(last)
  }
}
